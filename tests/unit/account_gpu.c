/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attribution of GPUs: who bears what, by hand on one GPU, and that nothing is lost or made on
 * eight of them with runs that come and go.
 */
#include "tests/unit/account_bench.h"

#include <errno.h>
#include <stdlib.h>

#define JOULE 1000000ULL

static void uses(struct bench *bench, const struct account_use *use, size_t n)
{
	bench->node.users_known = 1;
	bench->node.use = use;
	bench->node.uses = n;
}

static void one_holder_bears_all_and_it_is_measured(void **state)
{
	struct bench bench;
	struct account_use use = {.busy = 40 * SECOND, .held = SECOND};

	(void)state;
	setup(&bench, POWER_GPU, 50000000, ACCOUNT_IDLE_SEPARATE); /* 50 W */
	use.run = join(&bench);
	uses(&bench, &use, 1);
	tick(&bench, SECOND, 300 * JOULE, NULL, 0);
	assert_posted(&bench, use.run,
		      (struct account_posting){.domain_uj = 300 * JOULE,
					       .run_uj = 300 * JOULE,
					       .run_idle_uj = 50 * JOULE});
	assert_int_equal(account_posted(bench.account, use.run, 0)->run_derived_uj, 0);
	account_free(bench.account);
}

/* 50 J of idle by time held, 250 J by SM time 60 : 15, and a stranger has 25 of these. */
static void several_share_by_what_they_computed(void **state)
{
	struct bench bench;
	struct account_use use[3] = {
		{.busy = 60 * SECOND, .held = SECOND},
		{.busy = 15 * SECOND, .held = SECOND},
		{.run = ACCOUNT_STRANGER, .busy = 25 * SECOND, .held = SECOND}};

	(void)state;
	setup(&bench, POWER_GPU, 60000000, ACCOUNT_IDLE_SEPARATE);
	use[0].run = join(&bench);
	use[1].run = join(&bench);
	uses(&bench, use, 3);
	tick(&bench, SECOND, 300 * JOULE, NULL, 0); /* 60 J idle, 240 J above */
	assert_posted(&bench, use[0].run,
		      (struct account_posting){.domain_uj = 300 * JOULE,
					       .run_uj = (144 + 20) * JOULE,
					       .run_idle_uj = 20 * JOULE,
					       .others_uj = (36 + 20 + 60 + 20) * JOULE});
	assert_int_equal(account_posted(bench.account, use[0].run, 0)->run_derived_uj, 164 * JOULE);
	assert_posted(&bench, use[1].run,
		      (struct account_posting){.domain_uj = 300 * JOULE,
					       .run_uj = 56 * JOULE,
					       .run_idle_uj = 20 * JOULE,
					       .others_uj = 244 * JOULE});
	account_free(bench.account);
}

static void who_only_holds_shares_what_nobody_computed(void **state)
{
	struct bench bench;
	struct account_use use[2] = {{.held = 3 * SECOND}, {.held = SECOND}};

	(void)state;
	setup(&bench, POWER_GPU, 0, ACCOUNT_IDLE_SEPARATE);
	use[0].run = join(&bench);
	use[1].run = join(&bench);
	uses(&bench, use, 2);
	tick(&bench, SECOND, 100 * JOULE, NULL, 0);
	assert_posted(&bench, use[0].run,
		      (struct account_posting){.domain_uj = 100 * JOULE,
					       .run_uj = 75 * JOULE,
					       .others_uj = 25 * JOULE});
	account_free(bench.account);
}

static void what_nobody_holds_is_idle(void **state)
{
	struct bench bench;
	uint64_t idle_uw;
	int run;

	(void)state;
	setup(&bench, POWER_GPU, 0, ACCOUNT_IDLE_SHARED);
	run = join(&bench);
	uses(&bench, NULL, 0);
	tick(&bench, SECOND, 30 * JOULE, NULL, 0);
	assert_posted(&bench, run,
		      (struct account_posting){.domain_uj = 30 * JOULE, .idle_uj = 30 * JOULE});
	assert_string_equal(account_idle(bench.account, 0, &idle_uw), "lowest");
	assert_int_equal(idle_uw, 30000000);
	account_free(bench.account);
}

static void without_a_list_it_is_unattributed(void **state)
{
	struct bench bench;
	struct account_use use = {.busy = 1, .held = 1};
	uint64_t idle_uw;

	(void)state;
	setup(&bench, POWER_GPU, 0, ACCOUNT_IDLE_SEPARATE);
	use.run = join(&bench);
	uses(&bench, &use, 1);
	bench.node.users_known = 0;
	tick(&bench, SECOND, 30 * JOULE, NULL, 0);
	assert_posted(
		&bench, use.run,
		(struct account_posting){.domain_uj = 30 * JOULE, .unattributed_uj = 30 * JOULE});
	assert_string_equal(account_idle(bench.account, 0, &idle_uw), "none");
	account_free(bench.account);
}

/* 14 of 98 SMs: a seventh while idle power is not known, and with it a seventh of the idle. */
static void a_slice_never_bears_the_whole(void **state)
{
	struct bench bench;
	struct account_use use[2] = {
		{.busy = 14 * SECOND, .held = 14 * SECOND},
		{.run = ACCOUNT_NOBODY, .busy = 84 * SECOND, .held = 84 * SECOND}};

	(void)state;
	setup(&bench, POWER_GPU, 0, ACCOUNT_IDLE_SEPARATE);
	use[0].run = join(&bench);
	uses(&bench, use, 2);
	tick(&bench, SECOND, 98 * JOULE, NULL, 0);
	assert_posted(&bench, use[0].run,
		      (struct account_posting){.domain_uj = 98 * JOULE,
					       .run_uj = 14 * JOULE,
					       .idle_uj = 84 * JOULE});
	assert_int_equal(account_posted(bench.account, use[0].run, 0)->run_derived_uj, 14 * JOULE);
	account_free(bench.account);

	setup(&bench, POWER_GPU, 49000000, ACCOUNT_IDLE_SEPARATE);
	use[0].run = join(&bench);
	uses(&bench, use, 2);
	tick(&bench, SECOND, 98 * JOULE, NULL, 0); /* 49 J idle, 49 J above it */
	assert_posted(&bench, use[0].run,
		      (struct account_posting){.domain_uj = 98 * JOULE,
					       .run_uj = (7 + 49) * JOULE,
					       .run_idle_uj = 7 * JOULE,
					       .idle_uj = 42 * JOULE});
	account_free(bench.account);
}

/* A run that is gone still had its part of the time before. */
static void a_run_that_left_is_others(void **state)
{
	struct bench bench;
	struct account_use use[2] = {{.busy = SECOND, .held = SECOND},
				     {.busy = SECOND, .held = SECOND}};

	(void)state;
	setup(&bench, POWER_GPU, 0, ACCOUNT_IDLE_SEPARATE);
	use[0].run = join(&bench);
	use[1].run = join(&bench);
	uses(&bench, use, 2);
	bench.reading.error = -EIO; /* the span stays open */
	tick(&bench, SECOND, 0, NULL, 0);
	account_leave(bench.account, use[1].run);
	bench.reading.error = 0;
	uses(&bench, use, 1);
	tick(&bench, SECOND, 90 * JOULE, NULL, 0);
	assert_posted(&bench, use[0].run,
		      (struct account_posting){.domain_uj = 90 * JOULE,
					       .run_uj = 60 * JOULE,
					       .others_uj = 30 * JOULE});
	account_free(bench.account);
}

static void unknown_runs_and_domains_are_refused(void **state)
{
	struct bench bench;
	struct account_use use = {.run = 7, .busy = 1, .held = 1};

	(void)state;
	setup(&bench, POWER_GPU, 0, ACCOUNT_IDLE_SEPARATE);
	uses(&bench, &use, 1);
	bench.node.t_ns += SECOND;
	assert_int_equal(account_tick(bench.account, &bench.reading, &bench.node, NULL, 0),
			 -EINVAL);
	use = (struct account_use){.run = ACCOUNT_STRANGER, .domain = 1};
	assert_int_equal(account_tick(bench.account, &bench.reading, &bench.node, NULL, 0),
			 -EINVAL);
	account_free(bench.account);
}

/* ---- eight GPUs, whole runs ---- */

#define GPUS 8
#define RUNS 5

struct crowd {
	struct account *account;
	struct power_reading reading[GPUS];
	struct account_use use[GPUS * (RUNS + 2)];
	struct account_node node;
	int run[RUNS];
};

static unsigned some(unsigned below)
{
	return (unsigned)rand() % below;
}

/* Everybody has something to do with every second GPU or so. */
static void busy_tick(struct crowd *crowd)
{
	size_t n = 0;

	for (size_t gpu = 0; gpu < GPUS; gpu++) {
		for (int i = -2; i < RUNS; i++) {
			uint64_t held = some(1000000007);

			if (some(2) || (i >= 0 && crowd->run[i] < 0))
				continue;
			crowd->use[n++] = (struct account_use){.domain = gpu,
							       .run = i < 0 ? i : crowd->run[i],
							       .busy = held * some(101),
							       .held = held};
		}
		crowd->reading[gpu].energy_uj += some(700000001);
		crowd->reading[gpu].error = some(16) ? 0 : -EIO;
		crowd->reading[gpu].gap = !some(32);
	}
	crowd->node.t_ns += SECOND;
	for (size_t gpu = 0; gpu < GPUS; gpu++)
		crowd->reading[gpu].t_ns = crowd->node.t_ns;
	crowd->node.use = crowd->use;
	crowd->node.uses = n;
	crowd->node.users_known = some(8) ? 0xff : 0x0f;
	assert_int_equal(account_tick(crowd->account, crowd->reading, &crowd->node, NULL, 0), 0);
}

/* Of runs that were there all the time, what each has for itself is no more than all others say. */
static void assert_conserved(const struct crowd *crowd)
{
	for (size_t gpu = 0; gpu < GPUS; gpu++) {
		const struct account_posting *first =
			account_posted(crowd->account, crowd->run[0], gpu);
		uint64_t borne_uj = 0;

		for (size_t i = 0; i < RUNS; i++) {
			const struct account_posting *posting =
				account_posted(crowd->account, crowd->run[i], gpu);

			assert_true(account_balances(posting));
			assert_int_equal(posting->domain_uj, first->domain_uj);
			assert_int_equal(posting->idle_uj, first->idle_uj);
			assert_int_equal(posting->unattributed_uj, first->unattributed_uj);
			assert_int_equal(posting->run_uj + posting->others_uj,
					 first->run_uj + first->others_uj);
			borne_uj += posting->run_uj;
		}
		/* What is left is the strangers'. */
		assert_true(borne_uj <= first->run_uj + first->others_uj);
		assert_true(first->domain_uj > 0 && borne_uj > 0);
	}
}

static void eight_gpus_conserve_every_microjoule(void **state)
{
	struct power_domain domain[GPUS];
	struct crowd crowd = {.node.t_ns = 5 * SECOND, .node.known = true};

	(void)state;
	srand(20261121);
	for (size_t i = 0; i < GPUS; i++)
		domain[i] = (struct power_domain){
			.kind = POWER_GPU, .idle_uw = i % 2 ? 60000000 : 0, .idle_method = "known"};
	assert_int_equal(account_new(domain, GPUS, ACCOUNT_IDLE_SEPARATE, &crowd.account), 0);
	for (size_t i = 0; i < RUNS; i++)
		crowd.run[i] = -1;
	busy_tick(&crowd);
	for (size_t i = 0; i < RUNS; i++)
		assert_int_equal(account_join(crowd.account, &crowd.run[i]), 0);
	for (int i = 0; i < 2000; i++)
		busy_tick(&crowd);
	assert_conserved(&crowd);
	account_free(crowd.account);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_holder_bears_all_and_it_is_measured),
		cmocka_unit_test(several_share_by_what_they_computed),
		cmocka_unit_test(who_only_holds_shares_what_nobody_computed),
		cmocka_unit_test(what_nobody_holds_is_idle),
		cmocka_unit_test(without_a_list_it_is_unattributed),
		cmocka_unit_test(a_slice_never_bears_the_whole),
		cmocka_unit_test(a_run_that_left_is_others),
		cmocka_unit_test(unknown_runs_and_domains_are_refused),
		cmocka_unit_test(eight_gpus_conserve_every_microjoule),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
