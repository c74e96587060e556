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

/*
 * Regions that the calling thread has opened and not closed yet, as far as they are kept: what is
 * nested deeper runs unrecorded.
 */
#define OPEN_MAX 4u

static __thread struct {
	struct cpu_work work;
	const void *body;
} opened[OPEN_MAX];
static __thread uint32_t open_regions;

static void open_region(const void *body)
{
	if (open_regions < OPEN_MAX) {
		opened[open_regions].body = body;
		cpu_region_begin(&opened[open_regions].work);
	}
	open_regions++;
}

static void close_region(void)
{
	if (open_regions && --open_regions < OPEN_MAX)
		cpu_region_end(&opened[open_regions].work, opened[open_regions].body);
}

#define OPEN(name, params, args)                                                                   \
	CPU_HEAD void name params                                                                  \
	{                                                                                          \
		void(*real) params = (__typeof__(real))real_of(CPU_##name, CALLER());              \
                                                                                                   \
		open_region((const void *)body);                                                   \
		real args;                                                                         \
	}

#define CLOSE(name)                                                                                \
	CPU_HEAD void name(void)                                                                   \
	{                                                                                          \
		void (*real)(void) = (__typeof__(real))real_of(CPU_##name, CALLER());              \
                                                                                                   \
		real();                                                                            \
		close_region();                                                                    \
	}

typedef void (*fork_function)(void *, int32_t, microtask, ...);

#define IN_REGISTERS 5 /* arguments that fork.S reads in any case */

void openmp_call(fork_function real, void *where, int32_t n, microtask body,
		 const uintptr_t *args); /* fork.S */

/* The body whose region is recorded already by who calls FORK. */
static __thread microtask forking;

/* LLVM passes a body the addresses of what it shares, or values of the size of one. */
#define FORK(name)                                                                                 \
	CPU_HEAD void name(void *where, int32_t n, microtask body, ...)                            \
	{                                                                                          \
		fork_function real = (fork_function)real_of(CPU_##name, CALLER());                 \
		size_t room = n < IN_REGISTERS ? IN_REGISTERS : (size_t)n;                         \
		uintptr_t *args = __builtin_alloca(room * sizeof(*args));                          \
		struct cpu_work work = {0};                                                        \
		va_list list;                                                                      \
                                                                                                   \
		va_start(list, body);                                                              \
		for (int32_t i = 0; i < (int32_t)room; i++)                                        \
			args[i] = i < n ? va_arg(list, uintptr_t) : 0;                             \
		va_end(list);                                                                      \
		if (__builtin_expect(forking != body, 1))                                          \
			cpu_region_begin(&work);                                                   \
		forking = NULL;                                                                    \
		openmp_call(real, where, n, body, args);                                           \
		cpu_region_end(&work, (const void *)body);                                         \
	}

/*
 * The runtimes looked at (libiomp5 of 2026, and LLVM's source) come to FORK from here by its public
 * name where the condition is met, and run the body themselves where it is not.
 */
#define FORK_IF(name)                                                                              \
	CPU_HEAD void name(void *where, int32_t n, microtask body, int32_t is_met, void *args)     \
	{                                                                                          \
		void (*real)(void *, int32_t, microtask, int32_t, void *) =                        \
			(__typeof__(real))real_of(CPU_##name, CALLER());                           \
		struct cpu_work work;                                                              \
                                                                                                   \
		cpu_region_begin(&work);                                                           \
		forking = is_met ? body : NULL;                                                    \
		real(where, n, body, is_met, args);                                                \
		forking = NULL;                                                                    \
		cpu_region_end(&work, (const void *)body);                                         \
	}

#include "preload/cpu.def"
