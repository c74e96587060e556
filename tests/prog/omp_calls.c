/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenMP regions by entry points that no compiler here emits calls of: those of compilers before
 * GCC 4.9, which open a region, run their own part of it and close it, and LLVM's conditional one
 * (of tests/fake/openmp.c). ROUNDS times each; prints "count kernel BODY COUNT" for each body, and
 * a sum that tells whether each did its work.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/fake/openmp.h"

#define N 100

/* Bodies are exported, so that a stripped program still has names for them. */
#define BODY __attribute__((visibility("default"))) void

static long sum;

#define LOOP_BODY(kind)                                                                            \
	BODY kind##_body(void *data);                                                              \
	void kind##_body(void *data)                                                               \
	{                                                                                          \
		long from, to;                                                                     \
                                                                                                   \
		while (GOMP_loop_##kind##_next(&from, &to))                                        \
			for (long i = from; i < to; i++)                                           \
				__atomic_fetch_add((long *)data, i, __ATOMIC_RELAXED);             \
		GOMP_loop_end_nowait();                                                            \
	}
LOOP_BODY(static)
LOOP_BODY(dynamic)
LOOP_BODY(guided)
LOOP_BODY(runtime)

BODY sections_body(void *data);
void sections_body(void *data)
{
	unsigned section;

	while ((section = GOMP_sections_next()))
		__atomic_fetch_add((long *)data, section, __ATOMIC_RELAXED);
	GOMP_sections_end_nowait();
}

BODY inner_body(void *data);
void inner_body(void *data)
{
	__atomic_fetch_add((long *)data, 1, __ATOMIC_RELAXED);
}

/* Regions within regions; the second level has one thread. */
static void nest(gomp_body body, int levels)
{
	GOMP_parallel_start(body, &sum, 1);
	body(&sum);
	if (levels > 1)
		nest(body, levels - 1);
	GOMP_parallel_end();
}

static void open_every(void)
{
	GOMP_parallel_loop_static_start(static_body, &sum, 2, 0, N, 1, 8);
	static_body(&sum);
	GOMP_parallel_end();
	GOMP_parallel_loop_dynamic_start(dynamic_body, &sum, 2, 0, N, 1, 8);
	dynamic_body(&sum);
	GOMP_parallel_end();
	GOMP_parallel_loop_guided_start(guided_body, &sum, 2, 0, N, 1, 8);
	guided_body(&sum);
	GOMP_parallel_end();
	GOMP_parallel_loop_runtime_start(runtime_body, &sum, 2, 0, N, 1);
	runtime_body(&sum);
	GOMP_parallel_end();
	GOMP_parallel_sections_start(sections_body, &sum, 2, 3);
	sections_body(&sum);
	GOMP_parallel_end();
	nest(inner_body, 3);
}

BODY met_body(int32_t *thread, int32_t *bound, ...);
void met_body(int32_t *thread, int32_t *bound, ...)
{
	sum += 1 + *thread + *bound;
}

BODY unmet_body(int32_t *thread, int32_t *bound, ...);
void unmet_body(int32_t *thread, int32_t *bound, ...)
{
	sum += 2 + *thread + *bound;
}

/* A region within it, of the same body, is another one. */
BODY again_body(int32_t *thread, int32_t *bound, ...);
void again_body(int32_t *thread, int32_t *bound, ...)
{
	static int depth;

	sum += 3 + *thread + *bound;
	if (depth++ == 0)
		__kmpc_fork_call(NULL, 1, again_body, NULL);
	depth--;
}

static void fork_every(void)
{
	__kmpc_fork_call_if(NULL, 1, met_body, 1, NULL);
	__kmpc_fork_call_if(NULL, 1, unmet_body, 0, NULL);
	__kmpc_fork_call_if(NULL, 1, again_body, 1, NULL);
	__kmpc_fork_call_if(NULL, 1, again_body, 0, NULL);
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 1;

	for (int i = 0; i < rounds; i++) {
		open_every();
		fork_every();
	}
	printf("count kernel static_body %d\ncount kernel dynamic_body %d\n", rounds, rounds);
	printf("count kernel guided_body %d\ncount kernel runtime_body %d\n", rounds, rounds);
	printf("count kernel sections_body %d\ncount kernel inner_body %d\n", rounds, 3 * rounds);
	printf("count kernel met_body %d\ncount kernel unmet_body %d\n", rounds, rounds);
	printf("count kernel again_body %d\n", 4 * rounds);
	printf("sum %ld\n", sum);
	return 0;
}
