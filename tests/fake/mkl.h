/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A product as MKL's interface for 64-bit integers has it: under the name that has 32-bit ones in
 * every other library.
 */
#ifndef GRAMME_FAKE_MKL_H
#define GRAMME_FAKE_MKL_H

#include <stdint.h>

/* The leading dimensions of the last call. */
extern int64_t fakemkl_lda, fakemkl_ldb, fakemkl_ldc;

void cblas_dgemm(int order, int ta, int tb, int64_t m, int64_t n, int64_t k, double alpha,
		 const void *a, int64_t lda, const void *b, int64_t ldb, double beta, void *c,
		 int64_t ldc);

#endif
