/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of a file, one at a time, in memory for the longest of them.
 */
#include "collector/ledger/lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collector/ledger/chain.h"

#define FIRST_SIZE 65536u

void lines_open(struct lines *lines, int fd)
{
	*lines = (struct lines){.fd = fd};
}

void lines_close(struct lines *lines)
{
	free(lines->buffer);
	lines->buffer = NULL;
}

/* Makes room behind `end`. */
static int make_room(struct lines *lines)
{
	size_t size = lines->size ? 2 * lines->size : FIRST_SIZE;
	char *buffer;

	if (lines->start > 0) {
		memmove(lines->buffer, lines->buffer + lines->start, lines->end - lines->start);
		lines->end -= lines->start;
		lines->start = 0;
		return 0;
	}
	if (lines->size > CHAIN_LINE_MAX)
		return -EMSGSIZE;
	buffer = realloc(lines->buffer, size);
	if (!buffer)
		return -ENOMEM;
	lines->buffer = buffer;
	lines->size = size;
	return 0;
}

static int read_more(struct lines *lines)
{
	ssize_t n;
	int error;

	if (lines->end == lines->size) {
		error = make_room(lines);
		if (error)
			return error;
	}
	do
		n = read(lines->fd, lines->buffer + lines->end, lines->size - lines->end);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (n == 0)
		lines->ended = true;
	lines->end += (size_t)n;
	return 0;
}

int lines_next(struct lines *lines, const char **line, size_t *length)
{
	size_t searched = 0;
	int error;

	for (;;) {
		size_t have = lines->end - lines->start;
		const char *newline = NULL;

		*line = lines->buffer ? lines->buffer + lines->start : "";
		if (have > searched)
			newline = memchr(*line + searched, '\n', have - searched);
		if (newline) {
			*length = (size_t)(newline - *line) + 1;
			lines->start += *length;
			return LINES_WHOLE;
		}
		if (lines->ended) {
			*length = have;
			return LINES_TAIL;
		}
		searched = have;
		error = read_more(lines);
		if (error)
			return error;
	}
}
