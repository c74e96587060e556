/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bounded memory of handles: set-associative, one atomic word an entry, so that readers and
 * writers need no lock. What is pushed out is asked for again.
 */
#include "preload/memory.h"
#include "preload/opencl.h"

#define HANDLE_BITS                                                                                \
	48 /* user addresses on x86-64 and arm64, unless 5-level paging is asked for               \
	    */

struct opencl *opencl_make(void)
{
	return memory_make(sizeof(struct opencl));
}

void opencl_free(struct opencl *cl)
{
	memory_free(cl, sizeof(*cl));
}

void opencl_cache_put(_Atomic uint64_t *cache, uint32_t sets, const void *handle, uint16_t known)
{
	_Atomic uint64_t *way = cache + opencl_cache_first(handle, sets);
	uint64_t word = (uint64_t)(uintptr_t)handle << 16 | known;
	uint32_t victim = OPENCL_WAYS;

	if (!handle || (uint64_t)(uintptr_t)handle >> HANDLE_BITS)
		return;
	for (uint32_t i = 0; i < OPENCL_WAYS; i++) {
		uint64_t old = atomic_load_explicit(&way[i], memory_order_relaxed);

		if (old >> 16 == word >> 16) {
			victim = i;
			break;
		}
		if (!old && victim == OPENCL_WAYS)
			victim = i;
	}
	if (victim == OPENCL_WAYS)
		victim = (uint32_t)(word >> 20) % OPENCL_WAYS;
	atomic_store_explicit(&way[victim], word, memory_order_relaxed);
	/* Two threads that brought one handle at a time may have left an older word behind. */
	for (uint32_t i = victim + 1; i < OPENCL_WAYS; i++)
		if (atomic_load_explicit(&way[i], memory_order_relaxed) >> 16 == word >> 16)
			atomic_store_explicit(&way[i], 0, memory_order_relaxed);
}
