/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger: the only writer and reader of ledger files. docs/ledger.md is the format.
 *
 * A run's part on one node is three files side by side:
 *   NAME.jsonl    the chain: open, interval and anchor lines, close. Publishable.
 *   NAME.private  what may hold secrets (arguments, user, working folder), with the salts of
 *                 the digests that stand in the chain; mode 0600
 *   NAME.journal  the next interval line as it would be now, at most five seconds old, with
 *                 the chain's seq and prev; removed when the ledger is closed
 * in DIR/<project>/<experiment>/, where NAME is <start>-<run>-<node>.
 *
 * Every line ends in "sum": SHA-256 of the line up to that member, so that the last line is
 * protected as well; "prev" is SHA-256 of the whole line before, newline included.
 */
#ifndef GRAMME_LEDGER_H
#define GRAMME_LEDGER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "collector/account/account.h"
#include "collector/account/draw.h"
#include "collector/carbon/carbon.h"
#include "collector/phase/phase.h"
#include "collector/power/power.h"

#define LEDGER_SCHEMA	    "gramme.ledger/1"
#define LEDGER_SCHEMA_TIMED "gramme.ledger/2" /* its lines say what intensity held */

/*
 * By what a run's energy is booked where the intensity of the grid changes while it runs; all
 * cumulative since its start.
 */
struct ledger_grid {
	unsigned __int128 weighted; /* energy x intensity, in uJ x ug per kWh */
	uint64_t constant_uj;	    /* of the energy, booked at the opening's factor */
	uint64_t ug_per_kwh;	    /* that held last */
	const json_t *series;	    /* that is booked by: tag_make (carbon/tag.h); or NULL */
};

/* Everything that is known when a run begins. Strings are borrowed for the call. */
struct ledger_open {
	const char *run; /* 16 lower-case hex digits, random */
	const char *node;
	const char *project;
	const char *experiment;
	const char *user;
	const char *cwd;
	char *const *argv; /* NULL-terminated; [0] by its base name alone is public */
	uint64_t start_utc_ns;
	uint64_t start_monotonic_ns;
	const char *boot_id;
	const char *kernel;    /* uname release */
	const char *cpu_model; /* or NULL */
	uint32_t cpus;
	uint32_t cores;	 /* physical ones; 0: not known */
	bool is_virtual; /* a hypervisor shows itself; means nothing where cores is 0 */
	uint64_t memory_bytes;
	/* What the run may use of that, by its cgroups and CPUs; 0: all of it, or not known. */
	uint32_t cpu_limit_milli;
	uint64_t memory_limit_bytes;
	const char *replayed; /* the recording that stands in for the sensors, or NULL */
	const struct power_domain *domain;
	size_t domains;
	enum account_idle_policy idle;
	const struct power_finding *finding;
	size_t findings;
	const struct carbon_factor *factor;
	uint32_t pue_milli;
	const json_t *series; /* the intensity changes: what is booked by; else NULL */
};

/* One counted unit of work: (api, kind, name, device) is its identity. Cumulative. */
struct ledger_kernel {
	const char *api;    /* "opencl", "openmp", "blas", "lapack", "onednn" */
	const char *kind;   /* "kernel", "read", "write", ... "sync" */
	const char *name;   /* of the kernel; for other kinds of the call */
	const char *device; /* "pthread-AMD EPYC" */
	const char *domain; /* that bears its energy: "package-0", "package-*", or NULL unknown */
	uint64_t count;
	uint64_t failed;
	uint64_t timed;	    /* of count, those whose device time is known */
	uint64_t device_ns; /* sum over the timed */
	uint64_t busy_ns;   /* its share of the device's busy time, overlap counted once */
	uint64_t host_ns;
	uint64_t bytes;
	uint64_t flop;	    /* counted real additions and multiplications; 0: not counted */
	uint64_t energy_uj; /* share of the run's energy; meaningless where domain is NULL */
};

/* What no shim spoke for. */
struct ledger_uncovered {
	const char *program; /* name of the process as the kernel tells it */
	const char *why;     /* "static binary", "setuid", "no shim in its environment", ... */
	uint32_t processes;
	uint64_t cpu_ns;
};

/* A device, no processor, that the run used. */
struct ledger_device {
	const char *name; /* as its rows have it */
	const char *api;
	const char *domain;	    /* that bears its energy, or NULL: nothing meters it */
	uint64_t memory_peak_bytes; /* the most that one process had there; 0: not seen */
};

/* What was computed of one row within a phase. */
struct ledger_phase_kernel {
	uint32_t row;
	uint64_t count;
	uint64_t device_ns;
};

/*
 * A recognised phase with what it drew. Phases are told in the order of their end, so that what
 * lies within one comes before it; their numbers rise with their start, so that it has a higher
 * one. They nest, and else do not overlap.
 */
struct ledger_phase {
	struct phase phase; /* with numbers that are the ledger's; `final` means nothing here */
	/* By quality, over the domains that are within nothing. */
	uint64_t energy_uj[POWER_MODELLED + 1];
	uint64_t ug_per_kwh; /* mean over that energy, where the ledger is timed */
	const struct ledger_phase_kernel *kernel; /* by rising row; of leaves alone */
	size_t kernels;
	bool held;  /* it is not final, and others that are lie within it */
	bool rough; /* kernels at its ends are divided in proportion to time */
};

/* Who called what a row counts, and how often it was met in samples. */
struct ledger_path {
	size_t row;
	uint64_t samples;
	const uint32_t *frame; /* numbers of functions, the innermost first */
	uint32_t frames;
	bool cut; /* there were more, further out */
};

struct ledger_paths {
	const struct ledger_path *path; /* append-only, as are the functions */
	size_t n;
	const char *const *function;
	size_t functions;
};

/*
 * The state of a run at one moment, all cumulative since its start. Borrowed for the call. Nothing
 * in it ever falls but uncovered_cpu_ns and unobserved_cpu_ns, which are estimates. `timed` is at
 * most `count`, and the kernels of a domain have at most the energy that the run has on it.
 */
struct ledger_state {
	uint64_t t_ns;			       /* since the run's start */
	const struct account_posting *posting; /* one per domain, in the order of the opening */
	const char *const *idle_method;	       /* one per domain, as in force now */
	const char *cpu_method;		       /* by what cpu_ns was counted; NULL: not said */
	const struct ledger_kernel *kernel;    /* append-only: a row keeps its index */
	size_t kernels;
	uint64_t events_seen; /* events that should exist by the totals */
	uint64_t events_lost; /* of these, those that no reader got to see */
	uint64_t cpu_ns;      /* CPU time of the run's processes */
	uint32_t processes;   /* processes that ever belonged to it */
	const struct ledger_uncovered *uncovered;
	size_t uncovereds;
	uint64_t uncovered_cpu_ns;
	uint64_t unobserved_cpu_ns; /* of children that lived too briefly to be looked at */
	uint64_t own_cpu_ns;
	uint64_t own_uj;
	struct ledger_grid grid; /* means nothing where the opening has no series */
	const struct ledger_device *device;
	size_t devices;
	const struct power_finding *finding; /* since the opening, or since it was taken up again */
	size_t findings;
	/*
	 * Phases that nothing changes any more, but for the first phases_before of them, which the
	 * ledger has (ledger_phases); and all others, with what they have so far. Of these a line
	 * tells the last ones, the journal all.
	 */
	const struct ledger_phase *phase;
	size_t phases;
	uint64_t phases_before;
	const struct ledger_phase *open;
	size_t opens;
	struct ledger_paths paths;
};

struct ledger_options {
	int dir;     /* descriptor of the ledger folder; stays the caller's */
	uid_t owner; /* files are made as this user where the caller is root and it is not */
	gid_t group;
	bool keep_private; /* false: no private file; digests alone remain */
};

struct ledger;

/*
 * Makes the folders and files and writes the opening line. Names are made safe (only letters,
 * digits, '.', '_', '-'; no leading '.'; at most 64 bytes). No symbolic link is followed below
 * `dir`. Returns 0 and *ledger, or -errno.
 */
int ledger_create(const struct ledger_options *options, const struct ledger_open *open,
		  struct ledger **ledger);

/*
 * Appends an interval line: what `state` adds to the last line written. Refuses with -EBADMSG,
 * writing nothing, what does not balance or has fallen. On -ENOSPC and other errors of the disk
 * the file is cut back to its last whole line and nothing is lost: the next call books the
 * difference again. -ENOENT: the ledger was removed. `durable` waits for the disk (fdatasync).
 */
int ledger_interval(struct ledger *ledger, const struct ledger_state *state, bool durable);

/* Replaces the journal by the interval line that `state` would give, and waits for the disk. */
int ledger_journal(struct ledger *ledger, const struct ledger_state *state);

/*
 * Books a clock step or a suspend: UTC and monotonic time belong together anew from here. Waits
 * for the disk, since a journal on the disk is of no use without the lines before it. As any line,
 * it overtakes the journal: an interval line before it keeps what that held.
 */
int ledger_anchor(struct ledger *ledger, uint64_t t_ns, uint64_t utc_ns, const char *reason);

/*
 * Books the last interval and the closing line, makes the file durable and removes the journal;
 * where the last interval cannot be written, it is left as the journal, if that can.
 * exit_status is the program's (128 + signal), or -1 where it is not known; `complete` is false
 * where the program was killed or was still running. Frees `ledger` whatever is returned.
 */
int ledger_close(struct ledger *ledger, const struct ledger_state *state, int exit_status,
		 bool complete);
/* Gives up without closing: the file stays a valid, partial ledger. */
void ledger_abandon(struct ledger *ledger);

/* How many of the phases that it was told as final stand in its lines: nobody need tell them again.
 */
uint64_t ledger_phases(const struct ledger *ledger);

/* "project/experiment/NAME.jsonl" under the ledger folder; lives as long as `ledger`. */
const char *ledger_path(const struct ledger *ledger);

/* ---- taking a ledger up again, after the death of who wrote it ---- */

/* Where a ledger lies. Strings and the folder's descriptor are borrowed. */
struct ledger_place {
	int folder;
	uid_t owner;
	gid_t group;
	const char *name; /* <start>-<run>-<node> */
	const char *path; /* as ledger_path */
};

/* Lives as long as `ledger`. */
void ledger_place(const struct ledger *ledger, struct ledger_place *place);

/*
 * The run as if it were one single interval line, to be kept where the death of this process does
 * not reach it. Returns 0 with *body, a new object, -EBADMSG where `state` could not be the next
 * line, or -ENOMEM.
 */
int ledger_snapshot(const struct ledger *ledger, const struct ledger_state *state, json_t **body);

/* What a ledger adds up to when it is taken up again, and the facts that it began with. */
struct ledger_resumed {
	char run[17];
	uint64_t start_utc_ns;
	uint64_t start_monotonic_ns;
	struct carbon_factor factor; /* zone, name, assumed and ug_per_kwh alone */
	uint32_t pue_milli;
	bool timed;				       /* its lines say what intensity held */
	struct power_domain domain[POWER_DOMAINS_MAX]; /* name, within and quality alone */
	size_t domains;
	bool misfit;		   /* the snapshot does not go with the file */
	struct ledger_state state; /* borrows from what follows */
	struct account_posting posting[POWER_DOMAINS_MAX];
	const char *idle_method[POWER_DOMAINS_MAX];
	const char *idle_policy[POWER_DOMAINS_MAX]; /* NULL in older ledgers */
	struct ledger_kernel *kernel;
	struct ledger_uncovered *uncovered;
	uint32_t phase_id;		    /* the highest number of a phase */
	struct ledger_phase_kernel *phased; /* per kernel, what phases have of it */
	struct ledger_paths_told *told;	    /* what state.paths points to */
	json_t *strings;		    /* that all of the above points to */
};

/*
 * Opens the ledger at `place` to go on with it. What is there is proved line by line, a last line
 * that was cut off is removed, a journal that continues the chain is appended as the line that it
 * is, and then what `snapshot` (of ledger_snapshot, or NULL) has beyond it. Phases that were under
 * way are final from then on, marked as cut. Returns 0 with *ledger and *resumed, to be released;
 * -EALREADY where it is closed; -EBADMSG where it is damaged, and then nothing is written; or
 * -errno.
 */
int ledger_resume(const struct ledger_place *place, json_t *snapshot, struct ledger **ledger,
		  struct ledger_resumed *resumed);
void ledger_resumed_release(struct ledger_resumed *resumed);

/* ---- reading ---- */

struct ledger_problem {
	unsigned line; /* 1-based; 0: the file as a whole */
	char text[256];
};

/*
 * Reads a ledger, with the private file and journal beside it where they are there, proves chain
 * and balance, and gives the object that `gramme show --json` prints (schema gramme.run/1,
 * docs/ledger.md). A truncated last line is ignored: the run is then incomplete. Returns 0 with
 * *run (to be released with json_decref), or -errno with *problem: -EBADMSG damaged, -ENODATA cut
 * off within its opening line, so that nothing is known of the run, -EPROTONOSUPPORT another
 * version, -ENOENT ... the file cannot be read.
 */
int ledger_read(const char *path, json_t **run, struct ledger_problem *problem);

/* The same, and what the run drew over time; *draw is to be freed in each case. */
int ledger_read_draw(const char *path, json_t **run, struct draw *draw,
		     struct ledger_problem *problem);

#endif
