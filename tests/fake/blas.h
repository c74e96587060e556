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

/* The functions by their true types; the wrappers take whole words. */
#define BLAS(form, shape, name, integer, alpha, beta, complex)                                     \
	void name form##_##shape##_PARAMS(integer, alpha, beta);
#include "preload/cpu.def"

/*
 * What LAPACK is called with: the i-th argument is the i-th of these words, whose value is i + 2,
 * so that a dimension is found only where it stands.
 */
#define FAKE_WORDS 26
extern int64_t fakeblas_word[FAKE_WORDS];

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
#define FORTRAN_GEMV_GIVE(I, A, B)                                                                 \
	("T", R(I, FAKE_M), R(I, FAKE_N), &fakeblas_alpha, &fakeblas_a, R(I, 11), &fakeblas_b,     \
	 R(I, 19), &fakeblas_beta, &fakeblas_c, R(I, 23), 1)
#define FORTRAN_GEMV_IS(A, B)                                                                      \
	(*ta == 'T' && *m == FAKE_M && *n == FAKE_N && alpha == &fakeblas_alpha &&                 \
	 a == &fakeblas_a && *lda == 11 && x == &fakeblas_b && *step_x == 19 &&                    \
	 beta == &fakeblas_beta && y == &fakeblas_c && *step_y == 23 && length1 == 1)

/* Two groups: one product of 3 x 5 x 7, and two of 1 x 2 x 4. */
#define TWO(I, first, second) ((const I[]){first, second})
#define FORTRAN_BATCH_GIVE(I, A, B)                                                                \
	("NN", "TN", TWO(I, FAKE_M, 1), TWO(I, FAKE_N, 2), TWO(I, FAKE_K, 4), &fakeblas_alpha,     \
	 &fakeblas_a, R(I, 11), &fakeblas_b, R(I, 13), &fakeblas_beta, &fakeblas_c, R(I, 17),      \
	 R(I, 2), TWO(I, 1, 2), 1, 2)
#define FORTRAN_BATCH_IS(A, B)                                                                     \
	(*ta == 'N' && *tb == 'T' && *(const char *)m == FAKE_M && *(const char *)n == FAKE_N &&   \
	 *(const char *)k == FAKE_K && alpha == &fakeblas_alpha && a == &fakeblas_a &&             \
	 *(const char *)lda == 11 && b == &fakeblas_b && *(const char *)ldb == 13 &&               \
	 beta == &fakeblas_beta && c == &fakeblas_c && *(const char *)ldc == 17 && *groups == 2 && \
	 *(const char *)each == 1 && length1 == 1 && length2 == 2)
#define FORTRAN_STRIDED_GIVE(I, A, B)                                                              \
	("N", "T", R(I, FAKE_M), R(I, FAKE_N), R(I, FAKE_K), &fakeblas_alpha, &fakeblas_a,         \
	 R(I, 11), R(I, 19), &fakeblas_b, R(I, 13), R(I, 23), &fakeblas_beta, &fakeblas_c,         \
	 R(I, 17), R(I, 29), R(I, 4), 1, 2)
#define FORTRAN_STRIDED_IS(A, B)                                                                   \
	(*ta == 'N' && *tb == 'T' && *m == FAKE_M && *n == FAKE_N && *k == FAKE_K &&               \
	 alpha == &fakeblas_alpha && a == &fakeblas_a && *lda == 11 && *skip_a == 19 &&            \
	 b == &fakeblas_b && *ldb == 13 && *skip_b == 23 && beta == &fakeblas_beta &&              \
	 c == &fakeblas_c && *ldc == 17 && *skip_c == 29 && *batch == 4 && length1 == 1 &&         \
	 length2 == 2)
#define FORTRAN_COMPUTE_GIVE(I, A, B)                                                              \
	("P", "T", R(I, FAKE_M), R(I, FAKE_N), R(I, FAKE_K), &fakeblas_a, R(I, 11), &fakeblas_b,   \
	 R(I, 13), &fakeblas_beta, &fakeblas_c, R(I, 17), 1, 2)
#define FORTRAN_COMPUTE_IS(A, B)                                                                   \
	(*ta == 'P' && *tb == 'T' && *m == FAKE_M && *n == FAKE_N && *k == FAKE_K &&               \
	 a == &fakeblas_a && *lda == 11 && b == &fakeblas_b && *ldb == 13 &&                       \
	 beta == &fakeblas_beta && c == &fakeblas_c && *ldc == 17 && length1 == 1 && length2 == 2)

#define CBLAS_BATCH_GIVE(I, A, B)                                                                  \
	(101, TWO(int, 111, 111), TWO(int, 112, 111), TWO(I, FAKE_M, 1), TWO(I, FAKE_N, 2),        \
	 TWO(I, FAKE_K, 4), &fakeblas_alpha, &fakeblas_a, R(I, 11), &fakeblas_b, R(I, 13),         \
	 &fakeblas_beta, &fakeblas_c, R(I, 17), 2, TWO(I, 1, 2))
#define CBLAS_BATCH_IS(A, B)                                                                       \
	(order == 101 && *(const int *)ta == 111 && *(const int *)tb == 112 &&                     \
	 *(const char *)m == FAKE_M && *(const char *)n == FAKE_N && *(const char *)k == FAKE_K && \
	 alpha == &fakeblas_alpha && a == &fakeblas_a && *(const char *)lda == 11 &&               \
	 b == &fakeblas_b && *(const char *)ldb == 13 && beta == &fakeblas_beta &&                 \
	 c == &fakeblas_c && *(const char *)ldc == 17 && groups == 2 && *(const char *)each == 1)
#define CBLAS_STRIDED_GIVE(I, A, B)                                                                \
	(101, 111, 112, FAKE_M, FAKE_N, FAKE_K, ALPHA(A), &fakeblas_a, 11, 19, &fakeblas_b, 13,    \
	 23, BETA(B), &fakeblas_c, 17, 29, 4)
#define CBLAS_STRIDED_IS(A, B)                                                                     \
	(order == 101 && ta == 111 && tb == 112 && m == FAKE_M && n == FAKE_N && k == FAKE_K &&    \
	 alpha == ALPHA(A) && a == &fakeblas_a && lda == 11 && skip_a == 19 && b == &fakeblas_b && \
	 ldb == 13 && skip_b == 23 && beta == BETA(B) && c == &fakeblas_c && ldc == 17 &&          \
	 skip_c == 29 && batch == 4)
#define CBLAS_COMPUTE_GIVE(I, A, B)                                                                \
	(101, 151, 112, FAKE_M, FAKE_N, FAKE_K, &fakeblas_a, 11, &fakeblas_b, 13, BETA(B),         \
	 &fakeblas_c, 17)
#define CBLAS_COMPUTE_IS(A, B)                                                                     \
	(order == 101 && ta == 151 && tb == 112 && m == FAKE_M && n == FAKE_N && k == FAKE_K &&    \
	 a == &fakeblas_a && lda == 11 && b == &fakeblas_b && ldb == 13 && beta == BETA(B) &&      \
	 c == &fakeblas_c && ldc == 17)

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
#define CBLAS_GEMV_GIVE(I, A, B)                                                                   \
	(101, 112, FAKE_M, FAKE_N, ALPHA(A), &fakeblas_a, 11, &fakeblas_b, 19, BETA(B),            \
	 &fakeblas_c, 23)
#define CBLAS_GEMV_IS(A, B)                                                                        \
	(order == 101 && ta == 112 && m == FAKE_M && n == FAKE_N && alpha == ALPHA(A) &&           \
	 a == &fakeblas_a && lda == 11 && x == &fakeblas_b && step_x == 19 && beta == BETA(B) &&   \
	 y == &fakeblas_c && step_y == 23)

#define LAPACK_GIVE6                                                                               \
	&fakeblas_word[0], &fakeblas_word[1], &fakeblas_word[2], &fakeblas_word[3],                \
		&fakeblas_word[4], &fakeblas_word[5]
#define LAPACK_GIVE7  LAPACK_GIVE6, &fakeblas_word[6]
#define LAPACK_GIVE8  LAPACK_GIVE7, &fakeblas_word[7]
#define LAPACK_GIVE9  LAPACK_GIVE8, &fakeblas_word[8]
#define LAPACK_GIVE10 LAPACK_GIVE9, &fakeblas_word[9]
#define LAPACK_GIVE11 LAPACK_GIVE10, &fakeblas_word[10]
#define LAPACK_GIVE12 LAPACK_GIVE11, &fakeblas_word[11]
#define LAPACK_GIVE13 LAPACK_GIVE12, &fakeblas_word[12]
#define LAPACK_GIVE14 LAPACK_GIVE13, &fakeblas_word[13]
#define LAPACK_GIVE15 LAPACK_GIVE14, &fakeblas_word[14]
#define LAPACK_GIVE16 LAPACK_GIVE15, &fakeblas_word[15]
#define LAPACK_GIVE17 LAPACK_GIVE16, &fakeblas_word[16]
#define LAPACK_GIVE18 LAPACK_GIVE17, &fakeblas_word[17]
#define LAPACK_GIVE19 LAPACK_GIVE18, &fakeblas_word[18]
#define LAPACK_GIVE20 LAPACK_GIVE19, &fakeblas_word[19]
#define LAPACK_GIVE21 LAPACK_GIVE20, &fakeblas_word[20]
#define LAPACK_GIVE22 LAPACK_GIVE21, &fakeblas_word[21]
#define LAPACK_GIVE23 LAPACK_GIVE22, &fakeblas_word[22]
#define LAPACK_GIVE24 LAPACK_GIVE23, &fakeblas_word[23]
#define LAPACK_GIVE25 LAPACK_GIVE24, &fakeblas_word[24]
#define LAPACK_GIVE26 LAPACK_GIVE25, &fakeblas_word[25]
#define LAPACK_IS6                                                                                 \
	a1 == &fakeblas_word[0] && a2 == &fakeblas_word[1] && a3 == &fakeblas_word[2] &&           \
		a4 == &fakeblas_word[3] && a5 == &fakeblas_word[4] && a6 == &fakeblas_word[5]
#define LAPACK_IS7  LAPACK_IS6 &&a7 == &fakeblas_word[6]
#define LAPACK_IS8  LAPACK_IS7 &&a8 == &fakeblas_word[7]
#define LAPACK_IS9  LAPACK_IS8 &&a9 == &fakeblas_word[8]
#define LAPACK_IS10 LAPACK_IS9 &&a10 == &fakeblas_word[9]
#define LAPACK_IS11 LAPACK_IS10 &&a11 == &fakeblas_word[10]
#define LAPACK_IS12 LAPACK_IS11 &&a12 == &fakeblas_word[11]
#define LAPACK_IS13 LAPACK_IS12 &&a13 == &fakeblas_word[12]
#define LAPACK_IS14 LAPACK_IS13 &&a14 == &fakeblas_word[13]
#define LAPACK_IS15 LAPACK_IS14 &&a15 == &fakeblas_word[14]
#define LAPACK_IS16 LAPACK_IS15 &&a16 == &fakeblas_word[15]
#define LAPACK_IS17 LAPACK_IS16 &&a17 == &fakeblas_word[16]
#define LAPACK_IS18 LAPACK_IS17 &&a18 == &fakeblas_word[17]
#define LAPACK_IS19 LAPACK_IS18 &&a19 == &fakeblas_word[18]
#define LAPACK_IS20 LAPACK_IS19 &&a20 == &fakeblas_word[19]
#define LAPACK_IS21 LAPACK_IS20 &&a21 == &fakeblas_word[20]
#define LAPACK_IS22 LAPACK_IS21 &&a22 == &fakeblas_word[21]
#define LAPACK_IS23 LAPACK_IS22 &&a23 == &fakeblas_word[22]
#define LAPACK_IS24 LAPACK_IS23 &&a24 == &fakeblas_word[23]
#define LAPACK_IS25 LAPACK_IS24 &&a25 == &fakeblas_word[24]
#define LAPACK_IS26 LAPACK_IS25 &&a26 == &fakeblas_word[25]
/* clang-format on */

#endif
