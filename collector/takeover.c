/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Going on where a collector that died has stopped: its runs, their ledgers, and the arenas of
 * their processes, from what the holder kept (collector/run/save.h).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/intake/memfd.h"
#include "collector/meter_state.h"
#include "collector/run/save.h"

/* The first item of a kind from index *at on, or NULL. The table may change between two calls. */
static const struct hold_item *next_of(const struct meter *meter, enum hold_kind kind, size_t *at)
{
	const struct hold_table *table = keeper_table(meter->keeper);

	while (*at < table->n && table->item[*at].kind != kind)
		++*at;
	return *at < table->n ? &table->item[*at] : NULL;
}

static uint64_t run_of(const struct hold_item *arena)
{
	struct admit_label label;

	memcpy(&label, arena->label, sizeof(label));
	return label.run;
}

/* Returns false for an arena that is of no more use. */
static bool take_arena(struct meter *meter, struct run *run, const json_t *saved,
		       const struct hold_item *item)
{
	const struct wire_layout *layout;

	/* What it counted is in the run's sums: the collector only did not get to drop it. */
	if (save_is_gone(saved, item->id) || memfd_map(item->fd[0], &layout))
		return false;
	if (admit_arena(meter, run, saved, item, layout))
		return true;
	memfd_unmap(layout);
	return false;
}

static size_t take_arenas(struct meter *meter, struct run *run, const json_t *saved)
{
	const struct hold_item *item;
	size_t n = 0;

	for (size_t at = 0; (item = next_of(meter, HOLD_ARENA, &at));) {
		if (run_of(item) != run_number(run)) {
			at++;
		} else if (take_arena(meter, run, saved, item)) {
			n++;
			at++;
		} else {
			keeper_drop(meter->keeper, item->id);
		}
	}
	return n;
}

static const char *path_of(const json_t *saved)
{
	const char *path = json_string_value(json_object_get(saved, "path"));

	return path ? path : "a ledger";
}

static void say_misfit(struct meter *meter, const json_t *saved)
{
	char line[512];

	snprintf(line, sizeof(line),
		 "%s goes on without its last moments: what was kept of them "
		 "does not fit",
		 path_of(saved));
	meter->options.say(meter->options.arg, line);
}

/* Opens its ledger again and makes the run. Returns 0 or -errno. */
static int restore(struct meter *meter, const struct hold_item *item, json_t *saved,
		   struct run **run)
{
	struct world *world = meter->options.world;
	struct ledger_resumed resumed;
	struct ledger_place place;
	struct ledger *ledger;
	int error = save_place(saved, item->fd[1], &place);

	if (!error)
		error = ledger_resume(&place, json_object_get(saved, "interval"), &ledger,
				      &resumed);
	if (error)
		return error;
	if (resumed.misfit)
		say_misfit(meter, saved);
	uint64_t t_ns = tick_clock(meter);
	error = save_restore(saved, ledger, &resumed, &meter->machine, tree_world_real(), t_ns,
			     run);
	ledger_resumed_release(&resumed);
	if (error) {
		ledger_abandon(ledger);
		return error;
	}
	(*run)->memory = fcntl(item->fd[0], F_DUPFD_CLOEXEC, 0);
	(*run)->hourly = meter->options.hourly;
	run_anchor(*run, t_ns, world->ops->realtime_ns(world), "collector lost");
	error = account_join(meter->account, &(*run)->account);
	if (error)
		run_free(*run);
	return error;
}

static void say_lost(struct meter *meter, const json_t *saved, int error)
{
	char line[512];

	snprintf(line, sizeof(line), "cannot go on with %s, which ends where it is: %s",
		 path_of(saved),
		 error == -ENODEV ? "the machine has other power domains now, or another --idle"
				  : strerror(-error));
	meter->options.say(meter->options.arg, line);
}

static struct run *find_run(const struct meter *meter, uint64_t number)
{
	struct run *run = meter->run;

	while (run && run_number(run) != number)
		run = run->next;
	return run;
}

/* A run that was not looked at yet: what is dropped moves others to any place of the table. */
static const struct hold_item *next_run(const struct meter *meter)
{
	const struct hold_item *item;

	for (size_t at = 0; (item = next_of(meter, HOLD_RUN, &at)); at++)
		if (!find_run(meter, item->id))
			return item;
	return NULL;
}

/* Returns how many arenas came with it, or -errno. */
static ssize_t take_run(struct meter *meter, const struct hold_item *item)
{
	struct run *run;
	json_t *saved = NULL;
	int error = save_load(item->fd[0], &saved);

	if (!error)
		error = restore(meter, item, saved, &run);
	/* Closed already: its collector only did not get to say so. */
	if (error && error != -EALREADY && error != -ENODATA)
		say_lost(meter, saved, error);
	ssize_t arenas = error;
	if (!error) {
		meter_add(meter, run);
		arenas = (ssize_t)take_arenas(meter, run, saved);
	}
	json_decref(saved);
	return arenas;
}

/* Arenas of runs that are not gone on with are nobody's. */
static void drop_orphans(struct meter *meter)
{
	const struct hold_item *item;

	for (size_t at = 0; (item = next_of(meter, HOLD_ARENA, &at));) {
		if (find_run(meter, run_of(item)))
			at++;
		else
			keeper_drop(meter->keeper, item->id);
	}
}

/*
 * Who spoke after the memory was written, and whose parent has died since, is nobody's child now:
 * it is a member all the same, or its run would end without it.
 */
static void take_members(struct meter *meter)
{
	struct proc_stat stat;

	for (struct meter_watch *watch = meter->watch; watch; watch = watch->next)
		if (!tree_find_pid(&watch->run->tree, watch->feed->pid) &&
		    !proc_stat("/proc", watch->feed->pid, &stat) && peer_lives(watch->pidfd))
			tree_add(&watch->run->tree, &stat, tick_clock(meter));
}

/* What was used and not seen is nobody's energy: the first tick weighs what comes from now on. */
static void begin_anew(struct meter *meter)
{
	tick_scan(meter);
	take_members(meter);
	for (struct run *run = meter->run; run; run = run->next) {
		run_look(run);
		run->activity_ns = run->group.cpu_ns;
	}
}

void takeover(struct meter *meter)
{
	const struct hold_item *item;
	size_t arenas = 0, at = 0;
	char line[128];

	if (!next_of(meter, HOLD_RUN, &at)) {
		drop_orphans(meter);
		keeper_push(meter->keeper);
		return;
	}
	tick_now(meter);
	while ((item = next_run(meter))) {
		uint64_t id = item->id;
		ssize_t n = take_run(meter, item);
		if (!find_run(meter, id))
			keeper_drop(meter->keeper, id);
		arenas += n > 0 ? (size_t)n : 0;
	}
	drop_orphans(meter);
	keeper_push(meter->keeper);
	begin_anew(meter);
	snprintf(line, sizeof(line),
		 "went on with %zu runs and %zu processes of the collector before", meter->runs,
		 arenas);
	meter->options.say(meter->options.arg, line);
}
