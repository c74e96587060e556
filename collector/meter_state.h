/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The meter from the inside, for the files that make it up: meter.c (its life and its runs),
 * tick.c (time) and admit.c (who belongs to which run).
 */
#ifndef GRAMME_METER_STATE_H
#define GRAMME_METER_STATE_H

#include <sys/utsname.h>
#include <uv.h>

#include "collector/intake/intake.h"
#include "collector/meter.h"
#include "collector/run/node.h"

struct meter_watch {
	struct meter_watch *next;
	uv_poll_t poll; /* of the pidfd */
	int pidfd;
	uid_t uid;
	struct meter *meter;
	struct run *run;
	struct run_feed *feed;
};

struct meter {
	uv_loop_t *loop;
	struct meter_options options;
	struct power *power;
	const struct power_domain *domain;
	size_t domains;
	struct account *account;
	struct intake *intake;
	struct run *run; /* the live ones */
	size_t runs;
	struct meter_watch *watch;
	unsigned arenas;
	uv_timer_t tick;
	uv_timer_t early; /* looks at young runs more often */
	unsigned early_step;
	unsigned handles;
	struct proc_snapshot snapshot;
	struct node_state node; /* at the last tick */
	bool node_known;
	uint64_t own_cpu_ns;	/* at the last tick */
	uint64_t known_busy_ns; /* of the node: /proc/stat, or what is known to be more */
	int64_t utc_offset_ns;	/* realtime - monotonic, boottime - monotonic */
	int64_t boot_offset_ns;
	struct run_machine machine;
	struct utsname uname;
	char boot_id[40];
	char cpu_model[256];
};

/* tick.c: starts with the first run and stops with the last one. */
int tick_open(struct meter *meter);
void tick_start(struct meter *meter);
void tick_stop(struct meter *meter);
/* Reads everything now and books it. */
void tick_now(struct meter *meter);
/* Brings the runs' processes up to date. */
void tick_scan(struct meter *meter);
/* Ends runs of which no process is left. */
void tick_reap(struct meter *meter);
uint64_t tick_clock(const struct meter *meter);

/* admit.c */
extern const struct intake_ops admit_ops;
/* Lets the arenas of a run go; those of dead processes are read to the end. */
void admit_release(struct meter *meter, struct run *run);

#endif
