/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls within calls: each books the time that it took by itself, in whatever order they come, and
 * only threads share.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "collector/account/busy.h"

static struct busy *fresh(uint64_t start_ns)
{
	struct busy *busy = NULL;

	assert_int_equal(busy_new(start_ns, &busy), 0);
	return busy;
}

static struct busy_interval call(uint64_t start_ns, uint64_t end_ns, uint32_t key,
				 uint64_t nested_ns)
{
	return (struct busy_interval){start_ns, end_ns, key,
				      busy_nested(nested_ns, end_ns - start_ns)};
}

static void assert_share(const struct busy *busy, uint32_t key, uint64_t busy_ns,
			 uint64_t energy_uj)
{
	assert_int_equal(busy_share(busy, key).busy_ns, busy_ns);
	assert_int_equal(busy_share(busy, key).energy_uj, energy_uj);
}

/* A region of 100, in it a product of 90, in that one a region of 30: each has what is its own. */
static void calls_within_calls_have_their_own_time(void **state)
{
	const struct busy_interval batch[] = {call(20, 50, 2, 0), call(5, 95, 1, 30),
					      call(0, 100, 0, 90)};
	struct busy *busy = fresh(0);

	(void)state;
	assert_int_equal(busy_energy(busy, 100, 1000), 0);
	assert_int_equal(busy_cover(busy, batch, 3), 0);
	assert_int_equal(busy_time_ns(busy), 100);
	assert_int_equal(busy_energy_uj(busy), 1000);
	assert_share(busy, 0, 10, 100);
	assert_share(busy, 1, 60, 600);
	assert_share(busy, 2, 30, 300);
	busy_free(busy);
}

/* An inner call may be booked ticks before the outer one has ended. */
static void an_outer_call_comes_late(void **state)
{
	const struct busy_interval first = call(5, 45, 1, 0);
	const struct busy_interval last[] = {call(50, 90, 1, 0), call(0, 100, 0, 80)};
	struct busy *busy = fresh(0);

	(void)state;
	assert_int_equal(busy_energy(busy, 50, 500), 0);
	assert_int_equal(busy_cover(busy, &first, 1), 0);
	assert_int_equal(busy_energy(busy, 100, 1000), 0);
	assert_int_equal(busy_cover(busy, last, 2), 0);
	assert_int_equal(busy_time_ns(busy), 100);
	assert_int_equal(busy_energy_uj(busy), 1000);
	assert_share(busy, 0, 20, 200);
	assert_share(busy, 1, 80, 800);
	busy_free(busy);
}

/*
 * Two threads in one region, each with a product, of which the one of the thread that opened the
 * region is nested: the region has its own 10 beside the two; and a thread that knows nothing of it
 * shares alike.
 */
static void threads_share_by_their_own_times(void **state)
{
	const struct busy_interval team[] = {call(0, 100, 0, 90), call(5, 95, 1, 0),
					     call(5, 95, 1, 0)};
	const struct busy_interval two[] = {call(100, 200, 2, 0), call(100, 200, 3, 0)};
	struct busy *busy = fresh(0);

	(void)state;
	assert_int_equal(busy_energy(busy, 200, 3800), 0);
	assert_int_equal(busy_cover(busy, team, 3), 0);
	assert_share(busy, 0, 5, 100);
	assert_share(busy, 1, 95, 1800);
	assert_int_equal(busy_cover(busy, two, 2), 0);
	assert_share(busy, 2, 50, 950);
	assert_share(busy, 3, 50, 950);
	busy_free(busy);
}

/* Of a call that began before the start, as much is nested in the rest as in all of it. */
static void what_is_clipped_is_nested_evenly(void **state)
{
	const struct busy_interval batch[] = {call(0, 200, 0, 100), call(150, 200, 1, 0)};
	struct busy *busy = fresh(100);

	(void)state;
	assert_int_equal(busy_energy(busy, 300, 200), 0);
	assert_int_equal(busy_cover(busy, batch, 2), 0);
	assert_share(busy, 0, 50, 50);
	assert_share(busy, 1, 50, 50);
	busy_free(busy);
}

/* A claim that cannot be, twice: it weighs next to nothing, and is no two members of a group. */
static void nobody_is_nested_away(void **state)
{
	const struct busy_interval batch[] = {call(0, 10, 0, UINT64_MAX), call(0, 10, 0, 10),
					      call(0, 10, 1, 4)};
	const struct busy_interval alone = call(50, 60, 2, UINT64_MAX);
	struct busy *busy = fresh(0);

	(void)state;
	assert_int_equal(busy_energy(busy, 100, 800), 0);
	assert_int_equal(busy_cover(busy, batch, 3), 0);
	assert_int_equal(busy_time_ns(busy), 10);
	assert_int_equal(busy_energy_uj(busy), 80);
	assert_share(busy, 0, 3, 20); /* 2 : 6 of 10; of equal remainders the first has the most */
	assert_share(busy, 1, 7, 60);
	assert_int_equal(busy_cover(busy, &alone, 1), 0);
	assert_share(busy, 2, 10, 80);
	busy_free(busy);
}

/* Parts of an interval, not ns: below 4.2 s the difference is none, above it is a 2^-32 part. */
static void parts_are_exact_to_the_ns(void **state)
{
	uint64_t all_ns = 1;

	(void)state;
	assert_int_equal(busy_nested(0, 0), 0);
	assert_int_equal(busy_nested(1, 0), UINT32_MAX);
	for (uint64_t i = 1; i < 200; i++, all_ns = all_ns * 7 / 6 + i) {
		const uint64_t error_ns = 1 + (all_ns >> 32);
		struct busy *busy = fresh(0);
		const uint64_t nested_ns = all_ns * (i % 97) / 97;
		const struct busy_interval two[] = {call(0, all_ns, 0, nested_ns),
						    call(0, nested_ns, 1, 0)};

		assert_int_equal(busy_energy(busy, all_ns, 0), 0);
		assert_int_equal(busy_cover(busy, two, 2), 0);
		assert_in_range(busy_share(busy, 1).busy_ns,
				nested_ns - (error_ns < nested_ns ? error_ns : nested_ns),
				nested_ns + error_ns);
		if (all_ns >> 32 == 0)
			assert_int_equal(busy_share(busy, 1).busy_ns, nested_ns);
		busy_free(busy);
	}
	assert_true(all_ns >> 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_within_calls_have_their_own_time),
		cmocka_unit_test(an_outer_call_comes_late),
		cmocka_unit_test(threads_share_by_their_own_times),
		cmocka_unit_test(what_is_clipped_is_nested_evenly),
		cmocka_unit_test(nobody_is_nested_away),
		cmocka_unit_test(parts_are_exact_to_the_ns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
