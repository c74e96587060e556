/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A page of text for a terminal or a file: labels, cells, wrapped paragraphs, within a width.
 * Whatever comes from a ledger is printed by these, which let no control character through.
 */
#ifndef GRAMME_PAGE_H
#define GRAMME_PAGE_H

#include <stdbool.h>
#include <stdio.h>

/* Where the text beside a label begins. */
#define PAGE_INDENT 12

struct page {
	FILE *out;
	int columns;
	bool colour;
	bool utf8;
};

enum page_side { PAGE_LEFT, PAGE_RIGHT };

/*
 * Width from COLUMNS, the terminal, or 80; colour on a terminal alone, and not where NO_COLOR is
 * set or TERM is "dumb"; UTF-8 if the locale (LC_CTYPE, set by the caller) says so.
 */
void page_open(struct page *page, FILE *out);

/* As wide as a page can be, whatever the terminal is. */
void page_widen(struct page *page);

/* Columns that a text takes. */
int page_width(const struct page *page, const char *text);

/* Between two cells. */
#define PAGE_GAP 2

/* The gap, then a text in a cell of that many columns, shortened in its middle if need be. */
void page_cell(const struct page *page, const char *text, int columns, enum page_side side);

/* A label at the margin in bold; the text beside it is printed by page_wrap. */
void page_label(const struct page *page, const char *label);

/*
 * The text up to the width, words of further lines under `indent`; the first line stands there
 * already. A word is never broken, so that a path or a hash can be copied. Ends the line.
 */
void page_wrap(const struct page *page, int indent, const char *text);

/* Ends a line, or leaves one empty. */
void page_line(const struct page *page);

/* Text until page_plain stands out: a title, or a warning. Nothing without colour. */
void page_bold(const struct page *page);
void page_warn(const struct page *page);
void page_dim(const struct page *page);
void page_plain(const struct page *page);

#endif
