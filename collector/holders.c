/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who holds the GPUs.
 */
#include "collector/holders.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/meter_state.h"

void holders_release(struct holders *holders)
{
	free(holders->holder);
	free(holders->use);
	*holders = (struct holders){0};
}

static struct run *run_of(const struct meter *meter, pid_t pid)
{
	for (struct run *run = meter->run; run; run = run->next)
		if (run->account >= 0 && tree_find_pid(&run->tree, pid))
			return run;
	return NULL;
}

static bool lives(const struct meter *meter, const struct holder *holder)
{
	for (const struct run *run = meter->run; run; run = run->next)
		if (run->account == holder->run && run_number(run) == holder->number)
			return true;
	return false;
}

static struct holder *find(struct holders *holders, pid_t pid, size_t domain)
{
	for (size_t i = 0; i < holders->n; i++)
		if (holders->holder[i].pid == pid && holders->holder[i].domain == domain)
			return &holders->holder[i];
	if (holders->n == holders->room) {
		size_t room = holders->room ? 2 * holders->room : 16;
		struct holder *more = reallocarray(holders->holder, room, sizeof(*more));

		if (!more)
			return NULL;
		holders->holder = more;
		holders->room = room;
	}
	holders->holder[holders->n] =
		(struct holder){.pid = pid, .domain = domain, .run = ACCOUNT_STRANGER};
	return &holders->holder[holders->n++];
}

/* What a process is called, while it can be asked. */
static void name(struct holder *holder)
{
	struct proc_stat stat;

	if (holder->comm[0])
		return;
	if (holder->pid > 0 && !proc_stat("/proc", holder->pid, &stat))
		snprintf(holder->comm, sizeof(holder->comm), "%s", stat.comm);
	else
		snprintf(holder->comm, sizeof(holder->comm), "(unseen)");
}

/* Names a stranger in the ledgers of all runs that do not know of it yet. */
static void tell(const struct meter *meter, struct holder *holder, uint64_t t_ns)
{
	char why[64];

	snprintf(why, sizeof(why), "on %s, and in no run", meter->domain[holder->domain].name);
	name(holder);
	for (struct run *run = meter->run; run; run = run->next)
		if (!holder->told_ns || run->start_ns > holder->told_ns)
			unseen_add(&run->tree.unseen, holder->comm, why);
	holder->told_ns = t_ns;
}

static int add(struct holders *holders, const struct power_use *from, int run)
{
	if (holders->uses == holders->use_room) {
		size_t room = holders->use_room ? 2 * holders->use_room : 64;
		struct account_use *more = reallocarray(holders->use, room, sizeof(*more));

		if (!more)
			return -ENOMEM;
		holders->use = more;
		holders->use_room = room;
	}
	holders->use[holders->uses++] = (struct account_use){
		.domain = from->domain, .run = run, .busy = from->busy, .held = from->held};
	return 0;
}

static int add_process(struct meter *meter, const struct power_use *use, uint64_t t_ns)
{
	struct holder *holder = find(&meter->holders, use->pid, use->domain);
	const struct run *run = run_of(meter, use->pid);

	if (!holder)
		return -ENOMEM;
	if (run)
		*holder = (struct holder){.pid = use->pid,
					  .domain = use->domain,
					  .run = run->account,
					  .number = run_number(run)};
	else if (holder->run >= 0 && !lives(meter, holder))
		holder->run = ACCOUNT_STRANGER;
	holder->seen = true;
	/* A run's process that ended with it is no stranger to the runs that go on. */
	if (holder->run < 0 && !holder->number)
		tell(meter, holder, t_ns);
	return add(&meter->holders, use, holder->run);
}

/* In a recording: every run has a part in what was metered then. */
static int add_metered(struct meter *meter, const struct power_use *use)
{
	int error = 0;

	for (struct run *run = meter->run; run && !error; run = run->next)
		if (run->account >= 0)
			error = add(&meter->holders, use, run->account);
	return error;
}

static void forget(struct holders *holders)
{
	size_t kept = 0;

	for (size_t i = 0; i < holders->n; i++)
		if (holders->holder[i].seen)
			holders->holder[kept++] = holders->holder[i];
	holders->n = kept;
	for (size_t i = 0; i < kept; i++)
		holders->holder[i].seen = false;
}

void holders_read(struct meter *meter, struct account_node *node)
{
	struct power_use use[POWER_USES_MAX];
	uint64_t known;
	size_t n = power_uses(meter->power, use, &known);
	int error = 0;

	meter->holders.uses = 0;
	for (size_t i = 0; i < n && !error; i++) {
		if (use[i].pid == POWER_NOBODY)
			error = add(&meter->holders, &use[i], ACCOUNT_NOBODY);
		else if (use[i].pid == POWER_METERED)
			error = add_metered(meter, &use[i]);
		else
			error = add_process(meter, &use[i], node->t_ns);
	}
	forget(&meter->holders);
	node->use = meter->holders.use;
	node->uses = error ? 0 : meter->holders.uses;
	node->users_known = error ? 0 : known;
}
