/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The meter: the part of the collector that `gramme run` and `gramme collect` share. One libuv
 * loop, one set of power domains, one account, many runs. It ticks once a second while a run
 * is live and not at all while none is.
 */
#ifndef GRAMME_METER_H
#define GRAMME_METER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <uv.h>

#include "collector/account/account.h"
#include "collector/carbon/carbon.h"
#include "collector/carbon/hourly.h"
#include "collector/power/power.h"
#include "collector/run/origin.h"
#include "collector/run/run.h"
#include "collector/world.h"

#define METER_ARENAS_MAX      4096u
#define METER_ARENAS_USER_MAX 2048u /* of one user, where several are served */
#define METER_ARENAS_EACH     16u   /* of one process: it had executed that many programs */

struct meter;

struct meter_options {
	struct world *world; /* where the sensors are; borrowed */
	const char *sensors; /* the file that names some; NULL: the usual one */
	const char *socket;
	unsigned socket_mode;
	bool lab;	 /* serves whoever computes; else the runs begun by meter_begin alone */
	bool many_users; /* writes as each run's user, in a folder of his below ledger_dir */
	int ledger_dir;	 /* borrowed; -1: no ledger can be written */
	const char *ledger_path; /* what to call it */
	struct carbon_factor factor;
	struct hourly *hourly; /* what the grid emits, read again when it changes; or NULL */
	uint32_t pue_milli;
	enum account_idle_policy idle;
	bool idle_withheld; /* another collector hands out this node's: here it is nobody's */
	bool keep_private;
	/* Who brings the open runs to an end if this collector dies (collector/hold/keeper.h). */
	uint64_t patience_ms;
	int (*stand_in)(void *arg, bool now);
	void *stand_in_arg;
	void (*say)(void *arg, const char *line); /* what its operator should know: once per run
						   * if its ledger cannot be written */
	void *arg;
};

/*
 * Looks for sensors and listens, or takes over from a collector that died at this socket: its runs
 * go on in this one. To be called before the process has threads. Returns 0 with *meter,
 * -EADDRINUSE where a collector lives there, or -errno.
 */
int meter_open(uv_loop_t *loop, const struct meter_options *options, struct meter **meter);

/* Closes what is open as incomplete; the memory goes with the loop's next turns. */
void meter_close(struct meter *meter);

/* A run that gramme run begins. */
struct meter_start {
	struct origin *origin;		    /* taken over */
	const struct carbon_factor *factor; /* NULL: the meter's own */
	bool elsewhere;			    /* the factor's zone is not where the meter is */
	uint32_t pue_milli;		    /* 0: the meter's own */
	pid_t pid;			    /* its first process, about to execute the program */
	pid_t reaper;			    /* that process' parent: gramme run */
	enum cover expected;		    /* what is known of the program file */
	FILE *events;			    /* as of struct run_start */
	bool foreground;
};

/*
 * Begins a run: ticks, and joins it to the account. Its ledger is made by meter_record, as soon
 * as the program is known to be executed. Returns 0 and *run, or -errno.
 */
int meter_begin(struct meter *meter, const struct meter_start *start, struct run **run);
/*
 * Looks at the run's processes, and makes its ledger. Returns 0 or -errno: why there is none, which
 * is said, too.
 */
int meter_record(struct meter *meter, struct run *run);

/*
 * Ends a run and frees it. `text` (may be NULL) gets the summary, and `left` the number of its
 * processes that go on. Returns 0, or -errno if its ledger could not be made or closed.
 */
int meter_end(struct meter *meter, struct run *run, int exit_status, bool complete, char *text,
	      size_t size, size_t *left);

/* Gives up a run whose program could not be executed. */
void meter_cancel(struct meter *meter, struct run *run);

/*
 * Lets a program that is at work go on working when the collector has something to do: that waits
 * for a CPU which is idle, or for its turn. To be called when no more processes will be forked,
 * since they would be given the same. What the caller was given by others stays.
 */
void meter_stand_back(void);

/* Ticks now and writes the journal: the collector is about to be stopped. */
void meter_pause(struct meter *meter);

/* Live runs. */
size_t meter_runs(const struct meter *meter);

/* Are there clients that nobody has listened to yet? They may bring runs. */
bool meter_waits(const struct meter *meter);

#endif
