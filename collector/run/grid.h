/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the grid emitted while a run drew: its energy, tick by tick, at the intensity that held. A
 * figure that begins or ends between two ticks holds for its share of the time. What no figure
 * covers is booked at a constant, and told apart. Reads no clock.
 */
#ifndef GRAMME_GRID_H
#define GRAMME_GRID_H

#include <stdbool.h>
#include <stdint.h>

#include "collector/carbon/series.h"
#include "collector/ledger/ledger.h"

struct grid {
	bool timed; /* the ledger's lines say what intensity held; else all that follows rests */
	uint64_t constant_ug; /* per kWh, where no figure is known */
	uint64_t t_ns;	      /* of the last tick */
	uint64_t energy_uj;   /* drawn up to then */
	struct ledger_grid sum;
	json_t *series; /* that sum.series points to */
	bool known;	/* a figure covers the last tick */
	bool cut;	/* the line should end here: another intensity holds behind it */
};

/* Begins at t_ns, where `sum` is booked of energy_uj already. To be closed. */
void grid_open(struct grid *grid, uint64_t constant_ug, const struct ledger_grid *sum,
	       uint64_t t_ns, uint64_t energy_uj);
void grid_close(struct grid *grid);

/* Names what is booked by from here on; it stays the caller's. NULL: nothing. */
void grid_name(struct grid *grid, const json_t *tag);

/*
 * At t_ns energy_uj have been drawn in all; utc_ns is the same moment since 1970. `series` may be
 * NULL. Sets cut where a figure ends or begins, and shortly before; whoever writes a line resets
 * it.
 */
void grid_tick(struct grid *grid, const struct series *series, uint64_t t_ns, int64_t utc_ns,
	       uint64_t energy_uj);

#endif
