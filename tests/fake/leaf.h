/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An OpenMP region of one thread and a matrix product, with nothing in them: what is left of a call
 * is what is done around it.
 */
#ifndef GRAMME_FAKE_LEAF_H
#define GRAMME_FAKE_LEAF_H

void GOMP_parallel(void (*body)(void *), void *data, unsigned threads, unsigned flags);
void cblas_sgemm(int order, int ta, int tb, int m, int n, int k, float alpha, const float *a,
		 int lda, const float *b, int ldb, float beta, float *c, int ldc);

#endif
