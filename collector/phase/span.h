/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where in time one body of kernels is repeated, then another, perhaps the first again: one model
 * is trained, then the next of a search. Pure.
 */
#ifndef GRAMME_PHASE_SPAN_H
#define GRAMME_PHASE_SPAN_H

#include <stddef.h>
#include <stdint.h>

#include "collector/phase/fold.h"

#define SPAN_BODIES 8u /* that may take turns */

struct span {
	uint64_t start_ns;
	uint64_t end_ns;
	uint64_t steps;
};

/*
 * The spans of the `bodies` bodies of a level that take most time, in the order of time. A body
 * that would make more than `most` of them stands between the runs of another (an evaluation), and
 * is passed over. `span` has room for `most`. Returns how many; 0 where there are not so many
 * bodies.
 */
size_t span_find(const struct fold_level *level, size_t bodies, size_t most, struct span *span);

#endif
