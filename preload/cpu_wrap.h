/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a wrapper of a row of cpu.def is written: its parameters and arguments by form and shape,
 * for the wrappers themselves and for their twins with empty bodies.
 */
#ifndef GRAMME_CPU_WRAP_H
#define GRAMME_CPU_WRAP_H

#include <stddef.h>
#include <stdint.h>

#define CPU_HEAD __attribute__((visibility("default")))

/*
 * Fortran passes everything by reference, and behind the rest the length of every text: C callers
 * leave those out, and what is read there then is handed on as it is and looked at by nobody.
 */
#define FORTRAN_TEXT1 size_t length1
#define FORTRAN_TEXT2 size_t length1, size_t length2
#define FORTRAN_TEXT3 size_t length1, size_t length2, size_t length3
#define FORTRAN_TEXT4 size_t length1, size_t length2, size_t length3, size_t length4

/* clang-format off: tables read by their rows */
#define FORTRAN_GEMM_PARAMS(I, A, B)                                                               \
	(const char *ta, const char *tb, const I *m, const I *n, const I *k, const void *alpha,    \
	 const void *a, const I *lda, const void *b, const I *ldb, const void *beta, void *c,      \
	 const I *ldc, FORTRAN_TEXT2)
#define FORTRAN_GEMM_ARGS (ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc, length1, length2)
#define FORTRAN_GEMMT_PARAMS(I, A, B)                                                              \
	(const char *uplo, const char *ta, const char *tb, const I *n, const I *k,                 \
	 const void *alpha, const void *a, const I *lda, const void *b, const I *ldb,              \
	 const void *beta, void *c, const I *ldc, FORTRAN_TEXT3)
#define FORTRAN_GEMMT_ARGS                                                                         \
	(uplo, ta, tb, n, k, alpha, a, lda, b, ldb, beta, c, ldc, length1, length2, length3)
#define FORTRAN_SYMM_PARAMS(I, A, B)                                                               \
	(const char *side, const char *uplo, const I *m, const I *n, const void *alpha,            \
	 const void *a, const I *lda, const void *b, const I *ldb, const void *beta, void *c,      \
	 const I *ldc, FORTRAN_TEXT2)
#define FORTRAN_SYMM_ARGS (side, uplo, m, n, alpha, a, lda, b, ldb, beta, c, ldc, length1, length2)
#define FORTRAN_SYRK_PARAMS(I, A, B)                                                               \
	(const char *uplo, const char *trans, const I *n, const I *k, const void *alpha,           \
	 const void *a, const I *lda, const void *beta, void *c, const I *ldc, FORTRAN_TEXT2)
#define FORTRAN_SYRK_ARGS (uplo, trans, n, k, alpha, a, lda, beta, c, ldc, length1, length2)
#define FORTRAN_SYR2K_PARAMS(I, A, B)                                                              \
	(const char *uplo, const char *trans, const I *n, const I *k, const void *alpha,           \
	 const void *a, const I *lda, const void *b, const I *ldb, const void *beta, void *c,      \
	 const I *ldc, FORTRAN_TEXT2)
#define FORTRAN_SYR2K_ARGS                                                                         \
	(uplo, trans, n, k, alpha, a, lda, b, ldb, beta, c, ldc, length1, length2)
#define FORTRAN_TRMM_PARAMS(I, A, B)                                                               \
	(const char *side, const char *uplo, const char *ta, const char *diag, const I *m,         \
	 const I *n, const void *alpha, const void *a, const I *lda, void *b, const I *ldb,        \
	 FORTRAN_TEXT4)
#define FORTRAN_TRMM_ARGS                                                                          \
	(side, uplo, ta, diag, m, n, alpha, a, lda, b, ldb, length1, length2, length3, length4)

#define FORTRAN_GEMV_PARAMS(I, A, B)                                                               \
	(const char *ta, const I *m, const I *n, const void *alpha, const void *a, const I *lda,   \
	 const void *x, const I *step_x, const void *beta, void *y, const I *step_y,               \
	 FORTRAN_TEXT1)
#define FORTRAN_GEMV_ARGS (ta, m, n, alpha, a, lda, x, step_x, beta, y, step_y, length1)

/* A batch is groups of products of one size; all of its arguments are arrays, one value a group. */
#define FORTRAN_BATCH_PARAMS(I, A, B)                                                              \
	(const char *ta, const char *tb, const void *m, const void *n, const void *k,              \
	 const void *alpha, const void *a, const void *lda, const void *b, const void *ldb,        \
	 const void *beta, void *c, const void *ldc, const I *groups, const void *each,            \
	 FORTRAN_TEXT2)
#define FORTRAN_BATCH_ARGS                                                                         \
	(ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc, groups, each, length1, length2)
#define FORTRAN_STRIDED_PARAMS(I, A, B)                                                            \
	(const char *ta, const char *tb, const I *m, const I *n, const I *k, const void *alpha,    \
	 const void *a, const I *lda, const I *skip_a, const void *b, const I *ldb,                \
	 const I *skip_b, const void *beta, void *c, const I *ldc, const I *skip_c,                \
	 const I *batch, FORTRAN_TEXT2)
#define FORTRAN_STRIDED_ARGS                                                                       \
	(ta, tb, m, n, k, alpha, a, lda, skip_a, b, ldb, skip_b, beta, c, ldc, skip_c, batch,      \
	 length1, length2)
#define FORTRAN_COMPUTE_PARAMS(I, A, B)                                                            \
	(const char *ta, const char *tb, const I *m, const I *n, const I *k, const void *a,        \
	 const I *lda, const void *b, const I *ldb, const void *beta, void *c, const I *ldc,       \
	 FORTRAN_TEXT2)
#define FORTRAN_COMPUTE_ARGS (ta, tb, m, n, k, a, lda, b, ldb, beta, c, ldc, length1, length2)

#define CBLAS_GEMM_PARAMS(I, A, B)                                                                 \
	(int order, int ta, int tb, I m, I n, I k, A alpha, const void *a, I lda, const void *b,   \
	 I ldb, B beta, void *c, I ldc)
#define CBLAS_GEMM_ARGS (order, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
#define CBLAS_BATCH_PARAMS(I, A, B)                                                                \
	(int order, const void *ta, const void *tb, const void *m, const void *n, const void *k,   \
	 const void *alpha, const void *a, const void *lda, const void *b, const void *ldb,        \
	 const void *beta, void *c, const void *ldc, I groups, const void *each)
#define CBLAS_BATCH_ARGS (order, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc, groups, each)
#define CBLAS_STRIDED_PARAMS(I, A, B)                                                              \
	(int order, int ta, int tb, I m, I n, I k, A alpha, const void *a, I lda, I skip_a,        \
	 const void *b, I ldb, I skip_b, B beta, void *c, I ldc, I skip_c, I batch)
#define CBLAS_STRIDED_ARGS                                                                         \
	(order, ta, tb, m, n, k, alpha, a, lda, skip_a, b, ldb, skip_b, beta, c, ldc, skip_c, batch)
#define CBLAS_COMPUTE_PARAMS(I, A, B)                                                              \
	(int order, int ta, int tb, I m, I n, I k, const void *a, I lda, const void *b, I ldb,     \
	 B beta, void *c, I ldc)
#define CBLAS_COMPUTE_ARGS (order, ta, tb, m, n, k, a, lda, b, ldb, beta, c, ldc)
#define CBLAS_GEMMT_PARAMS(I, A, B)                                                                \
	(int order, int uplo, int ta, int tb, I n, I k, A alpha, const void *a, I lda,             \
	 const void *b, I ldb, B beta, void *c, I ldc)
#define CBLAS_GEMMT_ARGS (order, uplo, ta, tb, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
#define CBLAS_SYMM_PARAMS(I, A, B)                                                                 \
	(int order, int side, int uplo, I m, I n, A alpha, const void *a, I lda, const void *b,    \
	 I ldb, B beta, void *c, I ldc)
#define CBLAS_SYMM_ARGS (order, side, uplo, m, n, alpha, a, lda, b, ldb, beta, c, ldc)
#define CBLAS_SYRK_PARAMS(I, A, B)                                                                 \
	(int order, int uplo, int trans, I n, I k, A alpha, const void *a, I lda, B beta, void *c, \
	 I ldc)
#define CBLAS_SYRK_ARGS (order, uplo, trans, n, k, alpha, a, lda, beta, c, ldc)
#define CBLAS_SYR2K_PARAMS(I, A, B)                                                                \
	(int order, int uplo, int trans, I n, I k, A alpha, const void *a, I lda, const void *b,   \
	 I ldb, B beta, void *c, I ldc)
#define CBLAS_SYR2K_ARGS (order, uplo, trans, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
#define CBLAS_TRMM_PARAMS(I, A, B)                                                                 \
	(int order, int side, int uplo, int ta, int diag, I m, I n, A alpha, const void *a, I lda, \
	 void *b, I ldb)
#define CBLAS_TRMM_ARGS (order, side, uplo, ta, diag, m, n, alpha, a, lda, b, ldb)
#define CBLAS_GEMV_PARAMS(I, A, B)                                                                 \
	(int order, int ta, I m, I n, A alpha, const void *a, I lda, const void *x, I step_x,      \
	 B beta, void *y, I step_y)
#define CBLAS_GEMV_ARGS (order, ta, m, n, alpha, a, lda, x, step_x, beta, y, step_y)
/* LAPACK takes references alone: as many words as a row says. */
#define LAPACK_WORD const void *
#define LAPACK_PARAMS6                                                                             \
	LAPACK_WORD a1, LAPACK_WORD a2, LAPACK_WORD a3, LAPACK_WORD a4, LAPACK_WORD a5,            \
		LAPACK_WORD a6
#define LAPACK_PARAMS7	LAPACK_PARAMS6, LAPACK_WORD a7
#define LAPACK_PARAMS8	LAPACK_PARAMS7, LAPACK_WORD a8
#define LAPACK_PARAMS9	LAPACK_PARAMS8, LAPACK_WORD a9
#define LAPACK_PARAMS10 LAPACK_PARAMS9, LAPACK_WORD a10
#define LAPACK_PARAMS11 LAPACK_PARAMS10, LAPACK_WORD a11
#define LAPACK_PARAMS12 LAPACK_PARAMS11, LAPACK_WORD a12
#define LAPACK_PARAMS13 LAPACK_PARAMS12, LAPACK_WORD a13
#define LAPACK_PARAMS14 LAPACK_PARAMS13, LAPACK_WORD a14
#define LAPACK_PARAMS15 LAPACK_PARAMS14, LAPACK_WORD a15
#define LAPACK_PARAMS16 LAPACK_PARAMS15, LAPACK_WORD a16
#define LAPACK_PARAMS17 LAPACK_PARAMS16, LAPACK_WORD a17
#define LAPACK_PARAMS18 LAPACK_PARAMS17, LAPACK_WORD a18
#define LAPACK_PARAMS19 LAPACK_PARAMS18, LAPACK_WORD a19
#define LAPACK_PARAMS20 LAPACK_PARAMS19, LAPACK_WORD a20
#define LAPACK_PARAMS21 LAPACK_PARAMS20, LAPACK_WORD a21
#define LAPACK_PARAMS22 LAPACK_PARAMS21, LAPACK_WORD a22
#define LAPACK_PARAMS23 LAPACK_PARAMS22, LAPACK_WORD a23
#define LAPACK_PARAMS24 LAPACK_PARAMS23, LAPACK_WORD a24
#define LAPACK_PARAMS25 LAPACK_PARAMS24, LAPACK_WORD a25
#define LAPACK_PARAMS26 LAPACK_PARAMS25, LAPACK_WORD a26
#define LAPACK_ARGS6	a1, a2, a3, a4, a5, a6
#define LAPACK_ARGS7	LAPACK_ARGS6, a7
#define LAPACK_ARGS8	LAPACK_ARGS7, a8
#define LAPACK_ARGS9	LAPACK_ARGS8, a9
#define LAPACK_ARGS10	LAPACK_ARGS9, a10
#define LAPACK_ARGS11	LAPACK_ARGS10, a11
#define LAPACK_ARGS12	LAPACK_ARGS11, a12
#define LAPACK_ARGS13	LAPACK_ARGS12, a13
#define LAPACK_ARGS14	LAPACK_ARGS13, a14
#define LAPACK_ARGS15	LAPACK_ARGS14, a15
#define LAPACK_ARGS16	LAPACK_ARGS15, a16
#define LAPACK_ARGS17	LAPACK_ARGS16, a17
#define LAPACK_ARGS18	LAPACK_ARGS17, a18
#define LAPACK_ARGS19	LAPACK_ARGS18, a19
#define LAPACK_ARGS20	LAPACK_ARGS19, a20
#define LAPACK_ARGS21	LAPACK_ARGS20, a21
#define LAPACK_ARGS22	LAPACK_ARGS21, a22
#define LAPACK_ARGS23	LAPACK_ARGS22, a23
#define LAPACK_ARGS24	LAPACK_ARGS23, a24
#define LAPACK_ARGS25	LAPACK_ARGS24, a25
#define LAPACK_ARGS26	LAPACK_ARGS25, a26
/* clang-format on */

/*
 * What tells two calls of one name apart, for wire_event.shape: two letters or numbers that say
 * which matrix is turned, and three sizes. Never 0.
 */
static __attribute__((noinline, unused)) uint32_t cpu_shape(int64_t turned, int64_t m, int64_t n,
							    int64_t k)
{
	const uint64_t mix = 0x9e3779b97f4a7c15ULL; /* 2^64 / golden ratio */
	uint64_t hash = (uint64_t)turned;

	hash = (hash ^ (uint64_t)m) * mix;
	hash = (hash ^ hash >> 32 ^ (uint64_t)n) * mix;
	hash = (hash ^ hash >> 32 ^ (uint64_t)k) * mix;
	return (uint32_t)(hash >> 32) | 1;
}

/* The outlined body of a region under LLVM's runtime. */
typedef void (*microtask)(int32_t *, int32_t *, ...);

/* No header declares these names, and the linker's table of exports is checked against ours. */
#define REGION(result, name, params, args)	     result name params;
#define OPEN(name, params, args)		     void name params;
#define CLOSE(name)				     void name(void);
#define FORK(name)				     void name(void *where, int32_t n, microtask body, ...);
#define FORK_IF(name)				     void name(void *where, int32_t n, microtask body, int32_t is_met, void *args);
#define PRIMITIVE(name)				     int name(const void *primitive, void *stream, int n, const void *args);
#define LAPACK(words, shape, name, integer, complex) void name(LAPACK_PARAMS##words);
#include "preload/cpu.def"

#endif
