/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LAPACK: factorisations, solves and decompositions. Each is a leaf, whatever BLAS it calls to get
 * its work done. The arithmetic is that of LAPACK Working Note 41, appendix C, leading terms; a
 * complex operation counts as four. What iterates until it is exact enough (eigenvalues, singular
 * values, least squares by either) has no such number, and counts none.
 */
#include <stdbool.h>

#include "preload/cpu_wrap.h"
#include "preload/real.h"

#define CALLER() __builtin_return_address(0)

typedef unsigned __int128 thirds; /* of an operation: the formulas divide by three */

#define SIZE_MAX_COUNTED (INT64_C(1) << 40) /* its cube and twelve of them are below 2^128 */

static thirds lesser(thirds a, thirds b)
{
	return a < b ? a : b;
}

static thirds getrf(thirds m, thirds n, thirds k)
{
	k = lesser(m, n);
	return 6 * m * n * k - 3 * (m + n) * k * k + 2 * k * k * k;
}

static thirds geqrf(thirds m, thirds n, thirds k)
{
	k = lesser(m, n);
	return 6 * (m > n ? m : n) * k * k - 2 * k * k * k;
}

static thirds orgqr(thirds m, thirds n, thirds k)
{
	k = lesser(lesser(m, n), k);
	return 12 * m * n * k - 6 * (m + n) * k * k + 4 * k * k * k;
}

/* k reflectors of the order s, on a matrix of s x o or o x s. */
static thirds ormqr(thirds s, thirds o, thirds k)
{
	k = lesser(s, k);
	return 12 * s * o * k - 6 * o * k * k;
}

/* Of the order n, with r right-hand sides. */
static thirds potrf(thirds n, thirds r, thirds none)
{
	(void)r;
	return n * n * n + none;
}

static thirds potri(thirds n, thirds r, thirds none)
{
	return 2 * potrf(n, r, none);
}

static thirds getri(thirds n, thirds r, thirds none)
{
	return 4 * potrf(n, r, none);
}

static thirds getrs(thirds n, thirds r, thirds none)
{
	return 6 * n * n * r + none;
}

static thirds gesv(thirds n, thirds r, thirds none)
{
	return 2 * n * n * n + getrs(n, r, none);
}

static thirds posv(thirds n, thirds r, thirds none)
{
	return n * n * n + getrs(n, r, none);
}

typedef thirds (*flop_formula)(thirds, thirds, thirds);

static uint64_t flop_of(flop_formula formula, int64_t m, int64_t n, int64_t k, bool is_complex)
{
	thirds sum;

	if (m < 0 || n < 0 || k < 0)
		return 0;
	if (m > SIZE_MAX_COUNTED || n > SIZE_MAX_COUNTED || k > SIZE_MAX_COUNTED)
		return UINT64_MAX;
	sum = formula((thirds)m, (thirds)n, (thirds)k) * (is_complex ? 4 : 1) / 3;
	return sum > UINT64_MAX ? UINT64_MAX : (uint64_t)sum;
}

/* Once for all wrappers, which are many, and must be small. */
static __attribute__((noinline)) void end(struct cpu_work *work, enum cpu_call call,
					  flop_formula formula, bool is_complex, int64_t m,
					  int64_t n, int64_t k)
{
	cpu_product_end(work, call, formula ? flop_of(formula, m, n, k, is_complex) : 0,
			cpu_shape(0, m, n, k));
}

/*
 * A row each: the dimensions, the formula, and whether anything was computed: a call that only asks
 * how much room it wants (a length of -1), or that is told of a wrong argument, did nothing.
 */
#define D(i) ((int64_t) * (const dim *)a##i)
/* clang-format off: tables read by their rows */
#define GETRF_SIZES D(1), D(2), 0
#define GETRF_FLOP  getrf
#define GETRF_DONE  (D(6) >= 0)
#define GETRI_SIZES D(1), 0, 0
#define GETRI_FLOP  getri
#define GETRI_DONE  (D(6) != -1 && D(7) >= 0)
#define GETRS_SIZES D(2), D(3), 0
#define GETRS_FLOP  getrs
#define GETRS_DONE  (D(9) >= 0)
#define GESV_SIZES  D(1), D(2), 0
#define GESV_FLOP   gesv
#define GESV_DONE   (D(8) >= 0)
#define POTRF_SIZES D(2), 0, 0
#define POTRF_FLOP  potrf
#define POTRF_DONE  (D(5) >= 0)
#define POTRI_SIZES D(2), 0, 0
#define POTRI_FLOP  potri
#define POTRI_DONE  (D(5) >= 0)
#define POTRS_SIZES D(2), D(3), 0
#define POTRS_FLOP  getrs
#define POTRS_DONE  (D(8) >= 0)
#define POSV_SIZES  D(2), D(3), 0
#define POSV_FLOP   posv
#define POSV_DONE   (D(8) >= 0)
#define GEQRF_SIZES D(1), D(2), 0
#define GEQRF_FLOP  geqrf
#define GEQRF_DONE  (D(7) != -1 && D(8) >= 0)
#define ORGQR_SIZES D(1), D(2), D(3)
#define ORGQR_FLOP  orgqr
#define ORGQR_DONE  (D(8) != -1 && D(9) >= 0)
#define IS_LEFT	    (*(const char *)a1 == 'L' || *(const char *)a1 == 'l')
#define ORMQR_SIZES IS_LEFT ? D(3) : D(4), IS_LEFT ? D(4) : D(3), D(5)
#define ORMQR_FLOP  ormqr
#define ORMQR_DONE  (D(12) != -1 && D(13) >= 0)
#define SYTRF_SIZES D(2), 0, 0
#define SYTRF_FLOP  potrf
#define SYTRF_DONE  (D(7) != -1 && D(8) >= 0)
#define GELS_SIZES  D(2), D(3), D(4)
#define GELS_FLOP   NULL
#define GELS_DONE   1
#define GELSD_SIZES D(1), D(2), D(3)
#define GELSD_FLOP  NULL
#define GELSD_DONE  1
#define SYEV_SIZES  D(3), 0, 0
#define SYEV_FLOP   NULL
#define SYEV_DONE   1
#define SYEVR_SIZES D(4), 0, 0
#define SYEVR_FLOP  NULL
#define SYEVR_DONE  1
#define GESVD_SIZES D(3), D(4), 0
#define GESVD_FLOP  NULL
#define GESVD_DONE  1
#define GESDD_SIZES D(2), D(3), 0
#define GESDD_FLOP  NULL
#define GESDD_DONE  1
/* clang-format on */

#define LAPACK(words, shape, name, integer, complex)                                               \
	CPU_HEAD void name(LAPACK_PARAMS##words)                                                   \
	{                                                                                          \
		typedef integer dim;                                                               \
		__typeof__(&name) real = (__typeof__(real))real_of(CPU_##name, CALLER());          \
		struct cpu_work work;                                                              \
                                                                                                   \
		cpu_product_begin(&work);                                                          \
		real(LAPACK_ARGS##words);                                                          \
		if (work.thread)                                                                   \
			end(&work, CPU_##name, shape##_DONE ? shape##_FLOP : NULL, complex,        \
			    shape##_SIZES);                                                        \
	}
#include "preload/cpu.def"
