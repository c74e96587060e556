/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Energy over time: stretches that touch add up to the microjoule, however many there are, in
 * whatever order points and questions come, and however much of the past was forgotten.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "collector/account/timeline.h"

static uint64_t seed;

static uint64_t random_below(uint64_t n)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (seed >> 33) % n;
}

static void power_is_constant_between_two_points(void **state)
{
	struct timeline timeline;

	(void)state;
	timeline_open(&timeline, 1000, 50);
	assert_int_equal(timeline_at(&timeline, 0), 50);
	assert_int_equal(timeline_at(&timeline, 5000), 50);
	timeline_add(&timeline, 2000, 150);
	timeline_add(&timeline, 4000, 151);
	assert_int_equal(timeline_at(&timeline, 1000), 50);
	assert_int_equal(timeline_at(&timeline, 1004), 50);
	assert_int_equal(timeline_at(&timeline, 1005), 51);
	assert_int_equal(timeline_at(&timeline, 1500), 100);
	assert_int_equal(timeline_at(&timeline, 2000), 150);
	assert_int_equal(timeline_at(&timeline, 2999), 150);
	assert_int_equal(timeline_at(&timeline, 3000), 151);
	assert_int_equal(timeline_at(&timeline, 9000), 151);
	assert_int_equal(timeline_end_ns(&timeline), 4000);
	timeline_close(&timeline);
}

static void what_runs_backwards_is_ignored(void **state)
{
	struct timeline timeline;

	(void)state;
	timeline_open(&timeline, 1000, 50);
	timeline_add(&timeline, 1000, 60);
	timeline_add(&timeline, 2000, 49);
	assert_int_equal(timeline_end_ns(&timeline), 1000);
	timeline_add(&timeline, 2000, 50);
	assert_int_equal(timeline_end_ns(&timeline), 2000);
	timeline_close(&timeline);
}

static void what_was_asked_at_forgetting_stays(void **state)
{
	struct timeline timeline;

	(void)state;
	timeline_open(&timeline, 0, 0);
	timeline_add(&timeline, 1000, 3);
	timeline_add(&timeline, 2000, 1003);
	uint64_t then = timeline_at(&timeline, 1700);
	timeline_forget(&timeline, 1700);
	assert_int_equal(timeline_at(&timeline, 1700), then);
	assert_int_equal(timeline_at(&timeline, 100), then);
	assert_int_equal(timeline_at(&timeline, 2000), 1003);
	timeline_forget(&timeline, 1000);
	assert_int_equal(timeline_at(&timeline, 1700), then);
	timeline_forget(&timeline, 5000);
	assert_int_equal(timeline_at(&timeline, 0), 1003);
	assert_int_equal(timeline_end_ns(&timeline), 5000);
	timeline_close(&timeline);
}

/* Phases of a run of weeks: a second a tick, stretches booked as they end, some very late. */
static void stretches_that_touch_add_up(void **state)
{
	(void)state;
	for (seed = 1; seed <= 200; seed++) {
		const uint64_t ticks = 1 + random_below(seed % 10 ? 300 : 40000);
		const uint64_t late = 1 + random_below(2 * ticks);
		uint64_t t_ns = random_below(1000), energy_uj = random_below(1000);
		uint64_t booked_ns = t_ns, booked_uj = energy_uj, sum_uj = 0;
		const uint64_t first_uj = energy_uj;
		struct timeline timeline;

		timeline_open(&timeline, t_ns, energy_uj);
		for (uint64_t i = 0; i < ticks; i++) {
			t_ns += 1 + random_below(2000000000);
			energy_uj += random_below(4) ? random_below(90000000) : random_below(2);
			timeline_add(&timeline, t_ns, energy_uj);
			assert_int_equal(timeline_at(&timeline, t_ns), energy_uj);
			while (random_below(late) == 0 && booked_ns < t_ns) {
				booked_ns += 1 + random_below(t_ns - booked_ns);
				uint64_t now_uj = timeline_at(&timeline, booked_ns);
				assert_true(now_uj >= booked_uj && now_uj <= energy_uj);
				sum_uj += now_uj - booked_uj;
				booked_uj = now_uj;
				if (random_below(2))
					timeline_forget(&timeline, booked_ns);
				assert_int_equal(timeline_at(&timeline, booked_ns), booked_uj);
			}
			assert_true(timeline.n <= TIMELINE_POINTS);
			/* Whoever looks on from a booked moment goes on from its figure. */
			timeline_forget(&timeline, booked_ns);
		}
		sum_uj += timeline_at(&timeline, t_ns) - booked_uj;
		assert_int_equal(sum_uj, energy_uj - first_uj);
		timeline_close(&timeline);
	}
}

/* However long a run is, its first hour stays as fine as its last. */
static void the_past_grows_coarse_evenly(void **state)
{
	const uint64_t second_ns = 1000000000, seconds = 1000000;
	struct timeline timeline;

	(void)state;
	timeline_open(&timeline, 0, 0);
	for (uint64_t i = 1; i <= seconds; i++)
		timeline_add(&timeline, i * second_ns, i * i);
	assert_true(timeline.n > TIMELINE_POINTS / 4 && timeline.n <= TIMELINE_POINTS);
	for (size_t i = 1; i < timeline.n; i++)
		assert_true(timeline.point[i].t_ns - timeline.point[i - 1].t_ns <=
			    seconds * second_ns / (TIMELINE_POINTS / 4));
	for (uint64_t i = 0; i < seconds; i += 997) {
		const double found = (double)timeline_at(&timeline, i * second_ns);
		const double apart = (double)seconds / (TIMELINE_POINTS / 4);
		assert_true(found >= (double)i * (double)i - 1);
		assert_true(found <= (double)i * (double)i + apart * apart);
	}
	/* What comes once the past is forgotten is as fine as ever. */
	timeline_forget(&timeline, seconds * second_ns);
	for (uint64_t i = 1; i <= 1000; i++)
		timeline_add(&timeline, (seconds + i) * second_ns, seconds * seconds + i * i);
	for (uint64_t i = 1; i <= 1000; i++)
		assert_int_equal(timeline_at(&timeline, (seconds + i) * second_ns),
				 seconds * seconds + i * i);
	timeline_close(&timeline);
}

static void it_never_falls(void **state)
{
	struct timeline timeline;
	uint64_t before_uj = 0;

	(void)state;
	seed = 7;
	timeline_open(&timeline, 0, 0);
	for (uint64_t i = 1; i < 20000; i++)
		timeline_add(&timeline, i * 1000 + random_below(1000), i * 10 + random_below(10));
	for (uint64_t t_ns = 0; t_ns < 20000000; t_ns += 1 + random_below(500)) {
		uint64_t now_uj = timeline_at(&timeline, t_ns);
		assert_true(now_uj >= before_uj);
		before_uj = now_uj;
	}
	timeline_close(&timeline);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(power_is_constant_between_two_points),
		cmocka_unit_test(what_runs_backwards_is_ignored),
		cmocka_unit_test(what_was_asked_at_forgetting_stays),
		cmocka_unit_test(stretches_that_touch_add_up),
		cmocka_unit_test(the_past_grows_coarse_evenly),
		cmocka_unit_test(it_never_falls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
