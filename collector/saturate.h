/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counting what strangers count: a sum that would overflow stays at the most that a ledger can
 * hold, whose integers are signed (JSON libraries have nothing else).
 */
#ifndef GRAMME_SATURATE_H
#define GRAMME_SATURATE_H

#include <stdint.h>

#define SATURATE_MAX ((uint64_t)INT64_MAX)

/* a + b, at most SATURATE_MAX. */
static inline uint64_t saturate_add(uint64_t a, uint64_t b)
{
	uint64_t sum;

	return __builtin_add_overflow(a, b, &sum) || sum > SATURATE_MAX ? SATURATE_MAX : sum;
}

/* a * b, at most SATURATE_MAX. */
static inline uint64_t saturate_mul(uint64_t a, uint64_t b)
{
	uint64_t product;

	return __builtin_mul_overflow(a, b, &product) || product > SATURATE_MAX ? SATURATE_MAX
										: product;
}

/* late - early, or 0: strangers' clocks may go back. */
static inline uint64_t saturate_sub(uint64_t late, uint64_t early)
{
	return late > early ? late - early : 0;
}

#endif
