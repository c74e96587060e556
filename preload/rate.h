/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bound of rate: so much at once, and so much a second for long. Any thread may ask.
 */
#ifndef GRAMME_RATE_H
#define GRAMME_RATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define RATE_SECOND_NS 1000000000u

struct rate {
	_Atomic uint64_t due_ns; /* when a steady stream at the bound would be where this one is */
};

/* Takes `amount`; false if there is not so much left. */
static inline bool rate_take(struct rate *rate, uint64_t t_ns, uint64_t amount, uint64_t burst,
			     uint64_t per_second)
{
	uint64_t due_ns = atomic_load_explicit(&rate->due_ns, memory_order_relaxed);
	uint64_t next_ns;

	do {
		next_ns = (due_ns > t_ns ? due_ns : t_ns) + amount * RATE_SECOND_NS / per_second;
		if (next_ns - t_ns > burst * RATE_SECOND_NS / per_second)
			return false;
	} while (!atomic_compare_exchange_weak_explicit(
		&rate->due_ns, &due_ns, next_ns, memory_order_relaxed, memory_order_relaxed));
	return true;
}

#endif
