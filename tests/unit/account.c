/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attribution, rule by rule: who bears the energy of a span. Each test is a few ticks on small
 * numbers that were worked out by hand. What must hold for any ticks is in account_property.c.
 */
#include "tests/unit/account_bench.h"

#include <errno.h>

static void postings_are_proven(void **state)
{
	struct account_posting p = {.domain_uj = 15,
				    .run_uj = 5,
				    .run_idle_uj = 5,
				    .others_uj = 4,
				    .system_uj = 3,
				    .idle_uj = 2,
				    .unattributed_uj = 1};

	(void)state;
	assert_true(account_balances(&p));
	p.domain_uj = 14;
	assert_false(account_balances(&p));
	p.domain_uj = 15;
	p.run_idle_uj = 6; /* more than the whole of which it is a part */
	assert_false(account_balances(&p));
	p = (struct account_posting){.domain_uj = 0, .run_uj = UINT64_MAX, .others_uj = 1};
	assert_false(account_balances(&p)); /* the sum must not wrap to a match */
}

static void cpu_time_shares_what_is_above_idle(void **state)
{
	struct bench bench;
	struct account_activity did[2];

	(void)state;
	setup(&bench, POWER_CPU, 10000000, ACCOUNT_IDLE_SEPARATE); /* 10 W */
	did[0] = (struct account_activity){.run = join(&bench), .cpu_ns = 600};
	did[1] = (struct account_activity){.run = join(&bench), .cpu_ns = 100};
	bench.node.busy_ns = 1000;
	tick(&bench, 2 * SECOND, 50000000, did, 2); /* 20 J idle, 30 J shared 6 : 1 : 3 */
	assert_posted(&bench, did[0].run,
		      (struct account_posting){.domain_uj = 50000000,
					       .run_uj = 18000000,
					       .others_uj = 3000000,
					       .system_uj = 9000000,
					       .idle_uj = 20000000});
	assert_posted(&bench, did[1].run,
		      (struct account_posting){.domain_uj = 50000000,
					       .run_uj = 3000000,
					       .others_uj = 18000000,
					       .system_uj = 9000000,
					       .idle_uj = 20000000});
	account_free(bench.account);
}

static void less_than_idle_is_all_idle(void **state)
{
	struct bench bench;
	struct account_activity did;

	(void)state;
	setup(&bench, POWER_CPU, 10000000, ACCOUNT_IDLE_SEPARATE);
	did = (struct account_activity){.run = join(&bench), .cpu_ns = 600};
	tick(&bench, SECOND, 9999999, &did, 1);
	assert_posted(&bench, did.run,
		      (struct account_posting){.domain_uj = 9999999, .idle_uj = 9999999});
	account_free(bench.account);
}

static void without_idle_power_all_is_shared(void **state)
{
	struct bench bench;
	struct account_activity did;
	uint64_t idle_uw = 1;

	(void)state;
	setup(&bench, POWER_CPU, 0, ACCOUNT_IDLE_SEPARATE);
	assert_string_equal(account_idle(bench.account, 0, &idle_uw), "none");
	assert_int_equal(idle_uw, 0);
	did = (struct account_activity){.run = join(&bench), .cpu_ns = 30};
	bench.node.busy_ns = 120;
	tick(&bench, 100, 400, &did, 1);
	assert_posted(&bench, did.run,
		      (struct account_posting){.domain_uj = 400, .run_uj = 100, .system_uj = 300});

	bench.node.busy_ns = 0; /* nobody ran at all */
	tick(&bench, 100, 7, NULL, 0);
	assert_posted(&bench, did.run,
		      (struct account_posting){
			      .domain_uj = 407, .run_uj = 100, .system_uj = 300, .idle_uj = 7});
	account_free(bench.account);
}

/* /proc/stat counts in 10 ms and a run's CPU time in ns: the whole can be below its part. */
static void busy_time_is_raised_to_the_runs(void **state)
{
	struct bench bench;
	struct account_activity did;

	(void)state;
	setup(&bench, POWER_CPU, 0, ACCOUNT_IDLE_SEPARATE);
	did = (struct account_activity){.run = join(&bench), .cpu_ns = 130};
	bench.node.busy_ns = 100;
	tick(&bench, 100, 1000, &did, 1);
	assert_posted(&bench, did.run, (struct account_posting){.domain_uj = 1000, .run_uj = 1000});
	account_free(bench.account);
}

static void remainders_go_to_one_bearer_each(void **state)
{
	struct bench bench;
	struct account_activity did[2];

	(void)state;
	setup(&bench, POWER_CPU, 0, ACCOUNT_IDLE_SEPARATE);
	did[0] = (struct account_activity){.run = join(&bench), .cpu_ns = 1};
	did[1] = (struct account_activity){.run = join(&bench), .cpu_ns = 1};
	bench.node.busy_ns = 3;
	tick(&bench, 100, 11, did, 2); /* 3 2/3 each: two of the three get a unit more */
	assert_posted(&bench, did[0].run,
		      (struct account_posting){
			      .domain_uj = 11, .run_uj = 4, .others_uj = 4, .system_uj = 3});
	assert_posted(&bench, did[1].run,
		      (struct account_posting){
			      .domain_uj = 11, .run_uj = 4, .others_uj = 4, .system_uj = 3});
	account_free(bench.account);
}

static void without_the_node_nothing_is_guessed(void **state)
{
	struct bench bench;
	struct account_activity did;

	(void)state;
	setup(&bench, POWER_CPU, 1000000, ACCOUNT_IDLE_SEPARATE);
	did = (struct account_activity){.run = join(&bench), .cpu_ns = 130};
	bench.node.known = false;
	tick(&bench, SECOND, 5000000, &did, 1);
	assert_posted(&bench, did.run,
		      (struct account_posting){.domain_uj = 5000000,
					       .idle_uj = 1000000,
					       .unattributed_uj = 4000000});
	account_free(bench.account);
}

static void memory_is_shared_by_bytes_and_time(void **state)
{
	struct bench bench;
	struct account_activity did;
	uint64_t idle_uw;

	(void)state;
	setup(&bench, POWER_MEMORY, 0, ACCOUNT_IDLE_SEPARATE);
	assert_string_equal(account_idle(bench.account, 0, &idle_uw), "bytes");
	did = (struct account_activity){.run = join(&bench), .held_bytes = 100};
	bench.node.used_bytes = 300;
	bench.node.total_bytes = 1000;
	tick(&bench, 100, 1000, &did, 1);
	assert_posted(&bench, did.run,
		      (struct account_posting){
			      .domain_uj = 1000, .run_uj = 100, .system_uj = 200, .idle_uj = 700});

	/* 100 bytes for 300 ns, then 500 bytes for 100 ns, are 200 bytes over the span. */
	bench.reading.error = -EIO;
	tick(&bench, 300, 0, &did, 1);
	bench.reading.error = 0;
	did.held_bytes = 500;
	bench.node.used_bytes = 700;
	tick(&bench, 100, 1000, &did, 1);
	assert_posted(&bench, did.run,
		      (struct account_posting){
			      .domain_uj = 2000, .run_uj = 300, .system_uj = 400, .idle_uj = 1300});
	account_free(bench.account);
}

static void memory_figures_are_raised_to_the_runs(void **state)
{
	struct bench bench;
	struct account_activity did;

	(void)state;
	setup(&bench, POWER_MEMORY, 0, ACCOUNT_IDLE_SEPARATE);
	did = (struct account_activity){.run = join(&bench), .held_bytes = UINT64_MAX};
	bench.node.used_bytes = 1000;
	bench.node.total_bytes = 2000;
	tick(&bench, SECOND, 1000, &did, 1);
	assert_posted(&bench, did.run, (struct account_posting){.domain_uj = 1000, .run_uj = 1000});
	account_free(bench.account);
}

/* A TiB over a second is more than 64 bits hold, in a proportion that the low bits do not show. */
static void memory_weights_are_scaled_alike(void **state)
{
	const uint64_t tib = 1ULL << 40;
	struct bench bench;
	struct account_activity did;

	(void)state;
	setup(&bench, POWER_MEMORY, 0, ACCOUNT_IDLE_SEPARATE);
	did = (struct account_activity){.run = join(&bench), .held_bytes = tib};
	bench.node.used_bytes = 4 * tib;
	bench.node.total_bytes = 10 * tib;
	tick(&bench, 1ULL << 30, 1000, &did, 1);
	assert_posted(&bench, did.run,
		      (struct account_posting){
			      .domain_uj = 1000, .run_uj = 100, .system_uj = 300, .idle_uj = 600});
	account_free(bench.account);
}

/* Together the runs hold more than 64 bits count; the system must not look big beside that. */
static void sums_over_runs_do_not_wrap(void **state)
{
	const uint64_t half = 1ULL << 63;
	struct bench bench;
	struct account_activity did[2];

	(void)state;
	setup(&bench, POWER_MEMORY, 0, ACCOUNT_IDLE_SEPARATE);
	did[0] = (struct account_activity){.run = join(&bench), .held_bytes = half};
	did[1] = (struct account_activity){.run = join(&bench), .held_bytes = half};
	bench.node.used_bytes = half;
	tick(&bench, SECOND, 1000, did, 2);
	assert_posted(&bench, did[0].run,
		      (struct account_posting){.domain_uj = 1000, .run_uj = 500, .others_uj = 500});
	account_free(bench.account);
}

static void memory_of_which_nothing_is_known_is_unattributed(void **state)
{
	struct bench bench;
	struct account_activity did;

	(void)state;
	setup(&bench, POWER_MEMORY, 0, ACCOUNT_IDLE_SEPARATE);
	did = (struct account_activity){.run = join(&bench)};
	tick(&bench, SECOND, 1000, &did, 1);
	assert_posted(&bench, did.run,
		      (struct account_posting){.domain_uj = 1000, .unattributed_uj = 1000});
	account_free(bench.account);
}

static void gpu_and_node_have_no_activity_yet(void **state)
{
	const enum power_kind kinds[] = {POWER_GPU, POWER_NODE};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct bench bench;
		struct account_activity did;

		setup(&bench, kinds[i], 100, ACCOUNT_IDLE_SHARED);
		did = (struct account_activity){.run = join(&bench), .cpu_ns = 5, .held_bytes = 5};
		bench.node.busy_ns = 5;
		tick(&bench, SECOND, 1000, &did, 1);
		assert_posted(&bench, did.run,
			      (struct account_posting){
				      .domain_uj = 1000, .idle_uj = 100, .unattributed_uj = 900});
		account_free(bench.account);
	}
}

static void policy_hands_idle_to_the_active(void **state)
{
	struct bench bench;
	struct account_activity did[2];

	(void)state;
	setup(&bench, POWER_CPU, 100, ACCOUNT_IDLE_SHARED);
	did[0] = (struct account_activity){.run = join(&bench), .cpu_ns = 30};
	did[1] = (struct account_activity){.run = join(&bench), .cpu_ns = 10};
	bench.node.busy_ns = 80;
	tick(&bench, SECOND, 180, did, 2); /* 100 idle 3 : 1, 80 active 3 : 1 : 4 */
	assert_posted(&bench, did[0].run,
		      (struct account_posting){.domain_uj = 180,
					       .run_uj = 105,
					       .run_idle_uj = 75,
					       .others_uj = 35,
					       .system_uj = 40});

	tick(&bench, SECOND, 180, NULL, 0); /* no run was active: it stays idle */
	assert_posted(&bench, did[0].run,
		      (struct account_posting){.domain_uj = 360,
					       .run_uj = 105,
					       .run_idle_uj = 75,
					       .others_uj = 35,
					       .system_uj = 120,
					       .idle_uj = 100});
	account_free(bench.account);
}

static void the_collector_is_a_part_of_the_system(void **state)
{
	struct power_domain domain[2] = {{.name = "package-0", .kind = POWER_CPU},
					 {.name = "core-0", .within = "package-0"}};
	struct account *account;
	struct power_reading reading[2] = {{0}};
	struct account_node node = {.known = true, .busy_ns = 100, .own_ns = 20};
	struct account_activity did = {.cpu_ns = 20};

	(void)state;
	assert_int_equal(account_new(domain, 2, ACCOUNT_IDLE_SEPARATE, &account), 0);
	assert_int_equal(account_join(account, &did.run), 0);
	for (int i = 0; i < 2; i++) {
		node.t_ns += SECOND;
		reading[0].t_ns = reading[1].t_ns = node.t_ns;
		reading[0].energy_uj += 1000;
		reading[1].energy_uj += 700;
		assert_int_equal(account_tick(account, reading, &node, &did, 1), 0);
	}
	assert_int_equal(account_posted(account, did.run, 0)->system_uj, 800);
	assert_int_equal(account_posted(account, did.run, 1)->system_uj, 560);
	assert_int_equal(account_own_uj(account, did.run), 200); /* a quarter, and none of core-0 */

	node.own_ns = 1000; /* never more than the whole */
	node.t_ns = reading[0].t_ns = reading[1].t_ns = 3 * SECOND;
	reading[0].energy_uj += 1000;
	assert_int_equal(account_tick(account, reading, &node, &did, 1), 0);
	assert_int_equal(account_own_uj(account, did.run), 1000);
	account_free(account);
}

static void the_lowest_power_at_low_load_is_idle(void **state)
{
	struct bench bench;
	uint64_t idle_uw;

	(void)state;
	setup(&bench, POWER_CPU, 0, ACCOUNT_IDLE_SEPARATE);
	bench.node.busy_ns = SECOND / 5 + 1; /* of 4 CPU seconds: above 5 % */
	tick(&bench, SECOND, 3000000, NULL, 0);
	bench.node.busy_ns = 0;
	tick(&bench, SECOND / 10 * 9 - 1, 3000000, NULL, 0); /* too short */
	tick(&bench, SECOND, 0, NULL, 0);		     /* the counter stood still */
	bench.node.cpus = 0;				     /* the load is not known */
	tick(&bench, SECOND, 3000000, NULL, 0);
	bench.node.cpus = 4;
	bench.node.known = false;
	tick(&bench, SECOND, 3000000, NULL, 0);
	bench.node.known = true;
	assert_string_equal(account_idle(bench.account, 0, &idle_uw), "none");

	bench.node.busy_ns = SECOND / 5;
	tick(&bench, SECOND, 3000000, NULL, 0);
	assert_string_equal(account_idle(bench.account, 0, &idle_uw), "lowest");
	assert_int_equal(idle_uw, 3000000);
	tick(&bench, SECOND, 3500000, NULL, 0);
	account_idle(bench.account, 0, &idle_uw);
	assert_int_equal(idle_uw, 3000000);
	tick(&bench, 2 * SECOND, 5000000, NULL, 0);
	account_idle(bench.account, 0, &idle_uw);
	assert_int_equal(idle_uw, 2500000);
	tick(&bench, SECOND, 0, NULL, 0); /* stood still again */
	assert_string_equal(account_idle(bench.account, 0, &idle_uw), "lowest");
	assert_int_equal(idle_uw, 2500000);

	struct account_activity did = {.run = join(&bench), .cpu_ns = SECOND};

	tick(&bench, SECOND, 4000000, &did, 1); /* it is in force */
	assert_posted(&bench, did.run,
		      (struct account_posting){
			      .domain_uj = 4000000, .run_uj = 1500000, .idle_uj = 2500000});
	account_free(bench.account);
}

static void a_known_idle_power_is_not_learned_anew(void **state)
{
	struct power_domain domain = {
		.name = "d", .kind = POWER_CPU, .idle_uw = 5000000, .idle_method = "model"};
	struct bench bench;
	uint64_t idle_uw;

	(void)state;
	setup_domain(&bench, &domain, ACCOUNT_IDLE_SEPARATE);
	tick(&bench, SECOND, 3000000, NULL, 0);
	assert_string_equal(account_idle(bench.account, 0, &idle_uw), "model");
	assert_int_equal(idle_uw, 5000000);
	assert_null(account_idle(bench.account, 1, &idle_uw));
	assert_int_equal(idle_uw, 0);
	account_free(bench.account);
}

/* Of many runs on many domains the shares add up, with prime numbers all over. */
static void many_runs_and_domains_add_up(void **state)
{
	enum { RUNS = 2000 };
	static struct account_activity did[RUNS];
	static struct power_domain domain[POWER_DOMAINS_MAX];
	static struct power_reading reading[POWER_DOMAINS_MAX];
	struct account_node node = {.known = true, .total_bytes = 1 << 30};
	struct account *account;

	(void)state;
	for (size_t k = 0; k < POWER_DOMAINS_MAX; k++)
		domain[k].kind = (enum power_kind)(k % 2); /* CPU and memory */
	assert_int_equal(
		account_new(domain, POWER_DOMAINS_MAX + 1, ACCOUNT_IDLE_SEPARATE, &account),
		-EINVAL);
	assert_int_equal(account_new(domain, POWER_DOMAINS_MAX, ACCOUNT_IDLE_SEPARATE, &account),
			 0);
	for (size_t i = 0; i < RUNS; i++) {
		did[i] = (struct account_activity){.cpu_ns = 7 * i, .held_bytes = 11 * i};
		assert_int_equal(account_join(account, &did[i].run), 0);
	}
	for (size_t t = 0; t < 2; t++) {
		node.t_ns += SECOND;
		node.busy_ns = 20000003;
		node.used_bytes = 30000001;
		for (size_t k = 0; k < POWER_DOMAINS_MAX; k++)
			reading[k] = (struct power_reading){.t_ns = node.t_ns,
							    .energy_uj = t * (1000003 + k)};
		assert_int_equal(account_tick(account, reading, &node, did, RUNS), 0);
	}
	for (size_t k = 0; k < POWER_DOMAINS_MAX; k++) {
		uint64_t sum_uj = 0;

		for (size_t i = 0; i < RUNS; i++) {
			const struct account_posting *p = account_posted(account, did[i].run, k);

			assert_true(account_balances(p));
			sum_uj += p->run_uj;
			if (i + 1 == RUNS)
				sum_uj += p->system_uj + p->idle_uj + p->unattributed_uj;
		}
		assert_int_equal(sum_uj, 1000003 + k);
	}
	account_free(account);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(postings_are_proven),
		cmocka_unit_test(cpu_time_shares_what_is_above_idle),
		cmocka_unit_test(less_than_idle_is_all_idle),
		cmocka_unit_test(without_idle_power_all_is_shared),
		cmocka_unit_test(busy_time_is_raised_to_the_runs),
		cmocka_unit_test(remainders_go_to_one_bearer_each),
		cmocka_unit_test(without_the_node_nothing_is_guessed),
		cmocka_unit_test(memory_is_shared_by_bytes_and_time),
		cmocka_unit_test(memory_figures_are_raised_to_the_runs),
		cmocka_unit_test(memory_weights_are_scaled_alike),
		cmocka_unit_test(sums_over_runs_do_not_wrap),
		cmocka_unit_test(memory_of_which_nothing_is_known_is_unattributed),
		cmocka_unit_test(gpu_and_node_have_no_activity_yet),
		cmocka_unit_test(policy_hands_idle_to_the_active),
		cmocka_unit_test(the_collector_is_a_part_of_the_system),
		cmocka_unit_test(the_lowest_power_at_low_load_is_idle),
		cmocka_unit_test(a_known_idle_power_is_not_learned_anew),
		cmocka_unit_test(many_runs_and_domains_add_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
