/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One body of kernels that is taken for the step: where in time it is repeated, what stands between
 * its runs, and which of that is a step after all, if not like the others. Pure.
 */
#ifndef GRAMME_PHASE_BEAT_H
#define GRAMME_PHASE_BEAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collector/phase/fold.h"

#define BEAT_WORDS 512u
#define BEAT_SHORT 6u /* kernels: less are rather the moments of a sequence than a step */

/* A run of the step, and the gap that follows it. */
struct beat_run {
	uint64_t first; /* event */
	uint64_t events;
	uint32_t turn; /* which of the step's kernels comes first */
	uint64_t lent; /* events before it that began its first step, told as another run's end */
	uint64_t start_ns;
	uint64_t end_ns;
	size_t gap, gap_end; /* items of the level */
	uint64_t gap_events;
	uint64_t gap_end_ns; /* the last kernel in the gap has ended */
	uint32_t extra;	     /* steps in the gap: the shorter last batch */
	uint32_t alike;	     /* steps that hold loops, at the gap's beginning */
	bool whole;	     /* the gap is that step from end to end, of other sizes */
	bool aside;	     /* the gap is as most are, and another network's */
	uint32_t lead;	     /* kernels of the step at the gap's beginning */
	uint32_t trail;	     /* and at its end */
	uint32_t among;	     /* and in all of it, but for the next */
	uint32_t odd;	     /* steps that are repeated, each with the same kernel more */
	uint64_t like;	     /* kernels of the gap that are of such steps, or of broken ones */
	uint64_t parts;	     /* loops of the step in the gap, of the kind that is counted */
};

struct beat {
	const struct fold *fold;
	const struct fold_level *level;
	unsigned at_level;
	uint32_t hash; /* of the step */
	uint32_t body;
	size_t item; /* one of its runs */
	uint64_t covered_ns;
	uint64_t first_ns; /* of its first run, and the end of its last, as far as told */
	uint64_t last_ns;
	struct beat_run *run;
	size_t runs;
	uint64_t head;			   /* kernels of the step right before the first run */
	const struct loop_item *part;	   /* the longest loop within a step, if any */
	uint32_t parts;			   /* so many of it in each */
	bool layers;			   /* another loop has as many rounds: there and back */
	uint64_t loose;			   /* of it in the gaps, with more rounds or less */
	struct loop_word word[BEAT_WORDS]; /* of the step */
	uint32_t turn;			   /* which of the body's kernels word[0] is */
	uint32_t sorted[BEAT_WORDS];	   /* its symbols, rising */
	size_t words;
};

bool beat_within(const struct loop_item *item, uint64_t from_ns, uint64_t to_ns);

/* Collects the runs, with the gaps behind them; beat->run is to be freed. Returns 0 or -ENOMEM. */
int beat_collect(struct beat *beat, uint64_t from_ns, uint64_t to_ns);

/* Whether the step is a loop of six kernels or more, and less than that besides: a few batches. */
bool beat_is_of_batches(const struct beat *beat);

/*
 * Steps of the runs [first, end), what is small between them taken as part of steps, unless it is
 * the same again and again and no step: another network's, after every so many.
 */
uint64_t beat_steps(const struct beat *beat, size_t first, size_t end);

/* Number of the first event behind the steps of a run. */
uint64_t beat_after(const struct beat_run *run, uint32_t body);

#endif
