/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fusion: what was printed (printed.h), computed (loop.h, cut.h), read and saved (pass.h), weighed
 * against each other. Text proves how many epochs there were; where it came at once it also says
 * when, else kernels, passes and saves do. Without text an epoch is only what recurs at least
 * three times with something between that training has: an evaluation, a save, a pass. Pure.
 */
#ifndef GRAMME_PHASE_FUSE_H
#define GRAMME_PHASE_FUSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collector/phase/fold.h"
#include "collector/phase/pass.h"
#include "collector/phase/printed.h"
#include "collector/phase/seldom.h"

#define FUSE_EPOCHS 20000u /* of one run; what comes after is not told */

struct fuse_lane {
	uint32_t process;
	struct fold fold;
	bool solves;		     /* many of its kernels factorise or solve */
	const struct seldom *seldom; /* or NULL */
	bool thin;		     /* told by what comes once a step alone (once.h) */
};

struct fuse_told {
	const struct fuse_lane *lane;
	size_t lanes;
	const struct printed_fit *fit;
	size_t fits;
	const struct pass *pass;
	const uint64_t *mark; /* when lines and saves were told, the last ones, in no order */
	size_t marks;
	uint64_t from_ns; /* what was before is settled, and not told */
	uint64_t now_ns;
	bool over;
};

struct fuse_epoch {
	uint64_t start_ns;
	uint64_t train_ns; /* its steps had ended; end_ns where that is not known */
	uint64_t end_ns;
	uint64_t steps; /* 0: not known */
	uint64_t other; /* kernels other than steps followed */
	bool evaluated; /* some did */
	bool open;
	uint32_t index;
	uint32_t evidence;		     /* PHASE_BY_* */
	double confidence;		     /* 0 .. 1 */
	const struct printed_epoch *printed; /* or NULL */
};

struct fuse_fit {
	uint32_t process;
	uint64_t first_line; /* with process, who it is (printed.h); 0 where nothing was printed */
	uint32_t result;     /* printed_fit.result */
	uint32_t before;     /* epochs of it that are settled, and not among these */
	bool timed;	     /* lines that came in time say when its epochs were */
	uint64_t tail_ns;    /* from its last kernel to what was printed or saved next; 0 unknown */
	uint32_t of;	     /* epochs announced, or 0 */
	uint32_t evidence;
	double confidence;
	struct fuse_epoch *epoch;
	size_t epochs;
};

struct fuse {
	struct fuse_fit *fit;
	size_t fits;
};

/* Returns 0 or -ENOMEM; fuse_free in either case. */
int fuse_make(struct fuse *fuse, const struct fuse_told *told);
void fuse_free(struct fuse *fuse);

#endif
