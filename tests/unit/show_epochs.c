/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The epochs of a page: few are all shown, of many the first, the last, some between and the best,
 * with the rest summed up; whatever the width, nothing is wider.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "collector/cmd/show.h"
#include "tests/unit/ledger_box.h"

static char *epochs_of(const json_t *run, int columns)
{
	struct page page = {.columns = columns};
	size_t size;
	char *text;

	page.out = open_memstream(&text, &size);
	assert_non_null(page.out);
	show_epochs(&page, run);
	assert_int_equal(fclose(page.out), 0);
	for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
		assert_true(strcspn(line, "\n") <= (size_t)columns);
	return text;
}

static void assert_line(const char *page, const char *line)
{
	if (!strstr(page, line))
		fail_msg("'%s' is not in\n%s", line, page);
}

static void test_few(void **state)
{
	const struct box *box = *state;

	assert_int_equal(story_write_as(box->dir, true, story_training), 0);
	json_t *run = read_ledger(in_box(box, STORY_FILE ".jsonl"));
	char *text = epochs_of(run, 100);
	assert_line(text, "Epochs      2, with 67.9 % of the run's energy; energy +-8.1 to 9 %\n");
	/* On validation data before training data, a score before a loss. */
	assert_line(text, "  epoch            time     steps    energy      CO2e  val_accuracy"
			  "        loss   per point\n");
	assert_line(text, "  1              49.0 s        48    430 uJ     <1 ug           0.5"
			  "     0.69315           -\n");
	/* 17 ug brought 31.25 points. */
	assert_line(text, "  2          1 min 14 s        48    1.19 J     17 ug        0.8125"
			  "      0.3127      544 ng\n");
	/* What finds no room there stands below. */
	assert_line(text, "\n\n  epoch        val_loss\n"
			  "  1                 0.7\n"
			  "  2                0.41\n");
	assert_line(text, "Metrics     accuracy (validation): best 0.8125, last 0.8125;");
	free(text);
	text = epochs_of(run, 120);
	assert_line(text, "CO2e  val_accuracy        loss    val_loss   per point\n");
	free(text);
	/* What a point cost is of the first metric, which is rather cut short than left alone. */
	text = epochs_of(run, 77);
	assert_line(text, "CO2e  val_..racy   per point\n");
	free(text);
	for (int columns = 60; columns < 200; columns += 7)
		free(epochs_of(run, columns));
	json_decref(run);
}

static void test_under_way(void **state)
{
	const struct box *box = *state;

	assert_int_equal(story_write_as(box->dir, false, story_training), 0);
	unlinkat(box->dir, STORY_FILE ".journal", 0);
	json_t *run = read_ledger(in_box(box, STORY_FILE ".jsonl"));
	char *text = epochs_of(run, 80);
	assert_line(text, "\n  2 ...      1 min 10 s        47");
	free(text);
	json_decref(run);
}

static void test_none(void **state)
{
	const struct box *box = *state;

	assert_int_equal(story_write(box->dir, true), 0);
	json_t *run = read_ledger(in_box(box, STORY_FILE ".jsonl"));
	char *text = epochs_of(run, 80);
	assert_string_equal(text, "");
	free(text);
	json_decref(run);
}

/* A hundred epochs of ten steps, ten seconds and a joule each; the 42nd is the best. */
static void test_many(void **state)
{
	json_t *phases = json_array();

	(void)state;
	for (int i = 1; i <= 100; i++)
		json_array_append_new(
			phases,
			json_pack("{s:i, s:n, s:s, s:i, s:I, s:I, s:i, s:i, s:i, s:{s:f}, s:{s:n}}",
				  "id", i, "parent", "kind", "epoch", "index", i, "start_ns",
				  (json_int_t)STORY_S * 10 * (i - 1), "end_ns",
				  (json_int_t)STORY_S * 10 * i, "energy_uj", 1000000, "co2e_ug",
				  150, "steps", 10, "metrics", "accuracy", i == 42 ? 0.9 : 0.5,
				  "metric_parts", "accuracy"));
	json_t *run = json_pack(
		"{s:o, s:[{s:s, s:n, s:s, s:f, s:f, s:i, s:n}], s:{s:i}, s:{s:I, s:f}}", "phases",
		phases, "metrics", "name", "accuracy", "part", "better", "higher", "best", 0.9,
		"last", 0.5, "best_phase", 42, "ug_per_point", "energy", "total_uj", 200000000,
		"carbon", "ug_per_kwh", (json_int_t)360000000, "pue", 1.5);
	assert_non_null(run);
	char *text = epochs_of(run, 80);
	assert_line(text, "Epochs      100, with 50.0 % of the run's energy; how wrong their "
			  "energy may be\n");
	assert_line(text, "\n  4              10.0 s        10    1.00 J    150 ug         0.5");
	assert_line(text, "\n  8 more     1 min 20 s        80    8.00 J   1.20 mg\n");
	assert_line(text, "\n  42             10.0 s        10    1.00 J    150 ug         0.9"
			  "        4 ug\n");
	assert_line(text, "\n  97             10.0 s        10    1.00 J");
	assert_line(text, "\n  100            10.0 s        10    1.00 J");
	assert_null(strstr(text, "\n  41 "));
	size_t lines = 0;
	for (const char *at = text; *at; at++)
		lines += *at == '\n';
	assert_in_range(lines, 20, 34);
	free(text);
	json_decref(run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOXED(test_few),
		BOXED(test_under_way),
		BOXED(test_none),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
