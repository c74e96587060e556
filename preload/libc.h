/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The C library's functions that stand behind our wrappers of the same names. What is meant is the
 * next definition behind this library: another one that listens keeps hearing.
 */
#ifndef GRAMME_LIBC_H
#define GRAMME_LIBC_H

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/types.h>
#include <sys/uio.h>

enum libc_call {
#define LIBC(result, name, params, args) LIBC_##name,
#define LIBC_USED(result, name, params)	 LIBC_##name,
#include "preload/libc.def"
	LIBC_CALLS
};

/* clang-format off: types of the real functions */
#define LIBC(result, name, params, args) typedef result(*libc_##name) params;
#define LIBC_USED(result, name, params)	 typedef result(*libc_##name) params;
#include "preload/libc.def"
/* clang-format on */

extern __attribute__((visibility("hidden"))) void *_Atomic libc_known[LIBC_CALLS];

/* The slow way. Where there is no such function, one that only sets errno. Keeps errno. */
void *libc_find(enum libc_call call);

static inline void *libc_real(enum libc_call call)
{
	void *known = atomic_load_explicit(&libc_known[call], memory_order_relaxed);

	return __builtin_expect(known != NULL, 1) ? known : libc_find(call);
}

/* The real function of that name, to be called. */
#define LIBC_REAL(name) ((libc_##name)libc_real(LIBC_##name))

/*
 * The head of a wrapper: in C it is wrap_NAME, for whoever links it is NAME. The headers' own
 * declarations, which vary with 64-bit offsets and fortification, do not get in the way.
 */
#define LIBC_WRAP(result, name, params)                                                            \
	__attribute__((visibility("default"))) result wrap_##name params __asm__(#name);           \
	result wrap_##name params

#endif
