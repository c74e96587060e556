/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hardware energy counter: raw readings that wrap, freeze, jump and start over go in, and an
 * energy that only ever grows comes out, with a verdict on every reading. Pure.
 */
#ifndef GRAMME_COUNTER_H
#define GRAMME_COUNTER_H

#include <stdbool.h>
#include <stdint.h>

#include "collector/power/power.h"

struct counter {
	uint64_t range_uj;   /* it wraps to 0 after this; 0: not known, and no wrap is believed */
	uint64_t ceiling_uw; /* more power than this is a fault, not power; not 0 */
	bool restless;	     /* hardware that always draws something: standing still is a fault */
	/* ---- kept by counter_begin and counter_step ---- */
	uint64_t energy_uj; /* used since counter_begin, as far as it is known */
	uint64_t raw_uj;    /* of the last reading that counted */
	uint64_t t_ns;	    /* its time */
	uint64_t moved_ns;  /* when the raw value was first seen as it is now */
	bool stuck;
};

enum counter_verdict {
	COUNTER_GOOD,
	COUNTER_GAP,  /* readable, but what was used since the last good reading is not known */
	COUNTER_STUCK /* it stands still though it cannot: nothing is known until it moves */
};

/* Takes the first reading; energy counts from here. */
void counter_begin(struct counter *counter, uint64_t t_ns, uint64_t raw_uj);

/*
 * True if what the counter shows since its last reading can be energy: less than the ceiling
 * allows for that time, in a time too short for a second wrap.
 */
bool counter_plausible(const struct counter *counter, uint64_t t_ns, uint64_t raw_uj);

/* Takes a reading. Failed readings are not given to it: the next one covers their time. */
enum counter_verdict counter_step(struct counter *counter, uint64_t t_ns, uint64_t raw_uj);

/*
 * Takes a reading, or the -errno of one that failed, and fills what a source tells of it:
 * energy_uj, gap and error.
 */
void counter_read(struct counter *counter, uint64_t t_ns, int error, uint64_t raw_uj,
		  struct power_reading *reading);

/* The time in which no more than one wrap fits, at the ceiling; UINT64_MAX if it has no range. */
uint64_t counter_safe_ns(const struct counter *counter);

#endif
