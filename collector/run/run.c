/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state of one run.
 */
#include "collector/run/run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "collector/hold/hold.h"
#include "collector/human.h"
#include "collector/intake/memfd.h"
#include "collector/saturate.h"
#include "collector/units.h"

/*
 * A ledger line at least every minute, a journal every four seconds; ticks come each second. A
 * power cut takes what came since the last journal that is on the disk, and may come just before
 * the next one is: with one every five seconds 5.02 s were missing (cutfs, 2026-11-21).
 */
#define INTERVAL_NS 59500000000ULL
#define JOURNAL_NS  3500000000ULL

int run_new(const struct run_start *start, struct run **result)
{
	struct run *run = calloc(1, sizeof(*run));
	uint64_t id;

	if (!run)
		return -ENOMEM;
	if (getrandom(&id, sizeof(id), 0) != sizeof(id)) {
		free(run);
		return -EIO;
	}
	snprintf(run->id, sizeof(run->id), "%016llx", (unsigned long long)id);
	run->origin = *start->origin;
	*start->origin = (struct origin){0};
	run->factor = *start->factor;
	run->pue_milli = start->pue_milli;
	run->start_ns = start->t_ns;
	run->start_utc_ns = start->utc_ns;
	run->interval_ns = run->journal_ns = start->t_ns;
	run->utc_offset_ns = (int64_t)(start->utc_ns - start->t_ns);
	run->hourly = start->hourly;
	if (run->hourly)
		grid_open(&run->grid, run->factor.ug_per_kwh,
			  &(struct ledger_grid){.series = run->hourly->tag}, start->t_ns, 0);
	run->account = run->memory = -1;
	run->domain = start->machine->domain;
	run->domains = start->machine->domains;
	run->machine = start->machine;
	run->findings = start->machine->findings;
	for (size_t i = 0; i < run->domains; i++)
		run->idle_method[i] = run->domain[i].idle_method;
	tree_open(&run->tree, start->world, start->begin_ticks);
	devices_open(&run->devices, run->domain, run->domains, start->t_ns);
	run->naming = (struct naming){.uid = run->origin.uid, .gid = run->origin.gid};
	course_open(&run->course, start->t_ns, run->domain, run->domains, NULL, start->t_ns);
	run->course.events = start->events;
	*result = run;
	return 0;
}

void run_free(struct run *run)
{
	while (run->feed)
		run_detach(run, run->feed, run->start_ns);
	if (run->ledger)
		ledger_abandon(run->ledger);
	tree_release(&run->tree);
	grid_close(&run->grid);
	group_release(&run->group);
	course_close(&run->course);
	devices_release(&run->devices);
	kernels_release(&run->kernels);
	paths_release(&run->paths);
	origin_release(&run->origin);
	ledger_resumed_release(&run->resumed);
	if (run->memory >= 0)
		close(run->memory);
	free(run->gone);
	free(run);
}

uint64_t run_number(const struct run *run)
{
	return strtoull(run->id, NULL, 16) | HOLD_ID_RUN;
}

void run_look(struct run *run)
{
	group_look(&run->group, &run->tree);
	/* What the group has beyond the tree was used by processes that nobody saw. */
	uint64_t more_ns =
		run->group.cpu_ns > run->tree.cpu_ns ? run->group.cpu_ns - run->tree.cpu_ns : 0;
	if (run->tree.unobserved_ns + more_ns > run->unobserved_ns)
		run->unobserved_ns = run->tree.unobserved_ns + more_ns;
}

void run_find_limits(struct run *run)
{
	const struct run_machine *machine = run->machine;
	struct limits limits = {0};

	for (size_t i = 0; i < run->tree.n; i++)
		if (!run->tree.member[i].reaper &&
		    !limits_read("/proc", run->tree.member[i].pid, &limits))
			break;
	if (limits.cpu_milli >= (uint64_t)machine->cpus * 1000)
		limits.cpu_milli = 0;
	if (limits.memory_bytes >= machine->memory_bytes)
		limits.memory_bytes = 0;
	run->limits = limits;
}

int run_open_ledger(struct run *run, const struct run_machine *machine,
		    const struct ledger_options *options)
{
	run_find_limits(run);
	const struct ledger_open open = {
		.run = run->id,
		.node = machine->node,
		.project = run->origin.project,
		.experiment = run->origin.experiment,
		.user = run->origin.user,
		.cwd = run->origin.cwd,
		.argv = run->origin.argv,
		.start_utc_ns = run->start_utc_ns,
		.start_monotonic_ns = run->start_ns,
		.boot_id = machine->boot_id,
		.kernel = machine->kernel,
		.cpu_model = machine->cpu_model,
		.cpus = machine->cpus,
		.cores = machine->cores,
		.is_virtual = machine->is_virtual,
		.memory_bytes = machine->memory_bytes,
		.cpu_limit_milli = run->limits.cpu_milli,
		.memory_limit_bytes = run->limits.memory_bytes,
		.replayed = machine->replayed,
		.domain = machine->domain,
		.domains = machine->domains,
		.idle = machine->idle,
		.finding = machine->finding,
		.findings = machine->findings,
		.factor = &run->factor,
		.pue_milli = run->pue_milli,
		.series = run->grid.series,
	};

	run->findings = machine->findings;
	run->ledger_error = ledger_create(options, &open, &run->ledger);
	return run->ledger_error;
}

/* Room for one more arena that is gone, so that letting it go cannot fail. */
static int make_room(struct run *run)
{
	size_t feeds = run->gones + 1;

	for (const struct run_feed *feed = run->feed; feed; feed = feed->next)
		feeds++;
	if (feeds <= run->gone_room)
		return 0;
	uint64_t *more = realloc(run->gone, 2 * feeds * sizeof(*more));
	if (!more)
		return -ENOMEM;
	run->gone = more;
	run->gone_room = 2 * feeds;
	return 0;
}

struct run_feed *run_attach(struct run *run, uint64_t id, const struct wire_layout *layout,
			    pid_t pid, const char *comm, uint64_t first_ns)
{
	struct run_feed *feed = make_room(run) ? NULL : calloc(1, sizeof(*feed));

	if (!feed)
		return NULL;
	feed->id = id;
	feed_open(&feed->feed, layout, &run->devices, &run->kernels,
		  first_ns > run->start_ns ? first_ns : run->start_ns);
	feed->feed.reader.pages = memfd_pages(layout);
	feed->feed.naming = &run->naming;
	feed->feed.paths = &run->paths;
	feed->feed.pid = pid;
	feed->feed.course = &run->course;
	feed->feed.process = course_process(&run->course);
	feed->layout = layout;
	feed->pid = pid;
	snprintf(feed->comm, sizeof(feed->comm), "%s", comm);
	feed->next = run->feed;
	run->feed = feed;
	return feed;
}

/* Why the shim of a process could not see everything, as it says itself. */
static void note_uncovered(struct run *run, struct run_feed *feed)
{
	static const struct {
		uint32_t bit;
		const char *why;
	} reason[] = {
		{WIRE_UNCOVERED_DEEPBIND, "a library opened with RTLD_DEEPBIND"},
		{WIRE_UNCOVERED_LOADER, "an OpenCL loader that could not be stood in for"},
		{WIRE_UNCOVERED_ENTRY, "an unknown entry point"},
		{WIRE_UNCOVERED_DRIVER, "a CUDA driver that could not be stood in for"},
		{WIRE_UNCOVERED_MATH, "a library of mathematics that could not be stood in for"},
		{WIRE_UNCOVERED_GRAPH, "a CUDA graph whose kernels could not be counted"},
	};
	uint32_t fresh = feed_uncovered(&feed->feed);

	for (size_t i = 0; i < sizeof(reason) / sizeof(*reason); i++)
		if (fresh & reason[i].bit)
			unseen_add(&run->tree.unseen, feed->comm, reason[i].why);
}

static void drain(struct run *run, struct feed *feed, uint64_t now_ns, bool final)
{
	feed_drain(feed, now_ns, final);
	run->computed = run->computed || feed->computed;
	feed->computed = false;
}

void run_detach(struct run *run, struct run_feed *feed, uint64_t now_ns)
{
	struct run_feed **link = &run->feed;

	while (*link != feed)
		link = &(*link)->next;
	*link = feed->next;
	drain(run, &feed->feed, now_ns, true);
	feed_count(&feed->feed);
	feed_settle(&feed->feed);
	note_uncovered(run, feed);
	run->gone[run->gones++] = feed->id;
	run->past_lost = saturate_add(run->past_lost, feed->feed.reader.lost);
	run->past_cost_ns = saturate_add(run->past_cost_ns, feed_cost_ns(&feed->feed));
	feed_release(&feed->feed);
	memfd_unmap(feed->layout);
	free(feed);
}

void run_drain(struct run *run, uint64_t now_ns)
{
	for (struct run_feed *feed = run->feed; feed; feed = feed->next)
		drain(run, &feed->feed, now_ns, false);
}

static void count(struct run *run)
{
	uint64_t lost = run->past_lost;
	uint64_t cost_ns = run->past_cost_ns;

	for (struct run_feed *feed = run->feed; feed; feed = feed->next) {
		feed_count(&feed->feed);
		note_uncovered(run, feed);
		lost = saturate_add(lost, feed->feed.reader.lost);
		cost_ns = saturate_add(cost_ns, feed_cost_ns(&feed->feed));
	}
	uint64_t seen = kernels_count(&run->kernels);
	if (seen > run->events_seen)
		run->events_seen = seen;
	/* What a stranger's memory says may be nonsense; the ledger is not. */
	if (lost > run->events_seen)
		lost = run->events_seen;
	if (lost > run->events_lost)
		run->events_lost = lost;
	if (cost_ns > run->cost_ns)
		run->cost_ns = cost_ns;
}

/* Posted before the last takeover and since. */
static void add_postings(struct account_posting *sum, const struct account_posting *before,
			 const struct account_posting *since)
{
	*sum = (struct account_posting){
		.domain_uj = before->domain_uj + since->domain_uj,
		.run_uj = before->run_uj + since->run_uj,
		.run_idle_uj = before->run_idle_uj + since->run_idle_uj,
		.others_uj = before->others_uj + since->others_uj,
		.system_uj = before->system_uj + since->system_uj,
		.idle_uj = before->idle_uj + since->idle_uj,
		.unattributed_uj = before->unattributed_uj + since->unattributed_uj,
		.gap_ns = before->gap_ns + since->gap_ns,
		.run_derived_uj = before->run_derived_uj + since->run_derived_uj,
		.gated_uj = before->gated_uj + since->gated_uj,
	};
}

/* Books what was drawn since the tick before at what the grid emitted meanwhile. */
static void tick_grid(struct run *run, uint64_t t_ns)
{
	const uint64_t before_ns = run->grid.t_ns;
	const char *quality;

	if (!run->grid.timed || t_ns <= before_ns)
		return;
	grid_name(&run->grid, run->hourly ? run->hourly->tag : NULL);
	grid_tick(&run->grid, run->hourly ? &run->hourly->series : NULL, t_ns,
		  (int64_t)t_ns + run->utc_offset_ns, run_energy_uj(run, &quality));
	course_rate(&run->course, before_ns, run->grid.sum.ug_per_kwh);
}

void run_settle(struct run *run, const struct account *account, uint64_t t_ns, uint64_t own_ns,
		size_t sharers)
{
	struct account_posting since[POWER_DOMAINS_MAX] = {0};

	for (size_t i = 0; i < run->domains; i++) {
		const struct account_posting *posted = account_posted(account, run->account, i);
		if (posted)
			since[i] = *posted;
		add_postings(&run->posting[i], &run->before[i], &since[i]);
		run->idle_method[i] = account_idle(account, i, &(uint64_t){0});
	}
	uint64_t own_uj = account_own_uj(account, run->account);
	run->own_uj += (own_uj - run->account_own_uj) / sharers;
	run->account_own_uj = own_uj;
	run->own_cpu_ns += own_ns / sharers;
	count(run);
	devices_tick(&run->devices, t_ns, since, &run->kernels);
	tick_grid(run, t_ns);
	course_tick(&run->course, t_ns, false, run->posting, run->kernels.row, run->kernels.n);
}

void run_forget(struct run *run)
{
	run->gones = 0;
}

struct ledger_state run_state(const struct run *run, uint64_t t_ns)
{
	struct ledger_state state = {
		.t_ns = t_ns - run->start_ns,
		.finding = run->machine->finding + run->findings,
		.findings = run->machine->findings - run->findings,
		.posting = run->posting,
		.idle_method = run->idle_method,
		.kernel = run->kernels.row,
		.kernels = run->kernels.n,
		.events_seen = run->events_seen,
		.events_lost = run->events_lost,
		.cpu_ns = run->group.cpu_ns,
		.cpu_method = group_method(&run->group),
		.processes = run->tree.processes,
		.uncovered = run->tree.unseen.row,
		.uncovereds = run->tree.unseen.n,
		.device = run->devices.told,
		.devices = run->devices.told_n,
		.uncovered_cpu_ns = run->tree.unseen.cpu_ns,
		.unobserved_cpu_ns = run->unobserved_ns,
		.own_cpu_ns = saturate_add(run->own_cpu_ns, run->cost_ns),
		.own_uj = run->own_uj,
		.grid = run->grid.sum,
		.paths = paths_state(&run->paths),
	};

	course_state(&run->course, &state);
	return state;
}

void run_anchor(struct run *run, uint64_t t_ns, uint64_t utc_ns, const char *reason)
{
	run->utc_offset_ns = (int64_t)(utc_ns - t_ns);
	if (run->anchors == RUN_ANCHORS_MAX)
		run->anchors--;
	run->anchor[run->anchors++] = (struct run_anchor){t_ns, utc_ns, reason};
}

/* Writes the anchors that are older than `before_ns`. */
static int write_anchors(struct run *run, uint64_t before_ns)
{
	size_t n = 0;
	int error = 0;

	while (n < run->anchors && run->anchor[n].t_ns < before_ns) {
		const struct run_anchor *anchor = &run->anchor[n];

		error = ledger_anchor(run->ledger, anchor->t_ns - run->start_ns, anchor->utc_ns,
				      anchor->reason);
		if (error)
			break;
		n++;
	}
	run->anchors -= n;
	memmove(run->anchor, run->anchor + n, run->anchors * sizeof(run->anchor[0]));
	return error;
}

/*
 * An anchor overtakes the journal, so an interval line goes before it; but for one that a disk
 * refused before: lines are in order of time.
 */
static int write_lines(struct run *run, const struct ledger_state *state, uint64_t t_ns)
{
	int error = write_anchors(run, t_ns);

	if (!error)
		error = ledger_interval(run->ledger, state, run->anchors == 0);
	if (error)
		return error;
	chapters_forget(&run->course.chapters, ledger_phases(run->ledger));
	run->interval_ns = run->journal_ns = t_ns;
	run->grid.cut = false;
	return write_anchors(run, t_ns + 1);
}

static bool is_line_due(const struct run *run, uint64_t t_ns)
{
	return t_ns - run->interval_ns >= INTERVAL_NS || run->anchors || run->grid.cut;
}

bool run_is_due(const struct run *run, uint64_t t_ns)
{
	return run->ledger && (is_line_due(run, t_ns) || t_ns - run->journal_ns >= JOURNAL_NS);
}

void run_write(struct run *run, uint64_t t_ns)
{
	if (!run_is_due(run, t_ns))
		return;
	struct ledger_state state = run_state(run, t_ns);
	bool due = is_line_due(run, t_ns);
	int error = due ? write_lines(run, &state, t_ns) : 0;
	if (due)
		run->ledger_error = error;
	/* Also where a line was refused: the ledger may be as large as it may be, not the journal.
	 */
	if ((!due || error) && t_ns - run->journal_ns >= JOURNAL_NS) {
		error = ledger_journal(run->ledger, &state);
		if (!due)
			run->ledger_error = error;
		run->journal_ns = t_ns;
	}
}

void run_close(struct run *run, uint64_t t_ns, int exit_status, bool complete)
{
	course_tick(&run->course, t_ns, true, run->posting, run->kernels.row, run->kernels.n);
	struct ledger_state state = run_state(run, t_ns);
	if (!run->ledger)
		return;
	int error = write_anchors(run, t_ns + 1);
	run->ledger_error = ledger_close(run->ledger, &state, exit_status, complete);
	if (!run->ledger_error)
		run->ledger_error = error;
	run->ledger = NULL;
}

/* A part that nobody measured is named, however small: none hides in a measured total. */
static const char *quality_word(const bool has[])
{
	if (has[POWER_MODELLED])
		return has[POWER_MEASURED] || has[POWER_DERIVED] ? "partly modelled" : "modelled";
	if (has[POWER_DERIVED])
		return has[POWER_MEASURED] ? "partly derived" : "derived";
	return "measured";
}

uint64_t run_energy_uj(const struct run *run, const char **quality)
{
	uint64_t energy_uj = 0;
	bool has[POWER_MODELLED + 1] = {false};

	for (size_t i = 0; i < run->domains; i++)
		if (!run->domain[i].within[0])
			energy_uj += run->posting[i].run_uj;
	for (size_t i = 0; i < run->domains; i++) {
		const struct account_posting *posting = &run->posting[i];

		if (run->domain[i].within[0])
			continue;
		if (posting->run_uj > posting->run_derived_uj || !energy_uj)
			has[run->domain[i].quality] = true;
		if (posting->run_derived_uj)
			has[POWER_DERIVED] = true;
	}
	*quality = quality_word(has);
	return energy_uj;
}

/* How the CO2e was booked: ", hour by hour, 40 % of it by the yearly mean". */
static void summarise_grid(const struct run *run, uint64_t energy_uj, char *text, size_t size)
{
	char share[HUMAN_MAX];

	text[0] = '\0';
	if (!run->grid.timed)
		return;
	human_share(run->grid.sum.constant_uj, energy_uj, share);
	if (run->grid.sum.constant_uj)
		snprintf(text, size, ", hour by hour, but for %s at the yearly mean", share);
	else
		snprintf(text, size, ", hour by hour");
}

void run_summary(const struct run *run, uint64_t t_ns, const char *path, char *text, size_t size)
{
	const struct ledger_device *unmetered = devices_unmetered(&run->devices);
	const char *quality;
	uint64_t energy_uj = run_energy_uj(run, &quality);
	const uint64_t co2e_ug =
		run->grid.timed ? units_co2e_sum_ug(run->grid.sum.weighted, run->pue_milli)
				: units_co2e_ug(energy_uj, run->factor.ug_per_kwh, run->pue_milli);
	char energy[HUMAN_MAX], mass[HUMAN_MAX], time[HUMAN_MAX], grid[96];

	human_energy(energy_uj, false, energy);
	human_co2e(co2e_ug, energy_uj, false, mass);
	summarise_grid(run, energy_uj, grid, sizeof(grid));
	human_time(t_ns - run->start_ns, false, time);
	int n = snprintf(text, size, "%s (%s%s%s), %s CO2e (%s%s%s), %s", energy, quality,
			 unmetered ? ", without " : "", unmetered ? unmetered->name : "", mass,
			 run->factor.zone, run->factor.assumed ? ", assumed" : "", grid, time);
	if (n > 0 && (size_t)n < size && *path)
		snprintf(text + n, size - (size_t)n, "; %sledger: %s",
			 run->ledger_error ? "incomplete " : "", path);
}
