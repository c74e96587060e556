/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls that do nothing.
 */
#include "tests/fake/leaf.h"

#define PUBLIC __attribute__((visibility("default")))

PUBLIC void GOMP_parallel(void (*body)(void *), void *data, unsigned threads, unsigned flags)
{
	(void)threads;
	(void)flags;
	body(data);
}

PUBLIC void cblas_sgemm(int order, int ta, int tb, int m, int n, int k, float alpha, const float *a,
			int lda, const float *b, int ldb, float beta, float *c, int ldc)
{
	(void)order;
	(void)ta;
	(void)tb;
	(void)m;
	(void)n;
	(void)k;
	(void)alpha;
	(void)a;
	(void)lda;
	(void)b;
	(void)ldb;
	(void)beta;
	(void)c;
	(void)ldc;
}
