/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model: TDP, load curve and memory turned into joules, and what the notes say of them.
 */
#include "tests/unit/machine.h"

#include "collector/power/power.h"

struct fixture {
	struct machine_clock clock;
	struct world *world;
	struct power *power;
	struct power_load load;
	struct power_reading reading[POWER_DOMAINS_MAX];
	const struct power_domain *domain;
};

static void set_up(struct fixture *f, const char *dir)
{
	struct power_options options = {.model = true};

	*f = (struct fixture){.clock = machine_clock()};
	f->world = machine_open(dir, &f->clock);
	options.world = f->world;
	assert_int_equal(power_open(&options, &f->power), 0);
	power_domains(f->power, &f->domain);
	f->load =
		(struct power_load){.busy_ns = 777 * SECOND, .cpus = 4, .total_bytes = 16000000000};
}

static void tear_down(struct fixture *f)
{
	power_close(f->power);
	world_close(f->world);
}

/* Lets time pass in which the CPUs together were busy for `busy_ns`, and reads. */
static void work(struct fixture *f, uint64_t ns, uint64_t busy_ns)
{
	f->clock.monotonic_ns += ns;
	f->load.busy_ns += busy_ns;
	power_read(f->power, &f->load, f->reading);
}

/* 4 of the 128 threads of an EPYC 7763, 280 W: 8.75 W. */
static void the_curve_has_its_points(void **state)
{
	static const struct {
		uint64_t busy_ns; /* in a second of four CPUs */
		uint64_t energy_uj;
	} cases[] = {
		{0, 1050000},		     /* 0.12 x 8.75 */
		{SECOND / 5, 1925000},	     /* 5 %: 0.22 */
		{SECOND * 4 / 10, 2800000},  /* 10 %: 0.32 */
		{SECOND * 12 / 10, 4681250}, /* 30 %: 0.535 */
		{SECOND * 2, 6562500},	     /* 50 %: 0.75 */
		{SECOND * 3, 7743750},	     /* 75 %: 0.885 */
		{SECOND * 4, 8925000},	     /* 100 %: 1.02 */
		{SECOND * 5, 8925000},	     /* counted late: no more than all */
	};
	struct fixture f;
	uint64_t energy_uj = 0;

	(void)state;
	set_up(&f, MACHINES "vm");
	assert_string_equal(f.domain[0].note,
			    "TDP 280 W of AMD EPYC 7763 (codecarbon-amd), 4 of 128 threads");
	assert_int_equal(f.domain[0].quality, POWER_MODELLED);
	assert_true(f.domain[0].error_pct == 50.0);
	assert_int_equal(f.domain[0].idle_uw, 1050000);
	assert_string_equal(f.domain[0].idle_method, "model");
	work(&f, SECOND, 0);
	assert_int_equal(f.reading[0].energy_uj, 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		work(&f, SECOND, cases[i].busy_ns);
		energy_uj += cases[i].energy_uj;
		assert_int_equal(f.reading[0].energy_uj, energy_uj);
		assert_false(f.reading[0].gap || f.reading[0].error);
	}
	tear_down(&f);
}

/* 16 GB x 0.3725 W/GB = 5.96 W */
static void memory_is_constant(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f, MACHINES "vm");
	assert_int_equal(f.domain[1].kind, POWER_MEMORY);
	assert_int_equal(f.domain[1].idle_uw, 0);
	work(&f, 0, 0);
	for (uint64_t i = 1; i <= 100; i++) {
		work(&f, SECOND, i % 5 * SECOND);
		assert_int_equal(f.reading[1].energy_uj, i * 5960000);
	}
	tear_down(&f);
}

/* What is below a microjoule is carried: a million odd spans are as exact as one. */
static void short_spans_lose_nothing(void **state)
{
	struct fixture f;
	uint64_t elapsed_ns = 0;

	(void)state;
	set_up(&f, MACHINES "vm");
	work(&f, 0, 0);
	for (uint64_t i = 0; i < 1000000; i++) {
		elapsed_ns += 1 + i % 97;
		work(&f, 1 + i % 97, 0);
	}
	assert_int_equal(f.reading[0].energy_uj, 1050000 * elapsed_ns / SECOND);
	assert_int_equal(f.reading[1].energy_uj, 5960000 * elapsed_ns / SECOND);
	tear_down(&f);
}

static void what_is_not_known_is_said(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f, MACHINES "vm");
	work(&f, 0, 0);
	work(&f, SECOND, 0);
	f.load.busy_ns -= 5 * SECOND; /* the count fell */
	work(&f, SECOND, 0);
	assert_true(f.reading[0].gap);
	assert_int_equal(f.reading[0].energy_uj, 1050000);
	work(&f, SECOND, 4 * SECOND);
	assert_false(f.reading[0].gap);
	assert_int_equal(f.reading[0].energy_uj, 1050000 + 8925000);
	f.load.cpus = 0;
	f.load.total_bytes = 0;
	work(&f, SECOND, 0);
	assert_int_equal(f.reading[0].error, -ENODATA);
	assert_int_equal(f.reading[1].error, -ENODATA);
	f.load.cpus = 4;
	f.load.total_bytes = 16000000000;
	work(&f, SECOND, 0); /* covers both seconds */
	assert_int_equal(f.reading[0].energy_uj, 1050000 + 8925000 + 2 * 1050000);
	assert_int_equal(f.reading[1].energy_uj, 5 * 5960000);
	tear_down(&f);
}

/* A reading at the same instant books nothing, and what was done is not lost to the next. */
static void two_readings_at_once(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f, MACHINES "vm");
	work(&f, 0, 0);
	work(&f, 0, 4 * SECOND);
	assert_int_equal(f.reading[0].energy_uj, 0);
	work(&f, SECOND, 0);
	assert_int_equal(f.reading[0].energy_uj, 8925000);
	tear_down(&f);
}

static void a_suspend_is_no_gap_for_a_model(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f, MACHINES "vm");
	work(&f, 0, 0);
	f.clock.suspended_ns = 1000 * SECOND;
	work(&f, SECOND, 0);
	assert_false(f.reading[0].gap);
	assert_int_equal(f.reading[0].energy_uj, 1050000);
	tear_down(&f);
}

/* Idle power is 0.12 of the TDP that was taken, so it tells that TDP. */
static void expect_cpu(const char *cpuinfo, uint64_t tdp_mw, const char *note)
{
	struct fixture f;
	char dir[64];

	machine_make(dir);
	machine_put(dir, "root/proc/cpuinfo", cpuinfo);
	set_up(&f, dir);
	assert_string_equal(f.domain[0].name, "package-0");
	assert_string_equal(f.domain[0].note, note);
	assert_int_equal(f.domain[0].idle_uw, tdp_mw * 120);
	tear_down(&f);
	machine_remove(dir);
}

#define CPU(n, name, socket, siblings, cores)                                                      \
	"processor\t: " #n "\nmodel name\t: " name "\nphysical id\t: " #socket                     \
	"\nsiblings\t: " #siblings "\ncpu cores\t: " #cores "\n"

static void parts_are_scaled_to_what_is_there(void **state)
{
	(void)state;
	/* as in a VM that shows its threads as threads, as cores, or as sockets */
	expect_cpu(CPU(0, "AMD EPYC 9554 64-Core Processor", 0, 2, 1)
			   CPU(1, "AMD EPYC 9554 64-Core Processor", 0, 2, 1),
		   5625, "TDP 360 W of AMD EPYC 9554 (codecarbon-amd), 2 of 128 threads");
	expect_cpu(CPU(0, "AMD EPYC 9554 64-Core Processor", 0, 2, 2)
			   CPU(1, "AMD EPYC 9554 64-Core Processor", 0, 2, 2),
		   11250, "TDP 360 W of AMD EPYC 9554 (codecarbon-amd), 2 of 64 threads");
	expect_cpu(CPU(0, "AMD EPYC 9554 64-Core Processor", 0, 1, 1)
			   CPU(1, "AMD EPYC 9554 64-Core Processor", 1, 1, 1),
		   11250, "TDP 360 W of AMD EPYC 9554 (codecarbon-amd), 2 of 64 threads");
	/* whole parts, one of them with more threads than the table's cores can have */
	expect_cpu(CPU(0, "Intel(R) N100", 0, 1, 1) CPU(1, "Intel(R) N100", 0, 1, 1)
			   CPU(2, "Intel(R) N100", 0, 1, 1) CPU(3, "Intel(R) N100", 0, 1, 1)
				   CPU(4, "Intel(R) N100", 0, 1, 1),
		   6000, "TDP 6 W of Intel N100 (codecarbon-ark), 1 of them");
	expect_cpu(CPU(0, "13th Gen Intel(R) Core(TM) i9-13900K", 0, 32, 24), 125000,
		   "TDP 125 W of Intel Core i9-13900K (codecarbon), 1 of them");
}

static void two_sockets_have_two_tdps(void **state)
{
	struct fixture f;
	char dir[64];
	char cpuinfo[16384];
	struct world *w;
	struct machine_clock clock = machine_clock();

	(void)state;
	w = machine_open(MACHINES "two-socket-server", &clock);
	assert_in_range(w->ops->read(w, "/proc/cpuinfo", cpuinfo, sizeof(cpuinfo)), 1000, 16000);
	world_close(w);
	machine_make(dir);
	machine_put(dir, "root/proc/cpuinfo", cpuinfo);
	set_up(&f, dir);
	assert_string_equal(f.domain[0].note,
			    "TDP 150 W of Intel Xeon Gold 6244 (codecarbon-ark), 2 of them");
	assert_int_equal(f.domain[0].idle_uw, 36000000);
	tear_down(&f);
	machine_remove(dir);
}

static void unknown_parts_have_12_w_per_core(void **state)
{
	(void)state;
	expect_cpu(CPU(0, "AMD EPYC", 0, 2, 2) CPU(1, "AMD EPYC", 0, 2, 2), 24000,
		   "12 W per core x 2: 'AMD EPYC' is not in the table");
	expect_cpu(CPU(0, "Intel(R) Xeon(R) CPU @ 2.20GHz", 0, 2, 1)
			   CPU(1, "Intel(R) Xeon(R) CPU @ 2.20GHz", 0, 2, 1),
		   12000,
		   "12 W per core x 1: 'Intel(R) Xeon(R) CPU @ 2.20GHz' is not in the table");
	expect_cpu("processor\t: 0\nprocessor\t: 1\nprocessor\t: 2\n", 36000,
		   "12 W per core x 3: '' is not in the table");
	/* in a VM a part of unknown size cannot be taken for the whole */
	expect_cpu(CPU(0, "Intel(R) Xeon(R) Platinum 8375C CPU @ 2.90GHz", 0, 2, 1)
			   CPU(1, "Intel(R) Xeon(R) Platinum 8375C CPU @ 2.90GHz", 0, 2,
			       1) "flags\t: fpu hypervisor\n",
		   12000,
		   "12 W per core x 1: 'Intel(R) Xeon(R) Platinum 8375C CPU @ 2.90GHz' is in "
		   "the table without its cores");
}

static void no_cpuinfo_is_a_finding(void **state)
{
	struct fixture f;
	char dir[64];
	const struct power_finding *findings;
	size_t n;

	(void)state;
	machine_make(dir);
	machine_put(dir, "root/proc/version", "");
	set_up(&f, dir);
	assert_int_equal(power_domains(f.power, &f.domain), 1);
	assert_string_equal(f.domain[0].name, "dram-0");
	n = power_findings(f.power, &findings);
	assert_int_equal(n, 2);
	assert_string_equal(findings[1].text, "model: /proc/cpuinfo: No such file or directory: "
					      "the processor is not modelled");
	tear_down(&f);
	machine_remove(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_curve_has_its_points),
		cmocka_unit_test(memory_is_constant),
		cmocka_unit_test(short_spans_lose_nothing),
		cmocka_unit_test(what_is_not_known_is_said),
		cmocka_unit_test(two_readings_at_once),
		cmocka_unit_test(a_suspend_is_no_gap_for_a_model),
		cmocka_unit_test(parts_are_scaled_to_what_is_there),
		cmocka_unit_test(two_sockets_have_two_tdps),
		cmocka_unit_test(unknown_parts_have_12_w_per_core),
		cmocka_unit_test(no_cpuinfo_is_a_finding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
