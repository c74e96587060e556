/* SPDX-License-Identifier: Apache-2.0 */
/*
 * power: which source speaks, what contains what, and recorded traces.
 */
#include "tests/unit/machine.h"

#include "collector/power/power.h"

static struct power_load load = {.cpus = 4, .total_bytes = 16000000000};

struct fixture {
	struct machine_clock clock;
	struct world *world;
	struct power *power;
	struct power_reading reading[POWER_DOMAINS_MAX];
};

static void set_up(struct fixture *f, const char *dir, bool model)
{
	struct power_options options = {.model = model};

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

static void after(struct fixture *f, uint64_t ns)
{
	f->clock.monotonic_ns += ns;
	power_read(f->power, &load, f->reading);
}

/* "name:source" of every domain, with what contains it. */
static void expect_domains(const struct fixture *f, const char *expected)
{
	const struct power_domain *domains;
	size_t n = power_domains(f->power, &domains);
	char text[512] = "";

	for (size_t i = 0; i < n; i++) {
		size_t used = strlen(text);

		snprintf(text + used, sizeof(text) - used, "%s:%s%s%s ", domains[i].name,
			 domains[i].source, domains[i].within[0] ? "<" : "", domains[i].within);
	}
	assert_string_equal(text, expected);
}

static void the_model_fills_what_is_missing(void **state)
{
	static const struct {
		const char *dir;
		const char *domains;
		const char *with_model;
	} cases[] = {
		{MACHINES "two-socket-server",
		 "package-0:powercap dram-0:powercap package-1:powercap dram-1:powercap ",
		 "package-0:powercap dram-0:powercap package-1:powercap dram-1:powercap "},
		{MACHINES "wrapping", "package-0:powercap core-0:powercap<package-0 ",
		 "package-0:powercap core-0:powercap<package-0 dram-0:model "},
		{MACHINES "no-permission", "", "package-0:model dram-0:model "},
		{MACHINES "vm", "", "package-0:model dram-0:model "},
		{MACHINES "mmio-and-psys",
		 "package-0:powercap core-0:powercap<package-0 uncore-0:powercap<package-0 "
		 "psys:powercap<node ",
		 "package-0:powercap core-0:powercap<package-0 uncore-0:powercap<package-0 "
		 "psys:powercap<node dram-0:model "},
		{MACHINES "flaky", "package-0:powercap core-0:powercap<package-0 ",
		 "package-0:powercap core-0:powercap<package-0 dram-0:model "},
		{MACHINES "mirrored-dies",
		 "package-0-die-0:powercap core-0-die-0:powercap<package-0-die-0 ",
		 "package-0-die-0:powercap core-0-die-0:powercap<package-0-die-0 dram-0:model "},
		{MACHINES "wall-meter", "node:replay<machine gpu-0:replay rest:replay ",
		 "node:replay<machine gpu-0:replay package-0:model dram-0:model rest:replay "},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fixture f;

		set_up(&f, cases[i].dir, false);
		expect_domains(&f, cases[i].domains);
		tear_down(&f);
		set_up(&f, cases[i].dir, true);
		expect_domains(&f, cases[i].with_model);
		tear_down(&f);
	}
}

static void this_machine_can_be_opened(void **state)
{
	const struct power_options options = {.world = world_real(), .model = true};
	struct power_reading readings[POWER_DOMAINS_MAX];
	const struct power_domain *domains;
	struct power *power;
	size_t n;

	(void)state;
	assert_int_equal(power_open(&options, &power), 0);
	n = power_domains(power, &domains);
	assert_in_range(n, 2, POWER_DOMAINS_MAX);
	power_read(power, &load, readings);
	for (size_t i = 0; i < n; i++) {
		assert_true(domains[i].name[0] && domains[i].note[0]);
		assert_true(readings[i].t_ns <= options.world->ops->monotonic_ns(options.world));
	}
	power_close(power);
	power_close(NULL);
}

static void a_trace_is_straight_between_records(void **state)
{
	struct fixture f;
	const struct power_domain *domains;
	const struct power_finding *findings;

	(void)state;
	set_up(&f, MACHINES "wall-meter", false);
	power_domains(f.power, &domains);
	assert_int_equal(domains[0].kind, POWER_NODE);
	assert_true(domains[0].error_pct == 1.0);
	assert_int_equal(domains[1].kind, POWER_GPU);
	assert_int_equal(domains[1].quality, POWER_MEASURED);
	assert_true(power_longest_interval_ns(f.power) == UINT64_MAX);
	assert_int_equal(power_findings(f.power, &findings), 1); /* powercap has none */
	for (uint64_t i = 1; i <= 59; i++) {
		after(&f, SECOND);
		assert_false(f.reading[0].gap || f.reading[1].gap);
		assert_int_equal(f.reading[0].energy_uj, i * 300 * JOULE);
		assert_int_equal(f.reading[1].energy_uj, i * 100 * JOULE);
	}
	after(&f, 2 * SECOND); /* at 60 s the GPU's count began anew */
	assert_false(f.reading[0].gap);
	assert_int_equal(f.reading[0].energy_uj, 61 * 300 * JOULE);
	assert_true(f.reading[1].gap);
	assert_int_equal(f.reading[1].energy_uj, 59 * 100 * JOULE);
	after(&f, SECOND);
	assert_false(f.reading[1].gap);
	assert_int_equal(f.reading[1].energy_uj, 60 * 100 * JOULE);
	after(&f, 58 * SECOND);
	assert_int_equal(f.reading[0].energy_uj, 120 * 300 * JOULE);
	after(&f, 1);
	assert_true(f.reading[0].gap && f.reading[1].gap);
	assert_int_equal(f.reading[0].error, 0);
	assert_int_equal(f.reading[0].energy_uj, 120 * 300 * JOULE);
	tear_down(&f);
}

/* Not known before the first record, while the count falls, and until the reading after that. */
static void what_a_trace_does_not_tell_is_a_gap(void **state)
{
	struct fixture f;
	char dir[64];

	(void)state;
	machine_make(dir);
	machine_put(dir, "trace.tsv",
		    "# comment\n#domain\tgpu-0\t-\tgpu\tderived\t2.25\n"
		    "10000000000\tgpu-0\t1000\n20000000000\tgpu-0\t2000\n"
		    "30000000000\tgpu-0\t500\n40000000000\tgpu-0\t1500\n");
	set_up(&f, dir, false);
	expect_domains(&f, "gpu-0:replay ");
	after(&f, 5 * SECOND);
	assert_true(f.reading[0].gap);
	after(&f, 5 * SECOND);
	assert_true(f.reading[0].gap);
	after(&f, 5 * SECOND);
	assert_false(f.reading[0].gap);
	assert_int_equal(f.reading[0].energy_uj, 500);
	after(&f, 10 * SECOND); /* 25 s, on the way down */
	assert_true(f.reading[0].gap);
	after(&f, 10 * SECOND);
	assert_true(f.reading[0].gap);
	assert_int_equal(f.reading[0].energy_uj, 500);
	after(&f, 5 * SECOND);
	assert_false(f.reading[0].gap);
	assert_int_equal(f.reading[0].energy_uj, 1000);
	tear_down(&f);
	machine_remove(dir);
}

static void a_trace_goes_before_the_counters(void **state)
{
	struct fixture f;
	char dir[64];

	(void)state;
	machine_make(dir);
	machine_put(dir, "trace.tsv",
		    "#domain\tpackage-7\t-\tcpu\tmeasured\t3\n"
		    "0\tpackage-7\t5\n10000000000\tpackage-7\t1000000005\n");
	machine_put(dir, "root/sys/class/powercap/intel-rapl:0/name", "package-0\n");
	machine_put(dir, "root/sys/class/powercap/intel-rapl:0/energy_uj", "5\n");
	machine_put(dir, "root/sys/class/powercap/intel-rapl:0:0/name", "dram\n");
	machine_put(dir, "root/sys/class/powercap/intel-rapl:0:0/energy_uj", "7\n");
	machine_put(dir, "values.tsv",
		    "0\t/sys/class/powercap/intel-rapl:0:0/energy_uj\t7\n"
		    "10000000000\t/sys/class/powercap/intel-rapl:0:0/energy_uj\t100000007\n");
	set_up(&f, dir, true);
	expect_domains(&f, "package-7:replay dram-0:powercap ");
	after(&f, SECOND);
	assert_int_equal(f.reading[0].energy_uj, 100 * JOULE);
	assert_int_equal(f.reading[1].energy_uj, 10 * JOULE);
	tear_down(&f);
	machine_remove(dir);
}

#define DOMAIN "#domain\tgpu-0\t-\tgpu\tmeasured\t5\n"

static void damaged_traces_are_named(void **state)
{
	static const struct {
		const char *text;
		const char *why;
	} cases[] = {
		{"", "trace.tsv:0: the file ends without a domain"},
		{DOMAIN, "trace.tsv:1: the file ends without a record"},
		{DOMAIN "x\tgpu-0\t5\n", "trace.tsv:2: the time is no number"},
		{DOMAIN "0\tgpu-0\t-5\n", "trace.tsv:2: the energy is no number"},
		{DOMAIN "0\tgpu-1\t5\n", "trace.tsv:2: no #domain line"},
		{DOMAIN "0\tgpu-0\n", "trace.tsv:2: there must be three fields"},
		{DOMAIN "5\tgpu-0\t1\n4\tgpu-0\t2\n", "trace.tsv:3: the time is before"},
		{DOMAIN DOMAIN, "trace.tsv:2: the domain is there already"},
		{"#domain\tgpu-0\t-\tgpu\tmeasured\n", "trace.tsv:1: a #domain line has"},
		{"#domain\tGPU 0\t-\tgpu\tmeasured\t5\n", "trace.tsv:1: the domain's name"},
		{"#domain\t\t-\tgpu\tmeasured\t5\n", "trace.tsv:1: the domain's name"},
		{"#domain\ta23456789012345678901234567890123\t-\tgpu\tmeasured\t5\n",
		 "trace.tsv:1: the domain's name"},
		{"#domain\tgpu-0\t\tgpu\tmeasured\t5\n", "trace.tsv:1: 'within' is"},
		{"#domain\tgpu-0\t-\ttpu\tmeasured\t5\n", "trace.tsv:1: the kind is none"},
		{"#domain\tgpu-0\t-\tgpu\tguessed\t5\n", "trace.tsv:1: the quality is none"},
		{"#domain\tgpu-0\t-\tgpu\tmeasured\tnan\n", "trace.tsv:1: the error is no"},
		{"#domain\tgpu-0\t-\tgpu\tmeasured\t-5\n", "trace.tsv:1: the error is no"},
		{"#domain\tgpu-0\t-\tgpu\tmeasured\t5.\n", "trace.tsv:1: the error is no"},
	};
	char dir[64];

	(void)state;
	machine_make(dir);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fixture f;
		const struct power_finding *findings;

		machine_put(dir, "trace.tsv", cases[i].text);
		set_up(&f, dir, false);
		expect_domains(&f, "");
		assert_in_range(power_findings(f.power, &findings), 1, 2);
		if (!strstr(findings[0].text, cases[i].why))
			fail_msg("'%s' is not told by '%s'", cases[i].why, findings[0].text);
		tear_down(&f);
	}
	machine_remove(dir);
}

static void more_domains_than_there_is_room(void **state)
{
	struct fixture f;
	char dir[64];
	char text[8192] = "";
	size_t used = 0;
	const struct power_finding *findings;

	(void)state;
	for (int i = 0; i <= POWER_DOMAINS_MAX; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
					 "#domain\tgpu-%d\t-\tgpu\tmeasured\t5\n0\tgpu-%d\t5\n", i,
					 i);
	machine_make(dir);
	machine_put(dir, "trace.tsv", text);
	set_up(&f, dir, false);
	expect_domains(&f, "");
	assert_int_not_equal(power_findings(f.power, &findings), 0);
	assert_string_equal(findings[0].text,
			    "replay: trace.tsv:129: there are too many domains; not used");
	tear_down(&f);
	machine_remove(dir);
}

static void findings_beyond_the_last_are_dropped(void **state)
{
	struct fixture f;
	char dir[64];
	const struct power_finding *findings;

	(void)state;
	machine_make(dir);
	for (int i = 0; i < 3 * POWER_FINDINGS_MAX; i++) {
		char path[64];

		snprintf(path, sizeof(path), "root/sys/class/powercap/intel-rapl:%d/name", i);
		machine_put(dir, path, "unknown\n");
	}
	set_up(&f, dir, false);
	assert_int_equal(power_findings(f.power, &findings), POWER_FINDINGS_MAX);
	tear_down(&f);
	machine_remove(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_model_fills_what_is_missing),
		cmocka_unit_test(this_machine_can_be_opened),
		cmocka_unit_test(a_trace_is_straight_between_records),
		cmocka_unit_test(what_a_trace_does_not_tell_is_a_gap),
		cmocka_unit_test(a_trace_goes_before_the_counters),
		cmocka_unit_test(damaged_traces_are_named),
		cmocka_unit_test(more_domains_than_there_is_room),
		cmocka_unit_test(findings_beyond_the_last_are_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
