/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a wrapper of a row of math.def is written: exported under the library's own name, and known
 * to us by a second, hidden one, whose address needs no relocation (see opencl_wrap.h).
 */
#ifndef GRAMME_MATH_WRAP_H
#define GRAMME_MATH_WRAP_H

#include <stddef.h>
#include <stdint.h>

#include "preload/math.h"

#define MATH_OWN(name) math_own_##name
#define MATH_HOOK(name)                                                                            \
	extern __typeof__(name) MATH_OWN(name)                                                     \
		__attribute__((alias(#name), visibility("hidden")));                               \
	__attribute__((visibility("default"))) int name

/* What a library says of a call that it does not have. */
#define CUBLAS_NOT_SUPPORTED 15
#define CUDNN_NOT_SUPPORTED  3000
#define NCCL_INVALID_USAGE   5

/* clang-format off: a table reads by its rows */
#define MATH_A(I)	const void *a, I lda
#define MATH_B(I)	const void *b, I ldb
#define MATH_C(I)	void *c, I ldc
#define MATH_SIZES(I)	void *handle, int ta, int tb, I m, I n, I k, const void *alpha
#define MATH_TYPED_A(I) const void *a, int a_type, I lda
#define MATH_TYPED_B(I) const void *b, int b_type, I ldb
#define MATH_TYPED_C(I) void *c, int c_type, I ldc
#define MATH_BETA	const void *beta
#define MATH_SKIP(x)	long long skip_##x

#define CUBLAS_GEMM_PARAMS(I) (MATH_SIZES(I), MATH_A(I), MATH_B(I), MATH_BETA, MATH_C(I))
#define CUBLAS_GEMM_ARGS      (handle, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
#define CUBLAS_TYPED_PARAMS(I)                                                                     \
	(MATH_SIZES(I), MATH_TYPED_A(I), MATH_TYPED_B(I), MATH_BETA, MATH_TYPED_C(I))
#define CUBLAS_TYPED_ARGS                                                                          \
	(handle, ta, tb, m, n, k, alpha, a, a_type, lda, b, b_type, ldb, beta, c, c_type, ldc)
#define CUBLAS_ALGO_PARAMS(I)                                                                      \
	(MATH_SIZES(I), MATH_TYPED_A(I), MATH_TYPED_B(I), MATH_BETA, MATH_TYPED_C(I), int compute, \
	 int algo)
#define CUBLAS_ALGO_ARGS                                                                           \
	(handle, ta, tb, m, n, k, alpha, a, a_type, lda, b, b_type, ldb, beta, c, c_type, ldc,     \
	 compute, algo)
#define CUBLAS_BATCHED_PARAMS(I)                                                                   \
	(MATH_SIZES(I), MATH_A(I), MATH_B(I), MATH_BETA, MATH_C(I), I batch)
#define CUBLAS_BATCHED_ARGS (handle, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc, batch)
#define CUBLAS_BATCHED_ALGO_PARAMS(I)                                                              \
	(MATH_SIZES(I), MATH_TYPED_A(I), MATH_TYPED_B(I), MATH_BETA, MATH_TYPED_C(I), I batch,     \
	 int compute, int algo)
#define CUBLAS_BATCHED_ALGO_ARGS                                                                   \
	(handle, ta, tb, m, n, k, alpha, a, a_type, lda, b, b_type, ldb, beta, c, c_type, ldc,     \
	 batch, compute, algo)
#define CUBLAS_STRIDED_PARAMS(I)                                                                   \
	(MATH_SIZES(I), MATH_A(I), MATH_SKIP(a), MATH_B(I), MATH_SKIP(b), MATH_BETA, MATH_C(I),    \
	 MATH_SKIP(c), I batch)
#define CUBLAS_STRIDED_ARGS                                                                        \
	(handle, ta, tb, m, n, k, alpha, a, lda, skip_a, b, ldb, skip_b, beta, c, ldc, skip_c,     \
	 batch)
#define CUBLAS_STRIDED_ALGO_PARAMS(I)                                                              \
	(MATH_SIZES(I), MATH_TYPED_A(I), MATH_SKIP(a), MATH_TYPED_B(I), MATH_SKIP(b), MATH_BETA,   \
	 MATH_TYPED_C(I), MATH_SKIP(c), I batch, int compute, int algo)
#define CUBLAS_STRIDED_ALGO_ARGS                                                                   \
	(handle, ta, tb, m, n, k, alpha, a, a_type, lda, skip_a, b, b_type, ldb, skip_b, beta, c,  \
	 c_type, ldc, skip_c, batch, compute, algo)
/* Groups of products, each of a size of its own: arrays, one value a group. */
#define CUBLAS_GROUPED_PARAMS(I)                                                                   \
	(void *handle, const int *ta, const int *tb, const I *m, const I *n, const I *k,           \
	 const void *alpha, const void *a, const I *lda, const void *b, const I *ldb, MATH_BETA,   \
	 void *c, const I *ldc, I groups, const I *each)
#define CUBLAS_GROUPED_ARGS                                                                        \
	(handle, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc, groups, each)
#define CUBLAS_GROUPED_TYPED_PARAMS(I)                                                             \
	(void *handle, const int *ta, const int *tb, const I *m, const I *n, const I *k,           \
	 const void *alpha, const void *a, int a_type, const I *lda, const void *b, int b_type,    \
	 const I *ldb, MATH_BETA, void *c, int c_type, const I *ldc, I groups, const I *each,      \
	 int compute)
#define CUBLAS_GROUPED_TYPED_ARGS                                                                  \
	(handle, ta, tb, m, n, k, alpha, a, a_type, lda, b, b_type, ldb, beta, c, c_type, ldc,     \
	 groups, each, compute)
#define CUBLAS_SYMM_PARAMS(I)                                                                      \
	(void *handle, int side, int uplo, I m, I n, const void *alpha, MATH_A(I), MATH_B(I),      \
	 MATH_BETA, MATH_C(I))
#define CUBLAS_SYMM_ARGS (handle, side, uplo, m, n, alpha, a, lda, b, ldb, beta, c, ldc)
#define CUBLAS_SYRK_PARAMS(I)                                                                      \
	(void *handle, int uplo, int trans, I n, I k, const void *alpha, MATH_A(I), MATH_BETA,     \
	 MATH_C(I))
#define CUBLAS_SYRK_ARGS (handle, uplo, trans, n, k, alpha, a, lda, beta, c, ldc)
#define CUBLAS_SYRK_TYPED_PARAMS(I)                                                                \
	(void *handle, int uplo, int trans, I n, I k, const void *alpha, MATH_TYPED_A(I),          \
	 MATH_BETA, MATH_TYPED_C(I))
#define CUBLAS_SYRK_TYPED_ARGS                                                                     \
	(handle, uplo, trans, n, k, alpha, a, a_type, lda, beta, c, c_type, ldc)
#define CUBLAS_SYR2K_PARAMS(I)                                                                     \
	(void *handle, int uplo, int trans, I n, I k, const void *alpha, MATH_A(I), MATH_B(I),     \
	 MATH_BETA, MATH_C(I))
#define CUBLAS_SYR2K_ARGS      (handle, uplo, trans, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
#define CUBLAS_SYRKX_PARAMS(I) CUBLAS_SYR2K_PARAMS(I)
#define CUBLAS_SYRKX_ARGS      CUBLAS_SYR2K_ARGS
#define CUBLAS_TRMM_PARAMS(I)                                                                      \
	(void *handle, int side, int uplo, int ta, int diag, I m, I n, const void *alpha,          \
	 MATH_A(I), MATH_B(I), MATH_C(I))
#define CUBLAS_TRMM_ARGS (handle, side, uplo, ta, diag, m, n, alpha, a, lda, b, ldb, c, ldc)
#define CUBLAS_TRSM_PARAMS(I)                                                                      \
	(void *handle, int side, int uplo, int ta, int diag, I m, I n, const void *alpha,          \
	 MATH_A(I), void *b, I ldb)
#define CUBLAS_TRSM_ARGS (handle, side, uplo, ta, diag, m, n, alpha, a, lda, b, ldb)
#define CUBLAS_TRSM_BATCHED_PARAMS(I)                                                              \
	(void *handle, int side, int uplo, int ta, int diag, I m, I n, const void *alpha,          \
	 MATH_A(I), void *b, I ldb, I batch)
#define CUBLAS_TRSM_BATCHED_ARGS (handle, side, uplo, ta, diag, m, n, alpha, a, lda, b, ldb, batch)

#define CUBLASLT_PARAMS                                                                            \
	(void *handle, const void *operation, const void *alpha, const void *a, const void *a_is,  \
	 const void *b, const void *b_is, const void *beta, const void *c, const void *c_is,       \
	 void *d, const void *d_is, const void *algo, void *workspace, size_t bytes, void *stream)
#define CUBLASLT_ARGS                                                                              \
	(handle, operation, alpha, a, a_is, b, b_is, beta, c, c_is, d, d_is, algo, workspace,      \
	 bytes, stream)
/* clang-format on */

/* No header of NVIDIA's is needed to build. All results are numbers, 0 for success. */
#define CUBLAS(shape, name, integer, complex) int name CUBLAS_##shape##_PARAMS(integer);
#define CUBLASLT(name)			      int name CUBLASLT_PARAMS;
#define CUDNN(name, params, args, flop)	      int name params;
#define NCCL(name, params, args, count)	      int name params;
#define ROW(name)
#include "preload/math.def"
#undef ROW

#endif
