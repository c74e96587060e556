/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The twin with empty bodies: the same exports, straight through to the real functions. Built
 * only to measure what everything else costs (make bench); never installed.
 */
#include "preload/opencl_wrap.h"

const char *redirect_dlopen(const char *name, int flags, void **jump, const void *caller);

const char *redirect_dlopen(const char *name, int flags, void **jump, const void *caller)
{
	(void)flags;
	(void)caller;
	*jump = resolve_next("dlopen");
	return name;
}

__attribute__((constructor)) static void start(void)
{
	resolve_start();
}

#define CORE_NOP(result, name, params, args, none)                                                 \
	CORE_HEAD result CL_API_CALL name params                                                   \
	{                                                                                          \
		__typeof__(&name) real = OPENCL_REAL(resolve_loader(CALLER()), name);              \
                                                                                                   \
		return real ? real args : none;                                                    \
	}
#define EXTENSION_NOP(result, name, params, args, none)

#define ENQUEUE(road, name, kind, params, args, kernel, bytes, blocking)                           \
	road##_NOP(cl_int, name, params, args, CL_INVALID_OPERATION)
#define ENQUEUE_MAP(name, params, args, bytes, blocking) CORE_NOP(void *, name, params, args, NULL)
#define ENQUEUE_BARE(name, kind, params, args)                                                     \
	CORE_NOP(cl_int, name, params, args, CL_INVALID_OPERATION)
#define HAND(road, result, name, params, args, none) road##_NOP(result, name, params, args, none)
#include "preload/calls.def"
