/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is known of handles and addresses: bounded caches of one word each, 48 bits of handle and
 * 16 of knowledge, read and written without a lock.
 */
#ifndef GRAMME_CACHE_H
#define GRAMME_CACHE_H

#include <stdatomic.h>
#include <stdint.h>

#define CACHE_WAYS 4u

/* A cache word: 48 bits of handle, 16 of knowledge. The sets are powers of two. */
static inline uint32_t cache_first(const void *handle, uint32_t sets)
{
	/* Fibonacci hashing: handles are aligned and close together. */
	uint64_t hash = ((uint64_t)(uintptr_t)handle >> 4) * 0x9e3779b97f4a7c15u;

	return ((uint32_t)(hash >> 32) & (sets - 1)) * CACHE_WAYS;
}

/* Finds a handle. Returns the number of its word in the cache, or -1. */
static inline int cache_find(const _Atomic uint64_t *cache, uint32_t sets, const void *handle,
			     uint16_t *known)
{
	uint32_t first = cache_first(handle, sets);

	for (uint32_t i = first; handle && i < first + CACHE_WAYS; i++) {
		/* What the number stands for was written before by another thread, maybe. */
		uint64_t word = atomic_load_explicit(&cache[i], memory_order_acquire);

		if (word >> 16 == (uint64_t)(uintptr_t)handle) {
			*known = (uint16_t)word;
			return (int)i;
		}
	}
	return -1;
}

/* Remembers, in place of what was known of the handle, or of another one. */
void cache_put(_Atomic uint64_t *cache, uint32_t sets, const void *handle, uint16_t known);

#endif
