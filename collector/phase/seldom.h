/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When each of a thread's kernels came, for those that come seldom. Rounds of boosting hold loops
 * of another length each, for trees are no two alike; but what begins a round, or ends it, comes
 * once in each. Pure; memory is bounded.
 */
#ifndef GRAMME_PHASE_SELDOM_H
#define GRAMME_PHASE_SELDOM_H

#include <stddef.h>
#include <stdint.h>

struct seldom;

/* Returns NULL where memory is short. */
struct seldom *seldom_new(void);
void seldom_free(struct seldom *seldom);

/* One more kernel; where there is no room, that which came most often is not kept any more. */
void seldom_add(struct seldom *seldom, uint32_t kernel, uint64_t start_ns, uint64_t end_ns);

struct seldom_round {
	uint64_t start_ns;
	uint64_t end_ns;
};

/*
 * So many rounds, if there are kernels that came once in each between two times, with nearly as
 * many others between, and half of the thread's kernels are between the first and the last. round[]
 * has room for as many. Returns 0, -ENOENT where none are, or -ENOMEM.
 */
int seldom_rounds(const struct seldom *seldom, size_t rounds, uint64_t from_ns, uint64_t to_ns,
		  struct seldom_round *round);

#endif
