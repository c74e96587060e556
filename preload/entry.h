/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers for what is counted. A label is (api, kind, name); an entry is a label on a device,
 * and the index of its totals in every lane. Labels and entries are only ever added.
 */
#ifndef GRAMME_ENTRY_H
#define GRAMME_ENTRY_H

#include <stdatomic.h>
#include <stdint.h>

#include "preload/life.h"
#include "preload/wire.h"

/* A label's entry on a device is a number in a row of its own: one load finds it. */
struct entry_label {
	uint32_t name;
	uint16_t name_bytes;
	uint8_t api;
	uint8_t kind;
	uint8_t flags;
};

#define ENTRY_HASH_SLOTS (4u * WIRE_ENTRIES) /* a power of two, at most a quarter full */

struct entry_labels {
	_Atomic uint32_t used; /* label 0 is none */
	_Atomic uint16_t hash[ENTRY_HASH_SLOTS];
	struct entry_label label[WIRE_ENTRIES];
	_Atomic uint16_t entry[WIRE_ENTRIES][WIRE_DEVICES];
};

/* Private memory of one process's labels, or NULL. Released with entry_free. */
struct entry_labels *entry_make(void);
void entry_free(struct entry_labels *labels);

/*
 * The number of a label, new or known; 0 where the tables are full. Two threads that bring the
 * same new label at once may each get a number of their own: the collector adds them up.
 */
uint16_t entry_label(struct life *life, enum wire_api api, enum wire_kind kind, const char *name,
		     uint32_t bytes);

/* A new entry for a label on a device; 0, the rest, where the table is full. */
uint16_t entry_add(struct life *life, uint16_t label, uint8_t device);

/* The entry of a label on a device (0 <= device < WIRE_DEVICES) if it has one, or 0. */
static inline uint16_t entry_known(const struct life *life, uint16_t label, uint8_t device)
{
	return atomic_load_explicit(&life->labels->entry[label][device], memory_order_acquire);
}

/* The same, new or known. */
static inline uint16_t entry_of(struct life *life, uint16_t label, uint8_t device)
{
	uint16_t known = entry_known(life, label, device);

	return __builtin_expect(known != 0, 1) ? known : entry_add(life, label, device);
}

#endif
