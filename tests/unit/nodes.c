/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole nodes, simulated in steps of 10 ms: up to 64 runs that overlap, in trees of processes most
 * of which live for less than a second, two packages, memory, up to 8 GPUs of which some are cut
 * into slices. The simulation knows who drew what. The trees and the account see what the kernel,
 * the meters and a driver would tell, once a second and when a run begins or ends.
 *
 * What must hold: all accounts together are the meters to the microjoule, and each run that drew 20
 * J or more on a domain has been booked its true share of it within 1 %. GRAMME_SEED runs other
 * nodes; a failure names its seed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/account/account.h"
#include "collector/run/tree.h"

#define NODES	 48
#define STEPS	 6000 /* a minute */
#define STEP_NS	 10000000ULL
#define TICK	 100 /* steps */
#define RUNS	 64
#define CHILDREN 6 /* of a run at a time */
#define GPUS	 8
#define DRAM	 2
#define DOMAINS	 (DRAM + 1 + GPUS)
#define SMS	 98
#define GIB	 (1ULL << 30)
#define LEAST_J	 20.0

struct process {
	pid_t pid; /* 0: none */
	unsigned ends;
	uint64_t own_ns;
	unsigned milli; /* of a CPU */
};

struct run {
	unsigned begins, ends; /* steps */
	bool here;
	int handle;
	struct tree tree;
	uint64_t told_ns;
	struct process root, child[CHILDREN];
	uint64_t reaped_ns, bytes;
	unsigned sms[GPUS];		     /* that it holds; SMS where it has all of a GPU open */
	unsigned busy[GPUS];		     /* percent of its time in which it computes there */
	uint64_t computed[GPUS], held[GPUS]; /* since the last tick, SMs x ns */
	double drew_j[DOMAINS];		     /* by right, above idle */
	struct account_posting booked[DOMAINS];
};

struct node {
	uint64_t seed, random;
	unsigned number, step, cpus, gpus, runs;
	bool sliced[GPUS], failing;
	struct account *account;
	struct power_domain domain[DOMAINS];
	size_t domains;
	double energy_j[DOMAINS]; /* what the meters have counted */
	double idle_w[DOMAINS], cpu_j_per_s[DRAM], gpu_w[GPUS];
	struct power_reading reading[DOMAINS];
	uint64_t first_uj[DOMAINS];
	uint64_t busy_ns, told_busy_ns, total_bytes, system_bytes;
	pid_t last_pid;
	struct run run[RUNS];
	struct account_use use[GPUS * (RUNS + 1)];
};

#define CHECK(node, condition, ...)                                                                \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			print_error(__VA_ARGS__);                                                  \
			fail_msg("GRAMME_SEED=%llu node %u step %u: %s",                           \
				 (unsigned long long)(node)->seed, (node)->number, (node)->step,   \
				 #condition);                                                      \
		}                                                                                  \
	} while (0)

static uint64_t draw(struct node *node, uint64_t below)
{
	uint64_t z = node->random += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return (z ^ (z >> 31)) % below;
}

/* ---- the machine ---- */

static void add_domain(struct node *node, enum power_kind kind, double idle_w)
{
	struct power_domain *domain = &node->domain[node->domains];

	snprintf(domain->name, sizeof(domain->name), "d%zu", node->domains);
	domain->kind = kind;
	domain->idle_uw = (uint64_t)(idle_w * 1e6);
	domain->idle_method = "calibrated";
	node->idle_w[node->domains++] = idle_w;
}

static void build(struct node *node)
{
	node->cpus = 8u << draw(node, 5);
	node->gpus = (unsigned)draw(node, GPUS + 1);
	node->runs = 2 + (unsigned)draw(node, RUNS - 1);
	node->failing = node->number % 4 == 3;
	node->total_bytes = 256 * GIB;
	node->system_bytes = 8 * GIB;
	node->last_pid = 1000;
	for (int i = 0; i < DRAM; i++) {
		add_domain(node, POWER_CPU, 20 + (double)draw(node, 60));
		node->cpu_j_per_s[i] = 1 + (double)draw(node, 40) / 10;
	}
	add_domain(node, POWER_MEMORY, 0);
	for (unsigned i = 0; i < node->gpus; i++) {
		add_domain(node, POWER_GPU, 40 + (double)draw(node, 40));
		node->gpu_w[i] = 100 + (double)draw(node, 500);
		node->sliced[i] = draw(node, 3) == 0;
	}
	CHECK(node,
	      !account_new(node->domain, node->domains,
			   (enum account_idle_policy)(node->number % (ACCOUNT_IDLE_NONE + 1)),
			   &node->account),
	      "no account\n");
}

/* Who has which GPU: slices of a seventh each, or everything beside others. */
static void give_gpus(struct node *node, struct run *run)
{
	for (unsigned i = 0; i < node->gpus; i++) {
		unsigned left = SMS;

		if (draw(node, 4))
			continue;
		for (unsigned k = 0; node->sliced[i] && k < node->runs; k++)
			left -= node->run[k].sms[i];
		run->sms[i] = node->sliced[i] ? SMS / 7 : SMS;
		run->sms[i] = run->sms[i] > left ? 0 : run->sms[i];
		run->busy[i] = (unsigned)draw(node, 101);
	}
}

static struct process spawn(struct node *node, unsigned ends)
{
	return (struct process){
		.pid = ++node->last_pid, .ends = ends, .milli = (unsigned)draw(node, 1001)};
}

static void people(struct node *node)
{
	for (unsigned i = 0; i < node->runs; i++) {
		struct run *run = &node->run[i];

		/* The first sees everything. */
		run->begins = i ? (unsigned)draw(node, STEPS / 2) : 0;
		run->ends = i ? run->begins + 1 + (unsigned)draw(node, STEPS - run->begins) : STEPS;
		run->bytes = draw(node, 3 * GIB);
		give_gpus(node, run);
	}
}

/* ---- time ---- */

static void work(struct process *process, struct node *node, struct run *run, double pace)
{
	uint64_t used_ns = (uint64_t)(pace * (double)process->milli * STEP_NS / 1000);

	process->own_ns += used_ns;
	node->busy_ns += used_ns;
	for (int i = 0; i < DRAM; i++) {
		/* Frequencies come and go, for everybody alike. */
		double joule = node->cpu_j_per_s[i] * (1 + 0.1 * sin(node->step / 700.0)) *
			       (double)used_ns / 1e9;

		node->energy_j[i] += joule;
		if (run)
			run->drew_j[i] += joule;
	}
}

/* A child has come to its end now and then, and another begins. */
static void replace_children(struct node *node, struct run *run)
{
	for (int i = 0; i < CHILDREN; i++) {
		struct process *child = &run->child[i];
		unsigned most = draw(node, 4) ? 30 : 500;

		if (child->pid && child->ends > node->step)
			continue;
		run->reaped_ns += child->own_ns;
		*child = (struct process){0};
		if (draw(node, 8) == 0)
			*child = spawn(node, node->step + 1 + (unsigned)draw(node, most));
	}
}

static void compute_on_gpus(struct node *node, struct run *run)
{
	for (unsigned i = 0; i < node->gpus; i++) {
		uint64_t held = run->sms[i] * STEP_NS;
		uint64_t computed = draw(node, 100) < run->busy[i] ? held / 2 : 0;
		double joule = node->gpu_w[i] * (double)computed / SMS / 1e9;

		run->held[i] += held;
		run->computed[i] += computed;
		run->drew_j[DRAM + 1 + i] += joule;
		node->energy_j[DRAM + 1 + i] += joule;
	}
}

static unsigned wanted_milli(const struct node *node)
{
	unsigned milli = 0;

	for (unsigned i = 0; i < node->runs; i++)
		for (int k = -1; k < CHILDREN && node->run[i].here; k++)
			milli += k < 0 ? node->run[i].root.milli : node->run[i].child[k].milli;
	return milli;
}

static void pass(struct node *node)
{
	static const double memory_w_per_byte = 40.0 / (256.0 * GIB);
	struct process system = {.milli = 200 + (unsigned)draw(node, 400)};
	unsigned milli = wanted_milli(node) + system.milli;
	double pace = milli > node->cpus * 1000 ? node->cpus * 1000.0 / milli : 1;

	for (size_t i = 0; i < node->domains; i++)
		node->energy_j[i] += node->idle_w[i] * STEP_NS / 1e9;
	node->energy_j[DRAM] += memory_w_per_byte * (double)node->total_bytes * STEP_NS / 1e9;
	work(&system, node, NULL, pace);
	for (unsigned i = 0; i < node->runs; i++) {
		struct run *run = &node->run[i];

		if (!run->here)
			continue;
		work(&run->root, node, run, pace);
		for (int k = 0; k < CHILDREN; k++)
			if (run->child[k].pid)
				work(&run->child[k], node, run, pace);
		run->drew_j[DRAM] += memory_w_per_byte * (double)run->bytes * STEP_NS / 1e9;
		compute_on_gpus(node, run);
		replace_children(node, run);
	}
}

/* ---- what is to be seen of it ---- */

static enum cover covered(const char *root, pid_t pid, uint64_t image)
{
	(void)root;
	(void)pid;
	(void)image;
	return COVER_SHIM;
}

static const struct tree_world world = {"/nonexistent", covered, NULL};

static struct proc_stat stat_of(const struct process *process, pid_t parent, uint64_t reaped_ns)
{
	return (struct proc_stat){.pid = process->pid,
				  .ppid = parent,
				  .state = 'S',
				  .start_ticks = (uint64_t)process->pid,
				  .own_ns = process->own_ns,
				  .child_ns = reaped_ns,
				  .threads = 1,
				  .image = 7};
}

static int by_pid(const void *a, const void *b)
{
	return ((const struct proc_stat *)a)->pid - ((const struct proc_stat *)b)->pid;
}

static void scan(struct node *node, uint64_t t_ns)
{
	static struct proc_stat table[RUNS * (CHILDREN + 1) + 1];
	struct proc_snapshot snapshot = {.stat = table};
	struct tree *trees[RUNS];
	size_t n = 0;

	table[snapshot.n++] = (struct proc_stat){.pid = 1, .state = 'S'};
	for (unsigned i = 0; i < node->runs; i++) {
		struct run *run = &node->run[i];

		if (!run->here)
			continue;
		trees[n++] = &run->tree;
		table[snapshot.n++] = stat_of(&run->root, 1, run->reaped_ns);
		for (int k = 0; k < CHILDREN; k++)
			if (run->child[k].pid)
				table[snapshot.n++] = stat_of(&run->child[k], run->root.pid, 0);
	}
	qsort(table, snapshot.n, sizeof(*table), by_pid);
	CHECK(node, !tree_scan(trees, n, &snapshot, t_ns), "no scan\n");
}

static size_t list_uses(struct node *node, uint64_t t_ns, uint64_t since_ns)
{
	size_t n = 0;

	for (unsigned gpu = 0; gpu < node->gpus; gpu++) {
		uint64_t held = 0;

		for (unsigned i = 0; i < node->runs; i++) {
			struct run *run = &node->run[i];

			if (!run->here || !run->sms[gpu])
				continue;
			held += run->held[gpu];
			node->use[n++] = (struct account_use){.domain = DRAM + 1 + gpu,
							      .run = run->handle,
							      .busy = run->computed[gpu],
							      .held = run->held[gpu]};
			run->held[gpu] = run->computed[gpu] = 0;
		}
		if (node->sliced[gpu] && held < SMS * (t_ns - since_ns))
			node->use[n++] =
				(struct account_use){.domain = DRAM + 1 + gpu,
						     .run = ACCOUNT_NOBODY,
						     .held = SMS * (t_ns - since_ns) - held};
	}
	return n;
}

static void tick(struct node *node)
{
	static uint64_t last_ns;
	const uint64_t t_ns = 1000000000ULL + node->step * STEP_NS;
	struct account_activity did[RUNS];
	struct account_node seen = {.t_ns = t_ns,
				    .known = true,
				    .cpus = node->cpus,
				    .busy_ns = node->busy_ns - node->told_busy_ns,
				    .total_bytes = node->total_bytes,
				    .used_bytes = node->system_bytes,
				    .users_known = ~0ULL,
				    .use = node->use};
	size_t n = 0;

	scan(node, t_ns);
	for (unsigned i = 0; i < node->runs; i++) {
		struct run *run = &node->run[i];

		if (!run->here)
			continue;
		seen.used_bytes += run->bytes;
		did[n++] = (struct account_activity){.run = run->handle,
						     .cpu_ns = run->tree.cpu_ns - run->told_ns,
						     .held_bytes = run->bytes};
		run->told_ns = run->tree.cpu_ns;
	}
	node->told_busy_ns = node->busy_ns;
	seen.uses = list_uses(node, t_ns, node->step ? last_ns : t_ns);
	last_ns = t_ns;
	for (size_t i = 0; i < node->domains; i++) {
		node->reading[i].error =
			node->failing && node->step % STEPS && !draw(node, 20) ? -EIO : 0;
		if (node->reading[i].error)
			continue;
		node->reading[i].t_ns = t_ns;
		node->reading[i].energy_uj = (uint64_t)(node->energy_j[i] * 1e6);
	}
	CHECK(node, !account_tick(node->account, node->reading, &seen, did, n), "no tick\n");
}

/* ---- runs that come and go ---- */

static void begin(struct node *node, struct run *run)
{
	struct proc_stat stat;

	run->root = spawn(node, run->ends);
	stat = stat_of(&run->root, 1, 0);
	tree_open(&run->tree, &world, (uint64_t)run->root.pid);
	CHECK(node, !tree_add(&run->tree, &stat, 0), "no member\n");
	CHECK(node, !account_join(node->account, &run->handle), "not joined\n");
	run->here = true;
}

static void end(struct node *node, struct run *run)
{
	account_leave(node->account, run->handle);
	for (size_t i = 0; i < node->domains; i++)
		run->booked[i] = *account_posted(node->account, run->handle, i);
	tree_release(&run->tree);
	run->here = false;
}

static void come_and_go(struct node *node)
{
	bool due = node->step % TICK == 0;

	for (unsigned i = 0; i < node->runs; i++)
		due = due || node->run[i].begins == node->step || node->run[i].ends == node->step;
	if (!due)
		return;
	tick(node);
	for (unsigned i = 0; i < node->runs; i++) {
		struct run *run = &node->run[i];

		if (run->here && run->ends == node->step)
			end(node, run);
		if (run->begins == node->step)
			begin(node, run);
	}
	for (size_t i = 0; i < node->domains && !node->step; i++)
		node->first_uj[i] = node->reading[i].energy_uj;
}

/* ---- what must hold ---- */

static void check_share(struct node *node, const struct run *run, size_t domain)
{
	const struct account_posting *booked = &run->booked[domain];
	double drew_j = run->drew_j[domain];
	double booked_j = (double)(booked->run_uj - booked->run_idle_uj) / 1e6;

	CHECK(node, account_balances(booked), "unbalanced\n");
	/* A span in which it was there for a part is a gap of its ledger, and told as one. */
	if (drew_j < LEAST_J || booked->gap_ns)
		return;
	CHECK(node, fabs(booked_j - drew_j) <= drew_j / 100,
	      "run %td, domain %zu: booked %.3f J, by right %.3f J\n", run - node->run, domain,
	      booked_j, drew_j);
}

static void check_sum(struct node *node, size_t domain)
{
	const struct account_posting *all = &node->run[0].booked[domain];
	uint64_t metered_uj = node->reading[domain].energy_uj - node->first_uj[domain];
	uint64_t others_uj = 0;

	for (unsigned i = 1; i < node->runs; i++)
		others_uj += node->run[i].booked[domain].run_uj;
	CHECK(node, all->domain_uj == metered_uj, "domain %zu\n", domain);
	if (node->failing)
		CHECK(node, others_uj <= all->others_uj, "domain %zu\n", domain);
	else
		CHECK(node,
		      all->run_uj + others_uj + all->system_uj + all->idle_uj +
				      all->unattributed_uj ==
			      metered_uj,
		      "domain %zu\n", domain);
}

static void live(struct node *node)
{
	build(node);
	people(node);
	for (node->step = 0; node->step < STEPS; node->step++) {
		come_and_go(node);
		pass(node);
	}
	come_and_go(node);
	for (unsigned i = 0; i < node->runs; i++)
		if (node->run[i].here)
			end(node, &node->run[i]);
	for (size_t k = 0; k < node->domains; k++) {
		check_sum(node, k);
		for (unsigned i = 0; i < node->runs; i++)
			check_share(node, &node->run[i], k);
	}
	account_free(node->account);
}

static void every_joule_is_booked_once_and_to_whom_it_belongs(void **state)
{
	const char *text = getenv("GRAMME_SEED");
	uint64_t seed = text ? strtoull(text, NULL, 0) : 20261121;

	(void)state;
	for (unsigned i = 0; i < NODES; i++) {
		struct node *node = calloc(1, sizeof(*node));

		assert_non_null(node);
		node->seed = seed;
		node->random = seed * NODES + i;
		node->number = i;
		live(node);
		free(node);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_joule_is_booked_once_and_to_whom_it_belongs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
