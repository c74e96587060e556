/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entry points of OpenMP runtimes that no compiler here emits calls of.
 */
#ifndef GRAMME_FAKE_OPENMP_H
#define GRAMME_FAKE_OPENMP_H

#include <stdint.h>

typedef void (*microtask)(int32_t *thread, int32_t *bound, ...);

/* LLVM's runtime, since 16. */
void __kmpc_fork_call(void *where, int32_t n, microtask body, ...);
void __kmpc_fork_call_if(void *where, int32_t n, microtask body, int32_t is_met, void *args);

/* GCC's runtime, for what was compiled before 4.9. */
typedef void (*gomp_body)(void *data);

void GOMP_parallel_start(gomp_body body, void *data, unsigned threads);
void GOMP_parallel_sections_start(gomp_body body, void *data, unsigned threads, unsigned count);
void GOMP_parallel_loop_static_start(gomp_body body, void *data, unsigned threads, long start,
				     long end, long step, long chunk);
void GOMP_parallel_loop_dynamic_start(gomp_body body, void *data, unsigned threads, long start,
				      long end, long step, long chunk);
void GOMP_parallel_loop_guided_start(gomp_body body, void *data, unsigned threads, long start,
				     long end, long step, long chunk);
void GOMP_parallel_loop_runtime_start(gomp_body body, void *data, unsigned threads, long start,
				      long end, long step);
void GOMP_parallel_end(void);

/* What the bodies of worksharing regions call. */
_Bool GOMP_loop_static_next(long *from, long *to);
_Bool GOMP_loop_dynamic_next(long *from, long *to);
_Bool GOMP_loop_guided_next(long *from, long *to);
_Bool GOMP_loop_runtime_next(long *from, long *to);
void GOMP_loop_end_nowait(void);
unsigned GOMP_sections_next(void);
void GOMP_sections_end_nowait(void);

#endif
