/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gated integral: what a domain drew while a run computed. By hand, tick by tick.
 */
#include "tests/unit/account_bench.h"

#include <errno.h>

static uint64_t gated_uj(const struct bench *bench, int run)
{
	return account_posted(bench->account, run, 0)->gated_uj;
}

static void the_whole_domain_counts_while_a_run_computes(void **state)
{
	struct bench bench;
	struct account_activity did[2];

	(void)state;
	setup(&bench, POWER_CPU, 0, ACCOUNT_IDLE_SEPARATE);
	did[0] = (struct account_activity){.run = join(&bench), .cpu_ns = SECOND / 2};
	did[1] = (struct account_activity){.run = join(&bench), .cpu_ns = SECOND / 1000};
	bench.node.busy_ns = SECOND;
	tick(&bench, SECOND, 7000, did, 2);
	did[0].cpu_ns = 0;
	tick(&bench, SECOND, 500, did, 2);
	assert_int_equal(gated_uj(&bench, did[0].run), 7000);
	assert_int_equal(gated_uj(&bench, did[1].run), 0);
	assert_int_equal(account_posted(bench.account, did[1].run, 0)->domain_uj, 7500);
	account_free(bench.account);
}

static void the_gate_is_a_hundredth_of_a_core(void **state)
{
	struct bench bench;
	struct account_activity did;

	(void)state;
	setup(&bench, POWER_CPU, 0, ACCOUNT_IDLE_SEPARATE);
	did = (struct account_activity){.run = join(&bench), .cpu_ns = SECOND / 100 - 1};
	tick(&bench, SECOND, 30, &did, 1);
	assert_int_equal(gated_uj(&bench, did.run), 0);
	did.cpu_ns++;
	tick(&bench, SECOND, 30, &did, 1);
	assert_int_equal(gated_uj(&bench, did.run), 30);
	did.cpu_ns = 0;
	did.commands = true; /* a device computed, and the CPU waited */
	tick(&bench, SECOND, 30, &did, 1);
	assert_int_equal(gated_uj(&bench, did.run), 60);
	account_free(bench.account);
}

static void a_slow_meter_is_gated_by_time(void **state)
{
	struct bench bench;
	struct account_activity did;

	(void)state;
	setup(&bench, POWER_NODE, 0, ACCOUNT_IDLE_SEPARATE);
	did = (struct account_activity){.run = join(&bench), .cpu_ns = SECOND};
	bench.reading.error = -EAGAIN;
	tick(&bench, SECOND, 0, &did, 1);
	did.cpu_ns = 0;
	tick(&bench, SECOND, 0, &did, 1);
	tick(&bench, SECOND, 0, &did, 1);
	bench.reading.error = 0;
	tick(&bench, SECOND, 1000, &did, 1);
	assert_int_equal(gated_uj(&bench, did.run), 250);
	tick(&bench, SECOND, 1000, &did, 1); /* the next span begins anew */
	assert_int_equal(gated_uj(&bench, did.run), 250);
	account_free(bench.account);
}

static void a_busy_device_is_computing(void **state)
{
	struct bench bench;
	struct account_activity did;
	struct account_use use = {.busy = 1, .held = 1};

	(void)state;
	setup(&bench, POWER_GPU, 0, ACCOUNT_IDLE_SEPARATE);
	did = (struct account_activity){.run = join(&bench)};
	use.run = did.run;
	bench.node.users_known = 1;
	bench.node.use = &use;
	bench.node.uses = 1;
	tick(&bench, SECOND, 100, &did, 1);
	use.busy = 0; /* held, and nothing computed */
	tick(&bench, SECOND, 10, &did, 1);
	assert_int_equal(gated_uj(&bench, did.run), 100);
	account_free(bench.account);
}

static void a_gap_is_in_no_integral(void **state)
{
	struct bench bench;
	struct account_activity did;

	(void)state;
	setup(&bench, POWER_CPU, 0, ACCOUNT_IDLE_SEPARATE);
	did = (struct account_activity){.run = join(&bench), .cpu_ns = SECOND};
	bench.reading.gap = true;
	tick(&bench, SECOND, 100, &did, 1);
	bench.reading.gap = false;
	tick(&bench, SECOND, 40, &did, 1);
	assert_int_equal(gated_uj(&bench, did.run), 40);
	assert_int_equal(account_posted(bench.account, did.run, 0)->domain_uj, 40);
	account_free(bench.account);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_whole_domain_counts_while_a_run_computes),
		cmocka_unit_test(the_gate_is_a_hundredth_of_a_core),
		cmocka_unit_test(a_slow_meter_is_gated_by_time),
		cmocka_unit_test(a_busy_device_is_computing),
		cmocka_unit_test(a_gap_is_in_no_integral),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
