/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables, as table.h promises them: a row is read as if it said "name: value, name: value, ...".
 */
#include "collector/phase/table.h"

#include <stdio.h>
#include <string.h>

#include "collector/phase/token.h"
#include "collector/phase/word.h"

struct cell {
	const char *text;
	size_t bytes;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct cell trim(const char *text, size_t bytes)
{
	while (bytes > 0 && (is_blank(*text) || *text == '"' || *text == '\''))
		text++, bytes--;
	while (bytes > 0 && (is_blank(text[bytes - 1]) || strchr("\"'\r", text[bytes - 1])))
		bytes--;
	return (struct cell){text, bytes};
}

/* Blanks that divide: one, or (`wide`, in a header whose names hold blanks) at least two. */
static size_t split_blank(const char *text, size_t bytes, bool wide, struct cell *cell)
{
	size_t n = 0, i = 0;

	while (i < bytes && n < TABLE_COLUMNS) {
		size_t start;

		while (i < bytes && is_blank(text[i]))
			i++;
		start = i;
		while (i < bytes &&
		       !(is_blank(text[i]) &&
			 (!wide || text[i] == '\t' || i + 1 == bytes || is_blank(text[i + 1]))))
			i++;
		if (i > start)
			cell[n++] = trim(text + start, i - start);
	}
	return n;
}

static size_t split(const char *text, size_t bytes, char between, bool wide, struct cell *cell)
{
	size_t n = 0;

	if (between == ' ')
		return split_blank(text, bytes, wide, cell);
	if (between == '|') { /* drawn around, too */
		struct cell inner = trim(text, bytes);

		text = inner.text;
		bytes = inner.bytes;
		if (bytes > 0 && *text == '|')
			text++, bytes--;
		if (bytes > 0 && text[bytes - 1] == '|')
			bytes--;
	}
	while (n < TABLE_COLUMNS) {
		const char *end = memchr(text, between, bytes);
		const size_t length = end ? (size_t)(end - text) : bytes;

		cell[n++] = trim(text, length);
		if (!end)
			break;
		text += length + 1;
		bytes -= length + 1;
	}
	return n;
}

static char divider(const char *text, size_t bytes)
{
	static const char dividers[] = ",;|";

	for (size_t i = 0; dividers[i]; i++)
		if (memchr(text, dividers[i], bytes))
			return dividers[i];
	return ' ';
}

static bool has_two_blanks(const char *text, size_t bytes)
{
	const struct cell inner = trim(text, bytes);

	for (size_t i = 0; i + 1 < inner.bytes; i++)
		if (inner.text[i] == '\t' ||
		    (is_blank(inner.text[i]) && is_blank(inner.text[i + 1])))
			return true;
	return false;
}

/*
 * Words without a number or a sign of prose, and among them one that counts or is a quality; or
 * nothing but what counts and the data's names ("epoch train test").
 */
static bool is_header(const struct tokens *tokens)
{
	bool counts = false, tells = false, bare = true;

	for (size_t i = 0; i < tokens->n; i++) {
		const struct token *token = &tokens->token[i];
		uint32_t what;

		if (token->kind == TOKEN_SIGN && strchr(":=!?'{}", token->sign))
			return false;
		if (token->kind == TOKEN_NUMBER || token->kind == TOKEN_JUNK ||
		    token->kind == TOKEN_BAR)
			return false;
		if (token->kind != TOKEN_WORD)
			continue;
		what = word_name_means(tokens->text + token->at, token->bytes);
		counts |= (what & (WORD_EPOCH | WORD_STEP)) && !(what & WORD_QUALITY);
		counts |= i == 0 && token->bytes == 1 && tokens->text[token->at] == 'e';
		tells |= (what & (WORD_QUALITY | WORD_NO_METRIC | WORD_SETTING)) != 0;
		bare &= (what & (WORD_COUNTS | WORD_PARTS)) != 0;
	}
	return counts && (tells || bare);
}

static bool header(struct table *table, const struct tokens *tokens)
{
	const char between = divider(tokens->text, tokens->bytes);
	struct cell cell[TABLE_COLUMNS] = {{0}};
	size_t n;

	if (!is_header(tokens))
		return false;
	n = split(tokens->text, tokens->bytes, between, has_two_blanks(tokens->text, tokens->bytes),
		  cell);
	if (n < 2 || n == TABLE_COLUMNS)
		return false;
	table->between = between;
	table->columns = n;
	table->indent = (size_t)(cell[0].text - tokens->text);
	for (size_t i = 0; i < n; i++) {
		const size_t bytes = cell[i].bytes < LINE_NAME_MAX ? cell[i].bytes : LINE_NAME_MAX;

		memcpy(table->column[i], cell[i].text, bytes);
		table->column[i][bytes] = '\0';
		if (strcmp(table->column[i], "e") == 0)
			memcpy(table->column[i], "epoch", sizeof("epoch"));
	}
	return true;
}

/* Starts with a digit, a sign or a point: what else stands in a column of numbers is no row. */
static bool is_number(const struct cell *cell)
{
	return cell->bytes > 0 && *cell->text && strchr("0123456789+-.", *cell->text);
}

/* Appends "name: value, ", or only the value; what finds no room is left out. */
static void say(char *text, size_t *bytes, size_t room, const char *name, const struct cell *cell)
{
	const size_t length = strlen(name);

	if (*bytes + length + cell->bytes + 4 > room)
		return;
	*bytes += (size_t)snprintf(text + *bytes, room - *bytes, "%s%s%.*s, ", name,
				   length ? ": " : "", (int)cell->bytes, cell->text);
}

static bool row(const struct table *table, const struct tokens *tokens, struct line *line)
{
	struct cell cell[TABLE_COLUMNS] = {{0}};
	char text[TOKEN_TEXT_MAX];
	size_t bytes = 0, numbers = 0;
	size_t n = split(tokens->text, tokens->bytes, table->between, false, cell);

	/* A number of its own in front of each row, left of all names: a data frame's index. */
	if (table->between == ' ' && n > table->columns &&
	    (size_t)(cell[0].text - tokens->text) + cell[0].bytes <= table->indent)
		memmove(cell, cell + 1, --n * sizeof(*cell));

	/* Marks may stand behind the last column, and a bar. */
	if (n < table->columns || (table->between != ' ' && n != table->columns))
		return false;
	for (size_t i = 0; i < table->columns; i++) {
		if (!is_number(&cell[i]))
			continue;
		numbers++;
		say(text, &bytes, sizeof(text), table->column[i], &cell[i]);
	}
	if (numbers < 2 || numbers * 2 < table->columns)
		return false;
	if (n > table->columns) {
		const char *rest = cell[table->columns].text;
		const struct cell more = {rest, tokens->bytes - (size_t)(rest - tokens->text)};

		say(text, &bytes, sizeof(text), "", &more);
	}
	return line_read(text, bytes, line) > 0 && line->counters > 0;
}

bool table_read(struct table *table, const char *text, size_t bytes, struct line *line)
{
	struct tokens tokens;

	if (bytes > TOKEN_TEXT_MAX)
		return false;
	/* Most lines are neither; reading them twice would cost as much as all the rest. */
	if (table->columns == 0 && (memchr(text, ':', bytes) || memchr(text, '=', bytes)))
		return false;
	tokens_read(&tokens, text, bytes);
	if (tokens.n == 0 || header(table, &tokens))
		return false;
	return table->columns > 0 && row(table, &tokens, line);
}
