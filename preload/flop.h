/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The arithmetic of matrix products, by the usual convention (LAPACK Working Note 41, appendix):
 * a real multiplication and a real addition count one each, a complex product four times as many as
 * a real one. For libraries of the CPU and of GPUs.
 */
#ifndef GRAMME_FLOP_H
#define GRAMME_FLOP_H

#include <stdint.h>

/* 2 x m x n x k / halves, saturated; what is negative the library refuses. */
static inline uint64_t flop_products(int64_t m, int64_t n, int64_t k, unsigned halves, int complex)
{
	uint64_t flop = complex ? 8 : 2;

	if (m < 0 || n < 0 || k < 0)
		return 0;
	if (__builtin_mul_overflow(flop, (uint64_t)m, &flop) ||
	    __builtin_mul_overflow(flop, (uint64_t)n, &flop) ||
	    __builtin_mul_overflow(flop, (uint64_t)k, &flop))
		return UINT64_MAX;
	return flop / halves;
}

/* n times as much, saturated. */
static inline uint64_t flop_times(uint64_t flop, int64_t n)
{
	if (n < 0)
		return 0;
	return __builtin_mul_overflow(flop, (uint64_t)n, &flop) ? UINT64_MAX : flop;
}

#endif
