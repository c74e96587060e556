/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A slot is claimed by its key and speaks once it has a value.
 */
#include <stddef.h>

#include "preload/handles.h"

static struct handles_slot *first_of(struct handles_slot *table, uint32_t sets, uint64_t key)
{
	/* Fibonacci hashing: handles are aligned and close together. */
	const uint64_t hash = (key >> 4 ^ key << 32) * 0x9e3779b97f4a7c15u;

	return table + (size_t)((uint32_t)(hash >> 32) & (sets - 1)) * HANDLES_WAYS;
}

static struct handles_slot *find(struct handles_slot *table, uint32_t sets, uint64_t key)
{
	struct handles_slot *slot = first_of(table, sets, key);

	for (uint32_t i = 0; i < HANDLES_WAYS; i++)
		if (atomic_load_explicit(&slot[i].key, memory_order_acquire) == key)
			return &slot[i];
	return NULL;
}

static struct handles_slot *claim(struct handles_slot *table, uint32_t sets, uint64_t key)
{
	struct handles_slot *slot = first_of(table, sets, key);

	for (uint32_t i = 0; i < HANDLES_WAYS; i++) {
		uint64_t none = 0;

		if (atomic_compare_exchange_strong(&slot[i].key, &none, key))
			return &slot[i];
	}
	return NULL;
}

bool handles_put(struct handles_slot *table, uint32_t sets, uint64_t key, uint64_t value)
{
	struct handles_slot *slot = find(table, sets, key);

	if (!slot)
		slot = claim(table, sets, key);
	if (!slot)
		return false;
	atomic_store_explicit(&slot->value, value, memory_order_release);
	return true;
}

uint64_t handles_get(struct handles_slot *table, uint32_t sets, uint64_t key)
{
	struct handles_slot *slot = find(table, sets, key);

	return slot ? atomic_load_explicit(&slot->value, memory_order_acquire) : 0;
}

uint64_t handles_take(struct handles_slot *table, uint32_t sets, uint64_t key)
{
	struct handles_slot *slot = find(table, sets, key);
	uint64_t value;

	if (!slot)
		return 0;
	value = atomic_exchange(&slot->value, 0);
	if (value)
		atomic_store_explicit(&slot->key, 0, memory_order_release);
	return value;
}
