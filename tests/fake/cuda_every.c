/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A CUDA driver that refuses every call of preload/cuda.def, and looks whether it came as it was
 * made: the first argument is somewhere in memory, the n-th is n. Ends the program that did
 * otherwise.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/fake/cuda_every.h"

/* How many arguments a row hands on. */
#define COUNT_(x, a, b, c, d, e, f, g, h, i, j, k, n, ...) n
#define COUNT(...)					   COUNT_(x, ##__VA_ARGS__, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, )

static int refuse(const char *name, unsigned n, const uint64_t *word)
{
	for (unsigned i = 1; i < n; i++)
		if ((unsigned char)word[i] != i + 1) {
			fprintf(stderr, "%s: argument %u of %u is %llx\n", name, i + 1, n,
				(unsigned long long)word[i]);
			exit(3);
		}
	return CUDA_EVERY_ERROR;
}

#define CUDA_ROW(name, params, args)                                                               \
	__attribute__((visibility("default"))) int name(CUDA_EVERY_WORDS);                         \
	int name(CUDA_EVERY_WORDS)                                                                 \
	{                                                                                          \
		const uint64_t word[] = {a, b, c, d, e, f, g, h, i, j, k};                         \
                                                                                                   \
		return refuse(#name, COUNT args, word);                                            \
	}
#include "preload/cuda.def"
