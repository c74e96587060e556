/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bounded memory of handles: set-associative, one atomic word an entry, so that readers and
 * writers need no lock. What is pushed out is asked for again.
 */
#include <sys/mman.h>

#include "preload/opencl.h"

#define HANDLE_BITS                                                                                \
	48 /* user addresses on x86-64 and arm64, unless 5-level paging is asked for               \
	    */

struct opencl *opencl_make(void)
{
	struct opencl *cl =
		mmap(NULL, sizeof(*cl), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return cl == MAP_FAILED ? NULL : cl;
}

void opencl_free(struct opencl *cl)
{
	munmap(cl, sizeof(*cl));
}

static uint32_t first_way(const void *handle, uint32_t sets)
{
	/* Fibonacci hashing: handles are aligned and close together. */
	uint64_t hash = ((uint64_t)(uintptr_t)handle >> 4) * 0x9e3779b97f4a7c15u;

	return (uint32_t)(hash >> 32) % sets * OPENCL_WAYS;
}

static bool fits(const void *handle)
{
	return handle && !((uint64_t)(uintptr_t)handle >> HANDLE_BITS);
}

static bool holds(uint64_t word, const void *handle)
{
	return word >> 16 == (uint64_t)(uintptr_t)handle;
}

bool opencl_cache_get(const _Atomic uint64_t *cache, uint32_t sets, const void *handle,
		      uint16_t *known)
{
	const _Atomic uint64_t *way = cache + first_way(handle, sets);

	for (uint32_t i = 0; i < OPENCL_WAYS && fits(handle); i++) {
		uint64_t word = atomic_load_explicit(&way[i], memory_order_relaxed);

		if (holds(word, handle)) {
			*known = (uint16_t)word;
			return true;
		}
	}
	return false;
}

void opencl_cache_put(_Atomic uint64_t *cache, uint32_t sets, const void *handle, uint16_t known)
{
	_Atomic uint64_t *way = cache + first_way(handle, sets);
	uint64_t word = (uint64_t)(uintptr_t)handle << 16 | known;
	uint32_t victim = OPENCL_WAYS;

	if (!fits(handle))
		return;
	for (uint32_t i = 0; i < OPENCL_WAYS; i++) {
		uint64_t old = atomic_load_explicit(&way[i], memory_order_relaxed);

		if (holds(old, handle)) {
			victim = i;
			break;
		}
		if (!old && victim == OPENCL_WAYS)
			victim = i;
	}
	if (victim == OPENCL_WAYS)
		victim = (uint32_t)(word >> 20) % OPENCL_WAYS;
	atomic_store_explicit(&way[victim], word, memory_order_relaxed);
}

uint16_t opencl_cache_index(const _Atomic uint64_t *cache, uint32_t sets, const void *handle)
{
	uint32_t first = first_way(handle, sets);

	for (uint32_t i = 0; i < OPENCL_WAYS; i++)
		if (holds(atomic_load_explicit(&cache[first + i], memory_order_relaxed), handle))
			return (uint16_t)(first + i);
	return 0;
}
