/* SPDX-License-Identifier: Apache-2.0 */
/*
 * processor: names as kernels show them, the table of parts, and /proc/cpuinfo of many forms.
 */
#include "tests/unit/machine.h"

#include "collector/embed.h"
#include "collector/power/processor.h"
#include "collector/tsv.h"

EMBED(all_parts, "collector/power/cpu.tsv");

static void names_lose_what_is_no_part_of_the_model(void **state)
{
	static const struct {
		const char *name;
		const char *key;
	} cases[] = {
		{"Intel(R) Xeon(R) CPU E5-2680 v4 @ 2.40GHz", "intel xeon e5 2680 v4"},
		{"Intel(R) Xeon(R) CPU           X5650  @ 2.67GHz", "intel xeon x5650"},
		{"AMD EPYC 9554 64-Core Processor", "amd epyc 9554"},
		{"AMD Ryzen Threadripper PRO 5995WX 64-Cores", "amd ryzen threadripper pro 5995wx"},
		{"AMD FX(tm)-8350 Eight-Core Processor", "amd fx 8350"},
		{"Intel(R) Core(TM)2 Duo CPU     E8400  @ 3.00GHz", "intel core 2 duo e8400"},
		{"AMD Ryzen AI 9 HX 370 w/ Radeon 890M", "amd ryzen ai 9 hx 370"},
		{"AMD A10-7850K Radeon R7, 12 Compute Cores 4C+8G", "amd a10 7850k"},
		{"11th Gen Intel(R) Core(TM) i7-1165G7 @ 2.80GHz", "intel core i7 1165g7"},
		{"Intel(R) Xeon(R) CPU @ 2.20GHz", "intel xeon"},
		{"core", "core"},
		{"0", "0"},
		{"", ""},
		{"@", ""},
		{"(r)(R)(tm)", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char key[96];

		processor_key(cases[i].name, strlen(cases[i].name), key, sizeof(key));
		assert_string_equal(key, cases[i].key);
	}
}

static void long_names_are_cut(void **state)
{
	char name[4096];
	char key[96];

	(void)state;
	memset(name, 'x', sizeof(name));
	for (size_t i = 30; i < sizeof(name); i += 31)
		name[i] = ' ';
	processor_key(name, sizeof(name), key, sizeof(key));
	assert_in_range(strlen(key), 1, sizeof(key) - 1);
	memset(name, 'x', sizeof(name));
	processor_key(name, sizeof(name), key, sizeof(key));
	assert_int_equal(strlen(key), 23);
}

/* Strings that kernels have shown, with what their makers state. */
static void real_names_are_found(void **state)
{
	static const struct {
		const char *name;
		uint64_t tdp_w;
		uint32_t cores;
	} cases[] = {
		{"AMD EPYC 9554 64-Core Processor", 360, 64},
		{"AMD EPYC 7763 64-Core Processor", 280, 64},
		{"AMD EPYC 7443P 24-Core Processor", 200, 24},
		{"AMD Ryzen 9 5950X 16-Core Processor", 105, 16},
		{"AMD Ryzen 7 4800H with Radeon Graphics", 45, 8},
		{"AMD Ryzen AI 9 HX 370 w/ Radeon 890M", 28, 12},
		{"AMD Ryzen Threadripper 1950X 16-Core Processor", 180, 16},
		{"AMD FX(tm)-8350 Eight-Core Processor", 125, 8},
		{"AMD Opteron(tm) Processor 6276", 115, 16},
		{"AMD Opteron(TM) Processor 6276                 ", 115, 16},
		{"AMD A10-7850K Radeon R7, 12 Compute Cores 4C+8G", 95, 4},
		{"Intel(R) Xeon(R) CPU E5-2670 0 @ 2.60GHz", 115, 8},
		{"Intel(R) Xeon(R) CPU E5-2680 v4 @ 2.40GHz", 120, 14},
		{"Intel(R) Xeon(R) CPU           X5650  @ 2.67GHz", 95, 6},
		{"Intel(R) Xeon(R) Gold 6248R CPU @ 3.00GHz", 205, 24},
		{"Intel(R) Xeon(R) Platinum 8375C CPU @ 2.90GHz", 300, 0},
		{"INTEL(R) XEON(R) PLATINUM 8592+", 350, 64},
		{"Intel(R) Xeon(R) 6980P", 500, 128},
		{"11th Gen Intel(R) Core(TM) i7-1165G7 @ 2.80GHz", 28, 0},
		{"13th Gen Intel(R) Core(TM) i9-13900K", 125, 0},
		{"Intel(R) Core(TM) i7 CPU         920  @ 2.67GHz", 130, 0},
		{"Intel(R) Core(TM)2 Duo CPU     E8400  @ 3.00GHz", 65, 0},
		{"Intel(R) Core(TM) Ultra 7 155H", 28, 0},
		{"Intel(R) N100", 6, 4},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct processor_part part;

		if (processor_find(cases[i].name, &part))
			fail_msg("'%s' is not found", cases[i].name);
		assert_int_equal(part.tdp_mw, cases[i].tdp_w * 1000);
		assert_int_equal(part.cores, cases[i].cores);
		assert_true(part.model[0] && part.source[0]);
	}
}

/* Names of virtual and secret parts, and names that some listed one begins with or contains. */
static void near_parts_are_not_taken(void **state)
{
	static const char *const names[] = {
		"AMD EPYC",
		"AMD EPYC 7B13",
		"AMD EPYC 9R14",
		"AMD EPYC Processor",
		"AMD EPYC-Milan Processor",
		"AMD EPYC 955",
		"AMD EPYC 9554X 64-Core Processor",
		"AMD Eng Sample: 100-000000053-04_32/20_N",
		"Intel(R) Xeon(R) CPU @ 2.20GHz",
		"Intel(R) Xeon(R) Processor @ 2.50GHz",
		"Intel(R) Xeon(R) Platinum 8488C",
		"Intel(R) Xeon(TM) CPU 3.00GHz",
		"Intel Xeon Processor (Skylake, IBRS)",
		"Intel(R) Core(TM) i7",
		"Genuine Intel(R) CPU 0000 @ 2.00GHz",
		"QEMU Virtual CPU version 2.5+",
		"Common KVM processor",
		"ARMv7 Processor rev 4 (v7l)",
		"",
		"\t\n\033[31m",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct processor_part part;

		if (processor_find(names[i], &part) != -ENOENT)
			fail_msg("'%s' is taken for '%s'", names[i], part.model);
	}
}

/* Every row of the table is sound, and no other row could be taken for it. */
static void the_table_is_sound(void **state)
{
	struct tsv tsv = tsv_begin(all_parts, all_parts_size);
	struct tsv_field field[4];
	size_t fields;
	size_t rows = 0;
	size_t unknown = 0;

	(void)state;
	while ((fields = tsv_next_row(&tsv, field, 4))) {
		struct processor_part part;
		char model[64];
		uint64_t tdp_mw = 0;
		uint64_t cores = 0;

		assert_int_equal(fields, 4);
		assert_int_equal(tsv_copy(&field[0], model, sizeof(model)), 0);
		assert_int_equal(tsv_u64(&field[1], &tdp_mw), 0);
		assert_in_range(tdp_mw, 100, 1000000);
		if (tsv_is(&field[2], "-"))
			unknown++;
		else
			assert_int_equal(tsv_u64(&field[2], &cores), 0);
		assert_true(cores <= 1024);
		assert_true(field[3].size < sizeof(part.source));
		rows++;
		/* Looking all rows up in all rows would take a second: a sample of them. */
		if (rows % 16)
			continue;
		assert_int_equal(processor_find(model, &part), 0);
		assert_string_equal(part.model, model);
		assert_int_equal(part.tdp_mw, tdp_mw);
		assert_int_equal(part.cores, cores);
	}
	assert_in_range(rows, 5000, 6000);
	assert_in_range(unknown, 1, rows / 2);
}

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void no_two_rows_have_one_key(void **state)
{
	static char key[8192][96];
	struct tsv tsv = tsv_begin(all_parts, all_parts_size);
	struct tsv_field field[4];
	size_t rows = 0;

	(void)state;
	for (; tsv_next_row(&tsv, field, 4); rows++) {
		assert_in_range(rows, 0, 8191);
		processor_key(field[0].text, field[0].size, key[rows], sizeof(key[rows]));
	}
	qsort(key, rows, sizeof(key[0]), compare);
	for (size_t i = 1; i < rows; i++)
		if (!strcmp(key[i], key[i - 1]))
			fail_msg("two rows have the key '%s'", key[i]);
}

static struct processor read_cpuinfo(const char *text, int expected)
{
	struct machine_clock clock = machine_clock();
	struct processor processor = {0};
	struct world *w;
	char dir[64];

	machine_make(dir);
	machine_put(dir, "root/proc/cpuinfo", text);
	w = machine_open(dir, &clock);
	assert_int_equal(processor_read(w, &processor), expected);
	world_close(w);
	machine_remove(dir);
	return processor;
}

static void recorded_machines_are_counted(void **state)
{
	static const struct {
		const char *dir;
		const char *name;
		uint32_t threads;
		uint32_t cores;
		uint32_t sockets;
		bool virtual;
	} cases[] = {
		{MACHINES "two-socket-server", "Intel(R) Xeon(R) Gold 6244 CPU @ 3.60GHz", 32, 16,
		 2, false},
		{MACHINES "vm", "AMD EPYC 7763 64-Core Processor", 4, 2, 1, true},
		{MACHINES "mmio-and-psys", "11th Gen Intel(R) Core(TM) i7-1165G7 @ 2.80GHz", 8, 4,
		 1, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct machine_clock clock = machine_clock();
		struct world *w = machine_open(cases[i].dir, &clock);
		struct processor processor;

		assert_int_equal(processor_read(w, &processor), 0);
		assert_string_equal(processor.name, cases[i].name);
		assert_int_equal(processor.threads, cases[i].threads);
		assert_int_equal(processor.cores, cases[i].cores);
		assert_int_equal(processor.sockets, cases[i].sockets);
		assert_int_equal(processor.virtual, cases[i].virtual);
		world_close(w);
	}
}

static void other_forms_of_cpuinfo(void **state)
{
	struct processor p;

	(void)state;
	p = read_cpuinfo("processor\t: 0\nBogoMIPS\t: 50.00\nCPU part\t: 0xd0c\n\nprocessor\t: 1\n",
			 0);
	assert_string_equal(p.name, "");
	assert_int_equal(p.threads, 2);
	assert_int_equal(p.cores, 2);
	assert_int_equal(p.sockets, 1);
	assert_int_equal(p.siblings, 0);
	/* Eight fast cores with two threads and sixteen slow ones with one: 32 threads, 24 cores.
	 */
	p = read_cpuinfo("processor : 0\nsiblings : 32\ncpu cores : 24\nphysical id : 0\n", 0);
	assert_int_equal(p.siblings, 32);
	assert_int_equal(p.socket_cores, 24);
	/* nonsense is not believed */
	p = read_cpuinfo("processor : 0\nsiblings : 1\ncpu cores : 24\nphysical id : 99999999999\n"
			 "model name : a\033[31mb\nno colon\n:\n : \nflags : nohypervisor fpu",
			 0);
	assert_int_equal(p.siblings, 0);
	assert_int_equal(p.cores, 1);
	assert_int_equal(p.sockets, 1);
	assert_string_equal(p.name, "a?[31mb");
	assert_false(p.virtual);
	read_cpuinfo("", -ENODATA);
	read_cpuinfo("model name : x\n", -ENODATA);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_lose_what_is_no_part_of_the_model),
		cmocka_unit_test(long_names_are_cut),
		cmocka_unit_test(real_names_are_found),
		cmocka_unit_test(near_parts_are_not_taken),
		cmocka_unit_test(the_table_is_sound),
		cmocka_unit_test(no_two_rows_have_one_key),
		cmocka_unit_test(recorded_machines_are_counted),
		cmocka_unit_test(other_forms_of_cpuinfo),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
