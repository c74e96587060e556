/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rounds by the kernels that come once in each (seldom.h).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "collector/phase/seldom.h"

#define ROUNDS 12u
#define END    UINT64_MAX

enum { LOAD = 1, GRADIENTS, SPLIT, SUM, PREDICT };

/* Each kernel takes 1 ns, and the next one follows at once. */
static uint64_t add(struct seldom *seldom, uint32_t kernel, uint64_t now_ns)
{
	seldom_add(seldom, kernel, now_ns, now_ns + 1);
	return now_ns + 1;
}

/* Trees of 30 to 39 splits, each with one or two sums. */
static uint64_t add_tree(struct seldom *seldom, unsigned round, uint64_t now_ns)
{
	for (unsigned i = 0; i < 30 + round * 7 % 10; i++) {
		now_ns = add(seldom, SPLIT, now_ns);
		now_ns = add(seldom, SUM, now_ns);
		if (i % 3 == round % 3)
			now_ns = add(seldom, SUM, now_ns);
	}
	return now_ns;
}

/* What begins a round, and what ends it, are 0 where nothing does. */
static struct seldom *boosting(uint32_t begins, uint32_t ends, uint64_t *start_ns)
{
	struct seldom *seldom = seldom_new();
	uint64_t now_ns = 1000;

	assert_non_null(seldom);
	for (unsigned i = 0; i < ROUNDS; i++)
		now_ns = add(seldom, LOAD, now_ns);
	for (unsigned i = 0; i < ROUNDS; i++) {
		start_ns[i] = now_ns;
		now_ns = begins ? add(seldom, begins, now_ns) : now_ns;
		now_ns = add_tree(seldom, i, now_ns);
		now_ns = ends ? add(seldom, ends, now_ns) : now_ns;
		/* Who shares the machine keeps the third one waiting. */
		now_ns += i == 2 ? 5000 : 0;
	}
	start_ns[ROUNDS] = now_ns;
	return seldom;
}

static void expect(uint32_t begins, uint32_t ends)
{
	uint64_t start_ns[ROUNDS + 1];
	struct seldom_round round[ROUNDS];
	struct seldom *seldom = boosting(begins, ends, start_ns);

	assert_int_equal(seldom_rounds(seldom, ROUNDS, 0, END, round), 0);
	for (unsigned i = 0; i < ROUNDS; i++) {
		if (i && i != 3) /* what is idle may be either's */
			assert_int_equal(round[i].start_ns, start_ns[i]);
		if (i + 1 < ROUNDS)
			assert_int_equal(round[i].end_ns, round[i + 1].start_ns);
	}
	assert_in_range(round[0].start_ns, start_ns[0] - ROUNDS, start_ns[0]);
	assert_in_range(round[ROUNDS - 1].end_ns, start_ns[ROUNDS] - 20, start_ns[ROUNDS]);
	seldom_free(seldom);
}

static void test_rounds_begin_and_end(void **state)
{
	(void)state;
	expect(GRADIENTS, PREDICT);
	expect(0, PREDICT);
}

/* What comes as often as there are rounds, but not in each, says nothing of them. */
static void test_what_was_loaded_is_no_round(void **state)
{
	uint64_t start_ns[ROUNDS + 1];
	struct seldom_round round[ROUNDS];
	struct seldom *seldom = boosting(0, 0, start_ns);

	(void)state;
	assert_true(seldom_rounds(seldom, ROUNDS, 0, END, round) < 0);
	seldom_free(seldom);
}

/* Another number of rounds than there were is not found. */
static void test_counts_are_exact(void **state)
{
	uint64_t start_ns[ROUNDS + 1];
	struct seldom_round round[ROUNDS + 1];
	struct seldom *seldom = boosting(GRADIENTS, PREDICT, start_ns);

	(void)state;
	assert_true(seldom_rounds(seldom, ROUNDS - 1, 0, END, round) < 0);
	assert_true(seldom_rounds(seldom, ROUNDS + 1, 0, END, round) < 0);
	seldom_free(seldom);
}

/* A hundred thousand rounds of what is kept only where there is room: memory stays bounded. */
static void test_what_is_frequent_makes_way(void **state)
{
	struct seldom *seldom = seldom_new();
	struct seldom_round round[ROUNDS];
	uint64_t now_ns = 1;

	(void)state;
	assert_non_null(seldom);
	for (unsigned i = 0; i < ROUNDS; i++) {
		now_ns = add(seldom, GRADIENTS, now_ns);
		for (unsigned k = 0; k < 10000; k++)
			now_ns = add(seldom, SPLIT + k % 3, now_ns);
	}
	assert_int_equal(seldom_rounds(seldom, ROUNDS, 0, END, round), 0);
	assert_int_equal(round[5].start_ns, 1 + 5 * 10001);
	seldom_free(seldom);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rounds_begin_and_end),
		cmocka_unit_test(test_what_was_loaded_is_no_round),
		cmocka_unit_test(test_counts_are_exact),
		cmocka_unit_test(test_what_is_frequent_makes_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
