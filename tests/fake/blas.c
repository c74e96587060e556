/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A BLAS that computes nothing: it has every name of preload/cpu.def, counts its calls, looks
 * whether each argument arrived as it was given, and takes FAKEBLAS_MS milliseconds a call.
 */
#include <stdlib.h>
#include <time.h>

#include "tests/fake/blas.h"

#define PUBLIC __attribute__((visibility("default")))

PUBLIC double fakeblas_a, fakeblas_b, fakeblas_c, fakeblas_alpha, fakeblas_beta;
PUBLIC int64_t fakeblas_word[FAKE_WORDS];
PUBLIC uint64_t fakeblas_right, fakeblas_wrong;

static int64_t elapsed_ns(const struct timespec *since)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - since->tv_sec) * 1000000000 + now.tv_nsec - since->tv_nsec;
}

static void called(int is_right)
{
	const char *wanted_ms = getenv("FAKEBLAS_MS");
	struct timespec begin;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	__atomic_fetch_add(is_right ? &fakeblas_right : &fakeblas_wrong, 1, __ATOMIC_RELAXED);
	while (wanted_ms && elapsed_ns(&begin) < atol(wanted_ms) * 1000000)
		;
}

#define BLAS(form, shape, name, integer, alpha_type, beta_type, complex)                           \
	PUBLIC void name form##_##shape##_PARAMS(integer, alpha_type, beta_type)                   \
	{                                                                                          \
		called(form##_##shape##_IS(alpha_type, beta_type));                                \
	}
#define LAPACK(words, shape, name, integer, complex)                                               \
	PUBLIC void name(LAPACK_PARAMS##words)                                                     \
	{                                                                                          \
		called(LAPACK_IS##words);                                                          \
	}
#include "preload/cpu.def"
