/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What calls of any row of preload/cuda.def are called with, and what the driver that refuses them
 * all says: arguments are words, whatever the row takes for them.
 */
#ifndef GRAMME_FAKE_CUDA_EVERY_H
#define GRAMME_FAKE_CUDA_EVERY_H

#include <stdint.h>

#define CUDA_EVERY_ERROR 987
#define CUDA_EVERY_WORDS                                                                           \
	uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f, uint64_t g,        \
		uint64_t h, uint64_t i, uint64_t j, uint64_t k
typedef int (*cuda_every_call)(CUDA_EVERY_WORDS);

#endif
