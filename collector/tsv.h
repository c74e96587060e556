/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of tab-separated fields, read in place: the built-in tables, and the files of a recorded
 * machine. A field is a slice of the text; there is no quoting, and nothing is copied. Pure.
 */
#ifndef GRAMME_TSV_H
#define GRAMME_TSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tsv {
	const char *at; /* what is still to be read */
	const char *end;
	unsigned line; /* 1-based number of the line that tsv_next gave last */
};

struct tsv_field {
	const char *text; /* not terminated */
	size_t size;
};

/* Begins at the start of `text`, which must outlive the reading. */
struct tsv tsv_begin(const char *text, size_t size);

/*
 * The next line that is not empty, comments included. Fills at most `max` fields and returns how
 * many the line has (which may be more than `max`), or 0 after the last line.
 */
size_t tsv_next(struct tsv *tsv, struct tsv_field *field, size_t max);

/* As tsv_next, but lines that begin with '#' are passed over. */
size_t tsv_next_row(struct tsv *tsv, struct tsv_field *field, size_t max);

/* True if the field is exactly `text`. */
bool tsv_is(const struct tsv_field *field, const char *text);

/* An unsigned decimal. Returns 0, -EINVAL if it is anything else, -ERANGE above UINT64_MAX. */
int tsv_u64(const struct tsv_field *field, uint64_t *value);

/* Copies the field, zero-terminated. Returns 0, or -ENAMETOOLONG if it does not fit. */
int tsv_copy(const struct tsv_field *field, char *text, size_t size);

#endif
