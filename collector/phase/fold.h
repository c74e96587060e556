/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loops of loops: the runs and stretches of a thread (loop.h), folded again and again. A step that
 * calls its optimiser for every layer is a stretch and a run, and so many of those are a run of
 * the next level. Pure; made for one judgement and freed after it.
 */
#ifndef GRAMME_PHASE_FOLD_H
#define GRAMME_PHASE_FOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collector/phase/loop.h"

#define FOLD_LEVELS 3u

struct fold_level {
	struct loop_item *item;
	size_t items;
	/* Which items of the level below make up this one: a whole round's, of a run. */
	uint32_t *child;
	uint32_t *children; /* 0 at level 0 */
};

struct fold {
	const struct loop *loop; /* borrowed */
	struct fold_level level[FOLD_LEVELS];
	unsigned levels; /* there is always one, perhaps empty */
	bool even;	 /* the caller's to set: no step is smaller than the others */
};

/* Returns 0 or -ENOMEM; fold_free in either case. */
int fold_make(struct fold *fold, const struct loop *loop);
void fold_free(struct fold *fold);

/* Rounds of a run, 1 for anything else. */
uint64_t fold_rounds(const struct loop_item *item);

/*
 * The kernels of an item, of a run those of one round; loops within are unrolled. Fills at most
 * `room` and returns how many.
 */
size_t fold_words(const struct fold *fold, unsigned level, size_t item, struct loop_word *word,
		  size_t room);

#endif
