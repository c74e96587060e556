/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads /proc/self/maps as it comes, a character at a time: lines of any length, and no more of
 * them than it takes.
 */
#include "preload/maps.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>

#include "preload/sys.h"

#define CHUNK_BYTES 1024u

/* Within "from-to rights offset device inode      path". */
enum place { IN_FROM, IN_TO, IN_OTHERS, BEFORE_PATH, IN_PATH, IN_END };

struct scan {
	uintptr_t address;
	uintptr_t from, to;
	enum place place;
	char *path;
	unsigned size, length;
};

static uintptr_t digit(char c)
{
	return (uintptr_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static bool is_ours(const struct scan *s)
{
	return s->address >= s->from && s->address < s->to;
}

static void end_line(struct scan *s)
{
	s->place = is_ours(s) ? IN_END : IN_FROM;
	s->from = s->to = 0;
}

static void take_path(struct scan *s, char c)
{
	if (s->length + 1 < s->size)
		s->path[s->length++] = c;
	else
		s->size = 0; /* a part of it would be another file's */
}

static void take(struct scan *s, char c)
{
	if (c == '\n') {
		end_line(s);
	} else if (s->place == IN_FROM) {
		if (c == '-')
			s->place = IN_TO;
		else
			s->from = s->from << 4 | digit(c);
	} else if (s->place == IN_TO) {
		if (c == ' ')
			s->place = is_ours(s) ? BEFORE_PATH : IN_OTHERS;
		else
			s->to = s->to << 4 | digit(c);
	} else if (s->place == IN_PATH || (s->place == BEFORE_PATH && c == '/')) {
		s->place = IN_PATH;
		take_path(s, c);
	}
}

unsigned maps_path(const void *address, char *path, unsigned size)
{
	struct scan s = {.address = (uintptr_t)address, .path = path, .size = size};
	const int fd = (int)sys(openat, AT_FDCWD, "/proc/self/maps", O_RDONLY | O_CLOEXEC, 0);
	char chunk[CHUNK_BYTES];
	long n;

	if (fd < 0)
		return 0;
	while (s.place != IN_END && (n = sys(read, fd, chunk, sizeof(chunk))) > 0)
		for (long i = 0; i < n && s.place != IN_END; i++)
			take(&s, chunk[i]);
	sys(close, fd);
	if (s.place != IN_END || !s.size || !s.length)
		return 0;
	path[s.length] = '\0';
	return s.length;
}
