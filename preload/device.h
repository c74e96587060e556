/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The devices of a process, of whatever API: a slot each in the arena, described by the first
 * thread that meets it. Slot 0 is no device, slot 1 the host; the last stands for all that found
 * none.
 */
#ifndef GRAMME_DEVICE_H
#define GRAMME_DEVICE_H

#include <stdint.h>

#include "preload/life.h"

/* Fills what a slot tells of the device `what`; the slot is zeroed before. */
typedef void (*device_describe)(struct wire_device *slot, const void *what);

/*
 * The slot of the device that `key` stands for (never 0, and no other API's). A device that is new
 * is described; who finds it half described waits.
 */
uint8_t device_find(struct life *life, uintptr_t key, device_describe describe, const void *what);

/* The same if it was met before, else 0. */
uint8_t device_known(const struct life *life, uintptr_t key);

#endif
