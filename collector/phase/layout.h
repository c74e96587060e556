/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From epochs (fuse.h) to phases (phase.h): a run laid out in time, fits within it, epochs within
 * those, parts within epochs; nothing overlaps but what contains the other. Pure.
 */
#ifndef GRAMME_PHASE_LAYOUT_H
#define GRAMME_PHASE_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collector/phase/fuse.h"
#include "collector/phase/phase.h"

#define LAYOUT_METRICS 32768u /* of one run; epochs behind that have none */

/* A fit that is laid out. */
struct layout_fit {
	size_t at; /* its phase */
	uint32_t process;
	uint64_t first_line;
	bool timed;
};

/*
 * What nothing can change any more, but for the fit that the last of it lies in and that goes on:
 * its number of epochs, steps and evidence so far are those of the settled epochs.
 */
struct layout_settled {
	size_t phases; /* the first so many */
	uint32_t ids;  /* given to these, and to those that were forgotten */
	uint64_t end_ns;
	struct layout_fit fit; /* the one settled last, whole or in part */
	bool goes_on;
	uint32_t epochs; /* of it */
	uint32_t told;	 /* the last one's index in it */
	uint64_t steps;
	uint32_t evidence;
	double confidence;		 /* the sum over its epochs */
	uint32_t index[PHASE_EPOCH + 1]; /* of the run's own phases that were forgotten, by kind */
};

/* What judgements in a row told alike of an epoch that is not settled. */
struct layout_seen {
	uint32_t index;
	uint32_t alike; /* so many */
	uint64_t start_ns;
	uint64_t end_ns;
	uint64_t steps;
};

struct layout {
	struct phase *phase; /* by rising id, which counts on over what is forgotten */
	size_t phases;
	size_t room;
	size_t metrics;		/* of all of them; each phase's are its own */
	struct layout_fit *fit; /* those that are not settled, in the order of their start */
	size_t fits;
	size_t fit_room;
	bool computed; /* there are kernels that could tell of epochs */
	struct layout_settled settled;
	struct layout_seen *seen; /* as of the last layout_settle */
	size_t seens;
};

struct layout_told {
	const struct fuse *fuse;
	const struct printed *printed;
	const struct pass *pass;
	uint64_t now_ns;
	bool over;
	bool computed; /* kernels were told of */
};

#define LAYOUT_ALIKE 3u /* judgements in a row that tell an epoch alike before it stands */
#define LAYOUT_POOR  8u /* so many times as many epochs, where kernels say nothing of it yet */

/* How much has to come behind an epoch before nothing can change it. */
struct layout_patience {
	uint32_t epochs; /* so many, */
	uint64_t ns;	 /* and so much time, with judgements that agree; */
	uint32_t many;	 /* or so many, whatever they say */
};

/* Replaces what was laid out before, but for what is settled. Returns 0 or -ENOMEM. */
int layout_make(struct layout *layout, const struct layout_told *told);
void layout_free(struct layout *layout);

/*
 * Settles what was just laid out (layout_make) as far as patience goes: phases become `final`.
 * Only epochs are settled whose lines came in time; what lies before others waits. Returns
 * whether there was anything, with *settled, for who tells of it.
 */
bool layout_settle(struct layout *layout, const struct layout_patience *patience, uint64_t now_ns,
		   struct printed_settled *settled);

/* Final phases up to that id need not be kept. */
void layout_forget(struct layout *layout, uint32_t id);

#endif
