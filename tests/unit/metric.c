/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metric: which way is up, how a metric went, and what a point of it cost.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "collector/phase/metric.h"

static void directions(void **state)
{
	static const struct {
		const char *name;
		enum metric_better better;
	} cases[] = {
		{"loss", METRIC_LOWER},
		{"val_loss", METRIC_LOWER},
		{"avg.loss", METRIC_LOWER},
		{"train-rmse", METRIC_LOWER},
		{"error_rate", METRIC_LOWER},
		{"loss/total", METRIC_LOWER},
		{"perplexity", METRIC_LOWER},
		{"accuracy", METRIC_HIGHER},
		{"val_acc", METRIC_HIGHER},
		{"top-1_acc", METRIC_HIGHER},
		{"acc@5", METRIC_HIGHER},
		{"f1_macro", METRIC_HIGHER},
		{"rouge2", METRIC_HIGHER},
		{"map50-95", METRIC_HIGHER},
		{"r2", METRIC_HIGHER},
		{"validation_score", METRIC_HIGHER},
		{"lr", METRIC_UNKNOWN},
		{"learning_rate", METRIC_UNKNOWN},
		{"grad_norm", METRIC_UNKNOWN},
		{"loss_scale", METRIC_UNKNOWN},
		{"train_runtime", METRIC_UNKNOWN},
		{"lossless", METRIC_UNKNOWN},
		{"", METRIC_UNKNOWN},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(metric_better(cases[i].name), cases[i].better);
}

static void a_course_knows_its_best(void **state)
{
	struct metric_course course[3];
	size_t n = 0;

	(void)state;
	assert_true(metric_follow(course, &n, 3, "loss", LINE_PART_TRAIN, 1, 0.5));
	assert_true(metric_follow(course, &n, 3, "loss", LINE_PART_VALIDATION, 1, 0.7));
	assert_true(metric_follow(course, &n, 3, "loss", LINE_PART_TRAIN, 2, 0.25));
	assert_true(metric_follow(course, &n, 3, "loss", LINE_PART_TRAIN, 3, 0.5));
	assert_true(metric_follow(course, &n, 3, "lr", LINE_PART_NONE, 3, 0.1));
	assert_true(metric_follow(course, &n, 3, "lr", LINE_PART_NONE, 4, 0.2));
	assert_false(metric_follow(course, &n, 3, "acc", LINE_PART_NONE, 3, 0.1));
	assert_int_equal(n, 3);
	assert_true(course[0].first == 0.5 && course[0].best == 0.25 && course[0].last == 0.5);
	assert_int_equal(course[0].best_epoch, 2);
	assert_true(course[1].last == 0.7);
	assert_true(course[2].best == 0.2 && course[2].best_epoch == 4);
}

static void what_stands_for_a_run(void **state)
{
	struct metric_course course[5] = {0};
	size_t n = 0;

	(void)state;
	assert_null(metric_main(course, 0));
	metric_follow(course, &n, 5, "lr", LINE_PART_NONE, 1, 0.1);
	assert_null(metric_main(course, n));
	metric_follow(course, &n, 5, "train_acc", LINE_PART_TRAIN, 1, 0.9);
	assert_string_equal(metric_main(course, n)->name, "train_acc");
	metric_follow(course, &n, 5, "loss", LINE_PART_NONE, 1, 0.5);
	assert_string_equal(metric_main(course, n)->name, "loss");
	metric_follow(course, &n, 5, "val_loss", LINE_PART_VALIDATION, 1, 0.5);
	assert_string_equal(metric_main(course, n)->name, "val_loss");
	metric_follow(course, &n, 5, "f1", LINE_PART_TEST, 1, 0.5);
	assert_string_equal(metric_main(course, n)->name, "f1");
}

static void points(void **state)
{
	(void)state;
	assert_float_equal(metric_points(METRIC_HIGHER, 0.5, 0.75, 0.75), 25, 1e-9);
	assert_float_equal(metric_points(METRIC_HIGHER, 50, 75, 75), 25, 1e-9);
	assert_float_equal(metric_points(METRIC_HIGHER, 0.9, 0.8, 0.9), -10, 1e-9);
	assert_float_equal(metric_points(METRIC_LOWER, 2, 1.5, 2), 25, 1e-9);
	assert_float_equal(metric_points(METRIC_LOWER, -2, -3, 3), 50, 1e-9);
	assert_true(isnan(metric_points(METRIC_LOWER, 0, 1, 1)));
	assert_true(isnan(metric_points(METRIC_UNKNOWN, 1, 2, 2)));
	assert_float_equal(metric_ug_per_point(1000, 25), 40, 1e-9);
	assert_true(isnan(metric_ug_per_point(1000, 0)));
	assert_true(isnan(metric_ug_per_point(1000, -1)));
	assert_true(isnan(metric_ug_per_point(1000, NAN)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(directions),
		cmocka_unit_test(a_course_knows_its_best),
		cmocka_unit_test(what_stands_for_a_run),
		cmocka_unit_test(points),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
