/* SPDX-License-Identifier: Apache-2.0 */
/*
 * BLAS, level 3: the products and solves that training spends its time in; and the product of a
 * matrix and a vector, which is what a linear model does with a batch or is asked of its test data.
 * Each carries the real additions and multiplications that it does by the usual convention (LAPACK
 * Working Note 41, appendix: leading terms; a complex one counts four times as many), whatever the
 * library does to get there. The rest of level 2 and level 1 are left alone: many of their calls
 * take no longer than looking at them would.
 */
#include "preload/cpu_wrap.h"
#include "preload/flop.h"
#include "preload/real.h"

#define CALLER() __builtin_return_address(0)

/* Groups of products, each a size of its own; of 32 or 64 bits. */
struct batch {
	const void *m, *n, *k, *each;
	int64_t groups;
	size_t width;
};

static int64_t element(const struct batch *batch, const void *array, int64_t i)
{
	return batch->width == sizeof(int64_t) ? ((const int64_t *)array)[i]
					       : ((const int32_t *)array)[i];
}

static uint64_t batch_flop(const struct batch *b, int complex)
{
	uint64_t sum = 0;

	for (int64_t i = 0; i < b->groups; i++) {
		uint64_t flop = flop_products(element(b, b->m, i), element(b, b->n, i),
					      element(b, b->k, i), 1, complex);

		if (__builtin_add_overflow(sum, flop_times(flop, element(b, b->each, i)), &sum))
			return UINT64_MAX;
	}
	return sum;
}

static uint32_t batch_sizes(const struct batch *b)
{
	uint32_t hash = (uint32_t)b->groups;

	for (int64_t i = 0; i < b->groups; i++)
		hash = cpu_shape((int64_t)hash << 32 | element(b, b->each, i), element(b, b->m, i),
				 element(b, b->n, i), element(b, b->k, i));
	return hash | 1;
}

/*
 * Integers of CBLAS are taken and handed on as whole words, since MKL has 64-bit ones under the
 * same names as 32-bit ones: what the caller put above 32 bits then arrives, and is only not looked
 * at.
 */
#define FORTRAN_WORD(integer) integer
#define CBLAS_WORD(integer)   int64_t

/* In Fortran the dimensions are references, and a side is a letter. */
#define FORTRAN_AT(x)	((int64_t) * (x))
#define FORTRAN_IS_LEFT (*side == 'L' || *side == 'l')
#define CBLAS_AT(x)	((int64_t)(dim)(x))
#define CBLAS_IS_LEFT	(side == 141)
#define DIM(form, x)	form##_AT(x)
#define ORDER(form)	(form##_IS_LEFT ? DIM(form, m) : DIM(form, n))

#define GEMM_FLOP(form, complex) flop_products(DIM(form, m), DIM(form, n), DIM(form, k), 1, complex)
/* One triangle of the result, its diagonal included. */
#define GEMMT_FLOP(form, complex)                                                                  \
	flop_products(DIM(form, n), DIM(form, n) + 1, DIM(form, k), 2, complex)
#define SYRK_FLOP(form, complex) GEMMT_FLOP(form, complex)
#define SYR2K_FLOP(form, complex)                                                                  \
	flop_products(DIM(form, n), DIM(form, n) + 1, DIM(form, k), 1, complex)
/* The square matrix stands on the left or on the right, and is as large as that side. */
#define SYMM_FLOP(form, complex) flop_products(DIM(form, m), DIM(form, n), ORDER(form), 1, complex)
#define TRMM_FLOP(form, complex) flop_products(DIM(form, m), DIM(form, n), ORDER(form), 2, complex)

#define GEMV_FLOP(form, complex) flop_products(DIM(form, m), DIM(form, n), 1, 1, complex)

#define BATCH(form)		    (&(struct batch){m, n, k, each, DIM(form, groups), sizeof(dim)})
#define BATCH_FLOP(form, complex)   batch_flop(BATCH(form), complex)
#define STRIDED_FLOP(form, complex) flop_times(GEMM_FLOP(form, complex), DIM(form, batch))
#define COMPUTE_FLOP(form, complex) GEMM_FLOP(form, complex)

#define TURNED(form, a, b) (DIM(form, a) * 256 + DIM(form, b))
#define GEMM_SIZES(form)   cpu_shape(TURNED(form, ta, tb), DIM(form, m), DIM(form, n), DIM(form, k))
#define GEMMT_SIZES(form)  cpu_shape(TURNED(form, ta, tb), 0, DIM(form, n), DIM(form, k))
#define SYRK_SIZES(form)   cpu_shape(DIM(form, trans), 0, DIM(form, n), DIM(form, k))
#define SYR2K_SIZES(form)  SYRK_SIZES(form)
#define SYMM_SIZES(form)   cpu_shape(DIM(form, side), DIM(form, m), DIM(form, n), 0)
#define TRMM_SIZES(form)   cpu_shape(TURNED(form, side, ta), DIM(form, m), DIM(form, n), 0)
#define GEMV_SIZES(form)   cpu_shape(DIM(form, ta), DIM(form, m), DIM(form, n), 0)

#define BATCH_SIZES(form)   batch_sizes(BATCH(form))
#define STRIDED_SIZES(form) (GEMM_SIZES(form) ^ (uint32_t)DIM(form, batch) << 1)
#define COMPUTE_SIZES(form) GEMM_SIZES(form)

#define BLAS(form, shape, name, integer, alpha_type, beta_type, complex)                           \
	void name form##_##shape##_PARAMS(form##_WORD(integer), alpha_type, beta_type);            \
	CPU_HEAD void name form##_##shape##_PARAMS(form##_WORD(integer), alpha_type, beta_type)    \
	{                                                                                          \
		typedef integer dim __attribute__((unused));                                       \
		__typeof__(&name) real = (__typeof__(real))real_of(CPU_##name, CALLER());          \
		struct cpu_work work;                                                              \
                                                                                                   \
		cpu_product_begin(&work);                                                          \
		real form##_##shape##_ARGS;                                                        \
		if (work.thread)                                                                   \
			cpu_product_end(&work, CPU_##name, shape##_FLOP(form, complex),            \
					shape##_SIZES(form));                                      \
	}
#include "preload/cpu.def"
