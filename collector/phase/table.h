/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables: a line of column names, and rows of values under it, as CSV files, YOLO, fastai and
 * skorch have them. One serves one stream. Pure.
 */
#ifndef GRAMME_PHASE_TABLE_H
#define GRAMME_PHASE_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "collector/phase/line.h"

#define TABLE_COLUMNS 32

struct table {
	char column[TABLE_COLUMNS][LINE_NAME_MAX + 1];
	size_t columns; /* 0: no header came */
	size_t indent;	/* where the first of them stands */
	char between;	/* what divides columns: a comma, tab, bar, semicolon or blank */
};

/*
 * Looks at a line that came: a header is kept. Where it is a row of the header at hand, `line` is
 * filled from its columns, and the answer is true.
 */
bool table_read(struct table *table, const char *text, size_t bytes, struct line *line);

#endif
