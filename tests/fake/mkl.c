/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A product that computes nothing, and tells what it was given.
 */
#include "tests/fake/mkl.h"

#define PUBLIC __attribute__((visibility("default")))

PUBLIC int64_t fakemkl_lda, fakemkl_ldb, fakemkl_ldc;

PUBLIC void cblas_dgemm(int order, int ta, int tb, int64_t m, int64_t n, int64_t k, double alpha,
			const void *a, int64_t lda, const void *b, int64_t ldb, double beta,
			void *c, int64_t ldc)
{
	(void)order;
	(void)ta;
	(void)tb;
	(void)m;
	(void)n;
	(void)k;
	(void)alpha;
	(void)a;
	(void)b;
	(void)beta;
	(void)c;
	fakemkl_lda = lda;
	fakemkl_ldb = ldb;
	fakemkl_ldc = ldc;
}
