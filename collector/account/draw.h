/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a run drew, span by span, on the calendar: the interval lines of its ledger as a series.
 * Pure.
 */
#ifndef GRAMME_DRAW_H
#define GRAMME_DRAW_H

#include <stddef.h>
#include <stdint.h>

struct draw_span {
	int64_t from_unix_ns;
	int64_t to_unix_ns;
	uint64_t energy_uj;  /* of the domains that are within nothing; each joule once */
	uint64_t idle_uj;    /* of that, the run's share of idle */
	uint64_t node_uj;    /* what these domains drew, whoever bears it */
	uint64_t gap_ns;     /* time for which one of them is not known, of all together */
	uint64_t ug_per_kwh; /* at which it was booked */
	uint64_t gated_uj;   /* of node_uj, while the run computed */
	/* Of CPUs and memory alone, whose idle somebody may hold: what was nobody's, and others'.
	 */
	uint64_t spare_uj;
	uint64_t others_uj;
};

struct draw {
	size_t spans;
	size_t room;
	struct draw_span *span; /* in the order of the lines; they add up to the run's total */
};

/* Adds a span. Returns 0 or -ENOMEM. */
int draw_add(struct draw *draw, const struct draw_span *span);
void draw_free(struct draw *draw);

#endif
