/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A run's CO2e booked again: what it drew, span by span, at another intensity. Pure.
 */
#ifndef GRAMME_REBOOK_H
#define GRAMME_REBOOK_H

#include <stdbool.h>

#include "collector/account/draw.h"
#include "collector/carbon/series.h"

/* What of a span is booked: the run's energy, with or without idle, or the machine's. */
enum rebook_what {
	REBOOK_RUN,
	REBOOK_WITHOUT_IDLE, /* without the run's share of idle */
	REBOOK_WITH_IDLE,    /* and all idle of CPUs and memory that was nobody's */
	REBOOK_NODE,
	REBOOK_GATED /* the node while the run computed */
};

struct rebook_terms {
	enum rebook_what what;
	bool recorded;		     /* each span at its own intensity, and nothing below */
	const struct series *series; /* or NULL */
	bool constant;		     /* ug_per_kwh holds where the series says nothing */
	uint64_t ug_per_kwh;
	uint32_t pue_milli; /* power usage effectiveness x 1000 */
};

struct rebook {
	uint64_t energy_uj;
	uint64_t series_uj;   /* of that, drawn while the series says what the grid emitted */
	uint64_t constant_uj; /* booked at the constant */
	uint64_t unknown_uj;  /* booked at nothing: total_ug is without it */
	uint64_t total_ug;
	uint64_t mean_ug_per_kwh; /* over what was booked; 0 where nothing was */
};

/* The energy of a span that is meant. */
uint64_t rebook_energy_uj(const struct draw_span *span, enum rebook_what what);

/*
 * Adds one span to the sums of `result`, but for the last two, and returns its energy x intensity
 * in uJ x ug per kWh.
 */
unsigned __int128 rebook_span(const struct draw_span *span, const struct rebook_terms *terms,
			      struct rebook *result);

/*
 * Sums energy x intensity x PUE / 3.6e12 uJ per kWh over the spans, each divided over the series'
 * figures in proportion to time, and rounds half up once, at the end.
 */
void rebook(const struct draw *draw, const struct rebook_terms *terms, struct rebook *result);

#endif
