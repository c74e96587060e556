/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How phases nest. They come in the order of their end, what lies within one before it, with
 * numbers in the order of their start: so a few words are enough to prove that numbers are given
 * once, that what lies within a phase lies within its time and energy, and that else nothing
 * overlaps, however many phases there are. Pure.
 */
#ifndef GRAMME_LEDGER_NESTING_H
#define GRAMME_LEDGER_NESTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collector/ledger/ledger.h"

#define NESTING_DEPTH	  16u
#define NESTING_QUALITIES (POWER_MODELLED + 1)

struct nesting_phase {
	uint32_t id; /* above 0 */
	uint32_t parent;
	uint64_t start_ns;
	uint64_t end_ns;
	uint64_t energy_uj[NESTING_QUALITIES];
	uint64_t ug_per_kwh; /* at which that is booked, where phases are told with it */
};

/* Phases beside each other whose parent has not come yet, as one. */
struct nesting_group {
	uint32_t parent;
	uint32_t first_id;
	uint32_t last_id; /* the highest in them */
	uint64_t start_ns;
	uint64_t end_ns;
	uint64_t energy_uj[NESTING_QUALITIES];
};

struct nesting {
	struct nesting_group group[NESTING_DEPTH];
	size_t depth;
	uint64_t count;			     /* of phases */
	uint64_t leaf_uj[NESTING_QUALITIES]; /* energy of those that nothing lies within */
	unsigned __int128 leaf_weighted;     /* the same x intensity, in uJ x ug per kWh */
};

/* Takes the next one; *leaf: nothing lies within it. Returns 0, or -EBADMSG with the problem. */
int nesting_take(struct nesting *nesting, const struct nesting_phase *phase, bool *leaf,
		 struct ledger_problem *problem);

/* That every parent has come. Returns 0, or -EBADMSG with the problem. */
int nesting_whole(const struct nesting *nesting, struct ledger_problem *problem);

/* Energy of all phases that no other contains, as far as is known. */
uint64_t nesting_energy_uj(const struct nesting *nesting, enum power_quality quality);

/* The highest number that was given, or 0, and the end of the last phase. */
uint32_t nesting_last_id(const struct nesting *nesting);
uint64_t nesting_end_ns(const struct nesting *nesting);

#endif
