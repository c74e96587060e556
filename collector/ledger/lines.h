/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of a file, one at a time, in memory for the longest of them.
 */
#ifndef GRAMME_LEDGER_LINES_H
#define GRAMME_LEDGER_LINES_H

#include <stdbool.h>
#include <stddef.h>

struct lines {
	int fd;
	char *buffer;
	size_t size;
	size_t start; /* of what was not given out yet */
	size_t end;
	bool ended; /* the file has no more bytes */
};

enum lines_found { LINES_TAIL, LINES_WHOLE };

/* Reads from `fd`, which stays the caller's. */
void lines_open(struct lines *lines, int fd);
void lines_close(struct lines *lines);

/*
 * Gives the next line. Returns LINES_WHOLE with *line and its *length, newline included;
 * LINES_TAIL at the end of the file, with the bytes behind the last newline (*length may be 0);
 * -EMSGSIZE for a line above CHAIN_LINE_MAX, -ENOMEM, or -errno of read(2). *line lives until the
 * next call and is not terminated.
 */
int lines_next(struct lines *lines, const char **line, size_t *length);

#endif
