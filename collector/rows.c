/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of a CSV file: libcsv finds the fields, here they are gathered.
 */
#include "collector/rows.h"

#include <csv.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK 4096

struct gathering {
	rows_function *take;
	void *data;
	char *field[ROWS_FIELDS_MAX];
	size_t fields;
	unsigned row;
	int error;
};

static void on_field(void *text, size_t size, void *data)
{
	struct gathering *gathering = data;

	if (gathering->error || gathering->fields == ROWS_FIELDS_MAX)
		return;
	gathering->field[gathering->fields] = strndup(text ? text : "", size);
	if (!gathering->field[gathering->fields])
		gathering->error = -ENOMEM;
	else
		gathering->fields++;
}

static void drop_fields(struct gathering *gathering)
{
	while (gathering->fields)
		free(gathering->field[--gathering->fields]);
}

static void on_row(int end, void *data)
{
	struct gathering *gathering = data;
	bool empty = !gathering->fields || (gathering->fields == 1 && !gathering->field[0][0]);

	(void)end;
	gathering->row++;
	if (!gathering->error && !empty)
		gathering->error = gathering->take(gathering->data, gathering->field,
						   gathering->fields, gathering->row);
	drop_fields(gathering);
}

int rows_read(const char *text, size_t size, char delimiter, char quote, rows_function *take,
	      void *data)
{
	struct gathering gathering = {.take = take, .data = data};
	struct csv_parser parser;
	size_t at = 0;

	if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL))
		return -ENOMEM;
	csv_set_delim(&parser, (unsigned char)delimiter);
	csv_set_quote(&parser, (unsigned char)quote);
	while (at < size && !gathering.error) {
		size_t length = size - at < CHUNK ? size - at : CHUNK;

		if (csv_parse(&parser, text + at, length, on_field, on_row, &gathering) != length)
			gathering.error = csv_error(&parser) == CSV_ENOMEM ? -ENOMEM : -EBADMSG;
		at += length;
	}
	if (!gathering.error && csv_fini(&parser, on_field, on_row, &gathering))
		gathering.error = -EBADMSG;
	drop_fields(&gathering);
	csv_free(&parser);
	return gathering.error;
}

char rows_delimiter(const char *text, size_t size)
{
	static const char candidate[] = {',', ';', '\t'};
	size_t most = 0, count[sizeof(candidate)] = {0};

	for (size_t i = 0; i < size && text[i] != '\n'; i++)
		for (size_t k = 0; k < sizeof(candidate); k++)
			count[k] += text[i] == candidate[k];
	for (size_t k = 1; k < sizeof(candidate); k++)
		if (count[k] > count[most])
			most = k;
	return candidate[most];
}
