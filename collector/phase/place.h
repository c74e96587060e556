/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a few hundred kernels or pairs of them are, found where their bits say, or right behind
 * that: their numbers are well mixed. Three searches of sorted tables for each kernel were a third
 * of what a kernel took the recogniser (callgrind, 2026-11-22). Pure; what is put is never taken
 * out, and there is at most half of the room.
 */
#ifndef GRAMME_PHASE_PLACE_H
#define GRAMME_PHASE_PLACE_H

#include <stddef.h>
#include <stdint.h>

#define PLACES 1024u /* a power of two */

struct place {
	uint32_t token;
	uint32_t is; /* bits of the caller's; 0: nobody stands here */
};

/* Where it stands in place[PLACES], or would. */
static inline size_t place_of(const struct place *place, uint32_t token)
{
	size_t at = token & (PLACES - 1);

	while (place[at].is && place[at].token != token)
		at = (at + 1) & (PLACES - 1);
	return at;
}

static inline void place_put(struct place *place, const uint32_t *token, size_t n, uint32_t is)
{
	for (size_t i = 0; i < n; i++) {
		struct place *here = &place[place_of(place, token[i])];

		here->token = token[i];
		here->is |= is;
	}
}

/* What it is; 0 where nobody said. */
static inline uint32_t place_is(const struct place *place, uint32_t token)
{
	return place[place_of(place, token)].is;
}

#endif
