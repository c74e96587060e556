/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that a user names, read as a whole.
 */
#include "collector/cmd/whole.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_BYTES 65536

static char *read_stream(FILE *file, size_t *size)
{
	size_t room = FIRST_BYTES;
	char *text = malloc(room), *more;

	*size = 0;
	while (text) {
		*size += fread(text + *size, 1, room - *size, file);
		if (*size < room)
			break;
		room *= 2;
		more = room <= WHOLE_BYTES_MAX ? realloc(text, room) : NULL;
		if (!more) {
			free(text);
			errno = room <= WHOLE_BYTES_MAX ? ENOMEM : EFBIG;
			return NULL;
		}
		text = more;
	}
	if (text && ferror(file)) {
		free(text);
		return NULL;
	}
	return text;
}

char *whole_read(const char *path, size_t *size)
{
	FILE *file;
	char *text;
	int error;

	if (!strcmp(path, "-"))
		return read_stream(stdin, size);
	file = fopen(path, "re");
	if (!file)
		return NULL;
	text = read_stream(file, size);
	error = errno;
	fclose(file);
	errno = error;
	return text;
}
