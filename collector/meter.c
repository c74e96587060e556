/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The meter: its life, and the beginning and end of its runs.
 */
#include "collector/meter.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collector/meter_state.h"
#include "collector/power/processor.h"
#include "collector/rights.h"
#include "collector/run/memory.h"
#include "collector/run/save.h"
#include "collector/tell.h"
#include "collector/units.h"

static void describe_machine(struct meter *meter)
{
	struct world *world = meter->options.world;
	struct run_machine *machine = &meter->machine;
	struct processor processor;

	uname(&meter->uname);
	/* Live processes, and so the boot that they belong to, are this machine's in any case. */
	if (world_real()->ops->read(world_real(), "/proc/sys/kernel/random/boot_id", meter->boot_id,
				    sizeof(meter->boot_id)) > 0)
		meter->boot_id[strcspn(meter->boot_id, "\n")] = '\0';
	node_cpu_model(world, meter->cpu_model, sizeof(meter->cpu_model));
	meter->node_known = node_read("/proc", &meter->node) == 0;
	*machine = (struct run_machine){
		.node = meter->uname.nodename,
		.boot_id = meter->boot_id,
		.kernel = meter->uname.release,
		.cpu_model = meter->cpu_model[0] ? meter->cpu_model : NULL,
		.cpus = meter->node.cpus,
		.memory_bytes = meter->node.total_bytes,
		.replayed = world->replayed,
		.idle = meter->options.idle,
	};
	if (!processor_read(world, &processor)) {
		machine->cores =
			(uint32_t)units_mul_div(machine->cpus, processor.cores, processor.threads);
		machine->is_virtual = processor.virtual;
	}
	machine->domains = power_domains(meter->power, &machine->domain);
	machine->findings = power_findings(meter->power, &machine->finding);
	meter->domain = machine->domain;
	meter->domains = machine->domains;
}

static void free_meter(struct meter *meter)
{
	if (meter->account)
		account_free(meter->account);
	if (meter->power)
		power_close(meter->power);
	holders_release(&meter->holders);
	proc_snapshot_release(&meter->snapshot);
	free(meter);
}

static void on_closed(uv_handle_t *handle)
{
	struct meter *meter = handle->data;

	if (--meter->handles == 0)
		free_meter(meter);
}

void meter_close(struct meter *meter)
{
	/* A program that has spoken by now is to be in the books like any before. */
	if (meter->intake && meter->options.lab)
		intake_flush(meter->intake, NULL);
	while (meter->run)
		meter_end(meter, meter->run, -1, false, NULL, 0, NULL);
	if (meter->intake)
		intake_close(meter->intake);
	if (meter->keeper)
		keeper_close(meter->keeper);
	meter->intake = NULL;
	meter->keeper = NULL;
	if (meter->handles == 0) {
		free_meter(meter);
		return;
	}
	unsigned handles = meter->handles;
	uv_close((uv_handle_t *)&meter->tick, on_closed);
	if (handles > 1)
		uv_close((uv_handle_t *)&meter->early, on_closed);
	if (handles > 2)
		uv_close((uv_handle_t *)&meter->sample, on_closed);
}

static void on_client(void *arg, uint64_t id, int fd)
{
	struct meter *meter = arg;

	intake_client(meter->intake, id, fd);
}

static void on_replaced(void *arg)
{
	struct meter *meter = arg;

	meter->options.say(meter->options.arg,
			   "what keeps its runs was gone: another one has taken its place");
}

static void on_hung_up(void *arg, uid_t uid)
{
	struct meter *meter = arg;
	char line[128];

	snprintf(line, sizeof(line),
		 "hung up on user %u, of whom %u connections waited: what else he ran is not "
		 "metered",
		 (unsigned)uid, HOLD_USER_MAX);
	meter->options.say(meter->options.arg, line);
}

/* The holder first, since it is a fork of a process that has no threads yet. */
static int listen_to_clients(struct meter *meter)
{
	const struct keeper_options keeper = {
		.path = meter->options.socket,
		.patience_ms = meter->options.patience_ms,
		.stand_in = meter->options.stand_in,
		.stand_in_arg = meter->options.stand_in_arg,
		.client = on_client,
		.replaced = on_replaced,
		.hung_up = on_hung_up,
		.arg = meter,
	};
	struct intake_options intake = {
		.path = meter->options.socket,
		.mode = meter->options.socket_mode,
		.ops = &admit_ops,
		.arg = meter,
	};
	int error = keeper_open(meter->loop, &keeper, &meter->keeper);

	if (error)
		return error;
	intake.keeper = meter->keeper;
	error = intake_open(meter->loop, &intake, &meter->intake);
	if (error)
		return error;
	takeover(meter);
	return keeper_watch(meter->keeper);
}

int meter_open(uv_loop_t *loop, const struct meter_options *options, struct meter **result)
{
	struct meter *meter = calloc(1, sizeof(*meter));
	const struct power_options sensors = {
		.world = options->world, .model = true, .sensors = options->sensors};

	if (!meter)
		return -ENOMEM;
	meter->loop = loop;
	meter->options = *options;
	int error = power_open(&sensors, &meter->power);
	if (!error) {
		describe_machine(meter);
		tell_config(meter);
		error = account_new(meter->domain, meter->domains,
				    options->idle_withheld ? ACCOUNT_IDLE_NONE : options->idle,
				    &meter->account);
	}
	if (!error)
		error = tick_open(meter);
	if (!error)
		error = listen_to_clients(meter);
	if (error) {
		meter_close(meter);
		return error;
	}
	*result = meter;
	return 0;
}

/* CLOCK_BOOTTIME in clock ticks, as /proc counts the start of processes. */
static uint64_t boot_ticks(const struct meter *meter)
{
	struct world *world = meter->options.world;

	return units_mul_div(world->ops->boottime_ns(world), (uint64_t)sysconf(_SC_CLK_TCK),
			     UNITS_NS_PER_S);
}

static void unlink_run(struct meter *meter, struct run *run)
{
	struct run **link = &meter->run;

	while (*link != run)
		link = &(*link)->next;
	*link = run->next;
	if (--meter->runs == 0)
		tick_stop(meter);
}

void meter_add(struct meter *meter, struct run *run)
{
	run->next = meter->run;
	meter->run = run;
	meter->runs++;
	tick_start(meter);
}

/* Without its memory a run is metered all the same; it would only end with this collector. */
void meter_keep(struct meter *meter, struct run *run)
{
	struct hold_item item = {.id = run_number(run), .kind = HOLD_RUN, .fd = {-1, -1}};
	struct ledger_place place;

	if (!run->ledger)
		return;
	ledger_place(run->ledger, &place);
	run->memory = memory_make();
	item.fd[0] = fcntl(run->memory, F_DUPFD_CLOEXEC, 0);
	item.fd[1] = fcntl(place.folder, F_DUPFD_CLOEXEC, 0);
	save_run(run, run->start_ns);
	keeper_keep(meter->keeper, &item);
}

void meter_save(struct meter *meter, struct run *run, uint64_t t_ns)
{
	int error = save_run(run, t_ns);

	run->saved_ns = t_ns;
	if (error && error != -ENOENT)
		return;
	for (size_t i = 0; i < run->gones; i++)
		keeper_drop(meter->keeper, run->gone[i]);
	run_forget(run);
	keeper_push(meter->keeper);
}

/* The run is over, and its ledger closed as well as it could be. */
static void let_go(struct meter *meter, const struct run *run)
{
	for (size_t i = 0; i < run->gones; i++)
		keeper_drop(meter->keeper, run->gone[i]);
	keeper_drop(meter->keeper, run_number(run));
	keeper_push(meter->keeper);
}

/*
 * Whoever is there before the one program begins is none of its processes: to read each of them
 * (142 on this machine, 2026-11-21) was a third of what `gramme run` took beside it.
 */
static void pass_over_strangers(struct meter *meter, const struct meter_start *start)
{
	const pid_t known[] = {start->reaper, start->pid};

	if (meter->options.lab || meter->runs || proc_snapshot_strangers("/proc", &meter->snapshot))
		return;
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		struct proc_stat *stat = proc_find(&meter->snapshot, known[i]);
		if (stat)
			stat->stranger = false;
	}
}

/* The processes that a run begins with; those that are not there are left out. */
static int plant(struct meter *meter, struct run *run, const struct meter_start *start)
{
	uint64_t now_ns = tick_clock(meter);
	struct proc_stat stat;
	int error = 0;

	pass_over_strangers(meter, start);
	if (start->reaper && proc_stat("/proc", start->reaper, &stat) == 0) {
		error = tree_add_reaper(&run->tree, &stat, now_ns);
		for (struct run *other = meter->run; other; other = other->next)
			tree_set_foreign(&other->tree, start->reaper);
	}
	if (error || !start->pid || proc_stat("/proc", start->pid, &stat))
		return error;
	/*
	 * What gramme run starts belongs to nobody else. Where the topmost process that computes
	 * spoke after its children, theirs is a run that goes on without it.
	 */
	for (struct run *other = start->reaper ? meter->run : NULL; other; other = other->next)
		tree_drop(&other->tree, start->pid, &meter->snapshot);
	error = tree_add(&run->tree, &stat, now_ns);
	if (!error)
		tree_find(&run->tree, stat.pid, stat.start_ticks)->expected = start->expected;
	return error;
}

int meter_begin(struct meter *meter, const struct meter_start *start, struct run **result)
{
	struct world *world = meter->options.world;
	struct run *run;

	tick_soon(meter);
	const struct run_start what = {
		.origin = start->origin,
		.factor = start->factor ? start->factor : &meter->options.factor,
		.hourly = start->elsewhere ? NULL : meter->options.hourly,
		.pue_milli = start->pue_milli ? start->pue_milli : meter->options.pue_milli,
		.machine = &meter->machine,
		.world = tree_world_real(),
		.begin_ticks = boot_ticks(meter),
		.t_ns = tick_clock(meter),
		.utc_ns = world->ops->realtime_ns(world),
		.events = start->events,
	};
	int error = run_new(&what, &run);
	if (error)
		return error;
	error = plant(meter, run, start);
	if (!error)
		error = account_join(meter->account, &run->account);
	if (error) {
		run_free(run);
		return error;
	}
	run->foreground = start->foreground;
	run_look(run);
	meter_add(meter, run);
	*result = run;
	return 0;
}

/* Makes a user's folder beneath that of all users, if it is not there. Returns 0 or -errno. */
static int make_folder(int dir, const struct origin *origin)
{
	int raised, error = 0;

	if (mkdirat(dir, origin->user, 0700))
		return 0; /* what it is, if it is there, is looked at when it is opened */
	raised = rights_raise(CAP_CHOWN);
	if (fchownat(dir, origin->user, origin->uid, origin->gid, AT_SYMLINK_NOFOLLOW))
		error = -errno;
	rights_lower(raised);
	return error;
}

/* Opens it as he could: it is his. */
static int open_folder(int dir, const struct origin *origin)
{
	struct rights before;
	int error = rights_take(origin->uid, origin->gid, &before), fd;

	if (error)
		return error;
	fd = openat(dir, origin->user, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	rights_return(&before);
	return fd < 0 ? -errno : fd;
}

/* The folder that a run's ledger goes below. Returns a descriptor to be closed, or -errno. */
static int ledger_folder(const struct meter *meter, const struct origin *origin)
{
	int dir = meter->options.ledger_dir;
	struct stat st;
	int error, own;

	if (dir < 0)
		return -EBADF;
	if (!meter->options.many_users)
		return fcntl(dir, F_DUPFD_CLOEXEC, 0);
	if (origin->user[0] == '.' || strchr(origin->user, '/'))
		return -EINVAL;
	error = make_folder(dir, origin);
	if (error)
		return error;
	fsync(dir); /* the folder's name is to outlive a power cut */
	own = open_folder(dir, origin);
	if (own < 0)
		return own;
	if (fstat(own, &st) == 0 && st.st_uid == origin->uid)
		return own;
	close(own);
	return -EPERM;
}

int meter_record(struct meter *meter, struct run *run)
{
	/* A name service is asked while the program begins already. */
	const int nameless = origin_name(&run->origin);
	struct ledger_options options = {
		.dir = nameless ? nameless : ledger_folder(meter, &run->origin),
		.owner = run->origin.uid,
		.group = run->origin.gid,
		.keep_private = meter->options.keep_private,
	};

	tick_scan_soon(meter);
	run->ledger_error = options.dir < 0 ? options.dir : 0;
	if (options.dir >= 0) {
		run_open_ledger(run, &meter->machine, &options);
		close(options.dir);
	}
	meter_keep(meter, run);
	tell_trouble(meter, run, NULL);
	return run->ledger_error;
}

/* Where a collector serves one user, whoever speaks is his. What is heard may end the run. */
void meter_listen(struct meter *meter, const struct run *run)
{
	const uid_t user = run->origin.uid;

	intake_flush(meter->intake, meter->options.many_users ? &user : NULL);
}

int meter_end(struct meter *meter, struct run *run, int exit_status, bool complete, char *text,
	      size_t size, size_t *left)
{
	char path[PATH_MAX];

	/* What has arrived may speak of this very run. */
	run->ending = true;
	run->launcher = NULL;
	meter_listen(meter, run);
	admit_release(meter, run);
	tick_soon(meter);
	uint64_t t_ns = tick_clock(meter);
	unlink_run(meter, run);
	account_leave(meter->account, run->account);
	run_settle(run, meter->account, t_ns, 0, 1);
	tell_unknown(meter, run);
	tell_path(meter, run, path, sizeof(path));
	run_close(run, t_ns, exit_status, complete);
	let_go(meter, run);
	tell_trouble(meter, run, path);
	if (text)
		run_summary(run, t_ns, path, text, size);
	if (left)
		*left = tree_alive(&run->tree);
	int error = run->ledger_error;
	run_free(run);
	return error;
}

void meter_cancel(struct meter *meter, struct run *run)
{
	unlink_run(meter, run);
	account_leave(meter->account, run->account);
	admit_release(meter, run);
	let_go(meter, run);
	run_free(run);
}

void meter_stand_back(void)
{
	const struct sched_param none = {0};

	if (sched_getscheduler(0) == SCHED_OTHER)
		sched_setscheduler(0, SCHED_BATCH, &none);
}

void meter_pause(struct meter *meter)
{
	tick_now(meter);
	for (struct run *run = meter->run; run; run = run->next) {
		run->journal_ns = 0;
		meter_save(meter, run, tick_clock(meter));
		run_write(run, tick_clock(meter));
	}
}

size_t meter_runs(const struct meter *meter)
{
	return meter->runs;
}

bool meter_waits(const struct meter *meter)
{
	return keeper_waits(meter->keeper);
}
