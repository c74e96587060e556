/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who bears idle energy: each policy on each kind of domain, by hand.
 */
#include "tests/unit/account_bench.h"

#include <errno.h>

#define JOULE 1000000ULL
#define GB    1000000000ULL

static const enum account_idle_policy policies[] = {ACCOUNT_IDLE_SEPARATE, ACCOUNT_IDLE_SHARED,
						    ACCOUNT_IDLE_HOLDER, ACCOUNT_IDLE_USED,
						    ACCOUNT_IDLE_NONE};

static void each_policy_has_its_rules(void **state)
{
	static const char *const word[][4] = {{"none", "none", "holder", "none"},
					      {"used", "used", "holder", "none"},
					      {"holder", "holder", "holder", "none"},
					      {"used", "used", "used", "none"},
					      {"none", "none", "none", "none"}};

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		for (int kind = POWER_CPU; kind <= POWER_NODE; kind++)
			assert_string_equal(account_idle_rule(policies[i], (enum power_kind)kind),
					    word[i][kind]);
		assert_int_equal(account_hands_out(policies[i]), word[i][0][0] != 'n');
	}
}

/* Four CPUs, 40 W idle: one CPU of these is 10 W, and 60 J above that are by CPU time, 3 : 1 : 2.
 */
static void cpus_are_held_by_their_limits(void **state)
{
	static const struct {
		enum account_idle_policy policy;
		uint64_t first_idle_uj, second_idle_uj;
	} want[] = {{ACCOUNT_IDLE_NONE, 0, 0},
		    {ACCOUNT_IDLE_USED, 30 * JOULE, 10 * JOULE},
		    {ACCOUNT_IDLE_HOLDER, 10 * JOULE, 20 * JOULE}};

	(void)state;
	for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++) {
		struct bench bench;
		struct account_activity did[2] = {{.cpu_ns = 3 * SECOND, .limit_milli = 1000},
						  {.cpu_ns = SECOND, .limit_milli = 2000}};
		uint64_t first_uj = want[i].first_idle_uj, second_uj = want[i].second_idle_uj;

		setup(&bench, POWER_CPU, 40000000, want[i].policy);
		did[0].run = join(&bench);
		did[1].run = join(&bench);
		bench.node.busy_ns = 6 * SECOND;
		tick(&bench, SECOND, 100 * JOULE, did, 2);
		assert_posted(
			&bench, did[0].run,
			(struct account_posting){.domain_uj = 100 * JOULE,
						 .run_uj = 30 * JOULE + first_uj,
						 .run_idle_uj = first_uj,
						 .others_uj = 10 * JOULE + second_uj,
						 .system_uj = 20 * JOULE,
						 .idle_uj = 40 * JOULE - first_uj - second_uj});
		assert_int_equal(account_posted(bench.account, did[1].run, 0)->run_idle_uj,
				 second_uj);
		account_free(bench.account);
	}
}

/* 1 CPU beside all 4: a fifth and four fifths, also of what a run holds that does nothing. */
static void who_is_not_limited_holds_everything(void **state)
{
	struct bench bench;
	struct account_activity did[2] = {{.limit_milli = 1000}, {.limit_milli = 0}};

	(void)state;
	setup(&bench, POWER_CPU, 40000000, ACCOUNT_IDLE_HOLDER);
	did[1].run = join(&bench);
	bench.node.busy_ns = SECOND;
	tick(&bench, SECOND, 50 * JOULE, &did[1], 1);
	assert_posted(&bench, did[1].run,
		      (struct account_posting){.domain_uj = 50 * JOULE,
					       .run_uj = 40 * JOULE,
					       .run_idle_uj = 40 * JOULE,
					       .system_uj = 10 * JOULE});
	did[0].run = join(&bench);
	tick(&bench, SECOND, 50 * JOULE, did, 2);
	assert_int_equal(account_posted(bench.account, did[0].run, 0)->run_idle_uj, 8 * JOULE);
	assert_int_equal(account_posted(bench.account, did[1].run, 0)->run_idle_uj, 72 * JOULE);
	/* Its limit holds on while it is not named, and that it is gone makes it others'. */
	account_leave(bench.account, did[1].run);
	tick(&bench, SECOND, 50 * JOULE, NULL, 0);
	assert_int_equal(account_posted(bench.account, did[0].run, 0)->run_idle_uj, 18 * JOULE);
	account_free(bench.account);
}

static void without_a_number_of_cpus_nobody_holds(void **state)
{
	struct bench bench;
	struct account_activity did = {.cpu_ns = SECOND, .limit_milli = 1000};

	(void)state;
	setup(&bench, POWER_CPU, 40000000, ACCOUNT_IDLE_HOLDER);
	did.run = join(&bench);
	bench.node.cpus = 0;
	bench.node.busy_ns = SECOND;
	tick(&bench, SECOND, 50 * JOULE, &did, 1);
	assert_posted(&bench, did.run,
		      (struct account_posting){.domain_uj = 50 * JOULE,
					       .run_uj = 10 * JOULE,
					       .idle_uj = 40 * JOULE});
	account_free(bench.account);
}

/* 100 GB, 20 are the system's and 10 the run's; it might hold 30, so 20 of the 70 free are its. */
static void memory_is_held_up_to_its_limit(void **state)
{
	static const struct {
		enum account_idle_policy policy;
		uint64_t limit_bytes, idle_uj;
	} want[] = {{ACCOUNT_IDLE_NONE, 30 * GB, 0},
		    {ACCOUNT_IDLE_USED, 30 * GB, 70 * JOULE},
		    {ACCOUNT_IDLE_HOLDER, 30 * GB, 20 * JOULE},
		    {ACCOUNT_IDLE_HOLDER, 10 * GB, 0},
		    {ACCOUNT_IDLE_HOLDER, 5 * GB, 0},
		    {ACCOUNT_IDLE_HOLDER, 0, 70 * JOULE}};

	(void)state;
	for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++) {
		struct bench bench;
		struct account_activity did = {.held_bytes = 10 * GB,
					       .limit_bytes = want[i].limit_bytes};

		setup(&bench, POWER_MEMORY, 0, want[i].policy);
		did.run = join(&bench);
		bench.node.total_bytes = 100 * GB;
		bench.node.used_bytes = 30 * GB;
		tick(&bench, SECOND, 100 * JOULE, &did, 1);
		assert_posted(&bench, did.run,
			      (struct account_posting){.domain_uj = 100 * JOULE,
						       .run_uj = 10 * JOULE + want[i].idle_uj,
						       .run_idle_uj = want[i].idle_uj,
						       .system_uj = 20 * JOULE,
						       .idle_uj = 70 * JOULE - want[i].idle_uj});
		account_free(bench.account);
	}
}

/* 60 J idle; one computed and two held, the second for a third of the time. */
static void a_gpu_is_idle_for_whom_the_policy_says(void **state)
{
	static const uint64_t first_uj[] = {45, 45, 45, 60, 0};

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		struct bench bench;
		struct account_use use[2] = {{.busy = SECOND, .held = SECOND},
					     {.run = ACCOUNT_STRANGER, .held = SECOND / 3 + 1}};

		setup(&bench, POWER_GPU, 60000000, policies[i]);
		use[0].run = join(&bench);
		bench.node.users_known = 1;
		bench.node.use = use;
		bench.node.uses = 2;
		tick(&bench, SECOND, 300 * JOULE, NULL, 0);
		const struct account_posting *posting =
			account_posted(bench.account, use[0].run, 0);
		assert_true(account_balances(posting));
		assert_int_equal((posting->run_idle_uj + JOULE / 2) / JOULE, first_uj[i]);
		assert_int_equal(posting->run_uj - posting->run_idle_uj, 240 * JOULE);
		assert_int_equal(posting->idle_uj,
				 policies[i] == ACCOUNT_IDLE_NONE ? 60 * JOULE : 0);
		account_free(bench.account);
	}
}

static void a_gpu_that_nobody_used_stays_idle_where_use_counts(void **state)
{
	struct bench bench;
	struct account_use use = {.held = SECOND};

	(void)state;
	setup(&bench, POWER_GPU, 60000000, ACCOUNT_IDLE_USED);
	use.run = join(&bench);
	bench.node.users_known = 1;
	bench.node.use = &use;
	bench.node.uses = 1;
	tick(&bench, SECOND, 60 * JOULE, NULL, 0);
	assert_posted(&bench, use.run,
		      (struct account_posting){.domain_uj = 60 * JOULE, .idle_uj = 60 * JOULE});
	account_free(bench.account);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_policy_has_its_rules),
		cmocka_unit_test(cpus_are_held_by_their_limits),
		cmocka_unit_test(who_is_not_limited_holds_everything),
		cmocka_unit_test(without_a_number_of_cpus_nobody_holds),
		cmocka_unit_test(memory_is_held_up_to_its_limit),
		cmocka_unit_test(a_gpu_is_idle_for_whom_the_policy_says),
		cmocka_unit_test(a_gpu_that_nobody_used_stays_idle_where_use_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
