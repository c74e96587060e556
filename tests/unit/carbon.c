/* SPDX-License-Identifier: Apache-2.0 */
/*
 * carbon: factors with their origin, and help for whoever mistypes a zone.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "collector/carbon/carbon.h"
#include "collector/embed.h"
#include "collector/tsv.h"

EMBED(all_zones, "collector/carbon/grid.tsv");

static void factors_say_where_they_come_from(void **state)
{
	static const struct carbon_factor expected[] = {
		{"FR", "France", false, 41790000, "lifecycle", "2025",
		 "Ember (2026), Yearly Electricity Data and European Electricity Review, with "
		 "processing by Our World in Data (early-2026 release), CC BY 4.0"},
		{"US-CA", "California, United States", false, 179060000, "direct", "2023",
		 "US EPA, eGRID2023 rev2, state totals (STC2ERTA), public domain"},
		{"CA-ON", "Ontario, Canada", false, 60300000, "lifecycle", "2023",
		 "derived: generation mix of 2023 (CodeCarbon, MIT) x medians of IPCC AR5 WG3 "
		 "Annex III (2014); oil: UK POST 2014"},
		{"WORLD", "World", false, 458290000, "lifecycle", "2025",
		 "Ember (2026), Yearly Electricity Data, with processing by Our World in Data "
		 "(owid/energy-data@e7897ae), CC BY 4.0"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		struct carbon_factor factor;
		char why[256];

		assert_int_equal(carbon_factor(expected[i].zone, &factor, why), 0);
		assert_string_equal(factor.zone, expected[i].zone);
		assert_string_equal(factor.name, expected[i].name);
		assert_false(factor.assumed);
		assert_int_equal(factor.ug_per_kwh, expected[i].ug_per_kwh);
		assert_string_equal(factor.basis, expected[i].basis);
		assert_string_equal(factor.vintage, expected[i].vintage);
		assert_string_equal(factor.source, expected[i].source);
	}
}

static void no_zone_is_the_world_assumed(void **state)
{
	struct carbon_factor factor;
	char why[256];

	(void)state;
	assert_int_equal(carbon_factor(NULL, &factor, why), 0);
	assert_string_equal(factor.zone, "WORLD");
	assert_true(factor.assumed);
	assert_int_equal(carbon_factor("", &factor, why), 0);
	assert_true(factor.assumed);
	assert_int_equal(factor.ug_per_kwh, 458290000);
}

static void letter_case_does_not_matter(void **state)
{
	struct carbon_factor factor;
	char why[256];

	(void)state;
	assert_int_equal(carbon_factor("us-ca", &factor, why), 0);
	assert_string_equal(factor.zone, "US-CA");
	assert_int_equal(carbon_factor("World", &factor, why), 0);
	assert_false(factor.assumed);
}

static void near_zones_are_named(void **state)
{
	static const struct {
		const char *zone;
		const char *why;
	} cases[] = {
		{"US-CALI", "unknown zone 'US-CALI'; near it: US-CA (California, United States), "},
		{"FRA", "unknown zone 'FRA'; near it: FR (France)"},
		{"Germany", "unknown zone 'Germany'; near it: DE (Germany), GE (Georgia)"},
		{"UK", "unknown zone 'UK'; near it: GB (United Kingdom)"},
		{"FR-IDF", "unknown zone 'FR-IDF'; near it: FR (France)"},
		{"QQ", "unknown zone 'QQ'; zones are codes like FR, US-CA, EU or WORLD"},
		{"\033[31m", "unknown zone '?[31m'; zones are codes like FR, US-CA, EU or WORLD"},
		{"?", "unknown zone '?'; zones are codes like FR, US-CA, EU or WORLD"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct carbon_factor factor;
		char why[256] = "";

		assert_int_equal(carbon_factor(cases[i].zone, &factor, why), -ENOENT);
		if (strncmp(why, cases[i].why, strlen(cases[i].why)))
			fail_msg("'%s' says '%s'", cases[i].zone, why);
	}
}

static void at_most_five_whole_ones_are_named(void **state)
{
	struct carbon_factor factor;
	char why[256] = "";
	char zone[5000];
	size_t n = 1;

	(void)state;
	assert_int_equal(carbon_factor("US-XX", &factor, why), -ENOENT);
	for (const char *comma = why; (comma = strstr(comma, "), ")); comma++)
		n++;
	assert_in_range(n, 2, 5);
	assert_int_equal(why[strlen(why) - 1], ')');
	memset(zone, 'U', sizeof(zone) - 1);
	zone[sizeof(zone) - 1] = '\0';
	assert_int_equal(carbon_factor(zone, &factor, why), -ENOENT);
	assert_in_range(strlen(why), 1, 255);
}

/* Every row is found by its own name, and fits; no zone is there twice. */
static void the_table_is_sound(void **state)
{
	struct tsv tsv = tsv_begin(all_zones, all_zones_size);
	struct tsv_field field[6];
	size_t fields;
	size_t rows = 0;

	(void)state;
	while ((fields = tsv_next_row(&tsv, field, 6))) {
		struct carbon_factor factor;
		char zone[16];
		char why[256];
		uint64_t ug = 0;

		assert_int_equal(fields, 6);
		assert_int_equal(tsv_copy(&field[0], zone, sizeof(zone)), 0);
		assert_int_equal(carbon_factor(zone, &factor, why), 0);
		assert_int_equal(tsv_u64(&field[3], &ug), 0);
		assert_true(tsv_is(&field[0], factor.zone));
		assert_true(tsv_is(&field[1], factor.name));
		assert_true(tsv_is(&field[2], factor.vintage));
		assert_int_equal(factor.ug_per_kwh, ug);
		assert_in_range(ug, 1000000, 2000000000);
		assert_true(tsv_is(&field[4], factor.basis));
		assert_true(!strcmp(factor.basis, "lifecycle") || !strcmp(factor.basis, "direct"));
		assert_true(strlen(factor.source) > 20);
		rows++;
	}
	assert_int_equal(rows, 279);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(factors_say_where_they_come_from),
		cmocka_unit_test(no_zone_is_the_world_assumed),
		cmocka_unit_test(letter_case_does_not_matter),
		cmocka_unit_test(near_zones_are_named),
		cmocka_unit_test(at_most_five_whole_ones_are_named),
		cmocka_unit_test(the_table_is_sound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
