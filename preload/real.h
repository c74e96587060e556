/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which function a caller of a CPU call means. Two runtimes of one name can live in a process
 * (a libgomp vendored into each wheel), and each caller gets the one that it was bound to. The
 * answer is kept per call and caller until a library is unloaded.
 */
#ifndef GRAMME_REAL_H
#define GRAMME_REAL_H

#include <stdatomic.h>
#include <stdint.h>

#include "preload/cpu.h"

/* Code that calls, and what it means. Never changed once it is published. */
struct real_site {
	uintptr_t start;
	uintptr_t bytes;
	void *real;
	enum cpu_call call;
	uint32_t generation;
};

extern __attribute__((visibility("hidden"))) const struct real_site *_Atomic real_hot[CPU_CALLS];
extern __attribute__((visibility("hidden"))) _Atomic uint32_t real_generation;

/* The name of a row of cpu.def. */
const char *real_name(enum cpu_call call);

/* The slow way. NULL where no loaded library has the function. Keeps errno and dlerror. */
void *real_find(enum cpu_call call, uintptr_t caller);

/* The real function of `call` for the code at the return address `caller`, or NULL. */
static inline void *real_of(enum cpu_call call, const void *caller)
{
	const struct real_site *site = atomic_load_explicit(&real_hot[call], memory_order_acquire);

	if (__builtin_expect(site && (uintptr_t)caller - site->start < site->bytes &&
				     site->generation == atomic_load_explicit(&real_generation,
									      memory_order_relaxed),
			     1))
		return site->real;
	return real_find(call, (uintptr_t)caller);
}

#endif
