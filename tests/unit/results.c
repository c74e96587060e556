/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a program says of a training when it is over belongs to the fit, and to no epoch.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "collector/phase/story.h"

#define S "000000000"

static size_t tell(struct phases *phases, const char *text, uint64_t end_s, bool over,
		   const struct phase **phase)
{
	struct story story = story_begin(text, strlen(text));
	struct story_event event;

	while (story_next(&story, &event) > 0)
		story_tell(phases, &event);
	return phases_look(phases, end_s * 1000000000, over, phase);
}

/* The nth phase of a kind. */
static const struct phase *nth(const struct phase *phase, size_t n, enum phase_kind kind, size_t at)
{
	for (size_t i = 0; i < n; i++)
		if (phase[i].kind == kind && !at--)
			return &phase[i];
	fail_msg("there is no such phase");
	return NULL;
}

static void assert_metric(const struct phase *phase, const char *name, double value)
{
	for (size_t i = 0; i < phase->metrics; i++)
		if (!strcmp(phase->metric[i].name, name)) {
			assert_true(phase->metric[i].value == value);
			return;
		}
	fail_msg("no %s among %zu metrics", name, phase->metrics);
}

#define THREE_EPOCHS                                                                               \
	"line\t1\t0\t0\t1" S "\tEpoch 1/3 loss: 0.5 acc: 0.6\n"                                    \
	"line\t1\t0\t0\t1" S "\tvalidation F1: 0.5\n"                                              \
	"line\t1\t0\t0\t2" S "\tEpoch 2/3 loss: 0.4 acc: 0.7\n"                                    \
	"line\t1\t0\t0\t2" S "\tvalidation F1: 0.6\n"                                              \
	"line\t1\t0\t0\t3" S "\tEpoch 3/3 loss: 0.3 acc: 0.8\n"                                    \
	"line\t1\t0\t0\t3" S "\tvalidation F1: 0.7\n"

static void test_a_test_at_the_end(void **state)
{
	const struct phase *phase;
	struct phases *phases;

	(void)state;
	assert_int_equal(phases_new(&phases), 0);
	const size_t n = tell(phases, THREE_EPOCHS "line\t1\t0\t0\t4" S "\tTest acc: 0.75\n", 5,
			      true, &phase);
	const struct phase *fit = nth(phase, n, PHASE_FIT, 0);
	assert_int_equal(fit->metrics, 1);
	assert_metric(fit, "test_acc", 0.75);
	assert_int_equal(fit->metric[0].part, LINE_PART_TEST);
	for (size_t i = 0; i < 3; i++) {
		const struct phase *epoch = nth(phase, n, PHASE_EPOCH, i);

		assert_int_equal(epoch->metrics, 3);
		assert_metric(epoch, "acc", 0.6 + 0.1 * (double)i);
	}
	phases_free(phases);
}

/* What comes behind one epoch may come behind all: while the fit goes on it has no result. */
static void test_no_result_before_the_end(void **state)
{
	const struct phase *phase;
	struct phases *phases;

	(void)state;
	assert_int_equal(phases_new(&phases), 0);
	size_t n = tell(phases,
			"line\t1\t0\t0\t1" S "\tEpoch 1: loss: 0.5\n"
			"line\t1\t0\t0\t2" S "\tEpoch 2: loss: 0.4\n"
			"line\t1\t0\t0\t2" S "\tvalidation F1: 0.6\n",
			2, false, &phase);
	assert_int_equal(nth(phase, n, PHASE_FIT, 0)->metrics, 0);
	n = tell(phases,
		 "line\t1\t0\t0\t3" S "\tEpoch 3: loss: 0.3\n"
		 "line\t1\t0\t0\t4" S "\tEpoch 4: loss: 0.2\n"
		 "line\t1\t0\t0\t4" S "\tvalidation F1: 0.7\n",
		 5, true, &phase);
	assert_int_equal(nth(phase, n, PHASE_FIT, 0)->metrics, 0);
	assert_metric(nth(phase, n, PHASE_EPOCH, 3), "validation_f1", 0.7);
	phases_free(phases);
}

static void test_each_fold_has_its_own(void **state)
{
	const struct phase *phase;
	struct phases *phases;

	(void)state;
	assert_int_equal(phases_new(&phases), 0);
	const size_t n = tell(phases,
			      "line\t1\t0\t0\t1" S "\tEpoch 1/2 loss: 0.5\n"
			      "line\t1\t0\t0\t2" S "\tEpoch 2/2 loss: 0.4\n"
			      "line\t1\t0\t0\t3" S "\tFold 1 accuracy: 0.91\n"
			      "line\t1\t0\t0\t4" S "\tEpoch 1/2 loss: 0.6\n"
			      "line\t1\t0\t0\t5" S "\tEpoch 2/2 loss: 0.3\n"
			      "line\t1\t0\t0\t6" S "\tFold 2 accuracy: 0.92\n",
			      7, true, &phase);
	assert_metric(nth(phase, n, PHASE_FIT, 0), "accuracy", 0.91);
	assert_metric(nth(phase, n, PHASE_FIT, 1), "accuracy", 0.92);
	phases_free(phases);
}

/* The log tells the epochs, the terminal nothing but the result. */
static void test_the_result_is_said_elsewhere(void **state)
{
	const struct phase *phase;
	struct phases *phases;

	(void)state;
	assert_int_equal(phases_new(&phases), 0);
	const size_t n = tell(phases,
			      "line\t1\t0\t0\t1" S "\taccuracy: 0.1\n"
			      "line\t1\t8\t7\t1" S "\tepoch,loss\n"
			      "line\t1\t8\t7\t2" S "\t1,0.5\n"
			      "line\t1\t8\t7\t3" S "\t2,0.25\n"
			      "line\t1\t8\t7\t4" S "\t3,0.125\n"
			      "line\t1\t0\t0\t5" S "\taccuracy: 0.9\n",
			      6, true, &phase);
	const struct phase *fit = nth(phase, n, PHASE_FIT, 0);
	assert_int_equal(fit->metrics, 1);
	assert_metric(fit, "accuracy", 0.9);
	phases_free(phases);
}

/* Two searches at once, and one behind them: time is told once. */
static void test_fits_side_by_side(void **state)
{
	const struct phase *phase;
	struct phases *phases;
	uint64_t leaf_ns = 0;

	(void)state;
	assert_int_equal(phases_new(&phases), 0);
	const size_t n = tell(phases,
			      "line\t1\t0\t0\t1" S "\tEpoch 1/4 loss: 0.5\n"
			      "line\t2\t0\t0\t2" S "\tEpoch 1/3 loss: 0.7\n"
			      "line\t1\t0\t0\t3" S "\tEpoch 2/4 loss: 0.4\n"
			      "line\t2\t0\t0\t4" S "\tEpoch 2/3 loss: 0.6\n"
			      "line\t1\t0\t0\t5" S "\tEpoch 3/4 loss: 0.3\n"
			      "line\t2\t0\t0\t6" S "\tEpoch 3/3 loss: 0.5\n"
			      "line\t1\t0\t0\t7" S "\tEpoch 4/4 loss: 0.2\n"
			      "line\t3\t0\t0\t9" S "\tEpoch 1/2 loss: 0.9\n"
			      "line\t3\t0\t0\t10" S "\tEpoch 2/2 loss: 0.8\n",
			      10, true, &phase);
	assert_int_equal(nth(phase, n, PHASE_FIT, 0)->beside, 1);
	assert_int_equal(nth(phase, n, PHASE_FIT, 1)->beside, 0);
	for (size_t i = 0; i < n; i++) {
		if (phase[i].kind == PHASE_FIT || phase[i].kind == PHASE_EPOCH)
			continue;
		assert_true(phase[i].start_ns >= leaf_ns);
		leaf_ns = phase[i].end_ns;
	}
	phases_free(phases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_test_at_the_end),
		cmocka_unit_test(test_no_result_before_the_end),
		cmocka_unit_test(test_each_fold_has_its_own),
		cmocka_unit_test(test_the_result_is_said_elsewhere),
		cmocka_unit_test(test_fits_side_by_side),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
