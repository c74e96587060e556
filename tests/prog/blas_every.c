/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls every BLAS function of preload/cpu.def once, in the counting BLAS that it is linked with,
 * and prints what it called; with "region N" instead opens N OpenMP regions that do a product each,
 * with "vain" calls what computes nothing.
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
#define LAPACK(words, shape, name, integer, complex)                                               \
	name(LAPACK_GIVE##words);                                                                  \
	printf("count kernel " #name " 1 " #shape " %d\n", complex);
#include "preload/cpu.def"
}

/* What only asks for room, or is told of a mistake, has computed nothing. */
static void call_in_vain(void)
{
	fakeblas_word[6] = -1; /* the length of its room */
	dgeqrf_(LAPACK_GIVE8);
	fakeblas_word[6] = 8;
	fakeblas_word[7] = -4; /* what it reports */
	dgesv_(LAPACK_GIVE8);
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
	for (int i = 0; i < FAKE_WORDS; i++)
		fakeblas_word[i] = i + 2;
	if (argc > 2)
		call_in_regions(atoi(argv[2]));
	else if (argc > 1)
		call_in_vain();
	else
		call_every();
	printf("right %" PRIu64 " wrong %" PRIu64 "\n", fakeblas_right, fakeblas_wrong);
	return fakeblas_wrong != 0;
}
