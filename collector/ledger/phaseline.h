/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A phase as it stands in a line of the ledger. Of what a program printed only the names and
 * values of metrics are in it: lines and the names of files may hold secrets.
 */
#ifndef GRAMME_LEDGER_PHASELINE_H
#define GRAMME_LEDGER_PHASELINE_H

#include <jansson.h>

#include "collector/ledger/tally.h"

/* Returns a new object, or NULL for lack of memory. */
json_t *phaseline_make(const struct ledger_phase *phase);

/*
 * Adds the phases of a line to the tally: those that are final, and behind them those under way.
 * Either list may be NULL. Returns 0, or -EBADMSG with the problem where something is no phase,
 * does not nest, or speaks of rows that are not there.
 */
int phaseline_take(const json_t *final, const json_t *open, struct tally *tally,
		   struct ledger_problem *problem);

/* The word for a part (NULL for none), and the part of a word (LINE_PART_NONE of what is none). */
const char *phaseline_part_name(enum line_part part);
enum line_part phaseline_part(const json_t *word);

#endif
