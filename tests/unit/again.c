/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that are written anew (again.h), and those that only look so.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "collector/phase/again.h"

static bool told(struct again *again, const char *text)
{
	struct line line;

	line_read(text, strlen(text), &line);
	return again_told(again, text, strlen(text), &line);
}

static void test_a_table_grows(void **state)
{
	struct again again = {0};

	(void)state;
	for (unsigned rows = 1; rows < 9; rows++) {
		assert_int_equal(told(&again, "epoch,loss"), rows > 1);
		for (unsigned row = 1; row <= rows; row++) {
			char text[64];

			snprintf(text, sizeof(text), "%u,0.%u", row, 9 - row);
			assert_int_equal(told(&again, text), row < rows);
		}
	}
	again_free(&again);
}

static void test_a_file_without_a_header(void **state)
{
	struct again again = {0};

	(void)state;
	assert_false(told(&again, "epoch 1 loss 0.5"));
	assert_true(told(&again, "epoch 1 loss 0.5"));
	assert_false(told(&again, "epoch 2 loss 0.4"));
	assert_true(told(&again, "epoch 1 loss 0.5"));
	/* Another training's, in the same file. */
	assert_false(told(&again, "epoch 2 loss 0.3"));
	assert_false(told(&again, "epoch 3 loss 0.2"));
	assert_true(told(&again, "epoch 1 loss 0.5"));
	assert_true(told(&again, "epoch 2 loss 0.3"));
	assert_true(told(&again, "epoch 3 loss 0.2"));
	assert_false(told(&again, "epoch 4 loss 0.1"));
	again_free(&again);
}

static void test_what_may_be_new(void **state)
{
	struct again again = {0};

	(void)state;
	assert_false(told(&again, "Epoch 1/2"));
	assert_false(told(&again, "loss: 0.5"));
	assert_false(told(&again, "Epoch 2/2"));
	assert_false(told(&again, "loss: 0.5"));
	assert_false(told(&again, "Epoch 1/2"));
	assert_false(told(&again, "loss: 0.5"));
	again_free(&again);
	assert_false(told(&again, "accuracy: 0.5"));
	assert_false(told(&again, "accuracy: 0.5"));
	again_free(&again);
}

static void test_rows_are_bounded(void **state)
{
	struct again again = {0};

	(void)state;
	for (unsigned row = 1; row < 3 * AGAIN_LINES; row++) {
		char text[64];

		snprintf(text, sizeof(text), "epoch %u loss 0.5", row);
		assert_false(told(&again, text));
	}
	assert_true(again.room <= AGAIN_LINES);
	assert_true(told(&again, "epoch 1 loss 0.5"));
	assert_true(told(&again, "epoch 2 loss 0.5"));
	again_free(&again);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_table_grows),
		cmocka_unit_test(test_a_file_without_a_header),
		cmocka_unit_test(test_what_may_be_new),
		cmocka_unit_test(test_rows_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
