/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The call paths of a run: what is the same, what is not, and what happens when there are too many;
 * and the names in maps for perf(1).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "collector/run/paths.h"
#include "collector/symbol/perfmap.h"

static void the_same_path_is_one(void **state)
{
	const uint32_t one[] = {0, 1, 2}, other[] = {0, 2, 1};
	struct paths paths = {0};

	(void)state;
	assert_int_equal(paths_add(&paths, 0, one, 3, false, 1), 0);
	assert_int_equal(paths_add(&paths, 0, one, 3, false, 2), 0);
	assert_int_equal(paths_add(&paths, 0, other, 3, false, 1), 0); /* another order */
	assert_int_equal(paths_add(&paths, 1, one, 3, false, 1), 0);   /* another row */
	assert_int_equal(paths_add(&paths, 0, one, 2, false, 1), 0);   /* another length */
	assert_int_equal(paths_add(&paths, 0, one, 3, true, 1), 0);    /* not all of it */
	assert_int_equal(paths.n, 5);
	assert_int_equal(paths.path[0].samples, 3);
	for (size_t i = 1; i < paths.n; i++)
		assert_int_equal(paths.path[i].samples, 1);
	assert_memory_equal(paths.path[1].frame, other, sizeof(other));
	paths_release(&paths);
}

static void functions_are_known_by_name_and_by_place(void **state)
{
	struct paths paths = {0};

	(void)state;
	assert_int_equal(paths_known(&paths, 17), -ENOENT);
	assert_int_equal(paths_function(&paths, 17, "fit (train.py)"), 0);
	assert_int_equal(paths_function(&paths, 19, "step (train.py)"), 1);
	assert_int_equal(paths_function(&paths, 21, "fit (train.py)"), 0);
	assert_int_equal(paths_known(&paths, 17), 0);
	assert_int_equal(paths_known(&paths, 19), 1);
	assert_int_equal(paths_known(&paths, 21), 0);
	assert_int_equal(paths_known(&paths, 23), -ENOENT);
	assert_int_equal(paths.functions, 2);
	paths_release(&paths);
}

static void neither_grows_for_ever(void **state)
{
	struct paths paths = {0};
	uint64_t samples = 0;

	(void)state;
	for (uint32_t i = 0; i < 2 * PATHS_FUNCTIONS_MAX; i++) {
		char name[32];

		snprintf(name, sizeof(name), "f%u", i);
		assert_true(paths_function(&paths, 2 * i + 1, name) >= 0);
	}
	assert_int_equal(paths.functions, PATHS_FUNCTIONS_MAX + 1);
	assert_string_equal(paths.function[PATHS_FUNCTIONS_MAX], "(others)");
	for (uint32_t i = 0; i < 2 * PATHS_MAX; i++)
		assert_int_equal(paths_add(&paths, i % 2, &i, 1, false, 1), 0);
	assert_int_equal(paths.n, PATHS_MAX + 2); /* one more for each row */
	for (size_t i = 0; i < paths.n; i++)
		samples += paths.path[i].samples;
	assert_int_equal(samples, 2 * PATHS_MAX);
	assert_int_equal(paths.path[PATHS_MAX].frames, 0);
	assert_true(paths.path[PATHS_MAX].cut);
	paths_release(&paths);
}

static void what_was_restored_goes_on(void **state)
{
	const uint32_t frame[] = {1, 0};
	struct paths first = {0}, second = {0};

	(void)state;
	paths_function(&first, 1, "main (a.out)");
	paths_function(&first, 3, "step (a.out)");
	paths_add(&first, 4, frame, 2, false, 7);
	const struct ledger_paths told = paths_state(&first);
	assert_int_equal(paths_restore(&second, &told), 0);
	assert_int_equal(paths_function(&second, 5, "step (a.out)"), 1);
	paths_add(&second, 4, frame, 2, false, 1);
	assert_int_equal(second.n, 1);
	assert_int_equal(second.path[0].samples, 8);
	paths_release(&first);
	paths_release(&second);
}

static void maps_name_code(void **state)
{
	static const char map[] = "7f0000001000 20 py::Net.forward:/home/me/lib/net.py\n"
				  "7f0000001020 20 py::<module>:train.py\n"
				  "no line of a map\n"
				  "7f0000001040 10 LazyCompile:*fit /home/me/a.js:12\n"
				  "7f0000001040 10 \x1b[31mred\n"
				  "7f0000002000 10 cut off";
	char name[64];
	FILE *file = tmpfile();

	(void)state;
	assert_non_null(file);
	fputs(map, file);
	fflush(file);
	static const struct {
		uint64_t address;
		const char *name;
	} expected[] = {
		{0x7f0000000fff, NULL},
		{0x7f0000001000, "Net.forward (net.py)"},
		{0x7f000000101f, "Net.forward (net.py)"},
		{0x7f0000001020, "<module> (train.py)"},
		{0x7f0000001045, "?[31mred"}, /* the last that was written */
		{0x7f0000001050, NULL},
		{0x7f0000002001, "cut off"},
	};
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		lseek(fileno(file), 0, SEEK_SET);
		const int error =
			perfmap_find(fileno(file), expected[i].address, name, sizeof(name));

		assert_int_equal(error, expected[i].name ? 0 : -ENOENT);
		if (expected[i].name)
			assert_string_equal(name, expected[i].name);
	}
	fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_path_is_one),
		cmocka_unit_test(functions_are_known_by_name_and_by_place),
		cmocka_unit_test(neither_grows_for_ever),
		cmocka_unit_test(what_was_restored_goes_on),
		cmocka_unit_test(maps_name_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
