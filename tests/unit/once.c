/* SPDX-License-Identifier: Apache-2.0 */
/* Steps of their own lengths: what comes once in each is found, and what stands between them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "collector/phase/fold.h"
#include "collector/phase/once.h"

enum { FORWARD = 1, HEAD, LOSS, BACK, WEIGHTS, LOOK, LOOKED };

struct tale {
	struct loop *loop;
	struct once *once;
	struct loop *thin;
	uint64_t t_ns;
	unsigned chance;
};

static void say(struct tale *tale, uint32_t symbol)
{
	tale->t_ns += 1000;
	loop_add(tale->loop, symbol, symbol, tale->t_ns, tale->t_ns + 900);
	if (tale->once)
		once_add(tale->once, tale->thin, symbol, symbol, tale->t_ns, tale->t_ns + 900);
}

static unsigned length(struct tale *tale)
{
	tale->chance = tale->chance * 1103515245u + 12345u;
	return 4 + (tale->chance >> 16) % 9;
}

/* There and back again, as often as the sequence has moments; with or without a last layer. */
static void step(struct tale *tale, unsigned moments, bool head)
{
	for (unsigned i = 0; i < moments; i++)
		say(tale, FORWARD);
	if (head)
		say(tale, HEAD);
	if (head)
		say(tale, LOSS);
	for (unsigned i = 0; i < moments; i++) {
		say(tale, BACK);
		say(tale, WEIGHTS);
	}
}

static void epoch(struct tale *tale, unsigned steps, bool head, unsigned looks)
{
	for (unsigned i = 0; i < steps; i++)
		step(tale, length(tale), head);
	for (unsigned i = 0; i < looks; i++)
		say(tale, i % 3 ? LOOK : LOOKED);
}

static void begin(struct tale *tale)
{
	*tale = (struct tale){.loop = loop_new(LOOP_OF_KERNELS), .chance = 7};
	assert_non_null(tale->loop);
}

static void end(struct tale *tale)
{
	loop_free(tale->loop);
	loop_free(tale->thin);
	once_free(tale->once);
}

/* The thin loop's runs, each of so many rounds but the last, which is not told to its end. */
static void assert_rounds(const struct tale *tale, size_t runs, uint64_t rounds)
{
	struct loop_item *item;
	const size_t n = loop_items(tale->thin, &item);
	size_t found = 0;

	for (size_t i = 0; i < n; i++) {
		if (item[i].kind != LOOP_RUN)
			continue;
		if (++found < runs)
			assert_int_equal(fold_rounds(&item[i]), rounds);
	}
	assert_int_equal(found, runs);
	free(item);
}

/* It comes once, whatever the number of moments; the evaluation is told beside it. */
static void a_last_layer_counts(void **state)
{
	struct tale tale;

	(void)state;
	begin(&tale);
	for (unsigned i = 0; i < 5; i++)
		epoch(&tale, 30, true, 9);
	tale.once = once_new(tale.loop, &tale.thin);
	assert_non_null(tale.once);
	assert_true(once_is_even(tale.once));
	assert_rounds(&tale, 5, 30);
	end(&tale);
}

/* Nothing comes once a step, but there is one turn from the way forwards to the way back. */
static void a_turn_counts(void **state)
{
	struct tale tale;
	struct loop_item *item;

	(void)state;
	begin(&tale);
	epoch(&tale, 150, false, 0);
	tale.once = once_new(tale.loop, &tale.thin);
	assert_non_null(tale.once);
	assert_int_equal(loop_items(tale.thin, &item), 1);
	assert_int_equal(item->kind, LOOP_RUN);
	assert_int_equal(item->body, 2);
	assert_in_range(fold_rounds(item), 148, 150);
	free(item);
	end(&tale);
}

/* A batch as long as its longest sentence: all sizes are others, but those of the last layer. */
static void a_last_layer_counts_whatever_the_sizes(void **state)
{
	struct tale tale;
	struct loop_item *item;

	(void)state;
	begin(&tale);
	for (unsigned i = 0; i < 60; i++) {
		const unsigned size = 100 * length(&tale);

		for (unsigned k = 0; k < 40; k++)
			say(&tale, size + k / 10);
		say(&tale, HEAD);
		say(&tale, LOSS);
		say(&tale, BACK);
		for (unsigned k = 0; k < 40; k++)
			say(&tale, size + 50 + k / 20);
	}
	tale.once = once_new(tale.loop, &tale.thin);
	assert_non_null(tale.once);
	assert_int_equal(loop_items(tale.thin, &item), 1);
	assert_int_equal(item->kind, LOOP_RUN);
	assert_int_equal(item->body, 3);
	assert_in_range(fold_rounds(item), 59, 60);
	free(item);
	end(&tale);
}

/* Told on as it comes: an evaluation that was never seen before is told, too. */
static void what_comes_later_is_told(void **state)
{
	struct tale tale;

	(void)state;
	begin(&tale);
	epoch(&tale, 100, true, 0);
	tale.once = once_new(tale.loop, &tale.thin);
	assert_non_null(tale.once);
	epoch(&tale, 50, true, 9);
	epoch(&tale, 150, true, 9);
	epoch(&tale, 150, true, 9);
	assert_rounds(&tale, 3, 150);
	end(&tale);
}

static void say_all(struct tale *tale, const char *kernels)
{
	for (; *kernels; kernels++)
		say(tale, (uint32_t)*kernels);
}

/* Steps of one length are counted as they are; so are two that take turns. */
static void one_length_is_left_alone(void **state)
{
	static const char *const round[] = {
		"abcdefgh",
		"abcabcdeee",
		"aabbab",
		/* A critic's five, and a generator's. */
		"abcdcdefgefghabcdcdefgefghabcdcdefgefghabcdcdefgefghabcdcdefgefghabcdefigjklh",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(round) / sizeof(*round); i++) {
		struct tale tale;

		begin(&tale);
		for (unsigned k = 0; loop_events(tale.loop) < 5000; k++) {
			say_all(&tale, round[i]);
			if (k % 40 == 39)
				say_all(&tale, "xyxyz");
		}
		tale.once = once_new(tale.loop, &tale.thin);
		assert_null(tale.once);
		assert_null(tale.thin);
		end(&tale);
	}
}

/* Moments alone, sentence after sentence, are no steps: nothing turns back. */
static void too_little_is_nothing(void **state)
{
	struct tale tale;

	(void)state;
	begin(&tale);
	assert_null(once_new(tale.loop, &tale.thin));
	for (unsigned i = 0; i < 300; i++)
		say(&tale, FORWARD);
	assert_null(once_new(tale.loop, &tale.thin));
	assert_null(tale.thin);
	end(&tale);
}

/* What is left out lends its times to what is told, but for the longest pause among it. */
static void times_are_kept(void **state)
{
	struct tale tale;
	struct loop_item *item;

	(void)state;
	begin(&tale);
	for (unsigned i = 0; i < 4; i++) {
		epoch(&tale, 25, true, 0);
		tale.t_ns += 5000000;
	}
	const uint64_t last_ns = tale.t_ns - 5000000 + 900;
	tale.once = once_new(tale.loop, &tale.thin);
	assert_non_null(tale.once);
	assert_int_equal(loop_items(tale.thin, &item), 1);
	assert_int_equal(item->start_ns, 1000);
	/* The last one is not told yet: it ends where the next one begins. */
	assert_in_range(item->end_ns, last_ns - 60000, last_ns);
	for (uint64_t i = 0; i < loop_events(tale.thin); i++) {
		uint64_t start_ns, end_ns;

		assert_true(loop_recent(tale.thin, i, &start_ns, &end_ns));
		assert_in_range(end_ns - start_ns, 900, 40000);
	}
	free(item);
	end(&tale);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_last_layer_counts),
		cmocka_unit_test(a_turn_counts),
		cmocka_unit_test(a_last_layer_counts_whatever_the_sizes),
		cmocka_unit_test(what_comes_later_is_told),
		cmocka_unit_test(one_length_is_left_alone),
		cmocka_unit_test(too_little_is_nothing),
		cmocka_unit_test(times_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
