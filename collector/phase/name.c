/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names and the numbers they belong to, as name.h promises it.
 */
#include "collector/phase/name.h"

#include <string.h>

#include "collector/ledger/text.h"
#include "collector/phase/word.h"

#define NAME_WORDS 4

void name_add(struct name *name, const char *text, size_t bytes)
{
	if (name->bytes > 0 && name->bytes < LINE_NAME_MAX)
		name->text[name->bytes++] = '_';
	for (size_t i = 0; i < bytes;) {
		size_t n = (unsigned char)text[i] < 0x80 ? 1 : text_utf8(text + i);

		if (n == 0 || (n == 2 && (unsigned char)text[i] == 0xc2) || n > bytes - i)
			n = 1; /* no letter, but what is left of one */
		else if (name->bytes + n > LINE_NAME_MAX)
			break;
		else
			memcpy(name->text + name->bytes, text + i, n), name->bytes += n;
		i += n;
	}
	name->text[name->bytes] = '\0';
}

static void name_spell(const struct tokens *tokens, struct name *name)
{
	for (size_t i = name->first; i <= name->last; i++)
		if (tokens_word(tokens, i))
			name_add(name, tokens->text + tokens->token[i].at, tokens->token[i].bytes);
	name->means = word_name_means(name->text, name->bytes);
}

/* From its last word back to the first. */
static void name_extend(const struct tokens *tokens, size_t used, struct name *name)
{
	name->first = name->last;
	for (size_t words = 1; words < NAME_WORDS && name->first > used; words++) {
		size_t before = name->first - 1;

		if (tokens_sign(tokens, before, ".") && before > used &&
		    !tokens->token[before].blank)
			before--; /* "Avg. loss" */
		if (!tokens_word(tokens, before) ||
		    tokens_mean(tokens, before, WORD_LEVEL | WORD_STARTS | WORD_ENDS | WORD_FILLER))
			return;
		name->first = before;
	}
}

/* "main:fit:32 - ", "[fit:32]": as logs tell where a line comes from. */
static bool is_place_of_log(const struct tokens *tokens, size_t word, size_t number)
{
	if (word == 0 || tokens->token[word].blank || !tokens_sign(tokens, number + 1, "-|])>:"))
		return false;
	return (tokens_sign(tokens, word - 1, "[(") && tokens_sign(tokens, number + 1, "])")) ||
	       (tokens_sign(tokens, word - 1, ":") && !tokens->token[word - 1].blank &&
		tokens_word(tokens, word - 2));
}

/* "train.py:32", "lib/x.c:10": a place in a source. */
static bool is_place(const struct tokens *tokens, size_t word, size_t number)
{
	const struct token *token = &tokens->token[word];

	return number == word + 2 && !tokens->token[word + 1].blank &&
	       !tokens->token[number].blank && tokens->token[number].whole &&
	       (memchr(tokens->text + token->at, '.', token->bytes) ||
		is_place_of_log(tokens, word, number));
}

size_t name_quality_before(const struct tokens *tokens, size_t i, size_t used)
{
	while (i-- > used && (tokens_word(tokens, i) || tokens_number(tokens, i)))
		if (tokens_mean(tokens, i, WORD_QUALITY))
			return i;
	return NAME_NOWHERE;
}

/* "Accuracy of the network on the 10000 test images: 54 %": what is measured stands further off. */
static void name_of_clause(const struct tokens *tokens, size_t used, struct name *name)
{
	uint32_t parts = name->means & WORD_PARTS;
	size_t quality;

	if (name->means & (WORD_QUALITY | WORD_SETTING))
		return;
	quality = name_quality_before(tokens, name->first, used);
	if (quality == NAME_NOWHERE)
		return;
	*name = (struct name){.first = quality, .last = quality};
	name_spell(tokens, name);
	name->means |= parts;
}

/* Whether a name needs no sign before its number: "train loss 0.3", "val 0.31", but not "in 2 ...".
 */
static bool leads_bare(const struct tokens *tokens, size_t word, size_t number)
{
	const struct token *token = &tokens->token[word];

	if ((token->means & WORD_PARTS) && !tokens->token[number].whole)
		return true;
	return word_name_means(tokens->text + token->at, token->bytes) &
	       (WORD_QUALITY | WORD_SETTING);
}

bool name_before(const struct tokens *tokens, size_t i, size_t used, size_t behind,
		 struct name *name)
{
	size_t j = i;
	bool sign;

	*name = (struct name){0};
	while (j > used &&
	       (tokens_sign(tokens, j - 1, "'\"([") || tokens_mean(tokens, j - 1, WORD_WRAPS)))
		j--;
	if (j > used && tokens_sign(tokens, j - 1, ">"))
		j--;
	sign = j > used && tokens_sign(tokens, j - 1, ":=");
	j -= sign;
	while (sign && j > used && tokens_sign(tokens, j - 1, "'\")]="))
		j--;
	if (!sign && j == i && j > used + 3 && tokens_sign(tokens, j - 1, ")]") &&
	    tokens_mean(tokens, j - 2, WORD_PARTS) && tokens_sign(tokens, j - 3, "([") &&
	    tokens_mean(tokens, j - 4, WORD_QUALITY))
		sign = i-- == j--; /* "loss (val) 0.3": as if a colon stood there */
	if (!sign && j != i)
		return false;
	if (j > used + 1 && tokens_mean(tokens, j - 1, WORD_FILLER))
		j--;
	if (sign && j == used && behind != NAME_NOWHERE) {
		name->first = name->last = behind;
		name_spell(tokens, name);
		return true;
	}
	if (j <= used || !tokens_word(tokens, j - 1) || is_place(tokens, j - 1, i))
		return false;
	name->last = j - 1;
	if (j > used + 2 && tokens_mean(tokens, j - 1, WORD_PARTS) &&
	    tokens_sign(tokens, j - 2, "([") && tokens_word(tokens, j - 3))
		name->last = j - 3; /* "Loss (train): 0.3" */
	name_extend(tokens, used, name);
	name_spell(tokens, name);
	if (name->last != j - 1)
		name->means |= tokens->token[j - 1].means & WORD_PARTS;
	if (sign)
		name_of_clause(tokens, used, name);
	return sign || leads_bare(tokens, j - 1, i) ||
	       (word_means(name->text, name->bytes) & WORD_QUALITY);
}

bool name_behind(const struct tokens *tokens, size_t i, bool listed, struct name *name)
{
	size_t j = i + 1;

	*name = (struct name){.first = j};
	if (!listed && tokens->token[i].whole)
		return false; /* "3 errors", "2 losses": that many of them */
	while (tokens_word(tokens, j) && j - i <= 3)
		j++;
	if (j == i + 1 || (j < tokens->n && !tokens_sign(tokens, j, ",;|)")))
		return false;
	name->last = j - 1;
	name_spell(tokens, name);
	return listed || (name->means & WORD_QUALITY);
}
