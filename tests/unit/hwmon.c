/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hwmon: ACPI meters, AMD's and Intel's GPUs, Grace.
 */
#include "tests/unit/sensors.h"

#define HWMON "root/sys/class/hwmon/"

/* The module holds Grace, which holds its cores: only Grace is added. */
static void a_module_is_not_added_to_its_parts(void **state)
{
	struct sensors s;
	size_t at;

	(void)state;
	sensors_open(&s, MACHINES "gh200");
	sensors_expect(&s, "module-0:hwmon<node package-0:hwmon core-0:hwmon<package-0 "
			   "uncore-0:hwmon<package-0");
	assert_int_equal(sensors_domain(&s, "package-0", &at)->kind, POWER_CPU);
	assert_string_equal(sensors_domain(&s, "package-0", &at)->note,
			    "ACPI power meter 'Grace Power Socket 0'");
	for (uint64_t i = 1; i <= 9; i++) {
		sensors_after(&s, SECOND);
		sensors_good(&s, "module-0", i * 500 * JOULE);
		sensors_good(&s, "package-0", i * 120 * JOULE);
		sensors_good(&s, "core-0", i * 80 * JOULE);
		assert_int_equal(sensors_total(&s), i * 120 * JOULE);
	}
	sensors_close(&s);
}

/* 4.29 MW is an error, for two seconds bridged; ten seconds without an answer are a gap. */
static void errors_are_no_energy(void **state)
{
	struct sensors s;

	(void)state;
	sensors_open(&s, MACHINES "gh200");
	for (uint64_t i = 1; i <= 19; i++) {
		sensors_after(&s, SECOND);
		sensors_good(&s, "module-0", i * 500 * JOULE);
	}
	for (uint64_t i = 20; i <= 24; i++) { /* told by the reading at 19 s */
		sensors_after(&s, SECOND);
		sensors_good(&s, "package-0", i * 120 * JOULE);
	}
	for (uint64_t i = 25; i <= 29; i++) {
		sensors_after(&s, SECOND);
		assert_int_equal(sensors_reading(&s, "package-0")->error, -EIO);
		assert_int_equal(sensors_reading(&s, "package-0")->energy_uj, 24 * 120 * JOULE);
	}
	sensors_after(&s, SECOND);
	assert_true(sensors_reading(&s, "package-0")->gap);
	sensors_after(&s, SECOND);
	sensors_good(&s, "package-0", 25 * 120 * JOULE);
	sensors_close(&s);
}

static void a_node_is_its_parts_and_the_rest(void **state)
{
	struct sensors s;
	size_t at;

	(void)state;
	sensors_open(&s, MACHINES "acpi-and-amdgpu");
	sensors_expect(&s, "package-0:powercap node:hwmon<machine gpu-0:hwmon gpu-1:hwmon "
			   "rest:hwmon");
	assert_string_equal(sensors_domain(&s, "gpu-1", &at)->device, "0000:83:00.0");
	for (uint64_t i = 1; i <= 90; i++) {
		sensors_after(&s, SECOND);
		sensors_good(&s, "gpu-0", i * 200 * JOULE);
		sensors_good(&s, "gpu-1", i * 300 * JOULE);
		sensors_good(&s, "rest", i * 250 * JOULE - 250 * JOULE);
		/* The rest begins with the first reading, its parts where they were opened. */
		assert_int_equal(sensors_total(&s) + 250 * JOULE, i * 900 * JOULE);
	}
	sensors_close(&s);
}

static void intel_gpus_count(void **state)
{
	struct sensors s;

	(void)state;
	sensors_open(&s, MACHINES "intel-gpus");
	sensors_expect(&s, "gpu-0:hwmon gpu-1:hwmon");
	for (uint64_t i = 1; i <= 59; i++) {
		sensors_after(&s, SECOND);
		sensors_good(&s, "gpu-0", i * 75 * JOULE);
		sensors_good(&s, "gpu-1", i * 190 * JOULE); /* the card, not the package */
	}
	sensors_after(&s, 2 * SECOND); /* 61 s: it was loaded anew at 60 s */
	assert_true(sensors_reading(&s, "gpu-0")->gap);
	sensors_after(&s, SECOND);
	sensors_good(&s, "gpu-0", 60 * 75 * JOULE);
	sensors_good(&s, "gpu-1", 62 * 190 * JOULE);
	sensors_close(&s);
}

static void sockets_of_an_old_driver(void **state)
{
	struct sensors s;

	(void)state;
	sensors_open(&s, MACHINES "amd-energy");
	sensors_expect(&s, "package-0:hwmon package-1:hwmon");
	sensors_after(&s, 50 * SECOND);
	sensors_good(&s, "package-0", 50 * 180 * JOULE);
	sensors_good(&s, "package-1", 50 * 90 * JOULE);
	sensors_close(&s);
}

/* An APU's power is the socket's: a package where nothing else meters that, else shown only. */
static void an_apu_is_a_package(void **state)
{
	struct sensors s;
	char dir[64];

	(void)state;
	sensors_open(&s, MACHINES "apu");
	sensors_expect(&s, "package-0:hwmon");
	sensors_after(&s, 5 * SECOND);
	sensors_good(&s, "package-0", 140 * JOULE);
	sensors_close(&s);
	machine_make(dir);
	machine_put(dir, "root/sys/class/powercap/intel-rapl:0/name", "package-0\n");
	machine_put(dir, "root/sys/class/powercap/intel-rapl:0/energy_uj", "5\n");
	machine_put(dir, HWMON "hwmon0/name", "amdgpu\n");
	machine_put(dir, HWMON "hwmon0/power1_average", "28000000\n");
	machine_put(dir, HWMON "hwmon0/device/gpu_metrics", "\x98\x01\x02\x03");
	sensors_open(&s, dir);
	sensors_expect(&s, "package-0:powercap gpu-0:hwmon<package-0");
	sensors_close(&s);
	machine_remove(dir);
}

static void what_is_closed_or_strange_is_told(void **state)
{
	struct sensors s;
	char dir[64];

	(void)state;
	machine_make(dir);
	machine_put(dir, HWMON "hwmon0/name", "power_meter\n");
	machine_put(dir, HWMON "hwmon1/name", "power_meter\n");
	machine_put(dir, HWMON "hwmon1/power1_oem_info", "Toaster\n");
	machine_put(dir, HWMON "hwmon2/name", "amdgpu\n"); /* without a file to read */
	machine_put(dir, "values.tsv", "0\t/sys/class/hwmon/hwmon0/power1_average\t!EACCES\n");
	sensors_open(&s, dir);
	sensors_expect(&s, "");
	assert_true(sensors_finding(&s, "hwmon: /sys/class/hwmon/hwmon0/power1_average may not be "
					"read; fix: run 'gramme collect' as root, or chmod a+r "
					"/sys/class/hwmon/hwmon0/power1_average (until the next "
					"boot)")
			    ->permission);
	assert_false(sensors_finding(&s, "hwmon: hwmon1 measures something unknown")->permission);
	sensors_close(&s);
	machine_remove(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_module_is_not_added_to_its_parts),
		cmocka_unit_test(errors_are_no_energy),
		cmocka_unit_test(a_node_is_its_parts_and_the_rest),
		cmocka_unit_test(intel_gpus_count),
		cmocka_unit_test(sockets_of_an_old_driver),
		cmocka_unit_test(an_apu_is_a_package),
		cmocka_unit_test(what_is_closed_or_strange_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
