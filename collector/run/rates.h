/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which intensity of the grid held when, of the time that no phase is booked of yet: so that a
 * phase bears what held while it lasted. Pure.
 *
 * Memory is bounded: of more than 4096 steps the older half is forgotten, and the oldest that stays
 * stands for it.
 */
#ifndef GRAMME_RATES_H
#define GRAMME_RATES_H

#include <stddef.h>
#include <stdint.h>

#define RATES_MAX 4096u

struct rate {
	uint64_t t_ns; /* from then on */
	uint64_t ug_per_kwh;
};

struct rates {
	struct rate *step; /* by rising time; none: nobody says what held */
	size_t n;
	size_t room;
	uint64_t begin_ns;	    /* sums are known from here on */
	unsigned __int128 weighted; /* energy x intensity up to there, in uJ x ug per kWh */
};

void rates_close(struct rates *rates);

/*
 * From t_ns on, another figure holds; one that is no other is no step. Where memory is short, the
 * one before goes on.
 */
void rates_add(struct rates *rates, uint64_t t_ns, uint64_t ug_per_kwh);

/*
 * Energy x intensity up to t_ns, which is not before begin_ns. `drawn` tells what was drawn up to a
 * moment.
 */
unsigned __int128 rates_at(const struct rates *rates, uint64_t t_ns,
			   uint64_t (*drawn)(const void *arg, uint64_t t_ns), const void *arg);

/* Nobody will ask for what was before t_ns; to be said before `drawn` forgets it. */
void rates_forget(struct rates *rates, uint64_t t_ns,
		  uint64_t (*drawn)(const void *arg, uint64_t t_ns), const void *arg);

#endif
