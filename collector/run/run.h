/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state of one run: its processes, what they counted, what they bear, and its ledger. It
 * reads no clock: every moment is an argument, nanoseconds on CLOCK_MONOTONIC.
 */
#ifndef GRAMME_RUN_H
#define GRAMME_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collector/account/account.h"
#include "collector/carbon/carbon.h"
#include "collector/carbon/hourly.h"
#include "collector/ledger/ledger.h"
#include "collector/run/course.h"
#include "collector/run/devices.h"
#include "collector/run/feed.h"
#include "collector/run/grid.h"
#include "collector/run/group.h"
#include "collector/run/kernels.h"
#include "collector/run/limits.h"
#include "collector/run/origin.h"
#include "collector/run/paths.h"
#include "collector/run/tree.h"

#define RUN_ANCHORS_MAX 16 /* that wait for a disk: past these the newest stands for several */

/* The arena of one process, read for the run. */
struct run_feed {
	struct run_feed *next;
	struct feed feed;
	uint64_t id; /* the keeper's number of it */
	const struct wire_layout *layout;
	pid_t pid;
	char comm[PROC_COMM_MAX];
};

/* UTC and monotonic time belong together anew from here. */
struct run_anchor {
	uint64_t t_ns;
	uint64_t utc_ns;
	const char *reason;
};

struct run {
	struct run *next;
	char id[17];
	struct origin origin;
	struct carbon_factor factor;
	uint32_t pue_milli;
	uint64_t start_ns;
	uint64_t start_utc_ns;
	struct limits limits;		   /* 0 where the machine itself is all there is */
	int account;			   /* its handle */
	const struct power_domain *domain; /* of the machine; borrowed */
	size_t domains;
	const struct run_machine *machine; /* borrowed */
	size_t findings;		   /* of it, how many the ledger began with */
	struct tree tree;
	struct group group; /* and their CPU time, as exactly as it is known */
	struct kernels kernels;
	struct paths paths;
	struct naming naming;
	struct devices devices;
	struct course course;
	struct run_feed *feed;
	struct grid grid;
	const struct hourly *hourly; /* what that is booked by; borrowed, or NULL */
	int64_t utc_offset_ns;	     /* of CLOCK_MONOTONIC, as of the last anchor */
	struct account_posting posting[POWER_DOMAINS_MAX];
	struct account_posting before[POWER_DOMAINS_MAX]; /* of it, before the last takeover */
	const char *idle_method[POWER_DOMAINS_MAX];
	uint64_t events_seen;
	uint64_t events_lost;
	uint64_t past_lost;	 /* of arenas that are let go */
	uint64_t past_cost_ns;	 /* likewise, what their events cost the program */
	uint64_t cost_ns;	 /* of all arenas */
	uint64_t own_cpu_ns;	 /* its share of the collector's CPU time */
	uint64_t own_uj;	 /* and of its energy */
	uint64_t account_own_uj; /* the collector's energy that is shared out already */
	struct ledger *ledger;	 /* NULL where none could be made */
	int ledger_error;	 /* of the last line or journal, or of making the ledger */
	bool told;		 /* its operator knows of the error */
	uint64_t interval_ns;	 /* of the last interval line */
	uint64_t journal_ns;
	struct run_anchor anchor[RUN_ANCHORS_MAX]; /* not in the ledger yet */
	size_t anchors;
	uint64_t unobserved_ns; /* CPU time of which nothing else is known */
	uint64_t activity_ns;	/* of the group's CPU time, what the account has */
	bool computed;		/* commands were read since the account was told */
	void *launcher;		/* the connection of its gramme run, or NULL */
	uint64_t launcher_id;	/* its number, or 0 */
	bool foreground;	/* the collector itself waits for its end */
	bool orphaned;		/* ... or did, until it died */
	bool ending;		/* meter_end is at work */
	uint64_t saved_ns;	/* when that was brought up to date */
	size_t saved_bytes;	/* its length then */
	int memory;		/* what another collector would go on from (save.h), or -1 */
	uint64_t *gone;		/* arenas that were let go, and are still kept */
	size_t gones;
	size_t gone_room;
	struct ledger_resumed resumed; /* what its rows borrow their strings from */
};

/* What the machine is; goes into the opening line. */
struct run_machine {
	const char *node;
	const char *boot_id;
	const char *kernel;
	const char *cpu_model; /* or NULL */
	uint32_t cpus;
	uint32_t cores; /* physical ones; 0: not known */
	bool is_virtual;
	uint64_t memory_bytes;
	const char *replayed;
	const struct power_domain *domain;
	size_t domains;
	enum account_idle_policy idle;
	const struct power_finding *finding;
	size_t findings;
};

struct run_start {
	struct origin *origin; /* taken over */
	const struct carbon_factor *factor;
	const struct hourly *hourly; /* or NULL: the factor alone; must outlive the run */
	uint32_t pue_milli;
	const struct run_machine *machine; /* must outlive the run */
	const struct tree_world *world;
	uint64_t begin_ticks; /* now, in clock ticks since boot */
	uint64_t t_ns;
	uint64_t utc_ns;
	FILE *events; /* gets all that the recogniser is told, or NULL; must outlive the run */
};

/* Makes a run without processes and without a ledger. Returns 0 or -errno. */
int run_new(const struct run_start *start, struct run **run);
void run_free(struct run *run);

/* The number by which the keeper knows it. */
uint64_t run_number(const struct run *run);

/*
 * Takes over what its processes used up to the last scan of their tree. To be called when the run
 * begins, and at every tick.
 */
void run_look(struct run *run);

/* Asks what the first of its processes may use of the machine; the ledger's opening does so. */
void run_find_limits(struct run *run);

/* Makes the ledger. Returns 0 or -errno, which stands in ledger_error, too. */
int run_open_ledger(struct run *run, const struct run_machine *machine,
		    const struct ledger_options *options);

/*
 * Takes over a mapped arena, number `id` of the keeper. Returns NULL where memory is short; then
 * it stays the caller's.
 */
struct run_feed *run_attach(struct run *run, uint64_t id, const struct wire_layout *layout,
			    pid_t pid, const char *comm, uint64_t first_ns);
/*
 * Reads an arena for the last time, whether its process is dead or not, and lets it go. It is among
 * those that are gone until run_forget.
 */
void run_detach(struct run *run, struct run_feed *feed, uint64_t now_ns);

/* Reads the events of all arenas. */
void run_drain(struct run *run, uint64_t now_ns);

/* Takes over what the account booked at a tick at t_ns; `own_ns` and `sharers`: the collector's
 * CPU time since the tick before, and how many runs share it. */
void run_settle(struct run *run, const struct account *account, uint64_t t_ns, uint64_t own_ns,
		size_t sharers);

/* No arena is gone any more: nobody keeps them. */
void run_forget(struct run *run);

/* Everything that is known of the run now, for its ledger. Borrowed. */
struct ledger_state run_state(const struct run *run, uint64_t t_ns);

/*
 * Books a clock step or a suspend, from `t_ns` on; `reason` is static. It goes into the ledger with
 * the next run_write that can, behind an interval line of its own.
 */
void run_anchor(struct run *run, uint64_t t_ns, uint64_t utc_ns, const char *reason);

/* Whether run_write would write anything now. */
bool run_is_due(const struct run *run, uint64_t t_ns);

/*
 * Writes an interval line and anchors, or the journal, if it is time. What cannot be written now
 * is written when it can be; meanwhile ledger_error says why.
 */
void run_write(struct run *run, uint64_t t_ns);

/* Closes the ledger. The run stays readable. */
void run_close(struct run *run, uint64_t t_ns, int exit_status, bool complete);

/*
 * Energy borne so far, and how it is known: "measured", "derived", "modelled", "partly derived" or
 * "partly modelled". Domains within others are not added.
 */
uint64_t run_energy_uj(const struct run *run, const char **quality);

/* One line for people: energy, CO2e, duration, and the ledger's path if that is not "". */
void run_summary(const struct run *run, uint64_t t_ns, const char *path, char *text, size_t size);

#endif
