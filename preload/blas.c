/* SPDX-License-Identifier: Apache-2.0 */
/*
 * BLAS, level 3: the products and solves that training spends its time in. Each carries the real
 * additions and multiplications that it does by the usual convention (LAPACK Working Note 41,
 * appendix: leading terms; a complex one counts four times as many), whatever the library does to
 * get there.
 */
#include "preload/cpu_wrap.h"
#include "preload/real.h"

#define CALLER() __builtin_return_address(0)

/* 2 x m x n x k / halves, saturated; what is negative the library refuses. */
static uint64_t products(int64_t m, int64_t n, int64_t k, unsigned halves, int complex)
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

/* Of two letters or numbers that say which matrix is turned, and three sizes; never 0. */
static uint32_t sizes(int64_t turned, int64_t m, int64_t n, int64_t k)
{
	const uint64_t mix = 0x9e3779b97f4a7c15ULL; /* 2^64 / golden ratio */
	uint64_t hash = (uint64_t)turned;

	hash = (hash ^ (uint64_t)m) * mix;
	hash = (hash ^ hash >> 32 ^ (uint64_t)n) * mix;
	hash = (hash ^ hash >> 32 ^ (uint64_t)k) * mix;
	return (uint32_t)(hash >> 32) | 1;
}

/* In Fortran the dimensions are references, and a side is a letter. */
#define FORTRAN_AT(x)	((int64_t) * (x))
#define FORTRAN_IS_LEFT (*side == 'L' || *side == 'l')
#define CBLAS_AT(x)	((int64_t)(x))
#define CBLAS_IS_LEFT	(side == 141)
#define DIM(form, x)	form##_AT(x)
#define ORDER(form)	(form##_IS_LEFT ? DIM(form, m) : DIM(form, n))

#define GEMM_FLOP(form, complex) products(DIM(form, m), DIM(form, n), DIM(form, k), 1, complex)
/* One triangle of the result, its diagonal included. */
#define GEMMT_FLOP(form, complex) products(DIM(form, n), DIM(form, n) + 1, DIM(form, k), 2, complex)
#define SYRK_FLOP(form, complex)  GEMMT_FLOP(form, complex)
#define SYR2K_FLOP(form, complex) products(DIM(form, n), DIM(form, n) + 1, DIM(form, k), 1, complex)
/* The square matrix stands on the left or on the right, and is as large as that side. */
#define SYMM_FLOP(form, complex) products(DIM(form, m), DIM(form, n), ORDER(form), 1, complex)
#define TRMM_FLOP(form, complex) products(DIM(form, m), DIM(form, n), ORDER(form), 2, complex)

#define TURNED(form, a, b) (DIM(form, a) * 256 + DIM(form, b))
#define GEMM_SIZES(form)   sizes(TURNED(form, ta, tb), DIM(form, m), DIM(form, n), DIM(form, k))
#define GEMMT_SIZES(form)  sizes(TURNED(form, ta, tb), 0, DIM(form, n), DIM(form, k))
#define SYRK_SIZES(form)   sizes(DIM(form, trans), 0, DIM(form, n), DIM(form, k))
#define SYR2K_SIZES(form)  SYRK_SIZES(form)
#define SYMM_SIZES(form)   sizes(DIM(form, side), DIM(form, m), DIM(form, n), 0)
#define TRMM_SIZES(form)   sizes(TURNED(form, side, ta), DIM(form, m), DIM(form, n), 0)

#define BLAS(form, shape, name, integer, alpha_type, beta_type, complex)                           \
	CPU_HEAD void name form##_##shape##_PARAMS(integer, alpha_type, beta_type)                 \
	{                                                                                          \
		void(*real) form##_##shape##_PARAMS(integer, alpha_type, beta_type) =              \
			(__typeof__(real))real_of(CPU_##name, CALLER());                           \
		struct cpu_work work;                                                              \
                                                                                                   \
		cpu_product_begin(&work);                                                          \
		real form##_##shape##_ARGS;                                                        \
		if (work.thread)                                                                   \
			cpu_product_end(&work, CPU_##name, shape##_FLOP(form, complex),            \
					shape##_SIZES(form));                                      \
	}
#include "preload/cpu.def"
