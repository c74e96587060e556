/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a row of the table to its wrapper: a switch and no array, as in opencl_hook.c.
 */
#include "preload/cuda_wrap.h"

#define CUDA_ROW(name, params, args)                                                               \
	extern __typeof__(name) CUDA_OWN(name) __attribute__((visibility("hidden")));
#include "preload/cuda.def"

void *cuda_hook(enum cuda_call call)
{
	switch (call) {
#define CUDA_ROW(name, params, args)                                                               \
	case CUDA_##name:                                                                          \
		return (void *)CUDA_OWN(name);
#include "preload/cuda.def"
	default:
		return NULL;
	}
}
