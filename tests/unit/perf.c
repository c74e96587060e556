/* SPDX-License-Identifier: Apache-2.0 */
/*
 * perf: RAPL by perf events, where powercap may not be read.
 */
#include "tests/unit/sensors.h"

static void events_are_counted_where_files_are_closed(void **state)
{
	struct sensors s;
	size_t at;

	(void)state;
	sensors_open(&s, MACHINES "perf-two-socket");
	sensors_expect(&s, "package-0:perf package-1:perf dram-0:perf dram-1:perf");
	assert_true(sensors_finding(&s, "powercap: package-0 and its like")->permission);
	assert_true(sensors_domain(&s, "package-0", &at)->error_pct == 5.0);
	assert_string_equal(sensors_domain(&s, "dram-1", &at)->note,
			    "perf event power/energy-ram/ on CPU 32");
	assert_int_equal(sensors_domain(&s, "dram-1", &at)->kind, POWER_MEMORY);
	/* The kernel's own timer is too slow for 500 W; a reading folds, too. */
	assert_int_equal(power_longest_interval_ns(s.power), 30 * SECOND);
	for (uint64_t i = 1; i <= 120; i++) {
		sensors_after(&s, 30 * SECOND);
		sensors_good(&s, "package-0", i * 15000 * JOULE);
		sensors_good(&s, "package-1", i * 2700 * JOULE);
		sensors_good(&s, "dram-0", i * 240 * JOULE);
	}
	assert_int_equal(sensors_total(&s), 3600 * 606 * JOULE);
	sensors_close(&s);
}

static void no_permission_is_told_with_its_fix(void **state)
{
	struct sensors s;
	const struct power_finding *findings;

	(void)state;
	sensors_open(&s, MACHINES "perf-denied");
	sensors_expect(&s, "");
	assert_int_equal(power_findings(s.power, &findings), 2);
	assert_true(sensors_finding(&s, "perf: package-0 can be counted by perf, but not by this "
					"user; fix: run 'gramme collect' as root, or allow it "
					"until the next boot: sysctl kernel.perf_event_paranoid=0")
			    ->permission);
	sensors_close(&s);
}

static void what_never_counts_is_left_out(void **state)
{
	struct sensors s;

	(void)state;
	sensors_open(&s, MACHINES "perf-frozen");
	sensors_expect(&s, "");
	assert_false(sensors_finding(&s, "perf: package-0 stands at 0: left out")->permission);
	sensors_close(&s);
}

#define PMU "root/sys/bus/event_source/devices/power/"

static void make(char *dir, const char *cpumask, const char *scale)
{
	machine_make(dir);
	machine_put(dir, PMU "type", "7\n");
	machine_put(dir, PMU "cpumask", cpumask);
	machine_put(dir, PMU "events/energy-pkg", "event=0x02\n");
	machine_put(dir, PMU "events/energy-pkg.scale", scale);
	machine_put(dir, "root/perf/7/2/0", "4294967296\n");
	machine_put(dir, "root/perf/7/2/1", "4294967296\n");
}

static void dies_of_one_package_have_names_of_their_own(void **state)
{
	struct sensors s;
	char dir[64];

	(void)state;
	make(dir, "0-1\n", "2.3283064365386962890625e-10\n");
	for (int i = 0; i < 2; i++) {
		char path[96];

		snprintf(path, sizeof(path),
			 "root/sys/devices/system/cpu/cpu%d/topology/physical_package_id", i);
		machine_put(dir, path, "0\n");
		snprintf(path, sizeof(path), "root/sys/devices/system/cpu/cpu%d/topology/die_id",
			 i);
		machine_put(dir, path, i ? "1\n" : "0\n");
	}
	sensors_open(&s, dir);
	sensors_expect(&s, "package-0-die-0:perf package-0-die-1:perf");
	sensors_after(&s, 2 * SECOND); /* it stands still, though it cannot */
	assert_int_equal(sensors_reading(&s, "package-0-die-0")->error, -ENODATA);
	sensors_close(&s);
	machine_remove(dir);
}

static void strange_pmus_are_left_alone(void **state)
{
	static const struct {
		const char *cpumask;
		const char *scale;
	} cases[] = {{"0\n", "1.0\n"},
		     {"0\n", "1e-6\n"},
		     {"0\n", "2.3283064365386962e-10 J\n"},
		     {"0\n", "\n"},
		     {"", "2.3283064365386962890625e-10\n"},
		     {"0-\n", "2.3283064365386962890625e-10\n"},
		     {"4-1\n", "2.3283064365386962890625e-10\n"},
		     {"0-99999999\n", "2.3283064365386962890625e-10\n"}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sensors s;
		char dir[64];

		make(dir, cases[i].cpumask, cases[i].scale);
		sensors_open(&s, dir);
		sensors_expect(&s, "");
		sensors_close(&s);
		machine_remove(dir);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_are_counted_where_files_are_closed),
		cmocka_unit_test(no_permission_is_told_with_its_fix),
		cmocka_unit_test(what_never_counts_is_left_out),
		cmocka_unit_test(dies_of_one_package_have_names_of_their_own),
		cmocka_unit_test(strange_pmus_are_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
