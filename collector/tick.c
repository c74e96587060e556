/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time: once a second, and when a run begins or ends, everything is read and booked. The order
 * within a tick matters: events before the clock, so that no event is younger than the energy it
 * gets a share of; processes before the sensors, so that what was used is shared and not more.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "collector/meter_state.h"
#include "collector/tell.h"
#include "collector/units.h"

#define TICK_MS		1000
#define SAVE_NS		900000000ULL /* a tick between two seconds is for others */
#define SAVE_BYTES	16384 /* what is longer is saved when something is written, and no oftener */
#define SAVE_GONES	64    /* nor are more processes than these kept because it was not saved */
#define WRITE_NS	500000000ULL
#define CLOCK_STEP_NS	1000000000LL
#define AT_WORK_NS	10000000ULL /* CPU time of runs in a second, below which they wait */
#define SUSPEND_NS	100000000LL
#define OFFSET_READS	8
#define OFFSET_ERROR_NS 1000000u /* of what the clocks are apart: well below both */

/*
 * When so many runs are live, one more that begins or ends does not have everything read anew
 * unless that is at most a fifth of the time: to begin 400 at once cost a tick of all before for
 * each.
 */
#define CROWD 16u
#define DUTY  4u

/* A young run is looked at after so many ms: short children would be missed otherwise. */
static const unsigned early_ms[] = {20, 50, 100, 200, 400};
#define EARLY_STEPS (sizeof(early_ms) / sizeof(*early_ms))

uint64_t tick_clock(const struct meter *meter)
{
	struct world *world = meter->options.world;

	return world->ops->monotonic_ns(world);
}

/* The collector's, its holder's, and what reads sensors for it. */
static uint64_t own_cpu_ns(const struct meter *meter)
{
	struct timespec used;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return (uint64_t)used.tv_sec * UNITS_NS_PER_S + (uint64_t)used.tv_nsec +
	       keeper_cpu_ns(meter->keeper) + power_own_ns(meter->power);
}

static bool is_too_soon(const struct meter *meter, const struct tick_work *work)
{
	return meter->runs >= CROWD && uv_hrtime() - work->end_ns < DUTY * work->cost_ns;
}

static void note_work(struct tick_work *work, uint64_t begin_ns)
{
	work->end_ns = uv_hrtime();
	work->cost_ns = work->end_ns - begin_ns;
}

void tick_scan(struct meter *meter)
{
	const uint64_t begin_ns = uv_hrtime();
	struct tree **trees = calloc(meter->runs + 1, sizeof(struct tree *));
	size_t n = 0;

	/* Without memory or /proc the trees stay as they were, and catch up at the next tick. */
	if (trees && proc_snapshot("/proc", &meter->snapshot) == 0) {
		for (struct run *run = meter->run; run; run = run->next)
			trees[n++] = &run->tree;
		tree_scan(trees, n, &meter->snapshot, tick_clock(meter));
	}
	free(trees);
	note_work(&meter->scan_work, begin_ns);
}

void tick_scan_soon(struct meter *meter)
{
	if (!is_too_soon(meter, &meter->scan_work))
		tick_scan(meter);
	else if (!uv_is_active((uv_handle_t *)&meter->early))
		tick_start(meter);
}

/*
 * What the node did since the tick before. /proc/stat counts in ticks of 10 ms: what the runs and
 * we used by finer clocks (`used_ns`, since the tick before) is the least that the node did.
 */
static void read_node(struct meter *meter, uint64_t used_ns, struct account_node *node,
		      struct power_load *load)
{
	struct node_state now;
	uint64_t own_ns = own_cpu_ns(meter);
	bool known = node_read("/proc", &now) == 0;

	*node = (struct account_node){
		/* Another holder has used less. */
		.own_ns = own_ns > meter->own_cpu_ns ? own_ns - meter->own_cpu_ns : 0};
	meter->own_cpu_ns = own_ns;
	meter->known_busy_ns += used_ns + node->own_ns;
	if (known) {
		node->known = meter->node_known;
		node->busy_ns = now.busy_ns > meter->node.busy_ns && meter->node_known
					? now.busy_ns - meter->node.busy_ns
					: 0;
		node->cpus = now.cpus;
		node->used_bytes = now.used_bytes;
		node->total_bytes = now.total_bytes;
		meter->node = now;
		meter->node_known = true;
	}
	if (meter->known_busy_ns < meter->node.busy_ns)
		meter->known_busy_ns = meter->node.busy_ns;
	*load = (struct power_load){.busy_ns = meter->known_busy_ns,
				    .cpus = meter->node.cpus,
				    .used_bytes = meter->node.used_bytes,
				    .total_bytes = meter->node.total_bytes};
}

/* A moment's worth of activity of every run that the account knows; *used_ns is their sum. */
static size_t activities(struct meter *meter, struct account_activity *activity, uint64_t *used_ns)
{
	size_t n = 0;

	*used_ns = 0;

	for (struct run *run = meter->run; run; run = run->next) {
		if (run->account < 0)
			continue;
		activity[n++] = (struct account_activity){
			.run = run->account,
			.cpu_ns = run->group.cpu_ns - run->activity_ns,
			.held_bytes = tree_held_mean(&run->tree),
			.commands = run->computed,
			.limit_milli = run->limits.cpu_milli,
			.limit_bytes = run->limits.memory_bytes,
		};
		*used_ns += run->group.cpu_ns - run->activity_ns;
		run->activity_ns = run->group.cpu_ns;
		run->computed = false;
	}
	return n;
}

/*
 * What CLOCK_REALTIME and CLOCK_BOOTTIME are ahead of CLOCK_MONOTONIC. The three are read one after
 * the other, and who has to wait for a CPU in between would take that for sleep (a collector that
 * was held up for 110 ms did, 2026-11-22): then all are read anew.
 */
static void read_offsets(struct meter *meter, int64_t *utc_ns, int64_t *boot_ns)
{
	struct world *world = meter->options.world;
	uint64_t least_ns = UINT64_MAX;

	for (int i = 0; i < OFFSET_READS && least_ns > OFFSET_ERROR_NS; i++) {
		uint64_t before_ns = world->ops->monotonic_ns(world);
		uint64_t realtime_ns = world->ops->realtime_ns(world);
		uint64_t boottime_ns = world->ops->boottime_ns(world);
		uint64_t took_ns = world->ops->monotonic_ns(world) - before_ns;

		if (took_ns >= least_ns)
			continue;
		least_ns = took_ns;
		*utc_ns = (int64_t)(realtime_ns - before_ns);
		*boot_ns = (int64_t)(boottime_ns - before_ns);
	}
}

static void anchor(struct meter *meter, uint64_t t_ns)
{
	int64_t utc, boot;

	read_offsets(meter, &utc, &boot);
	int64_t boot_step = boot - meter->boot_offset_ns;
	int64_t utc_step = utc - meter->utc_offset_ns;
	const char *reason = boot_step > SUSPEND_NS				     ? "suspend"
			     : utc_step > CLOCK_STEP_NS || utc_step < -CLOCK_STEP_NS ? "clock step"
										     : NULL;

	if (!reason)
		return;
	meter->boot_offset_ns = boot;
	meter->utc_offset_ns = utc;
	for (struct run *run = meter->run; run; run = run->next)
		run_anchor(run, t_ns, t_ns + (uint64_t)utc, reason);
}

void tick_soon(struct meter *meter)
{
	if (!is_too_soon(meter, &meter->tick_work))
		tick_now(meter);
}

/*
 * To put a run down costs in proportion to its phases: of a training with 256 that are not final
 * yet it was half of the collector's CPU time (58 KB a second, 2026-11-21). What is kept is never
 * behind the ledger.
 */
static bool is_to_be_saved(const struct run *run, uint64_t t_ns)
{
	return run->saved_bytes <= SAVE_BYTES || run->gones > SAVE_GONES || run_is_due(run, t_ns);
}

/* Anchors first, then who has waited longest. */
static int by_waiting(const void *a, const void *b)
{
	const struct run *const *one = a, *const *other = b;
	const uint64_t since_ns = (*one)->anchors ? 0 : (*one)->journal_ns;
	const uint64_t other_ns = (*other)->anchors ? 0 : (*other)->journal_ns;

	return since_ns < other_ns ? -1 : since_ns > other_ns;
}

/*
 * Each journal waits for the disk, and whoever speaks to us waits as long: with 100 runs on a disk
 * that takes 40 ms for it nobody was heard for 8.8 s at a time (2026-11-22). So half a second is
 * spent with that; who is left has his turn at the next tick, and a power cut takes that much more.
 */
static void write_some(struct meter *meter, uint64_t t_ns)
{
	const uint64_t begin_ns = uv_hrtime();
	struct run **due = calloc(meter->runs + 1, sizeof(*due));
	size_t n = 0;

	/* What is kept is never behind the ledger. */
	for (struct run *run = meter->run; due && run; run = run->next)
		if (run->saved_ns == t_ns && run_is_due(run, t_ns))
			due[n++] = run;
	if (n > 1)
		qsort(due, n, sizeof(struct run *), by_waiting);
	for (size_t i = 0; i < n && uv_hrtime() - begin_ns < WRITE_NS; i++) {
		run_write(due[i], t_ns);
		tell_trouble(meter, due[i], NULL);
	}
	free(due);
}

void tick_now(struct meter *meter)
{
	const uint64_t begin_ns = uv_hrtime();
	struct power_reading reading[POWER_DOMAINS_MAX];
	struct account_activity *activity = calloc(meter->runs + 1, sizeof(*activity));
	struct account_node node;
	struct power_load load;
	uint64_t used_ns;

	if (!activity)
		return;
	for (struct run *run = meter->run; run; run = run->next)
		run_drain(run, tick_clock(meter));
	if (meter->runs)
		tick_scan(meter);
	for (struct run *run = meter->run; run; run = run->next)
		run_look(run);
	size_t n = activities(meter, activity, &used_ns);
	read_node(meter, used_ns, &node, &load);
	node.t_ns = tick_clock(meter);
	power_read(meter->power, &load, reading);
	holders_read(meter, &node);
	tell_findings(meter);
	tell_intensity(meter, node.t_ns);
	account_tick(meter->account, reading, &node, activity, n);
	free(activity);
	anchor(meter, node.t_ns);
	for (struct run *run = meter->run; run; run = run->next) {
		if (run->account < 0)
			continue;
		course_trace(&run->course, power_traces(meter->power));
		run_settle(run, meter->account, node.t_ns, node.own_ns, n);
		if (node.t_ns - run->saved_ns >= SAVE_NS && is_to_be_saved(run, node.t_ns))
			meter_save(meter, run, node.t_ns);
	}
	tell_unknown(meter, NULL);
	write_some(meter, node.t_ns);
	note_work(&meter->tick_work, begin_ns);
}

/*
 * A run of which no process is left, unless somebody waits for it, who will end it himself. Who
 * counts for it still is in it, whatever became of the tree: a process whose first thread has ended
 * looks like a dead one there.
 */
static struct run *find_over(const struct meter *meter)
{
	for (struct run *run = meter->run; run; run = run->next)
		if (!run->foreground && !run->launcher && !run->ending && !tree_alive(&run->tree) &&
		    !admit_lives(meter, run))
			return run;
	return NULL;
}

void tick_reap(struct meter *meter)
{
	struct run *run;

	/* What has arrived may add to a run, or end it; the end of one can be that of others. */
	while ((run = find_over(meter))) {
		meter_listen(meter, run);
		if (find_over(meter) == run)
			meter_end(meter, run, -1, !run->orphaned, NULL, 0, NULL);
	}
}

static void on_sample(uv_timer_t *timer)
{
	struct meter *meter = timer->data;

	power_sample(meter->power);
}

static void start_sampling(struct meter *meter)
{
	const uint64_t ms = power_period_ns(meter->power) * 1000 / UNITS_NS_PER_S;

	if (ms && !uv_is_active((uv_handle_t *)&meter->sample))
		uv_timer_start(&meter->sample, on_sample, ms, ms);
}

/* Nobody is woken up ten times a second for runs that wait. */
static void sample_who_works(struct meter *meter)
{
	uint64_t cpu_ns = 0;

	for (const struct run *run = meter->run; run; run = run->next)
		cpu_ns += run->tree.cpu_ns;
	/* Less than before: a run has ended. */
	if (cpu_ns >= meter->sampled_cpu_ns && cpu_ns - meter->sampled_cpu_ns < AT_WORK_NS)
		uv_timer_stop(&meter->sample);
	else
		start_sampling(meter);
	meter->sampled_cpu_ns = cpu_ns;
}

static void on_tick(uv_timer_t *timer)
{
	struct meter *meter = timer->data;

	tick_now(meter);
	sample_who_works(meter);
	tick_reap(meter);
}

/* A program that was put into a group of its own when it began may be over before the tick. */
static void look_at_young(struct meter *meter)
{
	const uint64_t t_ns = tick_clock(meter);

	for (struct run *run = meter->run; run; run = run->next)
		if (!run->group.own && t_ns - run->start_ns < UNITS_NS_PER_S)
			run_look(run);
}

static void on_early(uv_timer_t *timer)
{
	struct meter *meter = timer->data;

	tick_scan(meter);
	look_at_young(meter);
	tick_reap(meter);
	if (meter->runs && ++meter->early_step < EARLY_STEPS)
		uv_timer_start(timer, on_early,
			       early_ms[meter->early_step] - early_ms[meter->early_step - 1], 0);
}

int tick_open(struct meter *meter)
{
	int error = uv_timer_init(meter->loop, &meter->tick);

	if (!error) {
		meter->handles++;
		error = uv_timer_init(meter->loop, &meter->early);
		meter->handles += error == 0;
	}
	if (!error) {
		error = uv_timer_init(meter->loop, &meter->sample);
		meter->handles += error == 0;
	}
	meter->tick.data = meter->early.data = meter->sample.data = meter;
	read_offsets(meter, &meter->utc_offset_ns, &meter->boot_offset_ns);
	return error;
}

void tick_start(struct meter *meter)
{
	start_sampling(meter);
	if (!uv_is_active((uv_handle_t *)&meter->tick))
		uv_timer_start(&meter->tick, on_tick, TICK_MS, TICK_MS);
	meter->early_step = 0;
	uv_timer_start(&meter->early, on_early, early_ms[0], 0);
}

void tick_stop(struct meter *meter)
{
	uv_timer_stop(&meter->tick);
	uv_timer_stop(&meter->early);
	uv_timer_stop(&meter->sample);
}
