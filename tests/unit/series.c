/* SPDX-License-Identifier: Apache-2.0 */
/*
 * series: files as they are published, moments and gaps in them, and what is no such file.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "collector/instant.h"
#include "collector/carbon/series.h"

#define MIDNIGHT 1767225600 /* 2026-01-01T00:00:00Z */
#define HOUR	 3600
#define NS	 1000000000LL

struct expected {
	int64_t from_s, to_s;
	uint64_t ug_per_kwh;
};

static void read_file(const char *name, enum series_basis basis, struct series *series)
{
	char path[128], text[8192], why[SERIES_WHY];
	size_t size;
	FILE *file;

	snprintf(path, sizeof(path), "tests/data/intensity/%s", name);
	file = fopen(path, "re");
	assert_non_null(file);
	size = fread(text, 1, sizeof(text), file);
	fclose(file);
	if (series_read(text, size, basis, series, why))
		fail_msg("%s: %s", name, why);
}

static void assert_points(const struct series *series, const struct expected *expected, size_t n)
{
	assert_int_equal(series->points, n);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(series->point[i].from_s, expected[i].from_s);
		assert_int_equal(series->point[i].to_s, expected[i].to_s);
		assert_int_equal(series->point[i].ug_per_kwh, expected[i].ug_per_kwh);
	}
}

static void assert_said(const struct series *series, const char *format, const char *zone,
			const char *basis)
{
	assert_string_equal(series->format, format);
	assert_string_equal(series->zone, zone);
	assert_string_equal(series->basis, basis);
	assert_string_equal(series->kind, "average");
}

static void electricity_maps_has_both_bases(void **state)
{
	/* The third hour has no figure; twice the usual distance is bridged. */
	static const struct expected lifecycle[] = {
		{MIDNIGHT, MIDNIGHT + HOUR, 31490000},
		{MIDNIGHT + HOUR, MIDNIGHT + 3 * HOUR, 30500000},
		{MIDNIGHT + 3 * HOUR, MIDNIGHT + 4 * HOUR, 33000000},
	};
	struct series series;

	(void)state;
	read_file("electricity-maps.csv", SERIES_ANY, &series);
	assert_said(&series, "Electricity Maps", "FR", "lifecycle");
	assert_int_equal(series.points, 3);
	assert_int_equal(series.point[0].ug_per_kwh, lifecycle[0].ug_per_kwh);
	series_free(&series);
	read_file("electricity-maps.csv", SERIES_DIRECT, &series);
	assert_said(&series, "Electricity Maps", "FR", "direct");
	assert_int_equal(series.point[0].ug_per_kwh, 17060000);
	series_free(&series);
}

static void services_answer_in_json(void **state)
{
	static const struct expected de[] = {
		{MIDNIGHT, MIDNIGHT + HOUR, 302000000},
		{MIDNIGHT + HOUR, MIDNIGHT + 2 * HOUR, 298000000},
	};
	static const struct expected uk[] = {
		{MIDNIGHT, MIDNIGHT + HOUR / 2, 117000000},
		{MIDNIGHT + HOUR / 2, MIDNIGHT + HOUR, 122000000},
	};
	static const struct expected fr[] = {
		{MIDNIGHT, MIDNIGHT + HOUR / 2, 19000000},
		{MIDNIGHT + HOUR / 2, MIDNIGHT + HOUR, 20000000},
	};
	struct series series;

	(void)state;
	read_file("electricity-maps.json", SERIES_LIFECYCLE, &series);
	assert_said(&series, "Electricity Maps", "DE", "lifecycle");
	assert_points(&series, de, 2);
	series_free(&series);
	read_file("uk.json", SERIES_ANY, &series);
	assert_said(&series, "UK Carbon Intensity", "GB", "direct");
	assert_string_equal(series.source, "1 of 2 figures are forecasts");
	assert_points(&series, uk, 2);
	series_free(&series);
	read_file("rte.json", SERIES_ANY, &series);
	assert_said(&series, "RTE eCO2mix", "FR", "direct");
	assert_points(&series, fr, 2);
	series_free(&series);
}

static void an_autumn_night_has_an_hour_twice(void **state)
{
	const int64_t half = HOUR / 2, start = 1761435000; /* 2025-10-25T23:30:00Z */
	struct series series;

	(void)state;
	read_file("rte.tsv", SERIES_DIRECT, &series);
	assert_said(&series, "RTE eCO2mix", "FR", "direct");
	assert_int_equal(series.points, 6);
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(series.point[i].from_s, start + (int64_t)i * half);
		assert_int_equal(series.point[i].to_s, start + (int64_t)(i + 1) * half);
		assert_int_equal(series.point[i].ug_per_kwh, (21 + i) * 1000000);
	}
	series_free(&series);
}

static struct series read_text(const char *text)
{
	struct series series;
	char why[SERIES_WHY];

	if (series_read(text, strlen(text), SERIES_ANY, &series, why))
		fail_msg("%s", why);
	return series;
}

static void a_csv_says_what_it_is(void **state)
{
	struct series series =
		read_text("\xef\xbb\xbf# zone: IS\n# basis: direct\n# kind: marginal\n"
			  "# source: the operator\n# a remark, with a comma\n"
			  "datetime;g_per_kwh\r\n"
			  "\"2026-01-01T01:00:00+01:00\";\"28,5\"\r\n"
			  "2026-01-01 01:00Z;0.000001\n");

	(void)state;
	assert_string_equal(series.zone, "IS");
	assert_string_equal(series.basis, "direct");
	assert_string_equal(series.kind, "marginal");
	assert_string_equal(series.source, "the operator");
	assert_int_equal(series.points, 2);
	assert_int_equal(series.point[0].from_s, MIDNIGHT);
	assert_int_equal(series.point[0].ug_per_kwh, 28500000);
	assert_int_equal(series.point[1].ug_per_kwh, 1);
	series_free(&series);
}

static void gaps_are_not_bridged(void **state)
{
	struct series series = read_text("datetime,g_per_kwh\n2026-01-01T05:00Z,50\n"
					 "2026-01-01T00:00Z,10\n2026-01-01T01:00Z,20\n"
					 "2026-01-01T01:00Z,20\n2026-01-01T02:00Z,30\n");
	unsigned __int128 ug_ns = 0;

	(void)state;
	assert_int_equal(series.points, 4);
	/* From 00:30 to 05:30: 3 h to 05:00 have no figure. */
	assert_int_equal(series_cover(&series, (MIDNIGHT + HOUR / 2) * NS,
				      (MIDNIGHT + 5 * HOUR + HOUR / 2) * NS, &ug_ns),
			 3 * HOUR * NS);
	assert_true(ug_ns == (unsigned __int128)(5 + 20 + 30 + 25) * 1000000 * HOUR * NS);
	ug_ns = 0;
	assert_int_equal(series_cover(&series, 0, MIDNIGHT * NS, &ug_ns), 0);
	assert_int_equal(series_cover(&series, (MIDNIGHT + 6 * HOUR) * NS,
				      (MIDNIGHT + 7 * HOUR) * NS, &ug_ns),
			 0);
	assert_true(ug_ns == 0);
	series_free(&series);
}

/* A fixed contract has one row that never ends. */
static void until_further_notice(void **state)
{
	static const char text[] = "start,end,g_per_kwh\n"
				   "2026-01-01T00:00Z,9999-12-31T23:59Z,30\n";
	unsigned __int128 ug_ns = 0;
	struct series series;
	char why[SERIES_WHY];

	(void)state;
	assert_int_equal(series_read(text, strlen(text), SERIES_ANY, &series, why), 0);
	assert_int_equal(series_cover(&series, MIDNIGHT * NS - NS, (MIDNIGHT + HOUR) * NS, &ug_ns),
			 HOUR * NS);
	assert_true(ug_ns == (unsigned __int128)30000000 * HOUR * NS);
	assert_int_equal(series_change_s(&series, (MIDNIGHT - 1) * NS), MIDNIGHT);
	assert_true(series_change_s(&series, MIDNIGHT * NS) > MIDNIGHT + 1000LL * 365 * 24 * HOUR);
	series_free(&series);
}

static void what_is_no_series_is_said(void **state)
{
	static const struct {
		const char *text, *why;
	} bad[] = {
		{"", "the file is empty"},
		{" \n", "the file is empty"},
		{"datetime,watts\n2026-01-01T00:00Z,1\n",
		 "no column of grams per kWh: name it g_per_kwh (or gCO2e_per_kwh)"},
		{"when,g_per_kwh\n2026-01-01T00:00Z,1\n",
		 "no column of times: name it datetime, in UTC or with its time zone"},
		{"datetime,g_per_kwh\n2026-01-01T00:00,1\n",
		 "row 2: '2026-01-01T00:00' names no time zone: end it with Z or +01:00"},
		{"datetime,g_per_kwh\n2026-02-30T00:00Z,1\n",
		 "row 2: '2026-02-30T00:00Z' is no date and time"},
		{"datetime,g_per_kwh\n2026-01-01T00:00Z,-1\n",
		 "row 2: '-1' is no intensity in g per kWh"},
		{"datetime,g_per_kwh\n2026-01-01T00:00Z,20000\n",
		 "row 2: '20000' is no intensity in g per kWh"},
		{"datetime,g_per_kwh\n2026-01-01T00:00Z,1\n2026-01-01T00:00Z,2\n",
		 "two figures for 2026-01-01T00:00:00Z: the file must be of one zone"},
		{"datetime,zone,g_per_kwh\n2026-01-01T00:00Z,FR,1\n2026-01-01T01:00Z,DE,2\n",
		 "row 3 is of zone DE, those before of FR: the file must be of one zone"},
		{"start,end,g_per_kwh\n2026-01-01T01:00Z,2026-01-01T00:00Z,1\n",
		 "the figure for 2026-01-01T01:00:00Z ends before it begins"},
		{"datetime,g_per_kwh\n\"2026-01-01T00:00Z,1\n", "a quote is not closed"},
		{"{\"history\": {}}", "no list of figures is in it"},
		{"[{\"a\": 1}]", "neither Electricity Maps, UK Carbon Intensity nor RTE eCO2mix"},
		{"[{\"taux_co2\": 5}]", "entry 1 has no time"},
		{"[{\"taux_co2\": \"5\", \"date_heure\": \"2026-01-01T00:00Z\"}]",
		 "entry 1 has no intensity in g per kWh"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct series series;
		char why[SERIES_WHY];

		assert_int_equal(
			series_read(bad[i].text, strlen(bad[i].text), SERIES_ANY, &series, why),
			-EINVAL);
		assert_string_equal(why, bad[i].why);
		series_free(&series);
	}
}

static void what_is_well_may_have_no_figure(void **state)
{
	static const char *const none[] = {
		"datetime,g_per_kwh\n", "datetime,g_per_kwh\n2026-01-01T00:00Z,\n", "[]",
		"{\"data\": []}", "[{\"taux_co2\": null, \"date_heure\": \"2026-01-01T00:00Z\"}]"};

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++) {
		struct series series;
		char why[SERIES_WHY];

		assert_int_equal(series_read(none[i], strlen(none[i]), SERIES_ANY, &series, why),
				 -ENODATA);
		assert_string_equal(why, "no figure is in it");
		series_free(&series);
	}
}

static void a_basis_that_is_not_there_is_refused(void **state)
{
	static const char text[] = "datetime,g_per_kwh\n2026-01-01T00:00Z,1\n";
	struct series series;
	char why[SERIES_WHY];

	(void)state;
	assert_int_equal(series_read(text, strlen(text), SERIES_DIRECT, &series, why), -EINVAL);
	assert_string_equal(why, "its figures are of a basis that it does not tell and not direct");
	series_free(&series);
}

static void clocks_of_central_europe(void **state)
{
	static const struct {
		const char *day, *time, *utc;
	} moment[] = {
		{"2026-03-29", "01:30", "2026-03-29T00:30:00Z"},
		{"29/03/2026", "03:00", "2026-03-29T01:00:00Z"},
		{"2026-07-01", "00:00", "2026-06-30T22:00:00Z"},
		{"2026-10-25", "02:30", "2026-10-25T00:30:00Z"},
		{"2026-10-25", "03:00", "2026-10-25T02:00:00Z"},
		{"2026-12-31", "24:00", "2026-12-31T23:00:00Z"},
	};
	char text[INSTANT_MAX];
	int64_t unix_s;

	(void)state;
	for (size_t i = 0; i < sizeof(moment) / sizeof(*moment); i++) {
		assert_int_equal(instant_parse_cet(moment[i].day, moment[i].time, 0, &unix_s), 0);
		instant_text(unix_s, text);
		assert_string_equal(text, moment[i].utc);
	}
	assert_int_equal(instant_parse_cet("2026-13-01", "00:00", 0, &unix_s), -EINVAL);
	assert_int_equal(instant_parse_cet("2026-12-01", "25:00", 0, &unix_s), -EINVAL);
	instant_text(-1, text);
	assert_string_equal(text, "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(electricity_maps_has_both_bases),
		cmocka_unit_test(services_answer_in_json),
		cmocka_unit_test(an_autumn_night_has_an_hour_twice),
		cmocka_unit_test(a_csv_says_what_it_is),
		cmocka_unit_test(gaps_are_not_bridged),
		cmocka_unit_test(until_further_notice),
		cmocka_unit_test(what_is_no_series_is_said),
		cmocka_unit_test(what_is_well_may_have_no_figure),
		cmocka_unit_test(a_basis_that_is_not_there_is_refused),
		cmocka_unit_test(clocks_of_central_europe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
