/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of a CSV file (RFC 4180; libcsv reads it), whatever delimits its fields. Pure.
 */
#ifndef GRAMME_ROWS_H
#define GRAMME_ROWS_H

#include <stddef.h>

#define ROWS_FIELDS_MAX 64

/*
 * Takes one row; the fields are terminated, trimmed, and gone afterwards. What it returns other
 * than 0 ends the reading.
 */
typedef int rows_function(void *data, char *const *field, size_t fields, unsigned row);

/*
 * Fields may stand within `quote`s; '\0': no sign is a quote. Gives the rows that are not empty to
 * `take`, numbered from 1 as they stand in the text. Of more than ROWS_FIELDS_MAX fields the rest
 * is left out. Returns 0, what `take` returned, -ENOMEM, or -EBADMSG where a quote is not closed.
 */
int rows_read(const char *text, size_t size, char delimiter, char quote, rows_function *take,
	      void *data);

/* What delimits the fields of a text's first line: of , ; and the tab the one that is there most.
 */
char rows_delimiter(const char *text, size_t size);

#endif
