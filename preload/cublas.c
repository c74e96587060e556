/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cuBLAS and cuBLASLt: the same products and solves as those of blas.c, counted by the same
 * convention, whatever the library does to get there.
 */
#include <errno.h>

#include "preload/cpu_wrap.h"
#include "preload/flop.h"
#include "preload/math_wrap.h"
#include "preload/real.h"

#define CALLER() __builtin_return_address(0)

/* Numbers of cudaDataType: of real and of complex numbers by turns. */
static bool is_complex(int type)
{
	switch (type) {
	case 4: /* of two 32-bit floats */
	case 5: /* 64 */
	case 6: /* 16 */
	case 7: /* of two integers, and so on */
	case 9:
	case 11:
	case 13:
	case 15: /* of two bfloat16 */
	case 17:
	case 19:
	case 21:
	case 23:
	case 25:
	case 27:
		return true;
	default:
		return false;
	}
}

/* ---- cuBLAS ---- */

/* The square matrix stands on the left (0) or on the right, and is as large as that side. */
#define ORDER (side ? n : m)

#define GEMM_FLOP(complex)	    flop_products(m, n, k, 1, complex)
#define TYPED_FLOP(complex)	    flop_products(m, n, k, 1, is_complex(c_type))
#define ALGO_FLOP(complex)	    TYPED_FLOP(complex)
#define BATCHED_FLOP(complex)	    flop_times(GEMM_FLOP(complex), batch)
#define BATCHED_ALGO_FLOP(complex)  flop_times(TYPED_FLOP(complex), batch)
#define STRIDED_FLOP(complex)	    BATCHED_FLOP(complex)
#define STRIDED_ALGO_FLOP(complex)  BATCHED_ALGO_FLOP(complex)
#define GROUPED_FLOP(complex)	    grouped(m, n, k, each, groups, sizeof(*m), complex)
#define GROUPED_TYPED_FLOP(complex) grouped(m, n, k, each, groups, sizeof(*m), is_complex(c_type))
#define SYMM_FLOP(complex)	    flop_products(m, n, ORDER, 1, complex)
/* One triangle of the result, its diagonal included; the rank-2k update does it twice. */
#define SYRK_FLOP(complex)	   flop_products(n, (int64_t)n + 1, k, 2, complex)
#define SYRK_TYPED_FLOP(complex)   SYRK_FLOP(complex)
#define SYRKX_FLOP(complex)	   SYRK_FLOP(complex)
#define SYR2K_FLOP(complex)	   flop_products(n, (int64_t)n + 1, k, 1, complex)
#define TRMM_FLOP(complex)	   flop_products(m, n, ORDER, 2, complex)
#define TRSM_FLOP(complex)	   TRMM_FLOP(complex)
#define TRSM_BATCHED_FLOP(complex) flop_times(TRMM_FLOP(complex), batch)

/* What tells calls of one name apart. */
#define GEMM_SIZES	    cpu_shape(ta * 256 + tb, m, n, k)
#define TYPED_SIZES	    GEMM_SIZES
#define ALGO_SIZES	    GEMM_SIZES
#define BATCHED_SIZES	    (GEMM_SIZES ^ (uint32_t)batch << 1)
#define BATCHED_ALGO_SIZES  BATCHED_SIZES
#define STRIDED_SIZES	    BATCHED_SIZES
#define STRIDED_ALGO_SIZES  BATCHED_SIZES
#define GROUPED_SIZES	    cpu_shape(groups, 0, 0, 0)
#define GROUPED_TYPED_SIZES GROUPED_SIZES
#define SYMM_SIZES	    cpu_shape(side, m, n, 0)
#define SYRK_SIZES	    cpu_shape(trans, 0, n, k)
#define SYRK_TYPED_SIZES    SYRK_SIZES
#define SYRKX_SIZES	    SYRK_SIZES
#define SYR2K_SIZES	    SYRK_SIZES
#define TRMM_SIZES	    cpu_shape(side * 256 + ta, m, n, 0)
#define TRSM_SIZES	    TRMM_SIZES
#define TRSM_BATCHED_SIZES  (TRMM_SIZES ^ (uint32_t)batch << 1)

static int64_t element(const void *array, int64_t i, size_t width)
{
	return width == sizeof(int64_t) ? ((const int64_t *)array)[i] : ((const int *)array)[i];
}

static uint64_t grouped(const void *m, const void *n, const void *k, const void *each,
			int64_t groups, size_t width, int complex)
{
	uint64_t sum = 0;

	for (int64_t i = 0; i < groups; i++) {
		const uint64_t flop = flop_products(element(m, i, width), element(n, i, width),
						    element(k, i, width), 1, complex);

		if (__builtin_add_overflow(sum, flop_times(flop, element(each, i, width)), &sum))
			return UINT64_MAX;
	}
	return sum;
}

/* Only of a call that was taken the arrays are known to be there. */
static void end(struct math_call *call, enum cpu_call row, int status, const void *real,
		void *handle, uint64_t flop, uint32_t shape)
{
	void *stream =
		math_is_capturing(call) ? math_stream(real, "cublasGetStream_v2", handle) : NULL;

	math_end(call, row, !status, stream,
		 &(struct math_told){.sizes = true, .flop = flop, .shape = shape});
}

#define CUBLAS(shape, name, integer, complex)                                                      \
	MATH_HOOK(name) CUBLAS_##shape##_PARAMS(integer)                                           \
	{                                                                                          \
		__typeof__(&name) real = (__typeof__(real))real_of(CPU_##name, CALLER());          \
		struct math_call call;                                                             \
		int status;                                                                        \
                                                                                                   \
		if (!real)                                                                         \
			return CUBLAS_NOT_SUPPORTED;                                               \
		math_begin(&call);                                                                 \
		status = real CUBLAS_##shape##_ARGS;                                               \
		if (call.thread)                                                                   \
			end(&call, CPU_##name, status, (const void *)real, handle,                 \
			    status ? 0 : shape##_FLOP(complex), shape##_SIZES);                    \
		return status;                                                                     \
	}

/* ---- cuBLASLt ---- */

/* Attributes of a layout and of an operation. */
enum { LAYOUT_TYPE = 0, LAYOUT_ROWS = 2, LAYOUT_COLS = 3, LAYOUT_BATCH = 5, OPERATION_TURN_A = 3 };

typedef int ask_function(const void *what, int attribute, void *answer, size_t size,
			 size_t *written);

static bool ask(ask_function *function, const void *what, int attribute, void *answer, size_t size)
{
	size_t written = 0;

	return function && what && !function(what, attribute, answer, size, &written) &&
	       written == size;
}

/* D has m x n, and A as many columns, or rows if it is turned, as are added up. */
static struct math_told of_layouts(const void *real, const void *operation, const void *a_is,
				   const void *d_is)
{
	ask_function *layout =
		(ask_function *)math_function(real, "cublasLtMatrixLayoutGetAttribute");
	ask_function *matmul =
		(ask_function *)math_function(real, "cublasLtMatmulDescGetAttribute");
	uint64_t m, n, k;
	int32_t batch, type, turned;

	if (!ask(layout, d_is, LAYOUT_ROWS, &m, sizeof(m)) ||
	    !ask(layout, d_is, LAYOUT_COLS, &n, sizeof(n)) ||
	    !ask(layout, d_is, LAYOUT_BATCH, &batch, sizeof(batch)) ||
	    !ask(layout, d_is, LAYOUT_TYPE, &type, sizeof(type)) ||
	    !ask(matmul, operation, OPERATION_TURN_A, &turned, sizeof(turned)) ||
	    !ask(layout, a_is, turned ? LAYOUT_ROWS : LAYOUT_COLS, &k, sizeof(k)))
		return (struct math_told){0};
	return (struct math_told){
		.sizes = true,
		.flop = flop_times(
			flop_products((int64_t)m, (int64_t)n, (int64_t)k, 1, is_complex(type)),
			batch),
		.shape = cpu_shape(turned, (int64_t)m, (int64_t)n, (int64_t)k) ^ (uint32_t)batch
											 << 1,
	};
}

/* What the library's own questions do to errno is none of the program's. */
static struct math_told ask_layouts(const void *real, const void *operation, const void *a_is,
				    const void *d_is)
{
	const int saved = errno;
	const struct math_told told = of_layouts(real, operation, a_is, d_is);

	errno = saved;
	return told;
}

#define CUBLASLT(name)                                                                             \
	MATH_HOOK(name) CUBLASLT_PARAMS                                                            \
	{                                                                                          \
		__typeof__(&name) real = (__typeof__(real))real_of(CPU_##name, CALLER());          \
		struct math_call call;                                                             \
		int status;                                                                        \
                                                                                                   \
		if (!real)                                                                         \
			return CUBLAS_NOT_SUPPORTED;                                               \
		math_begin(&call);                                                                 \
		status = real CUBLASLT_ARGS;                                                       \
		if (call.thread) {                                                                 \
			const struct math_told told =                                              \
				status ? MATH_REFUSED                                              \
				       : ask_layouts((const void *)real, operation, a_is, d_is);   \
                                                                                                   \
			math_end(&call, CPU_##name, !status, stream, &told);                       \
		}                                                                                  \
		return status;                                                                     \
	}
#define ROW(name)
#include "preload/math.def"
#undef ROW
