/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines by their digests, as again.h promises it.
 */
#include "collector/phase/again.h"

#include <stdlib.h>

static uint32_t digest_of(const char *text, size_t bytes)
{
	uint32_t hash = 2166136261u; /* FNV-1a, 32 bits */

	for (size_t i = 0; i < bytes; i++)
		hash = (hash ^ (unsigned char)text[i]) * 16777619u;
	return hash;
}

void again_free(struct again *again)
{
	free(again->digest);
	*again = (struct again){0};
}

static bool can_begin(const struct line *line)
{
	return (line->counters > 0) == (line->metrics > 0);
}

static void add(struct again *again, uint32_t digest)
{
	if (again->n == AGAIN_LINES)
		return;
	if (again->n == again->room) {
		const size_t room = again->room ? again->room * 2 : 64;
		uint32_t *more = realloc(again->digest, room * sizeof(*more));

		if (!more)
			return;
		again->digest = more;
		again->room = room;
	}
	again->digest[again->n++] = digest;
	again->at = again->n;
}

bool again_told(struct again *again, const char *text, size_t bytes, const struct line *line)
{
	const uint32_t digest = digest_of(text, bytes);
	const bool at_end = again->at == again->n;

	if (!at_end && again->digest[again->at] == digest) {
		again->at++;
		return true;
	}
	if (at_end && again->n && again->digest[0] == digest && can_begin(line)) {
		again->at = 1;
		return true;
	}
	/* It goes on otherwise: what stood there is overwritten. */
	again->n = again->at;
	add(again, digest);
	return false;
}
