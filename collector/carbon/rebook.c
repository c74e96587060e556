/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A run's CO2e booked again.
 */
#include "collector/carbon/rebook.h"

#include "collector/units.h"

typedef unsigned __int128 wide;

uint64_t rebook_energy_uj(const struct draw_span *span, enum rebook_what what)
{
	switch (what) {
	case REBOOK_WITHOUT_IDLE:
		return span->energy_uj - span->idle_uj;
	case REBOOK_WITH_IDLE:
		return span->energy_uj + span->spare_uj;
	case REBOOK_NODE:
		return span->node_uj;
	case REBOOK_GATED:
		return span->gated_uj;
	default:
		return span->energy_uj;
	}
}

wide rebook_span(const struct draw_span *span, const struct rebook_terms *terms,
		 struct rebook *result)
{
	uint64_t energy_uj = rebook_energy_uj(span, terms->what);
	int64_t to_ns =
		span->to_unix_ns > span->from_unix_ns ? span->to_unix_ns : span->from_unix_ns + 1;
	uint64_t length_ns = (uint64_t)(to_ns - span->from_unix_ns), covered_ns = 0, covered_uj;
	wide ug_ns = 0, booked;

	if (terms->recorded) {
		result->energy_uj += energy_uj;
		result->constant_uj += energy_uj;
		return (wide)energy_uj * span->ug_per_kwh;
	}
	if (terms->series)
		covered_ns = series_cover(terms->series, span->from_unix_ns, to_ns, &ug_ns);
	covered_uj = units_mul_div(energy_uj, covered_ns, length_ns);
	booked = energy_uj * ug_ns / length_ns;
	result->energy_uj += energy_uj;
	result->series_uj += covered_uj;
	if (!terms->constant) {
		result->unknown_uj += energy_uj - covered_uj;
		return booked;
	}
	result->constant_uj += energy_uj - covered_uj;
	return booked + (wide)(energy_uj - covered_uj) * terms->ug_per_kwh;
}

void rebook(const struct draw *draw, const struct rebook_terms *terms, struct rebook *result)
{
	wide booked = 0;
	uint64_t booked_uj;

	*result = (struct rebook){0};
	for (size_t i = 0; i < draw->spans; i++)
		booked += rebook_span(&draw->span[i], terms, result);
	result->total_ug = units_co2e_sum_ug(booked, terms->pue_milli);
	booked_uj = result->series_uj + result->constant_uj;
	if (booked_uj)
		result->mean_ug_per_kwh = (uint64_t)((booked + booked_uj / 2) / booked_uj);
}
