/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The meter from the inside, for the files that make it up: meter.c (its life and its runs),
 * tick.c (time) and admit.c (who belongs to which run).
 */
#ifndef GRAMME_METER_STATE_H
#define GRAMME_METER_STATE_H

#include <sys/utsname.h>
#include <uv.h>

#include "collector/holders.h"
#include "collector/intake/intake.h"
#include "collector/meter.h"
#include "collector/run/node.h"

struct meter_watch {
	struct meter_watch *next;
	uv_poll_t poll; /* of the pidfd */
	int pidfd;	/* the keeper's */
	uid_t uid;
	struct meter *meter;
	struct run *run;
	struct run_feed *feed;
};

/* When something was last done, and what that took; on libuv's clock. */
struct tick_work {
	uint64_t end_ns;
	uint64_t cost_ns;
};

struct meter {
	uv_loop_t *loop;
	struct meter_options options;
	struct power *power;
	const struct power_domain *domain;
	size_t domains;
	struct account *account;
	struct holders holders;
	struct keeper *keeper;
	struct intake *intake;
	struct run *run; /* the live ones */
	size_t runs;
	struct meter_watch *watch;
	unsigned arenas;
	uv_timer_t tick;
	uv_timer_t early; /* looks at young runs more often */
	unsigned early_step;
	uv_timer_t sample;	 /* reads the sensors that have a period of their own */
	uint64_t sampled_cpu_ns; /* of all runs, a second ago */
	struct tick_work tick_work;
	struct tick_work scan_work;
	unsigned handles;
	struct proc_snapshot snapshot;
	struct node_state node; /* at the last tick */
	bool node_known;
	bool told_unknown;	/* that no intensity is known now */
	uint64_t own_cpu_ns;	/* at the last tick */
	uint64_t known_busy_ns; /* of the node: /proc/stat, or what is known to be more */
	int64_t utc_offset_ns;	/* realtime - monotonic, boottime - monotonic */
	int64_t boot_offset_ns;
	struct run_machine machine;
	struct utsname uname;
	char boot_id[40];
	char cpu_model[256];
};

/* meter.c: makes a run a live one, and has it kept for the next collector. */
void meter_add(struct meter *meter, struct run *run);
void meter_keep(struct meter *meter, struct run *run);
/* Brings what is kept of a run up to date, and lets go of what it has the sum of. */
void meter_save(struct meter *meter, struct run *run, uint64_t t_ns);

/* Takes what has arrived and may belong to a run that is about to end; it may end by it. */
void meter_listen(struct meter *meter, const struct run *run);

/* takeover.c: goes on with what another collector left. */
void takeover(struct meter *meter);

/* tick.c: starts with the first run and stops with the last one. */
int tick_open(struct meter *meter);
void tick_start(struct meter *meter);
void tick_stop(struct meter *meter);
/* Reads everything now and books it. */
void tick_now(struct meter *meter);
/* The same for a run that begins or ends: in a crowd, only if that was not done just now. */
void tick_soon(struct meter *meter);
/* Brings the runs' processes up to date. */
void tick_scan(struct meter *meter);
/* The same, but in a crowd that was looked at just now, in some milliseconds. */
void tick_scan_soon(struct meter *meter);
/* Ends runs of which no process is left. */
void tick_reap(struct meter *meter);
uint64_t tick_clock(const struct meter *meter);

/* admit.c */
extern const struct intake_ops admit_ops;

/* An arena that the keeper has, as its label tells it. */
struct admit_label {
	uint64_t run; /* the keeper's number of its run */
	uint64_t first_ns;
	int32_t pid;
	uint32_t uid;
	char comm[PROC_COMM_MAX];
};

/*
 * Reads a mapped arena for a run: until its process ends where that lives, else once; from where
 * another collector read it, if `saved` is not NULL. Returns false where memory is short, and then
 * the mapping stays the caller's.
 */
bool admit_arena(struct meter *meter, struct run *run, const json_t *saved,
		 const struct hold_item *item, const struct wire_layout *layout);
/* Does any process live whose arena is read for the run? */
bool admit_lives(const struct meter *meter, const struct run *run);
/* Lets the arenas of a run go; those of dead processes are read to the end. */
void admit_release(struct meter *meter, struct run *run);

#endif
