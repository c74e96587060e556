/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a wrapper of a row of cuda.def is written: exported under the driver's own name, and known to
 * us by a second, hidden one, whose address needs no relocation (see opencl_wrap.h).
 */
#ifndef GRAMME_CUDA_WRAP_H
#define GRAMME_CUDA_WRAP_H

#include "preload/cuda_real.h"

#define CUDA_ROW(name, params, args) CUresult name params;
#define USED(name, params)	     CUresult name params;
#include "preload/cuda.def"

/* What a call says for which the driver has no function, or that finds no driver. */
#define CUDA_NOT_THERE CUDA_ERROR_NOT_SUPPORTED

#define CUDA_OWN(name) cuda_own_##name
#define CUDA_HOOK(name)                                                                            \
	extern __typeof__(name) CUDA_OWN(name)                                                     \
		__attribute__((alias(#name), visibility("hidden")));                               \
	__attribute__((visibility("default"))) CUresult name

/* The wrapper of a row. */
void *cuda_hook(enum cuda_call call);

#endif
