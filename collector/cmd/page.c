/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A page of text for a terminal or a file.
 */
#include "collector/cmd/page.h"

#include <langinfo.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>
#include <wctype.h>

#define COLUMNS_DEFAULT 80
#define COLUMNS_LEAST	60
#define COLUMNS_MOST	200

static int columns_of(FILE *out)
{
	const char *said = getenv("COLUMNS");
	long wanted = said ? strtol(said, NULL, 10) : 0;
	int columns = wanted < COLUMNS_MOST ? (int)wanted : COLUMNS_MOST;
	struct winsize size;

	if (columns <= 0 && ioctl(fileno(out), TIOCGWINSZ, &size) == 0)
		columns = size.ws_col;
	if (columns <= 0)
		columns = COLUMNS_DEFAULT;
	if (columns < COLUMNS_LEAST)
		return COLUMNS_LEAST;
	return columns > COLUMNS_MOST ? COLUMNS_MOST : columns;
}

void page_open(struct page *page, FILE *out)
{
	const char *no_colour = getenv("NO_COLOR"), *terminal = getenv("TERM");

	page->out = out;
	page->columns = columns_of(out);
	page->colour = isatty(fileno(out)) && !(no_colour && no_colour[0]) && terminal &&
		       strcmp(terminal, "dumb") != 0;
	page->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

void page_widen(struct page *page)
{
	page->columns = COLUMNS_MOST;
}

struct letter {
	size_t bytes;
	int columns;
	bool printable;
};

/* The character at the start of a text that is not empty. */
static struct letter letter_at(const struct page *page, const char *text)
{
	static const struct letter unknown = {1, 1, false};
	mbstate_t state = {0};
	wchar_t wide;
	size_t bytes;
	int columns;

	if ((unsigned char)text[0] < 0x80)
		return (struct letter){1, 1, text[0] >= ' ' && text[0] <= '~'};
	if (!page->utf8)
		return unknown;
	bytes = mbrtowc(&wide, text, strlen(text), &state);
	if (bytes == (size_t)-1 || bytes == (size_t)-2 || bytes == 0)
		return unknown;
	columns = wcwidth(wide);
	if (columns < 0)
		return (struct letter){bytes, 1, false};
	return (struct letter){bytes, columns, true};
}

int page_width(const struct page *page, const char *text)
{
	int columns = 0;

	while (*text) {
		struct letter letter = letter_at(page, text);

		columns += letter.columns;
		text += letter.bytes;
	}
	return columns;
}

/* Prints from `text` at most `columns`; returns what is left of the text. */
static const char *put(const struct page *page, const char *text, int columns)
{
	while (*text) {
		struct letter letter = letter_at(page, text);

		if (letter.columns > columns)
			break;
		columns -= letter.columns;
		if (letter.printable)
			fwrite(text, 1, letter.bytes, page->out);
		else
			fputc('?', page->out);
		text += letter.bytes;
	}
	return text;
}

/* The end of a text that takes at most that many columns. */
static const char *tail_of(const struct page *page, const char *text, int columns)
{
	int width = page_width(page, text);

	while (width > columns) {
		struct letter letter = letter_at(page, text);

		width -= letter.columns;
		text += letter.bytes;
	}
	return text;
}

void page_cell(const struct page *page, const char *text, int columns, enum page_side side)
{
	const char *gap = page->utf8 ? "\xe2\x80\xa6" : "..";
	int width = page_width(page, text), gap_width = page->utf8 ? 1 : 2, head;

	fprintf(page->out, "%*s", PAGE_GAP, "");
	if (width > columns) {
		head = (columns - gap_width) / 2;
		put(page, text, head);
		put(page, gap, gap_width);
		put(page, tail_of(page, text, columns - gap_width - head), columns);
	} else {
		if (side == PAGE_RIGHT)
			fprintf(page->out, "%*s", columns - width, "");
		put(page, text, columns);
		if (side == PAGE_LEFT)
			fprintf(page->out, "%*s", columns - width, "");
	}
}

void page_label(const struct page *page, const char *label)
{
	if (label[0]) {
		page_bold(page);
		put(page, label, PAGE_INDENT);
		page_plain(page);
	}
	fprintf(page->out, "%*s", PAGE_INDENT - page_width(page, label), "");
}

/* How much of a text goes on one line: up to the last blank that fits. */
static size_t line_bytes(const struct page *page, const char *text, int columns)
{
	size_t bytes = 0, blank = 0;

	while (text[bytes]) {
		struct letter letter = letter_at(page, text + bytes);

		if (text[bytes] == ' ')
			blank = bytes;
		if (letter.columns > columns && blank)
			return blank;
		columns -= letter.columns;
		bytes += letter.bytes;
	}
	return columns < 0 && blank ? blank : bytes;
}

void page_wrap(const struct page *page, int indent, const char *text)
{
	int columns = page->columns - indent;

	for (;;) {
		size_t bytes = line_bytes(page, text, columns);
		char *line = strndup(text, bytes);

		if (line)
			put(page, line, INT_MAX);
		free(line);
		page_line(page);
		text += bytes;
		text += strspn(text, " ");
		if (!*text)
			return;
		fprintf(page->out, "%*s", indent, "");
	}
}

void page_line(const struct page *page)
{
	fputc('\n', page->out);
}

static void colour(const struct page *page, const char *code)
{
	if (page->colour)
		fprintf(page->out, "\033[%sm", code);
}

void page_bold(const struct page *page)
{
	colour(page, "1");
}

void page_warn(const struct page *page)
{
	colour(page, "33");
}

void page_dim(const struct page *page)
{
	colour(page, "2");
}

void page_plain(const struct page *page)
{
	colour(page, "0");
}
