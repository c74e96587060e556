/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Water and embodied CO2e: the tables, and the formulas on figures worked out by hand.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "collector/carbon/carbon.h"
#include "collector/carbon/embodied.h"
#include "collector/carbon/water.h"
#include "collector/embed.h"
#include "collector/tsv.h"
#include "collector/units.h"

EMBED(all_water, "collector/carbon/water.tsv");
EMBED(all_embodied, "collector/carbon/embodied.tsv");
EMBED(all_gpus, "collector/power/gpu.tsv");

#define HOUR_NS (3600 * UNITS_NS_PER_S)

static void assert_water(const char *asked, const char *zone, uint64_t ul, bool assumed)
{
	struct water_factor factor;

	water_factor(asked, &factor);
	assert_string_equal(factor.zone, zone);
	assert_int_equal(factor.ul_per_kwh, ul);
	assert_int_equal(factor.assumed, assumed);
}

static void water_is_the_zones_or_its_countrys(void **state)
{
	(void)state;
	assert_water("FR", "FR", 3673700, false);
	assert_water("US-CA", "US", 3132100, false);
	assert_water("WORLD", "WORLD", 3908000, false);
	assert_water("EU", "WORLD", 3908000, true);
	assert_water("", "WORLD", 3908000, true);
}

static void water_has_pue_once(void **state)
{
	(void)state;
	assert_int_equal(water_ul(UNITS_UJ_PER_KWH, 3673700, 1500), 5510550);
	assert_int_equal(water_ul(UNITS_UJ_PER_KWH, 360000, 1000), 360000);
	assert_int_equal(water_ul(UNITS_UJ_PER_KWH / 2, 1, 1000), 1);
	assert_int_equal(water_ul(0, 3673700, 1500), 0);
}

/* The standard's own example: 1000 kg over 4 years, an hour of it is 28 g. */
static void the_standards_example(void **state)
{
	struct embodied row;

	(void)state;
	assert_int_equal(embodied_find("server_base", &row), 0);
	assert_int_equal(row.grams, 1000000);
	assert_int_equal(row.life_years, 4);
	assert_int_equal(embodied_ug(&row, 1000, HOUR_NS, 1, 1), 28519279);
	assert_int_equal(embodied_ug(&row, 1000, HOUR_NS, 1, 4), 7129820);
	assert_int_equal(embodied_ug(&row, 0, HOUR_NS, 1, 1), 0);
	assert_int_equal(embodied_find("abacus", &row), -ENOENT);
}

static void gpus_are_known_by_name(void **state)
{
	struct embodied row;

	(void)state;
	embodied_gpu("NVIDIA H100 SXM5 80GB", &row);
	assert_int_equal(row.grams, 164000);
	assert_false(row.assumed);
	embodied_gpu("Voodoo 2", &row);
	assert_int_equal(row.grams, 150000);
	assert_true(row.assumed);
}

/* Every zone of water is one of intensities, every GPU one that has a design power. */
static void the_tables_hold_together(void **state)
{
	struct tsv tsv = tsv_begin(all_water, all_water_size), gpus;
	struct tsv_field field[6], gpu[4];
	char text[256], why[256];
	struct carbon_factor factor;
	uint64_t value;
	size_t zones = 0, rows = 0;

	(void)state;
	for (; tsv_next_row(&tsv, field, 2) == 2; zones++) {
		assert_int_equal(tsv_copy(&field[0], text, 16), 0);
		assert_int_equal(carbon_factor(text, &factor, why), 0);
		assert_int_equal(tsv_u64(&field[1], &value), 0);
		assert_in_range(value, 500000, 20000000);
	}
	assert_true(zones > 40);
	tsv = tsv_begin(all_embodied, all_embodied_size);
	for (; tsv_next_row(&tsv, field, 6) == 6; rows++) {
		bool found = field[0].size < 4 || memcmp(field[0].text, "gpu_", 4) != 0 ||
			     tsv_is(&field[0], "gpu_default");

		assert_int_equal(tsv_copy(&field[1], text, 64), 0);
		assert_int_equal(tsv_copy(&field[5], why, 128), 0);
		assert_null(strstr(why, "ODbL"));
		assert_int_equal(tsv_u64(&field[4], &value), 0);
		assert_in_range(value, 3, 6);
		gpus = tsv_begin(all_gpus, all_gpus_size);
		while (!found && tsv_next_row(&gpus, gpu, 4) == 4)
			found = tsv_is(&gpu[0], text);
		assert_true(found);
	}
	assert_true(rows >= 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(water_is_the_zones_or_its_countrys),
		cmocka_unit_test(water_has_pue_once),
		cmocka_unit_test(the_standards_example),
		cmocka_unit_test(gpus_are_known_by_name),
		cmocka_unit_test(the_tables_hold_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
