/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether what stands behind a run of steps is a step that is not like the others: the last one of
 * an epoch, whose batch is smaller. Pure.
 */
#ifndef GRAMME_PHASE_ODD_H
#define GRAMME_PHASE_ODD_H

#include "collector/phase/beat.h"

/* How much of the last quarter of the step, its optimiser, is among these: enough. */
bool odd_ends_step(const struct beat *beat, const struct loop_word *word, size_t n);

/*
 * Kernels of items, up to a run: what is repeated is a batch of evaluation, not one odd step. Where
 * a step holds loops, these are part of it. Returns how many, at most `room`.
 */
size_t odd_words(const struct beat *beat, size_t item, size_t end, struct loop_word *word,
		 size_t room);

/*
 * A step that is not like the others: its kernels, from `item` on, as far as they are loose, behind
 * the first `left_over` of an unbroken one.
 */
bool odd_is_step(const struct beat *beat, size_t item, size_t end, uint64_t left_over);

/*
 * How many of these go on as the step does from its kernel number `from` on, round and round, if
 * with other sizes: what came before in the same step comes again here, and what differs there
 * differs here, but for sizes that fall together by chance.
 */
size_t odd_alike(const struct beat *a, size_t from, const struct loop_word *word, size_t n);

#endif
