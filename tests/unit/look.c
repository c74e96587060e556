/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counters that come, go, and are closed or opened to users while a collector lives.
 */
#include "tests/unit/sensors.h"

#define ZONE	  "sys/class/powercap/intel-rapl:0/"
#define ZONE_CORE "sys/class/powercap/intel-rapl:0:0/"

static char dir[64];
static struct sensors s;

/* A package at 10 W for ten minutes; `when` are lines on what happens to its file, or "". */
static void machine(const char *when)
{
	char values[1024];

	machine_make(dir);
	machine_put(dir, "root/" ZONE "name", "package-0\n");
	machine_put(dir, "root/" ZONE "max_energy_range_uj", "262143328850\n");
	if (strstr(when, ZONE_CORE))
		machine_put(dir, "root/" ZONE_CORE "name", "core\n");
	machine_put(dir, "root/proc/cpuinfo", "model name\t: x\n");
	snprintf(values, sizeof(values), "%s", when);
	machine_put(dir, "values.tsv", values);
	sensors_open(&s, dir);
}

static void end(void)
{
	sensors_close(&s);
	machine_remove(dir);
}

static size_t findings(void)
{
	const struct power_finding *finding;

	return power_findings(s.power, &finding);
}

static const char *last(void)
{
	const struct power_finding *finding;
	size_t n = power_findings(s.power, &finding);

	return n ? finding[n - 1].text : "";
}

#define RISING(t) #t "000000000\t/" ZONE "energy_uj\t"

#define CORE(t) #t "000000000\t/" ZONE_CORE "energy_uj\t"

static void test_nothing_changes(void **state)
{
	(void)state;
	machine(RISING(0) "1000000\n" RISING(600) "6001000000\n");
	sensors_expect(&s, "package-0:powercap");
	for (int i = 0; i < 9; i++)
		sensors_after(&s, 60 * SECOND);
	sensors_good(&s, "package-0", 5400 * JOULE);
	assert_int_equal(findings(), 0);
	end();
}

static void test_opened_to_users(void **state)
{
	size_t before;

	(void)state;
	machine(RISING(0) "!EACCES\n" RISING(100) "1000000\n" RISING(600) "5001000000\n");
	sensors_expect(&s, "");
	before = findings();
	assert_non_null(sensors_finding(&s, "powercap: package-0 and its like are there"));
	sensors_after(&s, 61 * SECOND);
	assert_int_equal(findings(), before);
	/* The minute is not over. */
	sensors_after(&s, 58 * SECOND);
	assert_int_equal(findings(), before);
	sensors_after(&s, 3 * SECOND);
	assert_int_equal(findings(), before + 1);
	assert_non_null(strstr(
		last(), "powercap: package-0 can be read since this collector began; fix: "));
	/* Told once, and metered by the next collector only. */
	sensors_after(&s, 61 * SECOND);
	assert_int_equal(findings(), before + 1);
	sensors_expect(&s, "");
	end();
}

static void test_closed_to_users(void **state)
{
	(void)state;
	machine(RISING(0) "1000000\n" RISING(90) "901000000\n" RISING(91) "!EACCES\n" RISING(
		600) "!EACCES\n");
	sensors_after(&s, 61 * SECOND);
	assert_int_equal(findings(), 0);
	sensors_after(&s, 61 * SECOND);
	assert_int_equal(sensors_reading(&s, "package-0")->error, -EACCES);
	assert_int_equal(findings(), 2);
	assert_non_null(
		sensors_finding(&s, "powercap: package-0 cannot be read as it could at the start"));
	assert_true(sensors_finding(&s, "powercap: package-0 and its like are there")->permission);
	sensors_after(&s, 61 * SECOND);
	assert_int_equal(findings(), 2);
	end();
}

static void test_gone(void **state)
{
	(void)state;
	machine(RISING(0) "1000000\n" RISING(30) "301000000\n" RISING(31) "!ENOENT\n" RISING(
		600) "!ENOENT\n");
	sensors_after(&s, 61 * SECOND);
	assert_non_null(
		sensors_finding(&s, "powercap: package-0 cannot be read as it could at the start"));
	end();
}

/* What slept at the start would sleep at the next as well, and is in the package's figure. */
static void test_a_part_that_wakes_is_not_told(void **state)
{
	(void)state;
	machine(RISING(0) "1000000\n" CORE(0) "0\n" CORE(1) "1000000\n" RISING(
		600) "6001000000\n" CORE(600) "6000000\n");
	sensors_expect(&s, "package-0:powercap");
	const size_t before = findings();
	sensors_after(&s, 61 * SECOND);
	assert_int_equal(findings(), before);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_changes),
		cmocka_unit_test(test_opened_to_users),
		cmocka_unit_test(test_closed_to_users),
		cmocka_unit_test(test_gone),
		cmocka_unit_test(test_a_part_that_wakes_is_not_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
