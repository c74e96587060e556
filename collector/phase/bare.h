/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A thread whose sizes hardly ever come again: batches of sentences, each as long as its longest.
 * Told by its sizes nothing is repeated; told without them the same steps may be. Sizes that come
 * again at equal distances (an output's, a weight's) are steady, and stay. Pure.
 */
#ifndef GRAMME_PHASE_BARE_H
#define GRAMME_PHASE_BARE_H

#include <stddef.h>
#include <stdint.h>

#include "collector/phase/loop.h"

#define BARE_STEADY 64u

struct bare {
	uint32_t steady[BARE_STEADY]; /* symbols that keep their sizes, rising */
	size_t n;
};

/* The symbol of a kernel that has its own with its sizes. */
uint32_t bare_symbol(const struct bare *bare, uint32_t symbol, uint32_t kernel);

/*
 * All that a loop was told, which must still be in its ring (no more than LOOP_RING events), told
 * again without sizes, where that is repeated and with them it is not; the caller's, with *bare as
 * it was told. NULL where it makes no difference, where something was lost, or memory is short.
 */
struct loop *bare_loop(const struct loop *loop, struct bare *bare);

#endif
