/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must be remembered of handles until it is taken back: bounded tables of a key and a value,
 * each a word, read and written without a lock. Unlike a cache (cache.h) nothing is pushed out:
 * what finds no room is not remembered, and who puts it is told.
 */
#ifndef GRAMME_HANDLES_H
#define GRAMME_HANDLES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define HANDLES_WAYS 8u

struct handles_slot {
	_Atomic uint64_t key;
	_Atomic uint64_t value;
};

/* A table of `sets` x HANDLES_WAYS slots; `sets` is a power of two. Keys and values are never 0. */

/* Remembers, in place of what was known of the key. False where there is no room. */
bool handles_put(struct handles_slot *table, uint32_t sets, uint64_t key, uint64_t value);
/* What is known of the key, or 0. */
uint64_t handles_get(struct handles_slot *table, uint32_t sets, uint64_t key);
/* The same, and forgets it: of two threads that take, one gets it. */
uint64_t handles_take(struct handles_slot *table, uint32_t sets, uint64_t key);

#endif
