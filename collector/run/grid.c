/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the grid emitted while a run drew.
 */
#include "collector/run/grid.h"

#include "collector/carbon/rebook.h"

/* Ticks come each second: a line that ends at the last one before a change has one intensity. */
#define AHEAD_NS 1500000000LL
#define NS_PER_S 1000000000LL

void grid_open(struct grid *grid, uint64_t constant_ug, const struct ledger_grid *sum,
	       uint64_t t_ns, uint64_t energy_uj)
{
	*grid = (struct grid){.timed = true,
			      .constant_ug = constant_ug,
			      .t_ns = t_ns,
			      .energy_uj = energy_uj,
			      .sum = *sum,
			      .known = true};
	grid_name(grid, sum->series);
}

void grid_close(struct grid *grid)
{
	json_decref(grid->series);
	*grid = (struct grid){0};
}

void grid_name(struct grid *grid, const json_t *tag)
{
	json_t *before = grid->series;

	grid->series = tag ? json_incref((json_t *)(uintptr_t)tag) : NULL;
	grid->sum.series = grid->series;
	json_decref(before);
}

/* The mean over the time of a span, in ug per kWh. */
static uint64_t mean_of(const struct grid *grid, const struct series *series,
			const struct draw_span *span)
{
	const uint64_t length_ns = (uint64_t)(span->to_unix_ns - span->from_unix_ns);
	unsigned __int128 ug_ns = 0;
	uint64_t covered_ns = 0;

	if (series)
		covered_ns = series_cover(series, span->from_unix_ns, span->to_unix_ns, &ug_ns);
	ug_ns += (unsigned __int128)grid->constant_ug * (length_ns - covered_ns);
	return (uint64_t)((ug_ns + length_ns / 2) / length_ns);
}

/* Whether a figure begins or ends from the span's start up to shortly behind its end. */
static bool changes(const struct series *series, const struct draw_span *span)
{
	int64_t next_s = series_change_s(series, span->from_unix_ns);

	return next_s <= (span->to_unix_ns + AHEAD_NS) / NS_PER_S;
}

void grid_tick(struct grid *grid, const struct series *series, uint64_t t_ns, int64_t utc_ns,
	       uint64_t energy_uj)
{
	const struct rebook_terms terms = {
		.series = series, .constant = true, .ug_per_kwh = grid->constant_ug};
	struct rebook booked = {0};
	struct draw_span span = {.to_unix_ns = utc_ns};

	if (!grid->timed || t_ns <= grid->t_ns || energy_uj < grid->energy_uj)
		return;
	span.from_unix_ns = utc_ns - (int64_t)(t_ns - grid->t_ns);
	span.energy_uj = energy_uj - grid->energy_uj;
	grid->sum.weighted += rebook_span(&span, &terms, &booked);
	grid->sum.constant_uj += booked.constant_uj;
	grid->sum.ug_per_kwh = mean_of(grid, series, &span);
	grid->known = series && series_cover(series, utc_ns - 1, utc_ns, &(unsigned __int128){0});
	grid->cut = grid->cut || (series && changes(series, &span));
	grid->t_ns = t_ns;
	grid->energy_uj = energy_uj;
}
