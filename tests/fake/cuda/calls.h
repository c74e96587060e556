/* SPDX-License-Identifier: Apache-2.0 */
/* The exported functions, declared from the tables; their columns are told in entry.c. */
#ifndef GRAMME_TESTS_FAKE_CUDA_CALLS_H
#define GRAMME_TESTS_FAKE_CUDA_CALLS_H

#include "tests/fake/cuda/sim.h"

#define CALL(symbol, name, since, params, ...)	int symbol params;
#define EARLY(symbol, name, since, params, ...) int symbol params;
#define LANES(symbol, suffix, name, since, params, ...)                                            \
	int symbol params;                                                                         \
	int symbol##suffix params;
#include "tests/fake/cuda/calls.def"
#undef CALL
#undef EARLY
#undef LANES

#endif
