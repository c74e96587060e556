/* SPDX-License-Identifier: Apache-2.0 */
/*
 * powercap: which domains the recorded machines have, and what they draw.
 */
#include "tests/unit/machine.h"

#include "collector/power/power.h"

#define PACKAGE "root/sys/class/powercap/intel-rapl:0/"
#define ENERGY	"/sys/class/powercap/intel-rapl:0/energy_uj"

static const struct power_load no_load;

struct fixture {
	struct machine_clock clock;
	struct world *world;
	struct power *power;
	struct power_reading reading[POWER_DOMAINS_MAX];
};

static void set_up(struct fixture *f, const char *dir)
{
	struct power_options options = {.model = false};

	f->clock = machine_clock();
	f->world = machine_open(dir, &f->clock);
	options.world = f->world;
	assert_int_equal(power_open(&options, &f->power), 0);
}

static void tear_down(struct fixture *f)
{
	power_close(f->power);
	world_close(f->world);
}

/* Lets the time go on and reads. */
static void after(struct fixture *f, uint64_t ns)
{
	f->clock.monotonic_ns += ns;
	power_read(f->power, &no_load, f->reading);
}

static size_t domain(const struct fixture *f, const char *name)
{
	const struct power_domain *domains;
	size_t n = power_domains(f->power, &domains);

	for (size_t i = 0; i < n; i++)
		if (!strcmp(domains[i].name, name))
			return i;
	fail_msg("no domain %s", name);
	return 0;
}

static const struct power_reading *reading(const struct fixture *f, const char *name)
{
	return &f->reading[domain(f, name)];
}

static void expect_domains(const struct fixture *f, const char *expected)
{
	const struct power_domain *domains;
	size_t n = power_domains(f->power, &domains);
	char text[512] = "";

	for (size_t i = 0; i < n; i++) {
		size_t used = strlen(text);

		snprintf(text + used, sizeof(text) - used, "%s%s%s ", domains[i].name,
			 domains[i].within[0] ? "<" : "", domains[i].within);
		assert_string_equal(domains[i].source, "powercap");
		assert_int_equal(domains[i].quality, POWER_MEASURED);
	}
	assert_string_equal(text, expected);
}

static const struct power_finding *only_finding(const struct fixture *f)
{
	const struct power_finding *findings;

	assert_int_equal(power_findings(f->power, &findings), 1);
	assert_string_equal(findings->source, "powercap");
	return findings;
}

static void expect_good(const struct fixture *f, const char *name, uint64_t energy_uj)
{
	const struct power_reading *r = reading(f, name);

	assert_int_equal(r->error, 0);
	assert_false(r->gap);
	assert_true(r->t_ns == f->clock.monotonic_ns);
	assert_int_equal(r->energy_uj, energy_uj);
}

static void two_sockets_by_name(void **state)
{
	struct fixture f;
	const struct power_domain *domains;
	const struct power_finding *findings;

	(void)state;
	set_up(&f, MACHINES "two-socket-server");
	expect_domains(&f, "package-0 dram-0 package-1 dram-1 ");
	assert_int_equal(power_findings(f.power, &findings), 0);
	power_domains(f.power, &domains);
	assert_int_equal(domains[0].kind, POWER_CPU);
	assert_int_equal(domains[1].kind, POWER_MEMORY);
	assert_true(domains[0].error_pct == 5.0);
	assert_int_equal(domains[0].idle_uw, 0);
	assert_string_equal(domains[0].idle_method, "none");
	assert_string_equal(domains[0].note, "RAPL counter intel-rapl:1 'package-0'");
	for (int i = 0; i < 7200; i++) {
		uint64_t seconds = (uint64_t)i + 1;

		after(&f, SECOND);
		expect_good(&f, "package-0", seconds * 120 * JOULE);
		expect_good(&f, "dram-0", seconds * 12 * JOULE);
		expect_good(&f, "package-1", seconds * 90 * JOULE);
		expect_good(&f, "dram-1", seconds * 10 * JOULE);
	}
	after(&f, SECOND);
	assert_int_equal(reading(&f, "package-0")->error, -ENODATA);
	assert_int_equal(reading(&f, "package-0")->energy_uj, 7200 * 120 * JOULE);
	tear_down(&f);
}

/* 1.5 times the limit of 180 W; the counter's range at that power, halved. */
static void the_longest_interval_follows_the_limits(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f, MACHINES "two-socket-server");
	assert_true(power_longest_interval_ns(f.power) == 4194303999023ULL * 1000 / 270 / 2);
	tear_down(&f);
	set_up(&f, MACHINES "wrapping");
	assert_true(power_longest_interval_ns(f.power) == 65532610987ULL / 2);
	tear_down(&f);
}

/* The instants of the recorded wraps are whole ns, so a wrap may be a microjoule off. */
static void wraps_are_counted(void **state)
{
	static const uint64_t steps[] = {SECOND / 5, SECOND, 30 * SECOND};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct fixture f;
		uint64_t elapsed_ns = 0;

		set_up(&f, MACHINES "wrapping");
		expect_domains(&f, "package-0 core-0<package-0 ");
		while (elapsed_ns < 1200 * SECOND) {
			elapsed_ns += steps[i];
			after(&f, steps[i]);
			assert_false(reading(&f, "package-0")->gap);
			assert_false(reading(&f, "core-0")->gap);
			assert_in_range(reading(&f, "package-0")->energy_uj,
					elapsed_ns / 1000 * 320 - 6, elapsed_ns / 1000 * 320 + 6);
			assert_in_range(reading(&f, "core-0")->energy_uj,
					elapsed_ns / 1000 * 240 - 6, elapsed_ns / 1000 * 240 + 6);
		}
		tear_down(&f);
	}
}

static void read_too_seldom_is_a_gap(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f, MACHINES "wrapping");
	after(&f, 2 * power_longest_interval_ns(f.power) + 2);
	assert_true(reading(&f, "package-0")->gap);
	assert_int_equal(reading(&f, "package-0")->energy_uj, 0);
	after(&f, SECOND);
	expect_good(&f, "package-0", 320 * JOULE);
	tear_down(&f);
}

static void no_permission_is_told(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f, MACHINES "no-permission");
	expect_domains(&f, "");
	assert_true(only_finding(&f)->permission);
	assert_string_equal(only_finding(&f)->text,
			    "powercap: package-0 and its like are there, but may not be read; fix: "
			    "run 'gramme collect' as root, or open them to all users until the "
			    "next boot: chmod a+r /sys/class/powercap/intel-rapl:*/energy_uj");
	tear_down(&f);
}

static void no_sensor_is_told(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f, MACHINES "vm");
	expect_domains(&f, "");
	assert_false(only_finding(&f)->permission);
	assert_string_equal(only_finding(&f)->text,
			    "powercap: no RAPL counters here (a virtual machine? if not: modprobe "
			    "intel_rapl_msr)");
	assert_true(power_longest_interval_ns(f.power) == UINT64_MAX);
	tear_down(&f);
}

static void each_joule_once(void **state)
{
	struct fixture f;
	const struct power_domain *domains;
	uint64_t total_uj = 0;

	(void)state;
	set_up(&f, MACHINES "mmio-and-psys");
	expect_domains(&f, "package-0 core-0<package-0 uncore-0<package-0 psys<node ");
	for (int i = 0; i < 15; i++)
		after(&f, 60 * SECOND);
	expect_good(&f, "core-0", 900 * 9 * JOULE);
	expect_good(&f, "uncore-0", 900 * JOULE);
	expect_good(&f, "psys", 900 * 30 * JOULE);
	for (size_t i = 0; i < power_domains(f.power, &domains); i++)
		total_uj += domains[i].within[0] ? 0 : f.reading[i].energy_uj;
	assert_int_equal(total_uj, 900 * 15 * JOULE);
	assert_int_equal(domains[domain(&f, "psys")].kind, POWER_NODE);
	tear_down(&f);
}

static void mirrored_dies_are_one(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f, MACHINES "mirrored-dies");
	expect_domains(&f, "package-0-die-0 core-0-die-0<package-0-die-0 ");
	assert_string_equal(only_finding(&f)->text,
			    "powercap: package-0-die-1 (intel-rapl:1) shows the counter of "
			    "package-0-die-0 (intel-rapl:0) once more: left out");
	after(&f, 10 * SECOND);
	expect_good(&f, "package-0-die-0", 680 * JOULE);
	tear_down(&f);
}

static void errors_and_gaps(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f, MACHINES "flaky");
	expect_domains(&f, "package-0 core-0<package-0 ");
	assert_string_equal(only_finding(&f)->text,
			    "powercap: dram-0 (intel-rapl:0:1) stands at 0: left out");
	after(&f, 9 * SECOND);
	expect_good(&f, "package-0", 450 * JOULE);
	after(&f, 3 * SECOND); /* 12 s: EIO */
	assert_int_equal(reading(&f, "package-0")->error, -EIO);
	assert_false(reading(&f, "package-0")->gap);
	assert_int_equal(reading(&f, "package-0")->energy_uj, 450 * JOULE);
	expect_good(&f, "core-0", 240 * JOULE);
	after(&f, 4 * SECOND); /* 16 s: the next good reading covers the errors */
	expect_good(&f, "package-0", 800 * JOULE);
	after(&f, 5 * SECOND); /* 21 s: it was reset at 20 s */
	assert_true(reading(&f, "package-0")->gap);
	assert_int_equal(reading(&f, "package-0")->error, 0);
	assert_int_equal(reading(&f, "package-0")->energy_uj, 800 * JOULE);
	after(&f, 4 * SECOND);
	expect_good(&f, "package-0", 1000 * JOULE);
	after(&f, 6 * SECOND); /* 31 s: it jumped at 30 s */
	assert_true(reading(&f, "package-0")->gap);
	after(&f, 9 * SECOND);
	expect_good(&f, "package-0", 1450 * JOULE);
	after(&f, 5 * SECOND); /* 45 s: it stands since 40 s */
	assert_int_equal(reading(&f, "package-0")->error, -ENODATA);
	after(&f, 10 * SECOND); /* 55 s: it goes on since 50 s, nobody knows what it missed */
	assert_true(reading(&f, "package-0")->gap);
	after(&f, 5 * SECOND);
	expect_good(&f, "package-0", 1700 * JOULE);
	expect_good(&f, "core-0", 1200 * JOULE);
	tear_down(&f);
}

static void a_suspend_is_a_gap(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f, MACHINES "two-socket-server");
	after(&f, SECOND);
	expect_good(&f, "package-0", 120 * JOULE);
	f.clock.suspended_ns += 3600 * SECOND;
	after(&f, SECOND);
	assert_true(reading(&f, "package-0")->gap);
	assert_true(reading(&f, "dram-1")->gap);
	assert_int_equal(reading(&f, "package-0")->energy_uj, 120 * JOULE);
	after(&f, SECOND);
	expect_good(&f, "package-0", 240 * JOULE);
	tear_down(&f);
}

static void a_suspend_while_unreadable_is_a_gap_too(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f, MACHINES "flaky");
	after(&f, 9 * SECOND);
	f.clock.suspended_ns += SECOND;
	after(&f, 2 * SECOND);
	assert_int_equal(reading(&f, "package-0")->error, -EIO);
	assert_true(reading(&f, "core-0")->gap);
	after(&f, 5 * SECOND);
	assert_true(reading(&f, "package-0")->gap);
	assert_false(reading(&f, "core-0")->gap);
	tear_down(&f);
}

/* A package of a made machine: 100 W, with a limit that the test chooses. */
static void make_package(char *dir, const char *limit_uw)
{
	machine_make(dir);
	machine_put(dir, PACKAGE "name", "package-0\n");
	machine_put(dir, PACKAGE "max_energy_range_uj", "262143328850\n");
	machine_put(dir, PACKAGE "constraint_0_power_limit_uw", limit_uw);
	machine_put(dir, "values.tsv",
		    "0\t" ENERGY "\t1000000\n10000000000\t" ENERGY "\t1001000000\n"
		    "20000000000\t" ENERGY "\t9001000000\n");
}

/* From 10 s on it draws 800 W: absurd for a limit of 200 W, but not once that has been raised. */
static void raised_limits_are_seen(void **state)
{
	struct fixture f;
	char dir[64];

	(void)state;
	make_package(dir, "200000000\n");
	set_up(&f, dir);
	after(&f, 10 * SECOND);
	expect_good(&f, "package-0", 1000 * JOULE);
	after(&f, SECOND);
	assert_true(reading(&f, "package-0")->gap);
	machine_put(dir, PACKAGE "constraint_0_power_limit_uw", "600000000\n");
	after(&f, SECOND);
	expect_good(&f, "package-0", 1800 * JOULE);
	tear_down(&f);
	machine_remove(dir);
}

/* No limit, absurd ones and ones that hardware cannot keep to: between 200 W and 1 kW is taken. */
static void absurd_limits_are_bounded(void **state)
{
	static const struct {
		const char *limit_uw;
		uint64_t ceiling_w;
	} cases[] = {{"0\n", 1000},	     {"18446744073709551615\n", 1000},
		     {"4095000000\n", 1000}, {"nonsense\n", 1000},
		     {"1000000\n", 200},     {"300000000\n", 450}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fixture f;
		char dir[64];

		make_package(dir, cases[i].limit_uw);
		set_up(&f, dir);
		assert_in_range(power_longest_interval_ns(f.power),
				262143328850ULL * 1000 / cases[i].ceiling_w / 2 - 1,
				262143328850ULL * 1000 / cases[i].ceiling_w / 2 + 1);
		tear_down(&f);
		machine_remove(dir);
	}
}

static void two_packages_of_one_name_that_differ(void **state)
{
	struct fixture f;
	char dir[64];
	const struct power_finding *findings;

	(void)state;
	make_package(dir, "0\n");
	machine_put(dir, "root/sys/class/powercap/intel-rapl:1/name", "package-0\n");
	machine_put(dir, "root/sys/class/powercap/intel-rapl:1/energy_uj", "77000000\n");
	machine_put(dir, "root/sys/class/powercap/intel-rapl:1:0/name", "core\n");
	machine_put(dir, "root/sys/class/powercap/intel-rapl:1:0/energy_uj", "7000000\n");
	set_up(&f, dir);
	expect_domains(&f, "package-0 package-0-zone-1 core-0-zone-1<package-0-zone-1 ");
	assert_int_equal(power_findings(f.power, &findings), 0);
	tear_down(&f);
	machine_remove(dir);
}

static void strange_zones_are_left_out(void **state)
{
	struct fixture f;
	char dir[64];
	const struct power_finding *findings;

	(void)state;
	make_package(dir, "0\n");
	machine_put(dir, "root/sys/class/powercap/intel-rapl:2/name", "evil\033[31m\n");
	machine_put(dir, "root/sys/class/powercap/intel-rapl:3/name", "gadget\n");
	machine_put(dir, "root/sys/class/powercap/intel-rapl:4/energy_uj", "5\n");
	machine_put(dir, "root/sys/class/powercap/intel-rapl:5/name", "package-1\n");
	machine_put(dir, "root/sys/class/powercap/intel-rapl:5/energy_uj", "nonsense\n");
	machine_put(dir, "root/sys/class/powercap/intel-rapl:5:0/name", "core\n");
	machine_put(dir, "root/sys/class/powercap/intel-rapl:5:0/energy_uj", "5\n");
	machine_put(dir, "root/sys/class/powercap/intel-rapl:x/name", "package-2\n");
	machine_put(dir, "root/sys/class/powercap/dtpm:0/name", "package-3\n");
	set_up(&f, dir);
	expect_domains(&f, "package-0 ");
	assert_int_equal(power_findings(f.power, &findings), 4);
	assert_string_equal(findings[0].text,
			    "powercap: intel-rapl:2 (''): Invalid argument, left out");
	assert_string_equal(findings[1].text,
			    "powercap: intel-rapl:3 ('gadget'): is of no known kind, left out");
	assert_string_equal(findings[2].text,
			    "powercap: intel-rapl:4 (''): No such file or directory, left out");
	assert_string_equal(findings[3].text,
			    "powercap: package-1 (intel-rapl:5) Invalid argument: left out");
	tear_down(&f);
	machine_remove(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_sockets_by_name),
		cmocka_unit_test(the_longest_interval_follows_the_limits),
		cmocka_unit_test(wraps_are_counted),
		cmocka_unit_test(read_too_seldom_is_a_gap),
		cmocka_unit_test(no_permission_is_told),
		cmocka_unit_test(no_sensor_is_told),
		cmocka_unit_test(each_joule_once),
		cmocka_unit_test(mirrored_dies_are_one),
		cmocka_unit_test(errors_and_gaps),
		cmocka_unit_test(a_suspend_is_a_gap),
		cmocka_unit_test(a_suspend_while_unreadable_is_a_gap_too),
		cmocka_unit_test(raised_limits_are_seen),
		cmocka_unit_test(absurd_limits_are_bounded),
		cmocka_unit_test(two_packages_of_one_name_that_differ),
		cmocka_unit_test(strange_zones_are_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
