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
};

struct cut {
	struct cut_epoch *epoch; /* the caller's, to be freed */
	size_t epochs;
	uint64_t body;	  /* kernels of a step */
	double even;	  /* share of epochs that have as many steps as most have */
	double marked;	  /* share of boundaries that have a gap */
	double evaluated; /* share of epochs that are followed by the same other kernels */
	double cover;	  /* share of the time between first and last kernel that is steps */
	bool forward;	  /* what follows is like a part of a step, and shorter */
	double score;
};

/*
 * Into so many epochs (`epochs` > 0: text proved them), or into as many as its own structure
 * proves (0). Only what lies between the two times counts. Returns 0, -ENOENT where the kernels do
 * not tell, or -ENOMEM.
 */
int cut_make(const struct fold *fold, size_t epochs, uint64_t from_ns, uint64_t to_ns,
	     struct cut *cut);
void cut_free(struct cut *cut);

#endif
