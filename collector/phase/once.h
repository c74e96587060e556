/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Steps of their own lengths: a recurrent network goes over each batch as often as its longest
 * sequence has moments, and no two steps are alike. But there are kernels that come exactly once in
 * each (the last layer, there and back), or one kernel behind another does (where the way forwards
 * turns back). A thread that is told by these alone has steps of one length, and evaluations
 * between them. Pure.
 */
#ifndef GRAMME_PHASE_ONCE_H
#define GRAMME_PHASE_ONCE_H

#include <stdbool.h>
#include <stdint.h>

#include "collector/phase/loop.h"

struct once;

/*
 * What comes once in each step of what a loop was told, which must still be in its ring (no more
 * than LOOP_RING events); NULL where nothing does, where steps have all one length, or memory is
 * short. *loop: all that it was told, told by these alone, the caller's.
 */
struct once *once_new(const struct loop *told, struct loop **loop);
void once_free(struct once *once);

/* Whether what stands between the steps is too little for one of another size. */
bool once_is_even(const struct once *once);

/* One more kernel; into the loop where it is told. Times of what is left out go to its neighbours.
 */
void once_add(struct once *once, struct loop *loop, uint32_t symbol, uint32_t kernel,
	      uint64_t start_ns, uint64_t end_ns);

/*
 * So many kernels were lost behind `seen` others. As many of them as of those are taken for such as
 * are told.
 */
void once_lost(struct once *once, struct loop *loop, uint64_t seen, uint64_t events);

#endif
