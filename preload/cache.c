/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bounded memory of handles: set-associative, one atomic word an entry, so that readers and
 * writers need no lock. What is pushed out is asked for again.
 */
#include "preload/cache.h"

#define HANDLE_BITS                                                                                \
	48 /* user addresses on x86-64 and arm64, unless 5-level paging is asked for               \
	    */

void cache_put(_Atomic uint64_t *cache, uint32_t sets, const void *handle, uint16_t known)
{
	_Atomic uint64_t *way = cache + cache_first(handle, sets);
	uint64_t word = (uint64_t)(uintptr_t)handle << 16 | known;
	uint32_t victim = CACHE_WAYS;

	if (!handle || (uint64_t)(uintptr_t)handle >> HANDLE_BITS)
		return;
	for (uint32_t i = 0; i < CACHE_WAYS; i++) {
		uint64_t old = atomic_load_explicit(&way[i], memory_order_relaxed);

		if (old >> 16 == word >> 16) {
			victim = i;
			break;
		}
		if (!old && victim == CACHE_WAYS)
			victim = i;
	}
	if (victim == CACHE_WAYS)
		victim = (uint32_t)(word >> 20) % CACHE_WAYS;
	atomic_store_explicit(&way[victim], word, memory_order_release);
	/* Two threads that brought one handle at a time may have left an older word behind. */
	for (uint32_t i = victim + 1; i < CACHE_WAYS; i++)
		if (atomic_load_explicit(&way[i], memory_order_relaxed) >> 16 == word >> 16)
			atomic_store_explicit(&way[i], 0, memory_order_relaxed);
}
