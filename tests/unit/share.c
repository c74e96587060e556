/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whatever else is said, the line that counts epochs gets through; and all together are bounded.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "preload/share.h"

#define BURST 1536u
#define PER_S 300u

struct world {
	struct share_shapes shapes;
	struct rate all;
	uint64_t now_ns;
	uint64_t told;
};

static bool say(struct world *w, uint32_t shape)
{
	const enum share share = share_take(&w->shapes, shape, w->now_ns);
	const bool told =
		share != SHARE_NONE && share_rate(&w->all, share, w->now_ns, BURST, PER_S);

	w->told += told;
	return told;
}

/* Any numbers that a hash of letters may be. */
static uint32_t shape(uint32_t i)
{
	return (i + 1) * 2654435761u ^ 0x5bd1e995u;
}

/*
 * For a minute, `floods` shapes say ten thousand lines a second together, after a burst of one; an
 * epoch ends each second. Returns how many of its lines were lost.
 */
static unsigned lost_among(uint32_t floods, uint32_t epoch)
{
	struct world w = {.now_ns = RATE_SECOND_NS};
	unsigned lost = 0;

	for (uint32_t i = 0; i < 2000; i++)
		say(&w, shape(0));
	for (uint32_t i = 0; i < 600000; i++) {
		w.now_ns += RATE_SECOND_NS / 10000;
		say(&w, shape(i % floods));
		if (i % 10000 == 5000)
			lost += !say(&w, epoch);
	}
	assert_true(w.told <= BURST + 61 * PER_S);
	return lost;
}

static void test_a_rare_line_gets_through(void **state)
{
	const uint32_t floods[] = {1, 2, 3, 5, 10, 20};

	(void)state;
	for (size_t i = 0; i < sizeof(floods) / sizeof(floods[0]); i++) {
		unsigned unlucky = 0;

		for (uint32_t epoch = 1000; epoch < 1060; epoch++)
			unlucky += lost_among(floods[i], shape(epoch)) > 0;
		/* Where it meets a flood in both tables: one in 4096 for one, a tenth for twenty.
		 */
		assert_true(unlucky <= floods[i] * floods[i] / 16 + 1);
	}
}

/* What a buffer brings at once is lines of a thousand epochs. */
static void test_a_thousand_at_once(void **state)
{
	struct world w = {.now_ns = RATE_SECOND_NS};

	(void)state;
	for (uint32_t i = 0; i < 1000; i++)
		assert_true(say(&w, shape(7)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_rare_line_gets_through),
		cmocka_unit_test(test_a_thousand_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
