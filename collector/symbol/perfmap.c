/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading the maps that programs write for perf(1). The text is a stranger's.
 */
#include "collector/symbol/perfmap.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_BYTES 2048

static void clean(char *name)
{
	for (; *name; name++)
		if (*name < ' ' || *name > '~')
			*name = '?';
}

/* "py::NAME:PATH"; a name has no colon, a path may. Of the rest, what stands behind a slash. */
static void publish(char *text, char *name, size_t size)
{
	static const char python[] = "py::";
	const char *slash = strrchr(text, '/');
	char *colon;

	clean(text);
	if (strncmp(text, python, sizeof(python) - 1) != 0 ||
	    !(colon = strchr(text + sizeof(python) - 1, ':'))) {
		snprintf(name, size, "%s", slash ? slash + 1 : text);
		return;
	}
	*colon = '\0';
	snprintf(name, size, "%s (%s)", text + sizeof(python) - 1,
		 slash && slash > colon ? slash + 1 : colon + 1);
}

/* The name in a line that holds the address, or NULL. */
static char *look_in(char *line, uint64_t address)
{
	char *at;
	const uint64_t start = strtoull(line, &at, 16);
	uint64_t bytes;

	if (at == line || *at != ' ')
		return NULL;
	bytes = strtoull(at + 1, &at, 16);
	if (*at != ' ' || address - start >= bytes)
		return NULL;
	at[1 + strcspn(at + 1, "\n")] = '\0';
	return at + 1;
}

int perfmap_find(int fd, uint64_t address, char *name, size_t size)
{
	int copy = dup(fd), error = -ENOENT;
	FILE *file = copy >= 0 ? fdopen(copy, "r") : NULL;
	char line[LINE_MAX_BYTES];
	bool whole = true;

	for (size_t read = 0; file && read < PERFMAP_BYTES_MAX && fgets(line, sizeof(line), file);
	     read += strlen(line)) {
		const bool begins = whole;
		char *text;

		whole = strchr(line, '\n') != NULL;
		text = begins ? look_in(line, address) : NULL;
		if (text) {
			publish(text, name, size);
			error = 0;
		}
	}
	if (file)
		fclose(file);
	else if (copy >= 0)
		close(copy);
	return error;
}
