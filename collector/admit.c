/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who belongs to which run. Credentials and parenthood are the kernel's word; job keys and names
 * are read from the process itself, and only ever tie it to runs of its own user.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collector/intake/memfd.h"
#include "collector/meter_state.h"
#include "collector/run/save.h"
#include "collector/units.h"

#define ANCESTORS_MAX 256
#define TICK_SLACK_NS 20000000ULL

/* When a process started, on CLOCK_MONOTONIC (without the time that was slept before). */
static uint64_t start_ns(const struct meter *meter, const struct proc_stat *stat)
{
	uint64_t boot_ns =
		units_mul_div(stat->start_ticks, UNITS_NS_PER_S, (uint64_t)sysconf(_SC_CLK_TCK));
	uint64_t offset = (uint64_t)meter->boot_offset_ns;

	return boot_ns > offset ? boot_ns - offset : 0;
}

/* Who spoke. */
struct sender {
	bool known; /* it is in /proc, if only as a zombie */
	bool alive;
	bool hidden; /* it lives, in a namespace of PIDs that cannot be seen from here */
	struct proc_stat stat;
};

/* What carries the PID but started after the arena was made is another process. */
static struct sender find_sender(const struct meter *meter, const struct peer *peer,
				 const struct wire_layout *layout)
{
	struct sender sender = {.stat = {.pid = peer->pid, .comm = "(gone)"}};
	struct proc_stat stat;

	sender.hidden = peer->pid == 0 && peer_lives(peer->pidfd);
	if (peer->pid <= 0 || proc_stat("/proc", peer->pid, &stat))
		return sender;
	uint64_t made_ns = __atomic_load_n(&layout->arena.start_ns, __ATOMIC_RELAXED);
	if (start_ns(meter, &stat) > made_ns + TICK_SLACK_NS)
		return sender;
	sender.stat = stat;
	sender.known = true;
	sender.alive = peer_lives(peer->pidfd);
	return sender;
}

static bool may_join(const struct meter *meter, const struct run *run, const struct peer *peer)
{
	return !meter->options.many_users || run->origin.uid == peer->uid;
}

/* The run of which a process is a member already, as far as we know; start 0: of any that had it.
 */
static struct run *find_member(const struct meter *meter, const struct peer *peer, pid_t pid,
			       uint64_t start_ticks)
{
	for (struct run *run = meter->run; run; run = run->next) {
		const struct tree_member *member = tree_find_pid(&run->tree, pid);
		if (member && !member->reaper && may_join(meter, run, peer) &&
		    (!start_ticks || member->start_ticks == start_ticks))
			return run;
	}
	return NULL;
}

/* The run of its nearest ancestor that belongs to one. */
static struct run *find_ancestor(const struct meter *meter, const struct peer *peer,
				 const struct proc_stat *stat)
{
	struct proc_stat up = *stat;

	for (int depth = 0; depth < ANCESTORS_MAX; depth++) {
		struct run *run = find_member(meter, peer, up.pid, up.start_ticks);
		if (run)
			return run;
		if (up.ppid <= 1 || proc_stat("/proc", up.ppid, &up))
			break;
	}
	return NULL;
}

static struct run *find_job(const struct meter *meter, const struct peer *peer)
{
	char *job = origin_job("/proc", peer->pid);
	struct run *run = job ? meter->run : NULL;

	for (; run; run = run->next)
		if (run->origin.job && run->origin.uid == peer->uid &&
		    !strcmp(run->origin.job, job))
			break;
	free(job);
	return run;
}

static struct run *find_foreground(const struct meter *meter)
{
	struct run *run = meter->run;

	while (run && !run->foreground && !run->orphaned)
		run = run->next;
	return run;
}

/* The topmost process that computes begins a run. */
static struct run *begin_lab_run(struct meter *meter, const struct peer *peer,
				 const struct sender *sender, const struct wire_layout *layout)
{
	struct arena_name name;
	struct origin origin;
	struct run *run = NULL;
	pid_t pid = sender->known ? peer->pid : 0;
	const struct meter_start start = {.origin = &origin, .pid = sender->alive ? pid : 0};

	arena_name(layout, &name);
	const struct origin_said said = {
		{name.project, name.experiment}, name.arguments, name.argument_bytes};
	if (!origin_read(&origin, "/proc", pid, peer->uid, peer->gid, &said) &&
	    !meter_begin(meter, &start, &run))
		meter_record(meter, run);
	origin_release(&origin);
	return run;
}

static struct run *find_run(struct meter *meter, const struct peer *peer,
			    const struct sender *sender, const struct wire_layout *layout)
{
	const struct proc_stat *stat = &sender->stat;
	bool alive = sender->alive;
	struct run *run =
		alive ? find_ancestor(meter, peer, stat) : find_member(meter, peer, peer->pid, 0);

	if (run) {
		/* It may have been born since the last look. */
		if (alive && !tree_find(&run->tree, stat->pid, stat->start_ticks))
			tick_scan_soon(meter);
		/* It is a member in any case, or its run could end without it. */
		if (alive)
			tree_add(&run->tree, stat, tick_clock(meter));
		return run;
	}
	if (alive)
		run = find_job(meter, peer);
	if (!run && !meter->options.lab)
		run = find_foreground(meter);
	if (run && alive)
		tree_add(&run->tree, stat, tick_clock(meter));
	if (!run && meter->options.lab)
		run = begin_lab_run(meter, peer, sender, layout);
	/* Nobody ever saw it, but it was there. */
	if (run && !alive)
		run->tree.processes++;
	return run;
}

/*
 * What its pidfd tells is when it ends. That it computed is known of such a process, and what; not
 * its CPU time, its children or its memory: to those who may see it, it is the system's.
 */
static void note_hidden(struct run *run)
{
	unseen_add(&run->tree.unseen, "(unseen)",
		   "in a namespace of PIDs that this collector cannot see: its CPU time and energy "
		   "are not known");
}

static void on_watch_closed(uv_handle_t *handle)
{
	free(handle->data);
}

/* Reads an arena to its present end and lets it go. */
static void end_watch(struct meter_watch *watch)
{
	struct meter *meter = watch->meter;
	struct meter_watch **link = &meter->watch;

	while (*link != watch)
		link = &(*link)->next;
	*link = watch->next;
	meter->arenas--;
	run_detach(watch->run, watch->feed, tick_clock(meter));
	uv_close((uv_handle_t *)&watch->poll, on_watch_closed);
}

static void on_exit_of(uv_poll_t *poll, int status, int events)
{
	struct meter_watch *watch = poll->data;
	struct meter *meter = watch->meter;

	(void)status;
	(void)events;
	end_watch(watch);
	tick_scan_soon(meter);
	tick_reap(meter);
}

static int begin_watch(struct meter *meter, struct run *run, struct run_feed *feed, int pidfd,
		       uid_t uid)
{
	struct meter_watch *watch = calloc(1, sizeof(*watch));

	if (!watch)
		return -ENOMEM;
	*watch = (struct meter_watch){.next = meter->watch,
				      .pidfd = pidfd,
				      .uid = uid,
				      .meter = meter,
				      .run = run,
				      .feed = feed};
	int error = uv_poll_init(meter->loop, &watch->poll, pidfd);
	if (error) {
		free(watch);
		return error;
	}
	watch->poll.data = watch;
	meter->watch = watch;
	meter->arenas++;
	uv_poll_start(&watch->poll, UV_READABLE, on_exit_of);
	return 0;
}

bool admit_arena(struct meter *meter, struct run *run, const json_t *saved,
		 const struct hold_item *item, const struct wire_layout *layout)
{
	struct admit_label label;

	memcpy(&label, item->label, sizeof(label));
	label.comm[PROC_COMM_MAX - 1] = '\0';
	struct run_feed *feed =
		run_attach(run, item->id, layout, label.pid, label.comm, label.first_ns);
	if (!feed)
		return false;
	if (saved)
		save_restore_feed(saved, feed);
	/* What it had counted is taken even if nobody is left to watch. */
	if (!peer_lives(item->fd[1]) || begin_watch(meter, run, feed, item->fd[1], label.uid))
		run_detach(run, feed, tick_clock(meter));
	return true;
}

/* One process may have executed program after program: only the last one can still be written. */
static void bound_process(struct meter *meter, pid_t pid)
{
	struct meter_watch *oldest = NULL;
	unsigned n = 0;

	for (struct meter_watch *watch = meter->watch; watch; watch = watch->next)
		if (watch->feed->pid == pid) {
			oldest = watch;
			n++;
		}
	if (n >= METER_ARENAS_EACH)
		end_watch(oldest);
}

static bool room_for(const struct meter *meter, uid_t uid)
{
	unsigned n = 0;

	for (const struct meter_watch *watch = meter->watch; watch; watch = watch->next)
		n += watch->uid == uid;
	return meter->arenas < METER_ARENAS_MAX &&
	       (!meter->options.many_users || n < METER_ARENAS_USER_MAX);
}

static int admit_hello(void *arg, uint64_t id, struct peer *peer, int fd,
		       const struct wire_layout *layout)
{
	struct meter *meter = arg;

	const struct sender sender = find_sender(meter, peer, layout);
	struct run *run = NULL;
	int error = room_for(meter, peer->uid) ? 0 : -ENOSPC;

	if (!error) {
		if (peer->pid) /* hidden ones share a 0 */
			bound_process(meter, peer->pid);
		run = find_run(meter, peer, &sender, layout);
		error = run ? 0 : -EACCES;
	}
	if (error) {
		close(fd);
		memfd_unmap(layout);
		return error;
	}
	struct admit_label label = {
		.run = run_number(run),
		.first_ns = sender.known ? start_ns(meter, &sender.stat) : 0,
		.pid = peer->pid,
		.uid = peer->uid,
	};
	memcpy(label.comm, sender.stat.comm, sizeof(label.comm));
	const bool lives = sender.alive || sender.hidden;
	/* A process that only has the PID of the one that spoke is not watched. */
	struct hold_item item = {
		.id = id, .kind = HOLD_ARENA, .fd = {fd, lives ? peer->pidfd : -1}};
	memcpy(item.label, &label, sizeof(label));
	if (lives)
		peer->pidfd = -1;
	if (sender.hidden)
		note_hidden(run);
	if (!keeper_keep(meter->keeper, &item) && admit_arena(meter, run, NULL, &item, layout))
		return 0;
	memfd_unmap(layout);
	return -ENOMEM;
}

bool admit_lives(const struct meter *meter, const struct run *run)
{
	const struct meter_watch *watch = meter->watch;

	while (watch && (watch->run != run || !peer_lives(watch->pidfd)))
		watch = watch->next;
	return watch != NULL;
}

void admit_release(struct meter *meter, struct run *run)
{
	for (struct meter_watch *watch = meter->watch, *next; watch; watch = next) {
		next = watch->next;
		if (watch->run == run)
			end_watch(watch);
	}
}

/* Is the process that gramme run names its own child, of its own user? */
static bool is_child(const struct peer *peer, pid_t pid)
{
	struct proc_stat stat;
	uid_t real, effective;

	return peer->pid > 0 && pid > 0 && proc_stat("/proc", pid, &stat) == 0 &&
	       stat.ppid == peer->pid && proc_user("/proc", pid, &real, &effective) == 0 &&
	       real == peer->uid;
}

static int begin_named(struct meter *meter, const struct peer *peer,
		       const struct message_run_begin *begin, struct origin *origin,
		       struct run **run, char *why)
{
	char cwd[PATH_MAX] = "/";
	const struct origin_labels labels = {begin->project, begin->experiment};
	struct carbon_factor factor = meter->options.factor;
	struct meter_start start = {
		.origin = origin,
		.factor = &factor,
		.pue_milli = begin->pue_milli,
		.pid = (pid_t)begin->pid,
		.reaper = peer->pid,
	};

	if (begin->zone[0]) {
		int error = carbon_factor(begin->zone, &factor, why);
		if (error)
			return error;
		start.elsewhere = strcmp(factor.zone, meter->options.factor.zone) != 0;
	}
	proc_link("/proc", (pid_t)begin->pid, "cwd", cwd, sizeof(cwd));
	int error = origin_make(origin, begin->argv, cwd, peer->uid, peer->gid, &labels);
	if (!error)
		error = meter_begin(meter, &start, run);
	if (error)
		snprintf(why, 256, "%s", strerror(-error));
	return error;
}

static int admit_run_begin(void *arg, struct intake_connection *launcher, const struct peer *peer,
			   const struct message_run_begin *begin, char *why)
{
	struct meter *meter = arg;
	struct origin origin = {0};
	struct run *run;

	if (!is_child(peer, (pid_t)begin->pid)) {
		snprintf(why, 256, "process %u is not a child of the one that asks", begin->pid);
		return -EPERM;
	}
	int error = begin_named(meter, peer, begin, &origin, &run, why);
	origin_release(&origin);
	if (error)
		return error;
	run->launcher = launcher;
	run->launcher_id = intake_id(launcher);
	/* It is metered all the same; the reply says so. */
	error = meter_record(meter, run);
	if (error)
		snprintf(why, 256, "no ledger can be written: %s", strerror(-error));
	return 0;
}

static struct run *find_launcher(const struct meter *meter, const void *launcher)
{
	struct run *run = meter->run;

	while (run && run->launcher != launcher)
		run = run->next;
	return run;
}

static void admit_run_end(void *arg, struct intake_connection *launcher,
			  const struct wire_run_end *end, char *text)
{
	struct meter *meter = arg;
	struct run *run = find_launcher(meter, launcher);
	int status = end->exit_status;

	if (!run)
		return;
	if (status < 0 || status > 255)
		status = -1;
	meter_end(meter, run, status, status >= 0 && end->signal == 0, text, 1024, NULL);
}

/* Nobody tells any more how the program ends; the next look at its processes will. */
static void admit_run_left(void *arg, struct intake_connection *launcher)
{
	struct run *run = find_launcher(arg, launcher);

	if (!run)
		return;
	run->launcher = NULL;
	run->launcher_id = 0;
}

/* The run of a gramme run that spoke to the collector before us. */
static bool admit_run_known(void *arg, struct intake_connection *launcher)
{
	struct meter *meter = arg;
	struct run *run = meter->run;

	while (run && (run->launcher || run->launcher_id != intake_id(launcher)))
		run = run->next;
	if (run)
		run->launcher = launcher;
	return run != NULL;
}

static void admit_woken(void *arg)
{
	struct meter *meter = arg;
	bool due = false;

	for (struct run *run = meter->run; run; run = run->next) {
		run_drain(run, tick_clock(meter));
		due = due || run->devices.due;
	}
	if (due)
		tick_now(meter);
}

static void admit_refused(void *arg, uid_t uid, const char *reason)
{
	struct meter *meter = arg;
	char line[256];

	snprintf(line, sizeof(line), "refused a process of user %u: %s", (unsigned)uid, reason);
	meter->options.say(meter->options.arg, line);
}

const struct intake_ops admit_ops = {
	.hello = admit_hello,
	.run_begin = admit_run_begin,
	.run_end = admit_run_end,
	.run_left = admit_run_left,
	.run_known = admit_run_known,
	.woken = admit_woken,
	.refused = admit_refused,
};
