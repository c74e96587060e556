/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Labels by open addressing, without locks: a slot is reserved by an addition, filled, and only
 * then published. What loses a race stays behind unused or counts beside its twin.
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include "preload/entry.h"
#include "preload/memory.h"
#include "preload/path.h"

struct entry_labels *entry_make(void)
{
	struct entry_labels *labels = memory_make(sizeof(*labels));

	if (labels)
		atomic_store(&labels->used, 1);
	return labels;
}

void entry_free(struct entry_labels *labels)
{
	memory_free(labels, sizeof(*labels));
}

/* FNV-1a, seeded by what else makes a label. */
static uint32_t hash_of(enum wire_api api, enum wire_kind kind, const char *name, uint32_t bytes)
{
	uint32_t hash = 2166136261u ^ ((uint32_t)api << 8 | (uint32_t)kind);

	for (uint32_t i = 0; i < bytes; i++)
		hash = (hash ^ (unsigned char)name[i]) * 16777619u;
	return hash;
}

/* Adds `amount` to a counter that may not pass `limit`; returns the old value, or `limit`. */
static uint32_t reserve(uint32_t *counter, uint32_t amount, uint32_t limit)
{
	uint32_t old = __atomic_load_n(counter, __ATOMIC_RELAXED);

	do {
		if (amount > limit - old)
			return limit;
	} while (!__atomic_compare_exchange_n(counter, &old, old + amount, false, __ATOMIC_ACQ_REL,
					      __ATOMIC_RELAXED));
	return old;
}

static bool is_label(const struct wire_layout *arena, const struct entry_label *l,
		     enum wire_api api, enum wire_kind kind, const char *name, uint32_t bytes)
{
	return l->api == api && l->kind == kind && l->name_bytes == bytes &&
	       !memcmp(arena->names + l->name, name, bytes);
}

static uint16_t add_label(struct life *life, enum wire_api api, enum wire_kind kind,
			  const char *name, uint32_t bytes, bool cut)
{
	struct wire_layout *arena = life->arena;
	struct entry_labels *labels = life->labels;
	uint32_t offset = reserve(&arena->arena.names_used, bytes, WIRE_NAME_BYTES);
	uint32_t number = atomic_fetch_add(&labels->used, 1);
	struct entry_label *l;

	if (offset == WIRE_NAME_BYTES || number >= WIRE_ENTRIES) {
		atomic_store(&labels->used, WIRE_ENTRIES);
		return 0;
	}
	memcpy(arena->names + offset, name, bytes);
	l = &labels->label[number];
	l->name = offset;
	l->name_bytes = (uint16_t)bytes;
	l->api = (uint8_t)api;
	l->kind = (uint8_t)kind;
	l->flags = cut ? WIRE_ENTRY_CUT : 0;
	return (uint16_t)number;
}

uint16_t entry_label(struct life *life, enum wire_api api, enum wire_kind kind, const char *name,
		     uint32_t bytes)
{
	struct entry_labels *labels = life->labels;
	const bool cut = bytes > WIRE_NAME_MAX;
	uint32_t slot;

	if (cut)
		bytes = WIRE_NAME_MAX;
	slot = hash_of(api, kind, name, bytes) & (ENTRY_HASH_SLOTS - 1);
	for (uint32_t i = 0; i < ENTRY_HASH_SLOTS;
	     i++, slot = (slot + 1) & (ENTRY_HASH_SLOTS - 1)) {
		uint16_t known = atomic_load_explicit(&labels->hash[slot], memory_order_acquire);
		uint16_t none = 0;

		if (known && is_label(life->arena, &labels->label[known], api, kind, name, bytes))
			return known;
		if (known)
			continue;
		known = add_label(life, api, kind, name, bytes, cut);
		/* Another label may have taken the slot meanwhile: ours is then found by its holder
		 * alone, and the next thread that brings it adds a twin. */
		if (known)
			atomic_compare_exchange_strong(&labels->hash[slot], &none, known);
		return known;
	}
	return 0;
}

uint16_t entry_add(struct life *life, uint16_t label, uint8_t device)
{
	struct wire_layout *arena = life->arena;
	const struct entry_label *l = &life->labels->label[label];
	uint32_t number = label ? reserve(&arena->arena.entries_used, 1, WIRE_ENTRIES) : 0;
	struct wire_entry *e;
	uint16_t known = 0;

	if (!number || number == WIRE_ENTRIES) {
		__atomic_fetch_add(&arena->arena.entries_refused, 1, __ATOMIC_RELAXED);
		return 0;
	}
	/* Field by field: readers are looking at `ready` already, and only that. */
	e = &arena->entry[number];
	e->name = l->name;
	e->name_bytes = l->name_bytes;
	e->api = l->api;
	e->kind = l->kind;
	e->device = device;
	e->flags = l->flags;
	__atomic_store_n(&e->ready, 1, __ATOMIC_RELEASE);
	path_due();
	/* A twin made at the same time by another thread stays valid, and counts nothing more. */
	if (atomic_compare_exchange_strong(&life->labels->entry[label][device], &known,
					   (uint16_t)number))
		return (uint16_t)number;
	return known;
}
