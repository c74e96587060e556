/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Splits text into lines and lines into fields, without copying either.
 */
#include "collector/tsv.h"

#include <errno.h>
#include <string.h>

struct tsv tsv_begin(const char *text, size_t size)
{
	return (struct tsv){.at = text, .end = text + size};
}

static size_t split(const char *text, const char *end, struct tsv_field *field, size_t max)
{
	size_t n = 0;

	for (;;) {
		const char *tab = memchr(text, '\t', (size_t)(end - text));
		const char *stop = tab ? tab : end;

		if (n < max)
			field[n] = (struct tsv_field){text, (size_t)(stop - text)};
		n++;
		if (!tab)
			return n;
		text = tab + 1;
	}
}

size_t tsv_next(struct tsv *tsv, struct tsv_field *field, size_t max)
{
	while (tsv->at < tsv->end) {
		const char *text = tsv->at;
		const char *newline = memchr(text, '\n', (size_t)(tsv->end - text));
		const char *stop = newline ? newline : tsv->end;

		tsv->at = newline ? newline + 1 : tsv->end;
		tsv->line++;
		if (stop > text)
			return split(text, stop, field, max);
	}
	return 0;
}

size_t tsv_next_row(struct tsv *tsv, struct tsv_field *field, size_t max)
{
	size_t n;

	do {
		n = tsv_next(tsv, field, max);
	} while (n && field[0].size && field[0].text[0] == '#');
	return n;
}

bool tsv_is(const struct tsv_field *field, const char *text)
{
	return field->size == strlen(text) && !memcmp(field->text, text, field->size);
}

int tsv_u64(const struct tsv_field *field, uint64_t *value)
{
	uint64_t sum = 0;

	if (!field->size)
		return -EINVAL;
	for (size_t i = 0; i < field->size; i++)
		if (field->text[i] < '0' || field->text[i] > '9')
			return -EINVAL;
	for (size_t i = 0; i < field->size; i++)
		if (__builtin_mul_overflow(sum, 10, &sum) ||
		    __builtin_add_overflow(sum, (uint64_t)(field->text[i] - '0'), &sum))
			return -ERANGE;
	*value = sum;
	return 0;
}

int tsv_copy(const struct tsv_field *field, char *text, size_t size)
{
	if (field->size >= size)
		return -ENAMETOOLONG;
	memcpy(text, field->text, field->size);
	text[field->size] = '\0';
	return 0;
}
