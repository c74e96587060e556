/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attribution when something is missing: readings that fail, repeat or are lost, runs that join and
 * leave in the middle, calls that are refused. Small numbers, worked out by hand.
 */
#include "tests/unit/account_bench.h"

#include <errno.h>

static void failed_readings_are_made_up_for(void **state)
{
	struct bench bench;
	struct account_activity did;

	(void)state;
	setup(&bench, POWER_CPU, 0, ACCOUNT_IDLE_SEPARATE);
	did = (struct account_activity){.run = join(&bench), .cpu_ns = 10};
	bench.node.busy_ns = 10;
	bench.reading.error = -EIO;
	tick(&bench, 100, 0, &did, 1);
	assert_posted(&bench, did.run, (struct account_posting){0});
	did.cpu_ns = 0;
	bench.node.busy_ns = 30;
	bench.reading.error = 0;
	tick(&bench, 100, 400, &did, 1); /* over both ticks: 10 of 40 */
	assert_posted(&bench, did.run,
		      (struct account_posting){.domain_uj = 400, .run_uj = 100, .system_uj = 300});
	account_free(bench.account);
}

static void one_unknown_tick_makes_the_span_unknown(void **state)
{
	struct bench bench;
	struct account_activity did;

	(void)state;
	setup(&bench, POWER_CPU, 0, ACCOUNT_IDLE_SEPARATE);
	did = (struct account_activity){.run = join(&bench), .cpu_ns = 10};
	bench.node.busy_ns = 10;
	bench.node.known = false;
	bench.reading.error = -EIO;
	tick(&bench, 100, 0, &did, 1);
	bench.node.known = true;
	bench.reading.error = 0;
	tick(&bench, 100, 400, &did, 1);
	tick(&bench, 100, 50, &did, 1); /* the next span is its own */
	assert_posted(
		&bench, did.run,
		(struct account_posting){.domain_uj = 450, .run_uj = 50, .unattributed_uj = 400});
	account_free(bench.account);
}

static void gaps_cost_time_and_book_nothing(void **state)
{
	struct bench bench;
	struct account_activity did;

	(void)state;
	setup(&bench, POWER_CPU, 0, ACCOUNT_IDLE_SEPARATE);
	did = (struct account_activity){.run = join(&bench), .cpu_ns = 10};
	bench.reading.error = -EIO;
	tick(&bench, 100, 0, &did, 1);
	bench.reading.error = 0;
	bench.reading.gap = true;
	tick(&bench, 50, 0, &did, 1);
	assert_posted(&bench, did.run, (struct account_posting){.gap_ns = 150});
	bench.reading.gap = false;
	bench.node.busy_ns = 20; /* what was done in the gap has no weight any more */
	tick(&bench, 100, 10, &did, 1);
	assert_posted(&bench, did.run,
		      (struct account_posting){
			      .domain_uj = 10, .run_uj = 5, .system_uj = 5, .gap_ns = 150});
	account_free(bench.account);
}

static void broken_promises_are_gaps(void **state)
{
	struct bench bench;
	struct account_activity did;

	(void)state;
	setup(&bench, POWER_CPU, 0, ACCOUNT_IDLE_SEPARATE);
	did = (struct account_activity){.run = join(&bench), .cpu_ns = 10};
	bench.reading.gap = true; /* so that nothing is booked, and 64 bits would hold a wrap */
	tick(&bench, 100, 500, &did, 1);
	bench.reading.gap = false;
	bench.reading.energy_uj = 100; /* fell */
	tick(&bench, 100, 0, &did, 1);
	tick(&bench, 100, 1000, &did, 1);
	bench.reading.energy_uj = 200; /* and again */
	tick(&bench, 100, 0, &did, 1);
	tick(&bench, 100, 30, &did, 1);
	assert_posted(&bench, did.run,
		      (struct account_posting){.domain_uj = 1030, .run_uj = 1030, .gap_ns = 300});

	bench.node.t_ns += 100;
	bench.reading.t_ns -= 1; /* read before the reading before */
	bench.reading.energy_uj += 5;
	assert_int_equal(account_tick(bench.account, &bench.reading, &bench.node, &did, 1), 0);
	bench.reading.energy_uj = UINT64_MAX; /* with the 1030, more than 64 bits */
	tick(&bench, 100, 0, &did, 1);
	assert_posted(&bench, did.run,
		      (struct account_posting){.domain_uj = 1030, .run_uj = 1030, .gap_ns = 500});
	account_free(bench.account);
}

/* A slow sensor gives the same reading twice; the activity of both ticks belongs to the next. */
static void a_stale_reading_keeps_the_span_open(void **state)
{
	struct bench bench;
	struct account_activity did;

	(void)state;
	setup(&bench, POWER_CPU, 0, ACCOUNT_IDLE_SEPARATE);
	did = (struct account_activity){.run = join(&bench), .cpu_ns = 10};
	bench.node.busy_ns = 10;
	bench.node.t_ns += 100;
	assert_int_equal(account_tick(bench.account, &bench.reading, &bench.node, &did, 1), 0);
	bench.node.busy_ns = 30;
	tick(&bench, 100, 400, NULL, 0);
	assert_posted(&bench, did.run,
		      (struct account_posting){.domain_uj = 400, .run_uj = 100, .system_uj = 300});
	account_free(bench.account);
}

static void who_joins_in_a_span_bears_none_of_it(void **state)
{
	struct bench bench;
	struct account_activity did[2];

	(void)state;
	setup(&bench, POWER_CPU, 0, ACCOUNT_IDLE_SEPARATE);
	did[0] = (struct account_activity){.run = join(&bench), .cpu_ns = 10};
	bench.reading.error = -EIO;
	tick(&bench, 100, 0, did, 1);
	did[1] = (struct account_activity){.run = join(&bench), .cpu_ns = 20};
	bench.reading.error = 0;
	bench.node.busy_ns = 40;
	tick(&bench, 70, 500, did, 2); /* weights 20 : 20 : 10 */
	assert_posted(&bench, did[0].run,
		      (struct account_posting){
			      .domain_uj = 500, .run_uj = 200, .others_uj = 200, .system_uj = 100});
	assert_posted(&bench, did[1].run, (struct account_posting){.gap_ns = 70});
	account_free(bench.account);
}

static void who_leaves_in_a_span_bears_none_of_it(void **state)
{
	struct bench bench;
	struct account_activity did[2];

	(void)state;
	setup(&bench, POWER_CPU, 0, ACCOUNT_IDLE_SHARED);
	did[0] = (struct account_activity){.run = join(&bench), .cpu_ns = 10};
	did[1] = (struct account_activity){.run = join(&bench), .cpu_ns = 30};
	bench.reading.error = -EIO;
	tick(&bench, 100, 0, did, 2);
	account_leave(bench.account, did[1].run);
	assert_posted(&bench, did[1].run, (struct account_posting){.gap_ns = 100});
	account_leave(bench.account, did[1].run);
	assert_posted(&bench, did[1].run, (struct account_posting){.gap_ns = 100});
	bench.reading.error = 0;
	tick(&bench, 70, 500, did, 1); /* weights 20 : 30 */
	assert_posted(&bench, did[0].run,
		      (struct account_posting){.domain_uj = 500, .run_uj = 200, .others_uj = 300});
	assert_posted(&bench, did[1].run, (struct account_posting){.gap_ns = 100});
	account_free(bench.account);
}

/* Nor do those that stay bear its share of idle. */
static void idle_of_who_left_is_others(void **state)
{
	struct bench bench;
	struct account_activity did[2];

	(void)state;
	setup(&bench, POWER_CPU, 100, ACCOUNT_IDLE_SHARED);
	did[0] = (struct account_activity){.run = join(&bench), .cpu_ns = 10};
	did[1] = (struct account_activity){.run = join(&bench), .cpu_ns = 30};
	bench.reading.error = -EIO;
	tick(&bench, SECOND, 0, did, 2);
	account_leave(bench.account, did[1].run);
	bench.reading.error = 0;
	tick(&bench, SECOND, 700, did, 1); /* 200 idle and 500 active, both 20 : 30 */
	assert_posted(
		&bench, did[0].run,
		(struct account_posting){
			.domain_uj = 700, .run_uj = 280, .run_idle_uj = 80, .others_uj = 420});
	account_free(bench.account);
}

/* Two runs leave with weights that 128 bits do not hold together. */
static void weights_of_who_left_do_not_wrap(void **state)
{
	struct bench bench;
	struct account_activity did[3];

	(void)state;
	setup(&bench, POWER_MEMORY, 0, ACCOUNT_IDLE_SEPARATE);
	for (int i = 0; i < 3; i++)
		did[i] = (struct account_activity){.run = join(&bench), .held_bytes = UINT64_MAX};
	bench.reading.error = -EIO;
	tick(&bench, (1ULL << 63) + (1ULL << 40), 0, did, 3);
	account_leave(bench.account, did[0].run);
	account_leave(bench.account, did[1].run);
	bench.reading.error = 0;
	tick(&bench, 1, 3000, NULL, 0);
	assert_posted(
		&bench, did[2].run,
		(struct account_posting){.domain_uj = 3000, .run_uj = 1000, .others_uj = 2000});
	account_free(bench.account);
}

static void a_run_bears_nothing_of_what_was_before(void **state)
{
	struct power_domain domain = {.name = "d", .kind = POWER_CPU};
	struct bench bench = {.reading = {.t_ns = 7, .energy_uj = 900, .error = -EIO},
			      .node = {.t_ns = 7, .known = true}};
	struct account_activity did;

	(void)state;
	assert_int_equal(account_new(&domain, 1, ACCOUNT_IDLE_SEPARATE, &bench.account), 0);
	did = (struct account_activity){.run = join(&bench), .cpu_ns = 10};
	tick(&bench, 0, 0, &did, 1);
	bench.reading.error = 0;
	tick(&bench, 100, 900, &did, 1); /* the first good reading says where the meter stands */
	assert_posted(&bench, did.run, (struct account_posting){.gap_ns = 100});
	tick(&bench, 100, 10, &did, 1);
	assert_posted(&bench, did.run,
		      (struct account_posting){.domain_uj = 10, .run_uj = 10, .gap_ns = 100});
	account_free(bench.account);
}

static void refused_ticks_book_nothing(void **state)
{
	struct bench bench;
	struct account_activity did[2];

	(void)state;
	setup(&bench, POWER_CPU, 0, ACCOUNT_IDLE_SEPARATE);
	did[0] = (struct account_activity){.run = join(&bench), .cpu_ns = 10};
	did[1] = (struct account_activity){.run = 77, .cpu_ns = 10};
	bench.reading.energy_uj = 100;
	bench.reading.t_ns += SECOND;
	bench.node.t_ns += SECOND;
	assert_int_equal(account_tick(bench.account, &bench.reading, &bench.node, did, 2), -EINVAL);
	did[1].run = -1;
	assert_int_equal(account_tick(bench.account, &bench.reading, &bench.node, did, 2), -EINVAL);
	bench.node.t_ns -= SECOND + 1;
	assert_int_equal(account_tick(bench.account, &bench.reading, &bench.node, did, 1), -EINVAL);
	assert_posted(&bench, did[0].run, (struct account_posting){0});

	bench.node.t_ns += SECOND + 1; /* and cost nothing either */
	assert_int_equal(account_tick(bench.account, &bench.reading, &bench.node, did, 1), 0);
	assert_posted(&bench, did[0].run,
		      (struct account_posting){.domain_uj = 100, .run_uj = 100});

	account_leave(bench.account, did[0].run);
	assert_int_equal(account_tick(bench.account, &bench.reading, &bench.node, did, 1), -EINVAL);
	account_free(bench.account);
}

static void handles_are_given_out_again(void **state)
{
	struct bench bench;
	struct account_activity did;
	int second;

	(void)state;
	setup(&bench, POWER_CPU, 0, ACCOUNT_IDLE_SEPARATE);
	did = (struct account_activity){.run = join(&bench), .cpu_ns = 10};
	second = join(&bench);
	assert_int_not_equal(second, did.run);
	tick(&bench, 100, 100, &did, 1);
	account_leave(bench.account, did.run);
	assert_posted(&bench, did.run, (struct account_posting){.domain_uj = 100, .run_uj = 100});
	assert_int_equal(join(&bench), did.run);
	assert_posted(&bench, did.run, (struct account_posting){0});
	assert_int_equal(account_own_uj(bench.account, did.run), 0);
	account_leave(bench.account, -5);
	account_leave(bench.account, 12345);
	assert_null(account_posted(bench.account, 12345, 0));
	assert_null(account_posted(bench.account, did.run, 1));
	account_free(bench.account);
}

static void a_run_named_twice_did_both(void **state)
{
	struct bench bench;
	struct account_activity did[3];

	(void)state;
	setup(&bench, POWER_CPU, 0, ACCOUNT_IDLE_SEPARATE);
	did[0] = (struct account_activity){.run = join(&bench), .cpu_ns = 10};
	did[1] = (struct account_activity){.run = join(&bench), .cpu_ns = 70};
	did[2] = (struct account_activity){.run = did[0].run, .cpu_ns = 20};
	tick(&bench, 100, 100, did, 3);
	assert_posted(&bench, did[0].run,
		      (struct account_posting){.domain_uj = 100, .run_uj = 30, .others_uj = 70});
	account_free(bench.account);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(failed_readings_are_made_up_for),
		cmocka_unit_test(one_unknown_tick_makes_the_span_unknown),
		cmocka_unit_test(gaps_cost_time_and_book_nothing),
		cmocka_unit_test(broken_promises_are_gaps),
		cmocka_unit_test(a_stale_reading_keeps_the_span_open),
		cmocka_unit_test(who_joins_in_a_span_bears_none_of_it),
		cmocka_unit_test(who_leaves_in_a_span_bears_none_of_it),
		cmocka_unit_test(idle_of_who_left_is_others),
		cmocka_unit_test(weights_of_who_left_do_not_wrap),
		cmocka_unit_test(a_run_bears_nothing_of_what_was_before),
		cmocka_unit_test(refused_ticks_book_nothing),
		cmocka_unit_test(handles_are_given_out_again),
		cmocka_unit_test(a_run_named_twice_did_both),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
