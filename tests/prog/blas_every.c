/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls every BLAS function of preload/cpu.def once, in the counting BLAS that it is linked with,
 * and prints what it called; with "region N" instead opens N OpenMP regions that do a product each.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/fake/blas.h"

static void call_every(void)
{
#define BLAS(form, shape, name, integer, alpha, beta, complex)                                     \
	name form##_##shape##_GIVE(integer, alpha, beta);                                          \
	printf("count kernel " #name " 1 " #shape " %d\n", complex);
#include "preload/cpu.def"
}

static void call_in_regions(int regions)
{
	for (int i = 0; i < regions; i++) {
#pragma omp parallel
		cblas_dgemm CBLAS_GEMM_GIVE(int32_t, double, double);
	}
}

int main(int argc, char **argv)
{
	if (argc > 2)
		call_in_regions(atoi(argv[2]));
	else
		call_every();
	printf("right %" PRIu64 " wrong %" PRIu64 "\n", fakeblas_right, fakeblas_wrong);
	return fakeblas_wrong != 0;
}
