/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Epochs by kernels: where the folded sequence of a thread (fold.h) falls into equal sections of
 * training steps with something else between them. Pure.
 *
 * A section is a stretch of time in which one body, the step, is repeated; what stands between two
 * is a gap: an evaluation, a shorter last batch, a save, or nothing but time.
 */
#ifndef GRAMME_PHASE_CUT_H
#define GRAMME_PHASE_CUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collector/phase/fold.h"

#define CUT_SILENT_EPOCHS 3u /* repetitions from which structure alone is believed */

struct cut_epoch {
	uint64_t start_ns; /* its first step was asked for */
	uint64_t train_ns; /* its last step had ended */
	uint64_t end_ns;   /* the last kernel before the next epoch had ended */
	uint64_t steps;
	uint64_t other; /* kernels in the gap that are no steps: evaluation */
	uint64_t after; /* number of the first of these in their thread */
	uint64_t first; /* number of its first kernel; of the first epoch only */
};

struct cut {
	const struct loop *loop; /* borrowed */
	struct cut_epoch *epoch; /* the caller's, to be freed */
	size_t epochs;
	uint64_t body;	/* kernels of a step */
	uint64_t steps; /* of all epochs, as they were counted, before one hidden was given back */
	double even;	/* share of epochs that have as many steps as most have */
	double marked;	/* share of boundaries that have a gap */
	double evaluated; /* share of epochs that are followed by the same other kernels */
	double odd;	  /* share of epochs whose last step is smaller than the others */
	double cover;	  /* share of the time between first and last kernel that is steps */
	bool guessed;	  /* no kernel tells when the first epoch began */
	bool led;	  /* steps of no epoch stand before the first one's */
	bool unmarked;	  /* epochs end with a smaller step, and none with an evaluation */
	double score;
};

/*
 * Into so many epochs (`epochs` > 0: text proved them), or into as many as its own structure
 * proves (0). Only what lies between the two times counts. Returns 0, -ENOENT where the kernels do
 * not tell, or -ENOMEM.
 */
int cut_make(const struct fold *fold, size_t epochs, uint64_t from_ns, uint64_t to_ns,
	     struct cut *cut);
/*
 * Whatever is computed right before the first step, with no longer a pause than there is between
 * the kernels of a step, belongs to the first epoch: it is what is done once, to begin with.
 */
void cut_settle_in(struct cut *cut, const struct fold *fold);

/*
 * For a thread that does so little that there are no loops: into so many groups of as many kernels
 * each, by the longest pauses. Where the pauses are most of the time the groups are what stands
 * between epochs, not the epochs: an evaluation, say, of what was trained by other means; then an
 * epoch ends with its group, and begins where the one before ended. As cut_make() otherwise.
 */
int cut_groups(const struct loop *loop, size_t epochs, uint64_t from_ns, uint64_t to_ns,
	       struct cut *cut);

void cut_free(struct cut *cut);

/*
 * The last of a fit's epochs, `first` to `first + epochs`, ends like the others: what is computed
 * beyond, such as a test at the end, is no part of it. Returns whether there was such a thing.
 */
bool cut_trim(struct cut *cut, size_t first, size_t epochs);

#endif
