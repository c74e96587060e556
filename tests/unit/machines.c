/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The recorded machines, all by one rule: what is added up is what they drew, to the microjoule but
 * for the instants of wraps, however often they are read. And what other trackers book of some of
 * them is not booked.
 */
#include "tests/unit/sensors.h"

static const struct {
	const char *dir;
	const char *domains; /* that are added up */
	uint64_t watts;	     /* of these together */
	uint64_t seconds;
	uint64_t step_s; /* the longest that is good */
	uint64_t off_uj; /* a wrap is recorded at a whole ns */
} machines[] = {
	{"two-socket-server", "package-0 dram-0 package-1 dram-1", 120 + 12 + 90 + 10, 3600, 600,
	 0},
	{"wrapping", "package-0", 320, 1200, 30, 7},
	{"mmio-and-psys", "package-0", 15, 600, 60, 0},
	{"mirrored-dies", "package-0-die-0", 68, 600, 60, 0},
	{"two-dies", "package-0-die-0 dram-0-die-0 package-0-die-1 dram-0-die-1", 120 + 9 + 80 + 7,
	 600, 60, 0},
	{"zen2", "package-0 package-1", 300, 1200, 60, 10},
	{"zen4", "package-0", 500, 1200, 40, 10},
	{"server-dram", "package-0 dram-0", 190, 3600, 200, 10},
	{"tpmi", "package-0 dram-0 package-1 dram-1", 350 + 300 + 60, 600, 60, 0},
	{"perf-two-socket", "package-0 package-1 dram-0 dram-1", 606, 3600, 30, 0},
	{"one-failed-read", "package-0", 100, 45, 15, 0},
	{"amd-energy", "package-0 package-1", 270, 100, 1, 0},
	{"rocm-and-zero", "gpu-0 gpu-1 gpu-2 gpu-3", 735, 20, 1, 0},
};

static void expect_added(const struct sensors *s, const char *expected)
{
	const struct power_domain *domains;
	size_t n = power_domains(s->power, &domains);
	char text[256] = "";

	for (size_t i = 0; i < n; i++)
		if (!domains[i].within[0])
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s",
				 text[0] ? " " : "", domains[i].name);
	assert_string_equal(text, expected);
}

static void no_gap(const struct sensors *s)
{
	const struct power_domain *domains;
	size_t n = power_domains(s->power, &domains);

	for (size_t i = 0; i < n; i++)
		if (!domains[i].within[0] && (s->reading[i].error || s->reading[i].gap))
			fail_msg("%s: error %d, gap %d", domains[i].name, s->reading[i].error,
				 s->reading[i].gap);
}

static void machines_draw_what_they_draw(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
		const uint64_t steps_ns[] = {SECOND, machines[i].step_s * SECOND};

		for (size_t j = 0; j < 2; j++) {
			struct sensors s;
			char dir[96];
			uint64_t t_ns = 0;
			uint64_t expected_uj = machines[i].seconds * machines[i].watts * JOULE;

			snprintf(dir, sizeof(dir), MACHINES "%s", machines[i].dir);
			sensors_open(&s, dir);
			expect_added(&s, machines[i].domains);
			for (; t_ns < machines[i].seconds * SECOND; t_ns += steps_ns[j]) {
				sensors_after(&s, steps_ns[j]);
				if (t_ns + steps_ns[j] != 15 * SECOND)
					no_gap(&s);
			}
			assert_in_range(sensors_total(&s) + machines[i].off_uj, expected_uj,
					expected_uj + 2 * machines[i].off_uj);
			sensors_close(&s);
		}
	}
}

/* CodeCarbon books 266 kJ of 4.5 kJ here: the failed read is 0 J to it, the next one a jump. */
static void a_failed_read_costs_nothing(void **state)
{
	struct sensors s;

	(void)state;
	sensors_open(&s, MACHINES "one-failed-read");
	sensors_after(&s, 15 * SECOND);
	assert_int_equal(sensors_reading(&s, "package-0")->error, -EIO);
	assert_int_equal(sensors_reading(&s, "package-0")->energy_uj, 0);
	sensors_after(&s, 15 * SECOND);
	sensors_good(&s, "package-0", 3000 * JOULE);
	sensors_after(&s, 15 * SECOND);
	sensors_good(&s, "package-0", 4500 * JOULE);
	sensors_close(&s);
}

/* Carbontracker books the mean of the devices and leaves memory out of it in part. */
static void devices_are_summed_and_memory_counts(void **state)
{
	struct sensors s;

	(void)state;
	sensors_open(&s, MACHINES "two-socket-server");
	sensors_after(&s, 100 * SECOND);
	assert_int_equal(sensors_total(&s), 100 * (120 + 90 + 12 + 10) * JOULE);
	assert_int_equal(sensors_reading(&s, "dram-0")->energy_uj, 1200 * JOULE);
	sensors_close(&s);
}

/* Without permission there are no domains, and a finding; trackers book zeros, or a guess. */
static void permission_is_no_zero(void **state)
{
	static const char *const dirs[] = {MACHINES "no-permission", MACHINES "perf-denied"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct sensors s;

		sensors_open(&s, dirs[i]);
		sensors_expect(&s, "");
		assert_true(sensors_finding(&s, "powercap: ")->permission);
		sensors_close(&s);
	}
}

/* A virtual machine's counters: one at 0, one at some other value, neither ever moves. */
static void what_never_moves_is_not_known(void **state)
{
	struct sensors s;

	(void)state;
	sensors_open(&s, MACHINES "vm-frozen");
	sensors_expect(&s, "package-1:powercap");
	sensors_finding(&s, "powercap: package-0 (intel-rapl:0) stands at 0: left out");
	for (int i = 0; i < 5; i++) {
		sensors_after(&s, SECOND);
		assert_int_equal(sensors_reading(&s, "package-1")->error, -ENODATA);
	}
	sensors_close(&s);
}

static void a_package_that_goes_and_comes_is_a_gap(void **state)
{
	struct sensors s;

	(void)state;
	sensors_open(&s, MACHINES "hot-plug");
	for (uint64_t i = 1; i <= 60; i++) {
		const struct power_reading *second;

		sensors_after(&s, SECOND);
		sensors_good(&s, "package-0", i * 100 * JOULE);
		second = sensors_reading(&s, "package-1");
		assert_int_equal(second->error, i >= 20 && i < 40 ? -ENOENT : 0);
		assert_int_equal(second->gap, i == 40);
		assert_int_equal(second->energy_uj, (i < 20    ? i
						     : i <= 40 ? 19
							       : i - 21) *
							    100 * JOULE);
	}
	sensors_close(&s);
}

/* A wrap that nobody saw, and two: what cannot be told from less is not energy. */
static void two_wraps_are_a_gap(void **state)
{
	struct sensors s;
	uint64_t longest_ns;

	(void)state;
	sensors_open(&s, MACHINES "zen4");
	longest_ns = power_longest_interval_ns(s.power);
	/* 750 W are allowed for: in 43.8 s, twice of that, no second wrap fits. */
	assert_in_range(longest_ns, 43 * SECOND, 44 * SECOND);
	sensors_after(&s, 263 * SECOND);
	assert_true(sensors_reading(&s, "package-0")->gap);
	assert_int_equal(sensors_reading(&s, "package-0")->energy_uj, 0);
	for (uint64_t i = 1; i < 20; i++) {
		sensors_after(&s, longest_ns);
		sensors_good_within(&s, "package-0", i * (longest_ns / 1000 * 500), 20000);
	}
	sensors_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(machines_draw_what_they_draw),
		cmocka_unit_test(a_failed_read_costs_nothing),
		cmocka_unit_test(devices_are_summed_and_memory_counts),
		cmocka_unit_test(permission_is_no_zero),
		cmocka_unit_test(what_never_moves_is_not_known),
		cmocka_unit_test(a_package_that_goes_and_comes_is_a_gap),
		cmocka_unit_test(two_wraps_are_a_gap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
