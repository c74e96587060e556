/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rebook: energy over time at an intensity that changes, against sums made by hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "collector/carbon/rebook.h"

#define MIDNIGHT_NS (1767225600LL * 1000000000)
#define HOUR_NS	    (3600LL * 1000000000)
#define KWH_UJ	    3600000000000ULL

/* Hour by hour 100, 200 and 400 g per kWh. */
static struct series_point point[] = {
	{1767225600, 1767225600 + 3600, 100000000},
	{1767225600 + 3600, 1767225600 + 7200, 200000000},
	{1767225600 + 7200, 1767225600 + 10800, 400000000},
};
static const struct series series = {.points = 3, .point = point};

static struct rebook book(const struct draw_span *span, size_t spans,
			  const struct rebook_terms *terms)
{
	struct draw draw = {.spans = spans, .span = (struct draw_span *)(uintptr_t)span};
	struct rebook result;

	rebook(&draw, terms, &result);
	return result;
}

static void each_hour_has_its_own(void **state)
{
	/* 1 kWh in the first hour, 2 in the others: half of them at 200 g, half at 400. */
	static const struct draw_span span[] = {
		{MIDNIGHT_NS, MIDNIGHT_NS + HOUR_NS, KWH_UJ, 0, 0, 0, 0, 0, 0, 0},
		{MIDNIGHT_NS + HOUR_NS, MIDNIGHT_NS + 3 * HOUR_NS, 2 * KWH_UJ, 0, 0, 0, 0, 0, 0, 0},
	};
	const struct rebook_terms terms = {.series = &series, .pue_milli = 1500};
	struct rebook result = book(span, 2, &terms);

	(void)state;
	assert_int_equal(result.energy_uj, 3 * KWH_UJ);
	assert_int_equal(result.series_uj, 3 * KWH_UJ);
	assert_int_equal(result.unknown_uj, 0);
	assert_int_equal(result.total_ug, (100 + 200 + 400) * 1000000 * 3 / 2);
	assert_int_equal(result.mean_ug_per_kwh, (700000000 + 1) / 3);
}

static void what_has_no_figure_is_not_zero(void **state)
{
	/* Three quarters of it lie before the series. */
	static const struct draw_span span[] = {
		{MIDNIGHT_NS - 3 * HOUR_NS, MIDNIGHT_NS + HOUR_NS, 4 * KWH_UJ, 0, 0, 0, 0, 0, 0, 0},
	};
	struct rebook_terms terms = {.series = &series, .pue_milli = 1000};
	struct rebook result = book(span, 1, &terms);

	(void)state;
	assert_int_equal(result.unknown_uj, 3 * KWH_UJ);
	assert_int_equal(result.series_uj, KWH_UJ);
	terms.constant = true;
	terms.ug_per_kwh = 50000000;
	result = book(span, 1, &terms);
	assert_int_equal(result.unknown_uj, 0);
	assert_int_equal(result.constant_uj, 3 * KWH_UJ);
	assert_int_equal(result.total_ug, 100000000 + 3 * 50000000);
}

static void idle_may_be_left_out(void **state)
{
	static const struct draw_span span[] = {
		{MIDNIGHT_NS, MIDNIGHT_NS + HOUR_NS, KWH_UJ, KWH_UJ / 4, 0, 0, 0, 0, 0, 0},
	};
	const struct rebook_terms terms = {
		.series = &series, .pue_milli = 1000, .what = REBOOK_WITHOUT_IDLE};
	struct rebook result = book(span, 1, &terms);

	(void)state;
	assert_int_equal(result.energy_uj, KWH_UJ / 4 * 3);
	assert_int_equal(result.total_ug, 75000000);
}

static void rounding_happens_once(void **state)
{
	/* A thousand spans of 18 mJ at 100 g/kWh: half a ug each, 500 ug together. */
	struct draw_span span[1000];
	const struct rebook_terms terms = {.series = &series, .pue_milli = 1000};

	(void)state;
	for (size_t i = 0; i < 1000; i++)
		span[i] = (struct draw_span){MIDNIGHT_NS + (int64_t)i * 1000,
					     MIDNIGHT_NS + (int64_t)(i + 1) * 1000,
					     18000,
					     0,
					     0,
					     0,
					     0,
					     0,
					     0,
					     0};
	assert_int_equal(book(span, 1000, &terms).total_ug, 500);
}

static void a_span_of_no_time_is_booked(void **state)
{
	static const struct draw_span span[] = {
		{MIDNIGHT_NS, MIDNIGHT_NS, KWH_UJ, 0, 0, 0, 0, 0, 0, 0}};
	const struct rebook_terms terms = {.series = &series, .pue_milli = 1000};

	(void)state;
	assert_int_equal(book(span, 1, &terms).total_ug, 100000000);
}

/* Each span at what the ledger booked it by, and nothing else asked. */
static void as_it_was_booked(void **state)
{
	static const struct draw_span span[] = {
		{MIDNIGHT_NS, MIDNIGHT_NS + HOUR_NS, KWH_UJ, KWH_UJ / 4, 0, 0, 100000000, 0, 0, 0},
		{MIDNIGHT_NS + HOUR_NS, MIDNIGHT_NS + HOUR_NS, KWH_UJ, 0, 0, 0, 400000000, 0, 0, 0},
	};
	struct rebook_terms terms = {.recorded = true, .series = &series, .pue_milli = 1000};
	struct rebook result = book(span, 2, &terms);

	(void)state;
	assert_int_equal(result.total_ug, 500000000);
	assert_int_equal(result.mean_ug_per_kwh, 250000000);
	terms.what = REBOOK_WITHOUT_IDLE;
	assert_int_equal(book(span, 2, &terms).total_ug, 475000000);
}

/* Who bears idle, and what the machine drew, are other figures of the same spans. */
static void by_another_policy(void **state)
{
	static const struct draw_span span[] = {{.from_unix_ns = MIDNIGHT_NS,
						 .to_unix_ns = MIDNIGHT_NS + HOUR_NS,
						 .energy_uj = KWH_UJ,
						 .idle_uj = KWH_UJ / 4,
						 .node_uj = 3 * KWH_UJ,
						 .gated_uj = 2 * KWH_UJ,
						 .spare_uj = KWH_UJ / 2}};
	static const struct {
		enum rebook_what what;
		uint64_t energy_uj;
	} expected[] = {{REBOOK_RUN, KWH_UJ},
			{REBOOK_WITHOUT_IDLE, KWH_UJ / 4 * 3},
			{REBOOK_WITH_IDLE, KWH_UJ / 2 * 3},
			{REBOOK_NODE, 3 * KWH_UJ},
			{REBOOK_GATED, 2 * KWH_UJ}};

	(void)state;
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		const struct rebook_terms terms = {
			.what = expected[i].what, .series = &series, .pue_milli = 1000};
		struct rebook result = book(span, 1, &terms);

		assert_int_equal(result.energy_uj, expected[i].energy_uj);
		assert_int_equal(result.total_ug, expected[i].energy_uj / (KWH_UJ / 4) * 25000000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_it_was_booked),
		cmocka_unit_test(by_another_policy),
		cmocka_unit_test(each_hour_has_its_own),
		cmocka_unit_test(what_has_no_figure_is_not_zero),
		cmocka_unit_test(idle_may_be_left_out),
		cmocka_unit_test(rounding_happens_once),
		cmocka_unit_test(a_span_of_no_time_is_booked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
