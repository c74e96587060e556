/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenMP regions. The compiler outlines the body of a region into a function and has the runtime
 * run it on a team; the call returns when the team is done.
 */
#include <stdarg.h>

#include "preload/cpu_wrap.h"
#include "preload/real.h"

#define CALLER() __builtin_return_address(0)

/* clang-format off: a function whose result may be none */
#define KEEP_void
#define KEEP_unsigned unsigned result =
#define GIVE_void
#define GIVE_unsigned return result;

#define REGION(kind, name, params, args)                                                           \
	CPU_HEAD kind name params                                                                  \
	{                                                                                          \
		kind(*real) params = (__typeof__(real))real_of(CPU_##name, CALLER());              \
		struct cpu_work work;                                                              \
                                                                                                   \
		cpu_region_begin(&work);                                                           \
		KEEP_##kind real args;                                                             \
		cpu_region_end(&work, (const void *)body);                                         \
		GIVE_##kind                                                                        \
	}
/* clang-format on */

typedef void (*microtask)(int32_t *, int32_t *, ...);
typedef void (*fork_function)(void *, int32_t, microtask, ...);

#define IN_REGISTERS 5 /* arguments that fork.S reads in any case */

void openmp_call(fork_function real, void *where, int32_t n, microtask body,
		 const uintptr_t *args); /* fork.S */

/* LLVM passes a body the addresses of what it shares, or values of the size of one. */
#define FORK(name)                                                                                 \
	CPU_HEAD void name(void *where, int32_t n, microtask body, ...)                            \
	{                                                                                          \
		fork_function real = (fork_function)real_of(CPU_##name, CALLER());                 \
		size_t room = n < IN_REGISTERS ? IN_REGISTERS : (size_t)n;                         \
		uintptr_t *args = __builtin_alloca(room * sizeof(*args));                          \
		struct cpu_work work;                                                              \
		va_list list;                                                                      \
                                                                                                   \
		va_start(list, body);                                                              \
		for (int32_t i = 0; i < (int32_t)room; i++)                                        \
			args[i] = i < n ? va_arg(list, uintptr_t) : 0;                             \
		va_end(list);                                                                      \
		cpu_region_begin(&work);                                                           \
		openmp_call(real, where, n, body, args);                                           \
		cpu_region_end(&work, (const void *)body);                                         \
	}

#include "preload/cpu.def"
