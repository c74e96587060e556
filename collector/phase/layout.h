/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From epochs (fuse.h) to phases (phase.h): a run laid out in time, fits within it, epochs within
 * those, parts within epochs; nothing overlaps but what contains the other. Pure.
 */
#ifndef GRAMME_PHASE_LAYOUT_H
#define GRAMME_PHASE_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

#include "collector/phase/fuse.h"
#include "collector/phase/phase.h"

#define LAYOUT_METRICS 32768u /* of one run; epochs behind that have none */

struct layout {
	struct phase *phase;
	size_t phases;
	size_t room;
	struct phase_metric *metric;
	size_t metrics;
	size_t metric_room;
};

struct layout_told {
	const struct fuse *fuse;
	const struct printed *printed;
	const struct pass *pass;
	uint64_t now_ns;
	bool over;
};

/* Replaces what was laid out before. Returns 0 or -ENOMEM. */
int layout_make(struct layout *layout, const struct layout_told *told);
void layout_free(struct layout *layout);

#endif
