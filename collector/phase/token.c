/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cutting a line into tokens, as token.h promises it. Two passes: the first writes what a terminal
 * would show into text[], with decimal points alone, the second cuts that.
 */
#include "collector/phase/token.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "collector/phase/comma.h"
#include "collector/phase/word.h"

#define BAR	  '\x01' /* in text[]: any sign of a bar */
#define COUNT_MAX 1e12	 /* beyond it a number counts nothing */
#define INPUT_MAX 4096	 /* bytes looked at, most of which may be escapes */

/* ---- what a terminal would show ---- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\v' || c == '\f' || c == '\0';
}

/* Bytes of the escape sequence at the start of `at`, which begins with ESC. */
static size_t escape_bytes(const char *at, size_t bytes)
{
	size_t n = 2;

	if (bytes < 2)
		return bytes;
	if (at[1] == '[') { /* ends with a letter or one of a few signs */
		while (n < bytes && !(at[n] >= '@' && at[n] <= '~'))
			n++;
		return n < bytes ? n + 1 : n;
	}
	if (at[1] == ']') { /* a title: ends with BEL, or with ESC and a backslash */
		while (n < bytes && at[n] != '\a' && at[n] != '\x1b')
			n++;
		return n < bytes && at[n] == '\a' ? n + 1 : n;
	}
	return n;
}

/*
 * What one of three bytes stands for where it is a sign: bars (U+2500 .. U+25FF, U+2800 .. U+28FF)
 * but for upright strokes, bullets, arrows, wide colons and commas. 0 for a letter.
 */
static char sign_of_three(const unsigned char *at)
{
	if (at[0] == 0xef && at[1] == 0xbc)
		return at[2] == 0x9a || at[2] == 0x9d ? (at[2] == 0x9a ? ':' : '=')
		       : at[2] == 0x8c		      ? ','
						      : 0;
	if (at[0] != 0xe2)
		return 0;
	if (at[1] == 0x94 && (at[2] == 0x82 || at[2] == 0x83))
		return '|';
	if ((at[1] >= 0x94 && at[1] <= 0x97) || (at[1] >= 0xa0 && at[1] <= 0xa3))
		return BAR;
	if (at[1] == 0x80 || at[1] == 0x86 || at[1] == 0x9c || at[1] == 0x9d)
		return ','; /* punctuation, arrows, ticks and crosses */
	return 0;
}

/* A sign of several bytes, or a capital letter beyond ASCII; returns the bytes read, or 0. */
static size_t show_wide(struct tokens *tokens, const char *text, size_t bytes)
{
	const unsigned char *at = (const unsigned char *)text;
	char sign;

	if (bytes >= 2 && at[0] == 0xc2 && at[1] == 0xa0) {
		tokens->text[tokens->bytes++] = ' ';
		return 2;
	}
	if (bytes >= 2 && at[0] == 0xc3 && at[1] >= 0x80 && at[1] <= 0x9e && at[1] != 0x97 &&
	    tokens->bytes + 2 <= TOKEN_TEXT_MAX) {
		tokens->text[tokens->bytes++] = (char)at[0];
		tokens->text[tokens->bytes++] = (char)(at[1] + 0x20);
		return 2;
	}
	if (bytes < 3)
		return 0;
	sign = sign_of_three(at);
	if (!sign)
		return 0;
	tokens->text[tokens->bytes++] = sign;
	return 3;
}

static bool more_than_blanks(const char *text, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		if (!is_blank(text[i]) && text[i] != '\r')
			return true;
	return false;
}

static void show_byte(struct tokens *tokens, char c)
{
	if (c >= 'A' && c <= 'Z')
		c = (char)(c + 'a' - 'A');
	else if ((unsigned char)c < ' ' || c == 0x7f)
		c = ' ';
	tokens->text[tokens->bytes++] = c;
}

static void show(struct tokens *tokens, const char *text, size_t bytes)
{
	tokens->bytes = 0;
	for (size_t i = 0; i < bytes && tokens->bytes < TOKEN_TEXT_MAX;) {
		const char c = text[i];
		size_t n = 1;

		if (c == '\x1b') {
			n = escape_bytes(text + i, bytes - i);
		} else if (c == '\r') {
			if (more_than_blanks(text + i, bytes - i))
				tokens->bytes = 0;
		} else if (c == '\b') {
			tokens->bytes -= tokens->bytes > 0;
		} else if ((unsigned char)c >= 0x80) {
			n = show_wide(tokens, text + i, bytes - i);
			if (n == 0)
				tokens->text[tokens->bytes++] = c, n = 1;
		} else {
			show_byte(tokens, c);
		}
		i += n;
	}
	tokens->text[tokens->bytes] = '\0';
}

/* ---- numbers ---- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || c == '_' || (unsigned char)c >= 0x80;
}

static size_t digits(const char *at)
{
	size_t n = 0;

	while (is_digit(at[n]))
		n++;
	return n;
}

/* "12:30", "1:02:03.5", "12:30:01,123": bytes of a time of day or a duration, or 0. */
static size_t time_bytes(const char *at)
{
	size_t n = digits(at);

	if (n == 0 || n > 3 || at[n] != ':' || digits(at + n + 1) != 2)
		return 0;
	n += 3;
	while (at[n] == ':' && digits(at + n + 1) == 2)
		n += 3;
	if ((at[n] == '.' || at[n] == ',') && is_digit(at[n + 1]))
		n += 1 + digits(at + n + 1);
	return n;
}

/* "2026-11-21", "21/11/2026", "1.2.3", "2026-11-21t09:00:00z": bytes, or 0. */
static size_t date_bytes(const char *at)
{
	size_t n = digits(at);
	const char joint = at[n];

	if (n == 0 || (joint != '-' && joint != '/' && joint != '.') || !is_digit(at[n + 1]))
		return 0;
	n += 1 + digits(at + n + 1);
	if (at[n] != joint || !is_digit(at[n + 1]))
		return 0;
	while (is_digit(at[n]) || is_letter(at[n]) ||
	       (strchr("-/.:", at[n]) && at[n] && is_digit(at[n + 1])))
		n++;
	return n;
}

static size_t hex_bytes(const char *at)
{
	size_t n = 2;

	if (at[0] != '0' || at[1] != 'x')
		return 0;
	while (is_digit(at[n]) || is_letter(at[n]))
		n++;
	return n;
}

static const double power_of_ten[] = {1e0,  1e1,  1e2,	1e3,  1e4,  1e5,  1e6,	1e7,
				      1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
				      1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/*
 * At most 15 digits and a power of ten that a double holds exactly: one division rounds once, so
 * this is what strtod would give (Clinger 1990), in a tenth of its time.
 */
static bool short_number(const char *at, double *value, size_t *bytes, bool *whole)
{
	uint64_t mantissa = 0;
	size_t n = 0, places = 0, count = 0;

	for (; is_digit(at[n]); n++, count++)
		mantissa = mantissa * 10 + (uint64_t)(at[n] - '0') * (count < 16);
	*whole = true;
	if (at[n] == '.' && is_digit(at[n + 1])) {
		*whole = false;
		for (n++; is_digit(at[n]); n++, count++, places++)
			mantissa = mantissa * 10 + (uint64_t)(at[n] - '0') * (count < 16);
	}
	if (count > 15 || at[n] == 'e')
		return false;
	*value = (double)mantissa / power_of_ten[places];
	*bytes = n;
	return true;
}

/* "1,234.5", "60,000": digits in groups of three; bytes, or 0. */
static size_t grouped_bytes(const char *at)
{
	size_t n = digits(at), groups = 0;

	if (n == 0 || n > 3 || at[0] == '0')
		return 0;
	for (; at[n] == ',' && digits(at + n + 1) == 3; n += 4)
		groups++;
	if (!groups || at[n] == ',')
		return 0;
	return at[n] == '.' ? n + 1 + digits(at + n + 1) : n;
}

static double grouped_value(const char *at, size_t bytes)
{
	char plain[64];
	size_t n = 0;

	for (size_t i = 0; i < bytes && n + 1 < sizeof(plain); i++)
		if (at[i] != ',')
			plain[n++] = at[i];
	plain[n] = '\0';
	return strtod(plain, NULL);
}

/* A number at `at`, without its sign; returns its bytes, or 0 where it is none that is finite. */
static size_t number_bytes(const char *at, double *value, bool *whole)
{
	size_t bytes;
	char *end;

	if (short_number(at, value, &bytes, whole))
		return bytes;
	*value = strtod(at, &end);
	bytes = (size_t)(end - at);
	*whole = memchr(at, '.', bytes) == NULL && memchr(at, 'e', bytes) == NULL;
	return isfinite(*value) ? bytes : 0;
}

/* ---- cutting ---- */

static bool is_joint(char c)
{
	return c == '.' || c == '\'' || c == '/' || c == '-' || c == '@' || c == '^';
}

/* "epoch3", "ep_03": a word that counts, and its number; bytes up to that, or 0. */
static size_t counting_stem(const char *at, size_t n, uint32_t *means)
{
	size_t letters = n, end = n + digits(at + n);

	if ((is_letter(at[end]) && (unsigned char)at[end] < 0x80) ||
	    (is_joint(at[end]) && is_letter(at[end + 1])))
		return 0;
	while (letters > 0 && (at[letters - 1] == '_' || at[letters - 1] == '-'))
		letters--;
	*means = letters >= 2 ? word_means(at, letters) : 0;
	return *means & WORD_COUNTS ? n : 0;
}

static size_t word_bytes(const char *at, uint32_t *means)
{
	bool digit = false;
	size_t n = 0;

	for (;;) {
		if (is_digit(at[n]) && !digit) {
			size_t stem = counting_stem(at, n, means);

			if (stem > 0)
				return stem;
			digit = true;
		}
		if (is_digit(at[n]) || is_letter(at[n]) ||
		    (is_joint(at[n]) && n > 0 && !is_joint(at[n - 1]) &&
		     (is_digit(at[n + 1]) || is_letter(at[n + 1]))))
			n++;
		else
			break;
	}
	*means = word_means(at, n);
	return n;
}

/* What stands right behind a number: '%', or letters that make it a quantity. */
static size_t unit_bytes(const char *at, struct token *token)
{
	size_t n = 0;

	if (at[0] == '%') {
		token->sign = '%';
		return 1;
	}
	if ((unsigned char)at[0] >= 0x80 && (unsigned char)at[0] != 0xc2 &&
	    (unsigned char)at[0] != 0xce)
		return 0; /* a word of a language that sets no blanks; micro signs are units */
	while (is_letter(at[n]) || is_digit(at[n]) || (at[n] == '/' && is_letter(at[n + 1])))
		n++;
	if (n > 0) {
		token->sign = 'x';
		token->means = word_means(at, n);
	}
	return n;
}

/* `inner`: it is not the first of a row, whose commas may divide columns. */
static size_t cut_number(const char *at, bool inner, struct token *token)
{
	const size_t sign = *at == '-' || *at == '+';
	const char *start = at + sign;
	size_t n = hex_bytes(start);

	token->kind = TOKEN_JUNK;
	n = n ? n : time_bytes(start);
	n = n ? n : date_bytes(start);
	if (n > 0)
		return sign + n;
	n = inner ? grouped_bytes(start) : 0;
	if (n > 0) {
		token->value = grouped_value(start, n);
		token->whole = !memchr(start, '.', n);
	} else {
		n = number_bytes(start, &token->value, &token->whole);
	}
	if (n == 0)
		return sign + 1 + digits(start + 1);
	token->kind = TOKEN_NUMBER;
	if (*at == '-')
		token->value = -token->value;
	return sign + n + unit_bytes(start + n, token);
}

static bool starts_number(const char *text, size_t at)
{
	const char c = text[at];

	if (is_digit(c))
		return true;
	if (c == '.')
		return is_digit(text[at + 1]);
	if (c != '-' && c != '+')
		return false;
	if (at > 0 && (is_digit(text[at - 1]) || text[at - 1] == ')' || text[at - 1] == ']'))
		return false;
	return is_digit(text[at + 1]) || (text[at + 1] == '.' && is_digit(text[at + 2]));
}

static size_t cut_bar(const char *at)
{
	size_t n = 1;

	while (at[n] == BAR || (is_blank(at[n]) && at[n + 1] == BAR))
		n++;
	return n;
}

/* "#####5", "[====>....]": signs of a bar that a keyboard has; bytes, or 0. */
static size_t drawn_bytes(const char *at)
{
	size_t n = 0, same = 0;

	while (at[n] == '#' || at[n] == '=' || at[n] == '>' || at[n] == '-' || at[n] == '*') {
		same += n > 0 && at[n] == at[n - 1];
		n++;
	}
	if (n < 3 || same < 2)
		return 0;
	if (at[n - 1] == '-' && is_digit(at[n]))
		return 0;
	if (at[0] == '#' && is_digit(at[n]))
		n++; /* tqdm in ASCII draws tenths of a sign as a digit */
	while (at[n] == '.' && at[n - 1] != ' ')
		n++;
	return n;
}

/* Behind a blank or a sign that leads to a value, and not the first in its line. */
static bool is_inner(const char *text, size_t at)
{
	if (at == 0 || !strchr(" =:/", text[at - 1]))
		return false;
	while (at > 0 && text[at - 1] == ' ')
		at--;
	return at > 0;
}

static size_t cut(const char *text, size_t at, struct token *token)
{
	const char c = text[at];
	size_t n;

	if (c == BAR) {
		token->kind = TOKEN_BAR;
		return cut_bar(text + at);
	}
	if (is_letter(c)) {
		token->kind = TOKEN_WORD;
		return word_bytes(text + at, &token->means);
	}
	n = drawn_bytes(text + at);
	if (n > 0) {
		token->kind = TOKEN_BAR;
		return n;
	}
	if (starts_number(text, at))
		return cut_number(text + at, is_inner(text, at), token);
	token->kind = TOKEN_SIGN;
	token->sign = c;
	return 1;
}

size_t tokens_read(struct tokens *tokens, const char *text, size_t bytes)
{
	bool blank = false;

	show(tokens, text, bytes < INPUT_MAX ? bytes : INPUT_MAX);
	comma_to_point(tokens->text);
	tokens->n = 0;
	for (size_t at = 0; at < tokens->bytes && tokens->n < TOKENS_MAX;) {
		struct token *token = &tokens->token[tokens->n];

		if (is_blank(tokens->text[at])) {
			blank = true;
			at++;
			continue;
		}
		*token = (struct token){.at = (uint16_t)at, .blank = blank};
		token->bytes = (uint16_t)cut(tokens->text, at, token);
		at += token->bytes;
		blank = false;
		tokens->n++;
	}
	return tokens->n;
}

/* ---- looking at them ---- */

static bool is_kind(const struct tokens *tokens, size_t i, enum token_kind kind)
{
	return i < tokens->n && tokens->token[i].kind == kind;
}

bool tokens_sign(const struct tokens *tokens, size_t i, const char *signs)
{
	return is_kind(tokens, i, TOKEN_SIGN) && strchr(signs, tokens->token[i].sign);
}

bool tokens_word(const struct tokens *tokens, size_t i)
{
	return is_kind(tokens, i, TOKEN_WORD);
}

bool tokens_spelled(const struct tokens *tokens, size_t i, const char *word)
{
	return tokens_word(tokens, i) && tokens->token[i].bytes == strlen(word) &&
	       !memcmp(tokens->text + tokens->token[i].at, word, strlen(word));
}

bool tokens_mean(const struct tokens *tokens, size_t i, uint32_t what)
{
	return tokens_word(tokens, i) && (tokens->token[i].means & what);
}

bool tokens_bar(const struct tokens *tokens, size_t i)
{
	return is_kind(tokens, i, TOKEN_BAR);
}

bool tokens_number(const struct tokens *tokens, size_t i)
{
	return is_kind(tokens, i, TOKEN_NUMBER);
}

bool tokens_count(const struct tokens *tokens, size_t i)
{
	return tokens_number(tokens, i) && !tokens->token[i].sign && tokens->token[i].value >= 0 &&
	       tokens->token[i].value <= COUNT_MAX;
}

bool tokens_pair(const struct tokens *tokens, size_t i)
{
	const struct token *token = tokens->token;

	return tokens_count(tokens, i) && token[i].whole && tokens_sign(tokens, i + 1, "/") &&
	       tokens_count(tokens, i + 2) && token[i + 2].whole && token[i + 2].value > 0 &&
	       token[i + 2].value >= token[i].value;
}
