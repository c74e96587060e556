/* SPDX-License-Identifier: Apache-2.0 */
/*
 * calibration: lines that are found again, bad readings that do not bend them, and the domain that
 * a machine without a meter gets.
 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "collector/power/calibration.h"

#define NS_PER_S 1000000000ULL

static void make(struct calibration_pair *pair, size_t n, double constant_w, double slope)
{
	for (size_t i = 0; i < n; i++) {
		pair[i].sensors_w = 50 + 10 * (double)i;
		pair[i].wall_w = constant_w + slope * pair[i].sensors_w;
	}
}

static void a_line_is_found_again(void **state)
{
	struct calibration_pair pair[20];
	struct calibration_fit fit;
	char why[CALIBRATION_WHY];

	(void)state;
	make(pair, 20, 83, 1.08);
	assert_int_equal(calibration_fit(pair, 20, &fit, why), 0);
	assert_true(fabs(fit.constant_w - 83) < 1e-3 && fabs(fit.slope - 1.08) < 1e-5);
	assert_true(fit.worst_pct < 1e-3);
	/* 1 % of 240 to 250 W, of a rest of 95 W. */
	assert_true(fit.rest_error_pct > 2.4 && fit.rest_error_pct < 2.7);
	assert_false(fit.flat);
	assert_int_equal(fit.pairs, 20);
}

static void bad_readings_do_not_bend_it(void **state)
{
	struct calibration_pair pair[20];
	struct calibration_fit fit;
	char why[CALIBRATION_WHY];

	(void)state;
	make(pair, 20, 83, 1.08);
	pair[3].wall_w *= 5;
	pair[11].wall_w *= 0.6;
	pair[17].wall_w *= 3;
	assert_int_equal(calibration_fit(pair, 20, &fit, why), 0);
	assert_true(fabs(fit.constant_w - 83) < 0.1 && fabs(fit.slope - 1.08) < 1e-3);
	assert_true(fit.median_pct < 0.1);
}

static void one_load_gives_no_slope(void **state)
{
	struct calibration_pair pair[6];
	struct calibration_fit fit;
	char why[CALIBRATION_WHY];

	(void)state;
	for (size_t i = 0; i < 6; i++)
		pair[i] = (struct calibration_pair){100 + (double)i, 190 + (double)i};
	assert_int_equal(calibration_fit(pair, 6, &fit, why), 0);
	assert_true(fit.flat && fit.slope == 1 && fabs(fit.constant_w - 90) < 1e-6);
}

static void what_cannot_be_is_refused(void **state)
{
	struct calibration_pair pair[20];
	struct calibration_fit fit;
	char why[CALIBRATION_WHY];

	(void)state;
	make(pair, 20, 83, 1);
	assert_int_equal(calibration_fit(pair, 4, &fit, why), -EINVAL);
	assert_string_equal(why, "4 pairs are too few: 5 are needed");
	pair[2].wall_w = 0;
	assert_int_equal(calibration_fit(pair, 20, &fit, why), -EINVAL);
	assert_string_equal(why, "pair 3 is not of two powers above 0");
	make(pair, 20, 0, 0.5);
	assert_int_equal(calibration_fit(pair, 20, &fit, why), -EINVAL);
	assert_non_null(strstr(why, "a wall below its sensors"));
}

/* An entry as gramme calibrate prints it. */
static struct config *configured(char **field, size_t fields)
{
	static struct config config;

	config = (struct config){.entries = 1};
	config.entry[0].source = (char *)(uintptr_t) "calibrated";
	config.entry[0].line = 7;
	config.entry[0].fields = fields;
	memcpy(config.entry[0].field, field, fields * sizeof(*field));
	return &config;
}

#define FIELD(text) (char *)(uintptr_t)(text)

static const struct power_domain sensors[] = {
	{.name = "package-0", .kind = POWER_CPU},
	{.name = "core-0", .within = "package-0", .kind = POWER_CPU},
	{.name = "dram-0", .kind = POWER_MEMORY},
};

static void the_rest_is_a_domain(void **state)
{
	char *field[] = {FIELD("constant_w=80"), FIELD("slope=1.25"), FIELD("error=12"),
			 FIELD("parts=package-0,dram-0"), FIELD("date=2026-11-21")};
	struct power_domain domain[4];
	struct power_reading reading[4] = {0};
	struct calibration calibration;
	char why[CALIBRATION_WHY];

	(void)state;
	memcpy(domain, sensors, sizeof(sensors));
	assert_int_equal(calibration_open(&calibration, configured(field, 5), domain, 3, why), 1);
	assert_string_equal(domain[3].name, "rest");
	assert_string_equal(domain[3].source, "calibrated");
	assert_int_equal(domain[3].quality, POWER_DERIVED);
	assert_int_equal(domain[3].idle_uw, 80000000);
	for (uint64_t s = 0; s <= 10; s++) {
		/* 100 W of the package, of which the core has half, and 20 W of memory. */
		for (size_t i = 0; i < 4; i++)
			reading[i] = (struct power_reading){.t_ns = (5 + s) * NS_PER_S};
		reading[0].energy_uj = 7000000 + s * 100000000;
		reading[1].energy_uj = s * 50000000;
		reading[2].energy_uj = s * 20000000;
		calibration_read(&calibration, domain, reading);
		assert_int_equal(reading[3].energy_uj, s * (80000000 + 120000000 / 4));
	}
	reading[3] = (struct power_reading){.t_ns = 16 * NS_PER_S};
	reading[0].gap = true;
	calibration_read(&calibration, domain, reading);
	assert_true(reading[3].gap);
	assert_int_equal(reading[3].energy_uj, 11 * 80000000ULL + 300000000);
}

static void other_sensors_are_told(void **state)
{
	char *field[] = {FIELD("constant_w=80"), FIELD("slope=1.25"), FIELD("error=12"),
			 FIELD("parts=package-0,gpu-0")};
	struct power_domain domain[4];
	struct calibration calibration;
	char why[CALIBRATION_WHY];

	(void)state;
	memcpy(domain, sensors, sizeof(sensors));
	assert_int_equal(calibration_open(&calibration, configured(field, 4), domain, 3, why),
			 -EINVAL);
	assert_string_equal(why, "line 7 was made with the sensors package-0,gpu-0, and here are "
				 "package-0,dram-0: calibrate again");
	assert_int_equal(calibration_open(&calibration, configured(field, 2), domain, 3, why),
			 -EINVAL);
	assert_non_null(strstr(why, "line 7 lacks"));
	assert_int_equal(calibration_open(&calibration, NULL, domain, 3, why), 0);
	domain[2].kind = POWER_NODE;
	assert_int_equal(calibration_open(&calibration, configured(field, 4), domain, 3, why), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_found_again),
		cmocka_unit_test(bad_readings_do_not_bend_it),
		cmocka_unit_test(one_load_gives_no_slope),
		cmocka_unit_test(what_cannot_be_is_refused),
		cmocka_unit_test(the_rest_is_a_domain),
		cmocka_unit_test(other_sensors_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
