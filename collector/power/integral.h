/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Energy of a sensor that tells power: samples go in as they come, energy at any later moment comes
 * out. Straight between two samples (the trapezoid), and from the last one on as that was. Pure.
 */
#ifndef GRAMME_INTEGRAL_H
#define GRAMME_INTEGRAL_H

#include "collector/power/plausible.h"
#include "collector/power/power.h"

struct integral {
	struct plausible plausible; /* its most_uw is the caller's to set */
	uint64_t reach_ns;	    /* two samples further apart have a gap between them */
	/* ---- kept ---- */
	bool known; /* there is a good last sample */
	bool lost;  /* time went by, since the reading before, of which nothing is known */
	int error;  /* why the last sample was none, or 0; -EAGAIN before the first */
	uint64_t t_ns;
	uint64_t uw;
	unsigned __int128 uw_ns;       /* up to the last sample */
	unsigned __int128 given_uw_ns; /* what was given out: it never falls */
};

/*
 * For a sensor of that class that is asked every period_ns. Energy counts from its first sample, or
 * from the first that failed, if any did before it.
 */
struct integral integral_make(enum plausible_class class, uint64_t period_ns);

/* Takes a sample; an implausible one is a sample that failed. Returns its verdict. */
enum plausible_verdict integral_add(struct integral *integral, uint64_t t_ns, uint64_t uw);

/* Takes note that there was no sample, with -errno. */
void integral_miss(struct integral *integral, int error);

/* Fills a reading's energy_uj, gap and error, as struct power_source says. */
void integral_read(struct integral *integral, uint64_t t_ns, const struct power_load *load,
		   struct power_reading *reading);

#endif
