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

#define CBLAS_GEMM_PARAMS(I, A, B)                                                                 \
	(int order, int ta, int tb, I m, I n, I k, A alpha, const void *a, I lda, const void *b,   \
	 I ldb, B beta, void *c, I ldc)
#define CBLAS_GEMM_ARGS (order, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
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
/* clang-format on */

/* The outlined body of a region under LLVM's runtime. */
typedef void (*microtask)(int32_t *, int32_t *, ...);

/* No header declares these names, and the linker's table of exports is checked against ours. */
#define REGION(result, name, params, args) result name params;
#define OPEN(name, params, args)	   void name params;
#define CLOSE(name)			   void name(void);
#define FORK(name)			   void name(void *where, int32_t n, microtask body, ...);
#define FORK_IF(name)			   void name(void *where, int32_t n, microtask body, int32_t is_met, void *args);
#define BLAS(form, shape, name, integer, alpha, beta, complex)                                     \
	void name form##_##shape##_PARAMS(integer, alpha, beta);
#include "preload/cpu.def"

#endif
