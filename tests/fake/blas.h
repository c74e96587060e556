/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the counting BLAS is called with, and what it therefore expects: one set of arguments for
 * each shape of a row of preload/cpu.def.
 */
#ifndef GRAMME_FAKE_BLAS_H
#define GRAMME_FAKE_BLAS_H

#include <stdint.h>
#include <string.h>

#include "preload/cpu_wrap.h"

#define FAKE_M 3
#define FAKE_N 5
#define FAKE_K 7

extern double fakeblas_a, fakeblas_b, fakeblas_c, fakeblas_alpha, fakeblas_beta;

/* Calls of all rows that came with these arguments, and those that did not. */
extern uint64_t fakeblas_right, fakeblas_wrong;

/* A scalar of CBLAS: by value, or by reference where it is complex. */
#define SCALAR(T, value, place)                                                                    \
	_Generic((T){0}, float : value, double : value, const void * : &place)
#define ALPHA(T)    SCALAR(T, 2.5, fakeblas_alpha)
#define BETA(T)	    SCALAR(T, 0.25, fakeblas_beta)
#define R(I, value) (&(I){value})

/* clang-format off: tables read by their rows */
#define FORTRAN_GEMM_GIVE(I, A, B)                                                                 \
	("N", "T", R(I, FAKE_M), R(I, FAKE_N), R(I, FAKE_K), &fakeblas_alpha, &fakeblas_a,         \
	 R(I, 11), &fakeblas_b, R(I, 13), &fakeblas_beta, &fakeblas_c, R(I, 17), 1, 2)
#define FORTRAN_GEMM_IS(A, B)                                                                      \
	(*ta == 'N' && *tb == 'T' && *m == FAKE_M && *n == FAKE_N && *k == FAKE_K &&               \
	 alpha == &fakeblas_alpha && a == &fakeblas_a && *lda == 11 && b == &fakeblas_b &&         \
	 *ldb == 13 && beta == &fakeblas_beta && c == &fakeblas_c && *ldc == 17 && length1 == 1 && \
	 length2 == 2)
#define FORTRAN_GEMMT_GIVE(I, A, B)                                                                \
	("U", "N", "T", R(I, FAKE_N), R(I, FAKE_K), &fakeblas_alpha, &fakeblas_a, R(I, 11),        \
	 &fakeblas_b, R(I, 13), &fakeblas_beta, &fakeblas_c, R(I, 17), 1, 2, 3)
#define FORTRAN_GEMMT_IS(A, B)                                                                     \
	(*uplo == 'U' && *ta == 'N' && *tb == 'T' && *n == FAKE_N && *k == FAKE_K &&               \
	 alpha == &fakeblas_alpha && a == &fakeblas_a && *lda == 11 && b == &fakeblas_b &&         \
	 *ldb == 13 && beta == &fakeblas_beta && c == &fakeblas_c && *ldc == 17 && length1 == 1 && \
	 length2 == 2 && length3 == 3)
#define FORTRAN_SYMM_GIVE(I, A, B)                                                                 \
	("R", "U", R(I, FAKE_M), R(I, FAKE_N), &fakeblas_alpha, &fakeblas_a, R(I, 11),             \
	 &fakeblas_b, R(I, 13), &fakeblas_beta, &fakeblas_c, R(I, 17), 1, 2)
#define FORTRAN_SYMM_IS(A, B)                                                                      \
	(*side == 'R' && *uplo == 'U' && *m == FAKE_M && *n == FAKE_N &&                           \
	 alpha == &fakeblas_alpha && a == &fakeblas_a && *lda == 11 && b == &fakeblas_b &&         \
	 *ldb == 13 && beta == &fakeblas_beta && c == &fakeblas_c && *ldc == 17 && length1 == 1 && \
	 length2 == 2)
#define FORTRAN_SYRK_GIVE(I, A, B)                                                                 \
	("U", "N", R(I, FAKE_N), R(I, FAKE_K), &fakeblas_alpha, &fakeblas_a, R(I, 11),             \
	 &fakeblas_beta, &fakeblas_c, R(I, 17), 1, 2)
#define FORTRAN_SYRK_IS(A, B)                                                                      \
	(*uplo == 'U' && *trans == 'N' && *n == FAKE_N && *k == FAKE_K &&                          \
	 alpha == &fakeblas_alpha && a == &fakeblas_a && *lda == 11 && beta == &fakeblas_beta &&   \
	 c == &fakeblas_c && *ldc == 17 && length1 == 1 && length2 == 2)
#define FORTRAN_SYR2K_GIVE(I, A, B)                                                                \
	("U", "N", R(I, FAKE_N), R(I, FAKE_K), &fakeblas_alpha, &fakeblas_a, R(I, 11),             \
	 &fakeblas_b, R(I, 13), &fakeblas_beta, &fakeblas_c, R(I, 17), 1, 2)
#define FORTRAN_SYR2K_IS(A, B)                                                                     \
	(*uplo == 'U' && *trans == 'N' && *n == FAKE_N && *k == FAKE_K &&                          \
	 alpha == &fakeblas_alpha && a == &fakeblas_a && *lda == 11 && b == &fakeblas_b &&         \
	 *ldb == 13 && beta == &fakeblas_beta && c == &fakeblas_c && *ldc == 17 && length1 == 1 && \
	 length2 == 2)
#define FORTRAN_TRMM_GIVE(I, A, B)                                                                 \
	("l", "U", "N", "U", R(I, FAKE_M), R(I, FAKE_N), &fakeblas_alpha, &fakeblas_a, R(I, 11),   \
	 &fakeblas_b, R(I, 13), 1, 2, 3, 4)
#define FORTRAN_TRMM_IS(A, B)                                                                      \
	(*side == 'l' && *uplo == 'U' && *ta == 'N' && *diag == 'U' && *m == FAKE_M &&             \
	 *n == FAKE_N && alpha == &fakeblas_alpha && a == &fakeblas_a && *lda == 11 &&             \
	 b == &fakeblas_b && *ldb == 13 && length1 == 1 && length2 == 2 && length3 == 3 &&         \
	 length4 == 4)

#define CBLAS_GEMM_GIVE(I, A, B)                                                                   \
	(101, 111, 112, FAKE_M, FAKE_N, FAKE_K, ALPHA(A), &fakeblas_a, 11, &fakeblas_b, 13,        \
	 BETA(B), &fakeblas_c, 17)
#define CBLAS_GEMM_IS(A, B)                                                                        \
	(order == 101 && ta == 111 && tb == 112 && m == FAKE_M && n == FAKE_N && k == FAKE_K &&    \
	 alpha == ALPHA(A) && a == &fakeblas_a && lda == 11 && b == &fakeblas_b && ldb == 13 &&    \
	 beta == BETA(B) && c == &fakeblas_c && ldc == 17)
#define CBLAS_GEMMT_GIVE(I, A, B)                                                                  \
	(101, 121, 111, 112, FAKE_N, FAKE_K, ALPHA(A), &fakeblas_a, 11, &fakeblas_b, 13, BETA(B),  \
	 &fakeblas_c, 17)
#define CBLAS_GEMMT_IS(A, B)                                                                       \
	(order == 101 && uplo == 121 && ta == 111 && tb == 112 && n == FAKE_N && k == FAKE_K &&    \
	 alpha == ALPHA(A) && a == &fakeblas_a && lda == 11 && b == &fakeblas_b && ldb == 13 &&    \
	 beta == BETA(B) && c == &fakeblas_c && ldc == 17)
#define CBLAS_SYMM_GIVE(I, A, B)                                                                   \
	(101, 142, 121, FAKE_M, FAKE_N, ALPHA(A), &fakeblas_a, 11, &fakeblas_b, 13, BETA(B),       \
	 &fakeblas_c, 17)
#define CBLAS_SYMM_IS(A, B)                                                                        \
	(order == 101 && side == 142 && uplo == 121 && m == FAKE_M && n == FAKE_N &&               \
	 alpha == ALPHA(A) && a == &fakeblas_a && lda == 11 && b == &fakeblas_b && ldb == 13 &&    \
	 beta == BETA(B) && c == &fakeblas_c && ldc == 17)
#define CBLAS_SYRK_GIVE(I, A, B)                                                                   \
	(101, 121, 111, FAKE_N, FAKE_K, ALPHA(A), &fakeblas_a, 11, BETA(B), &fakeblas_c, 17)
#define CBLAS_SYRK_IS(A, B)                                                                        \
	(order == 101 && uplo == 121 && trans == 111 && n == FAKE_N && k == FAKE_K &&              \
	 alpha == ALPHA(A) && a == &fakeblas_a && lda == 11 && beta == BETA(B) &&                  \
	 c == &fakeblas_c && ldc == 17)
#define CBLAS_SYR2K_GIVE(I, A, B)                                                                  \
	(101, 121, 111, FAKE_N, FAKE_K, ALPHA(A), &fakeblas_a, 11, &fakeblas_b, 13, BETA(B),       \
	 &fakeblas_c, 17)
#define CBLAS_SYR2K_IS(A, B)                                                                       \
	(order == 101 && uplo == 121 && trans == 111 && n == FAKE_N && k == FAKE_K &&              \
	 alpha == ALPHA(A) && a == &fakeblas_a && lda == 11 && b == &fakeblas_b && ldb == 13 &&    \
	 beta == BETA(B) && c == &fakeblas_c && ldc == 17)
#define CBLAS_TRMM_GIVE(I, A, B)                                                                   \
	(101, 141, 121, 111, 131, FAKE_M, FAKE_N, ALPHA(A), &fakeblas_a, 11, &fakeblas_b, 13)
#define CBLAS_TRMM_IS(A, B)                                                                        \
	(order == 101 && side == 141 && uplo == 121 && ta == 111 && diag == 131 && m == FAKE_M &&  \
	 n == FAKE_N && alpha == ALPHA(A) && a == &fakeblas_a && lda == 11 && b == &fakeblas_b &&  \
	 ldb == 13)
/* clang-format on */

#endif
