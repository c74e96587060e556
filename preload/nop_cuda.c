/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The twin with empty bodies, for the calls of the CUDA driver.
 */
#include "preload/cuda_wrap.h"

#define CUDA_ROW(name, params, args)                                                               \
	CUDA_HOOK(name) params                                                                     \
	{                                                                                          \
		__typeof__(&name) real = CUDA_REAL(name);                                          \
                                                                                                   \
		return real ? real args : CUDA_NOT_THERE;                                          \
	}
#include "preload/cuda.def"
