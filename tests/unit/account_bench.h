/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bench with one domain and an account, whose meter and clock tests turn by hand.
 */
#ifndef GRAMME_TESTS_ACCOUNT_BENCH_H
#define GRAMME_TESTS_ACCOUNT_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "collector/account/account.h"

#define SECOND 1000000000ULL

struct bench {
	struct account *account;
	struct power_reading reading;
	struct account_node node;
};

static inline void setup_domain(struct bench *bench, const struct power_domain *domain,
				enum account_idle_policy policy)
{
	*bench = (struct bench){0};
	assert_int_equal(account_new(domain, 1, policy, &bench->account), 0);
	bench->node.t_ns = bench->reading.t_ns = 5 * SECOND;
	bench->node.known = true;
	bench->node.cpus = 4;
	assert_int_equal(account_tick(bench->account, &bench->reading, &bench->node, NULL, 0), 0);
}

static inline void setup(struct bench *bench, enum power_kind kind, uint64_t idle_uw,
			 enum account_idle_policy policy)
{
	struct power_domain domain = {
		.name = "d", .kind = kind, .idle_uw = idle_uw, .idle_method = "calibrated"};

	setup_domain(bench, &domain, policy);
}

static inline int join(struct bench *bench)
{
	int run = -1;

	assert_int_equal(account_join(bench->account, &run), 0);
	assert_true(run >= 0);
	return run;
}

/* Lets time pass and the meter run; the node's load and the reading's flags are set before. */
static inline void tick(struct bench *bench, uint64_t pass_ns, uint64_t use_uj,
			const struct account_activity *activity, size_t n)
{
	bench->node.t_ns += pass_ns;
	bench->reading.energy_uj += use_uj;
	if (!bench->reading.error)
		bench->reading.t_ns = bench->node.t_ns;
	assert_int_equal(account_tick(bench->account, &bench->reading, &bench->node, activity, n),
			 0);
}

static inline void assert_posted(const struct bench *bench, int run, struct account_posting want)
{
	const struct account_posting *have = account_posted(bench->account, run, 0);

	assert_non_null(have);
	assert_true(account_balances(have));
	assert_true(account_balances(&want));
	assert_int_equal(have->domain_uj, want.domain_uj);
	assert_int_equal(have->run_uj, want.run_uj);
	assert_int_equal(have->run_idle_uj, want.run_idle_uj);
	assert_int_equal(have->others_uj, want.others_uj);
	assert_int_equal(have->system_uj, want.system_uj);
	assert_int_equal(have->idle_uj, want.idle_uj);
	assert_int_equal(have->unattributed_uj, want.unattributed_uj);
	assert_int_equal(have->gap_ns, want.gap_ns);
}

#endif
