/* SPDX-License-Identifier: Apache-2.0 */
/*
 * As much of LLVM's OpenMP runtime as tests/prog/omp_calls.c needs, for an entry point that is
 * newer than the runtime which Debian has: a team of one, and the conditional fork goes by the
 * plain one's public name, as in libiomp5.
 */
#include <stdarg.h>
#include <stdint.h>

#include "tests/fake/openmp.h"

#define PUBLIC __attribute__((visibility("default")))

PUBLIC void __kmpc_fork_call(void *where, int32_t n, microtask body, ...)
{
	int32_t thread = 0, bound = 0;
	va_list list;

	(void)where;
	(void)n;
	va_start(list, body);
	body(&thread, &bound, va_arg(list, void *));
	va_end(list);
}

PUBLIC void __kmpc_fork_call_if(void *where, int32_t n, microtask body, int32_t is_met, void *args)
{
	int32_t thread = 0, bound = 0;

	if (is_met)
		__kmpc_fork_call(where, n, body, args);
	else
		body(&thread, &bound, args);
}
