/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fair shares of a bounded rate among lines of many shapes ("step N: loss N"): a flood of some must
 * not take the room of a rare one, which may be the line that counts epochs. A shape has a bound of
 * its own; and of what all share, a quarter is kept for shapes that have said little of late.
 *
 * Shapes are counted in two small tables by two hashes, and what either has room for passes: a rare
 * shape is mistaken for a flood only where it meets one in both. Any thread may ask.
 */
#ifndef GRAMME_SHARE_H
#define GRAMME_SHARE_H

#include <stdbool.h>
#include <stdint.h>

#include "preload/rate.h"

#define SHARE_SHAPES 64u /* a power of two */

/*
 * Lines of one shape at once, and a second for long: fewer than what all lines together may have,
 * so that many of one leave room for the few of another.
 */
#define SHARE_BURST 1024u
#define SHARE_PER_S 100u

/* What is no more than that is rare. */
#define SHARE_RARE_BURST 64u
#define SHARE_RARE_PER_S 10u

enum share { SHARE_NONE, SHARE_MANY, SHARE_RARE };

struct share_shapes {
	struct rate all[2][SHARE_SHAPES];
	struct rate rare[2][SHARE_SHAPES];
};

static inline bool share_of(struct rate table[2][SHARE_SHAPES], uint32_t shape, uint64_t t_ns,
			    uint64_t burst, uint64_t per_second)
{
	const uint32_t other = (shape * 0x9e3779b1u) >> 26;
	const bool one =
		rate_take(&table[0][shape & (SHARE_SHAPES - 1)], t_ns, 1, burst, per_second);
	const bool two =
		rate_take(&table[1][other & (SHARE_SHAPES - 1)], t_ns, 1, burst, per_second);

	return one || two;
}

/* One more line of that shape: whether it may be told, and whether there were few of it. */
static inline enum share share_take(struct share_shapes *shapes, uint32_t shape, uint64_t t_ns)
{
	if (!share_of(shapes->all, shape, t_ns, SHARE_BURST, SHARE_PER_S))
		return SHARE_NONE;
	return share_of(shapes->rare, shape, t_ns, SHARE_RARE_BURST, SHARE_RARE_PER_S) ? SHARE_RARE
										       : SHARE_MANY;
}

/* As rate_take() for one of what all share. */
static inline bool share_rate(struct rate *rate, enum share share, uint64_t t_ns, uint64_t burst,
			      uint64_t per_second)
{
	return rate_take(rate, t_ns, 1, share == SHARE_RARE ? burst : burst - burst / 4,
			 per_second);
}

#endif
