/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers for the rows of cuda.def, and the driver's real functions behind them. A process has one
 * driver: whatever road a call came by, it goes on to the library of that soname, or to another
 * that stands before it since the start.
 */
#ifndef GRAMME_CUDA_REAL_H
#define GRAMME_CUDA_REAL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "preload/cuda_abi.h"

enum cuda_call {
#define CUDA_ROW(name, params, args) CUDA_##name,
#define USED(name, params)	     CUDA_##name,
#include "preload/cuda.def"
	CUDA_CALLS,
	CUDA_HOOKS = CUDA_cuCtxGetDevice /* the rows before are intercepted */
};

extern __attribute__((visibility("hidden"))) void *_Atomic cuda_reals[CUDA_CALLS];

/* The slow way: looks for all rows at once. NULL where the driver has none of that name. */
void *cuda_real_find(enum cuda_call call);

static inline void *cuda_real(enum cuda_call call)
{
	void *real = atomic_load_explicit(&cuda_reals[call], memory_order_acquire);

	return __builtin_expect(real != NULL, 1) ? real : cuda_real_find(call);
}

/* The same with the type of its declaration. */
#define CUDA_REAL(name) ((__typeof__(&name))cuda_real(CUDA_##name))

/* The row that is intercepted and whose real function is at that address, or CUDA_HOOKS. Of two of
 * one address (a linker may fold what is the same), that which is called for is taken. */
enum cuda_call cuda_real_row(const void *address, const char *called);

/* The name of a row, as the driver exports it. */
const char *cuda_real_name(enum cuda_call call);

/* Has the driver stay mapped when the program closes it; as loader_hold. */
void cuda_real_hold(void);

#endif
