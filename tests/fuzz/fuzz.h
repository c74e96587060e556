/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the fuzz targets share: rules that must hold whatever the input is, and a folder to lay out
 * files in for code that reads files.
 */
#ifndef GRAMME_FUZZ_H
#define GRAMME_FUZZ_H

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collector/ledger/text.h"

/* libFuzzer keeps the input that got here. */
#define MUST(condition)                                                                            \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);    \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A text that a ledger or a terminal may get: valid UTF-8 and no control characters. */
static inline bool fuzz_is_harmless(const char *text)
{
	while (*text) {
		size_t n = text_utf8(text);
		bool c1 = n == 2 && (unsigned char)text[0] == 0xc2 && (unsigned char)text[1] < 0xa0;

		if (n == 0 || (unsigned char)*text < ' ' || *text == 0x7f || c1)
			return false;
		text += n;
	}
	return true;
}

/* A folder of this process' own, in memory where there is such a place; scripts/one removes it. */
static inline const char *fuzz_folder(void)
{
	static char path[256];
	const char *parent = getenv("TMPDIR");

	if (path[0])
		return path;
	snprintf(path, sizeof(path), "%.200s/fuzz.XXXXXX", parent ? parent : "/tmp");
	MUST(mkdtemp(path));
	return path;
}

/* Writes a file beneath fuzz_folder(), whose folder must be there. */
static inline void fuzz_put(const char *name, const void *bytes, size_t size)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", fuzz_folder(), name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	MUST(fd >= 0);
	MUST(write(fd, bytes, size) == (ssize_t)size);
	close(fd);
}

static inline void fuzz_remove(const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", fuzz_folder(), name);
	unlink(path);
}

/*
 * An input of several files: a line "@NAME" begins one, and what follows up to the next such line
 * is its content. Returns false at the end.
 */
struct fuzz_file {
	char name[64];
	const char *content;
	size_t size;
};

static inline bool fuzz_next_file(const char **at, const char *end, struct fuzz_file *file)
{
	const char *line = *at;

	if (line >= end || *line != '@')
		return false;
	const char *newline = memchr(line, '\n', (size_t)(end - line));
	if (!newline)
		return false;
	size_t length = (size_t)(newline - line - 1);
	if (length >= sizeof(file->name) || memchr(line, '\0', length + 1))
		return false;
	memcpy(file->name, line + 1, length);
	file->name[length] = '\0';
	file->content = newline + 1;
	const char *next = newline;
	while (next && next + 1 < end && next[1] != '@')
		next = memchr(next + 1, '\n', (size_t)(end - next - 1));
	*at = next && next + 1 < end ? next + 1 : end;
	file->size = (size_t)(*at - file->content);
	return true;
}

#endif
