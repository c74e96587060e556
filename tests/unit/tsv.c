/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tsv: lines and fields of text that may be anything.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "collector/tsv.h"

static struct tsv_field field_of(const char *text)
{
	return (struct tsv_field){text, strlen(text)};
}

static void lines_and_fields(void **state)
{
	const char text[] = "a\tb\n\n# c\td\n\t\nlast";
	struct tsv tsv = tsv_begin(text, sizeof(text) - 1);
	struct tsv_field field[2];

	(void)state;
	assert_int_equal(tsv_next(&tsv, field, 2), 2);
	assert_true(tsv_is(&field[0], "a") && tsv_is(&field[1], "b"));
	assert_int_equal(tsv.line, 1);
	assert_int_equal(tsv_next(&tsv, field, 2), 2);
	assert_true(tsv_is(&field[0], "# c"));
	assert_int_equal(tsv.line, 3);
	assert_int_equal(tsv_next(&tsv, field, 2), 2);
	assert_true(tsv_is(&field[0], "") && tsv_is(&field[1], ""));
	assert_int_equal(tsv_next(&tsv, field, 2), 1);
	assert_true(tsv_is(&field[0], "last"));
	assert_int_equal(tsv.line, 5);
	assert_int_equal(tsv_next(&tsv, field, 2), 0);
	assert_int_equal(tsv_next(&tsv, field, 2), 0);
}

static void rows_leave_comments_out_and_count_all_fields(void **state)
{
	const char text[] = "#x\n1\t2\t3\n#y\n";
	struct tsv tsv = tsv_begin(text, sizeof(text) - 1);
	struct tsv_field field[1];

	(void)state;
	assert_int_equal(tsv_next_row(&tsv, field, 1), 3);
	assert_true(tsv_is(&field[0], "1"));
	assert_int_equal(tsv_next_row(&tsv, field, 1), 0);
}

static void numbers(void **state)
{
	static const struct {
		const char *text;
		int result;
		uint64_t value;
	} cases[] = {
		{"0", 0, 0},
		{"007", 0, 7},
		{"18446744073709551615", 0, UINT64_MAX},
		{"18446744073709551616", -ERANGE, 0},
		{"99999999999999999999999", -ERANGE, 0},
		{"9999999999999999999999x", -EINVAL, 0},
		{"", -EINVAL, 0},
		{"-1", -EINVAL, 0},
		{"+1", -EINVAL, 0},
		{" 1", -EINVAL, 0},
		{"1e3", -EINVAL, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tsv_field field = field_of(cases[i].text);
		uint64_t value = 0;

		assert_int_equal(tsv_u64(&field, &value), cases[i].result);
		assert_true(value == cases[i].value);
	}
}

static void copies_fit_or_fail(void **state)
{
	struct tsv_field field = field_of("abc");
	char text[4] = "";

	(void)state;
	assert_int_equal(tsv_copy(&field, text, 3), -ENAMETOOLONG);
	assert_int_equal(tsv_copy(&field, text, 4), 0);
	assert_string_equal(text, "abc");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_and_fields),
		cmocka_unit_test(rows_leave_comments_out_and_count_all_fields),
		cmocka_unit_test(numbers),
		cmocka_unit_test(copies_fit_or_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
