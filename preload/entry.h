/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers for what is counted. A label is (api, kind, name); an entry is a label on a device,
 * and the index of its totals in every lane. Labels and entries are only ever added.
 */
#ifndef GRAMME_ENTRY_H
#define GRAMME_ENTRY_H

#include <stdint.h>

#include "preload/life.h"
#include "preload/wire.h"

struct entry_labels;

/* Private memory of one process's labels, or NULL. Released with entry_free. */
struct entry_labels *entry_make(void);
void entry_free(struct entry_labels *labels);

/*
 * The number of a label, new or known; 0 where the tables are full. Two threads that bring the
 * same new label at once may each get a number of their own: the collector adds them up.
 */
uint16_t entry_label(struct life *life, enum wire_api api, enum wire_kind kind, const char *name,
		     uint32_t bytes);

/* The entry of a label on a device (0 <= device < WIRE_DEVICES); 0, the rest, where full. */
uint16_t entry_of(struct life *life, uint16_t label, uint8_t device);

#endif
