/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The phases of a run as `gramme show --json` prints them.
 */
#ifndef GRAMME_LEDGER_PHASESUM_H
#define GRAMME_LEDGER_PHASESUM_H

#include <jansson.h>

#include "collector/ledger/reading.h"

/*
 * All phases by rising number, those under way included, each with its CO2e, and with the kernels
 * of all that lies within it. Returns a new array, or NULL for lack of memory.
 */
json_t *phasesum_list(const struct reading *reading);

/* What is in no leaf. Returns a new object, or NULL. */
json_t *phasesum_outside(const struct reading *reading);

#endif
