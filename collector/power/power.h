/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Power: which domains this machine has, and how much energy each has used.
 *
 * A source is one file behind `struct power_source`; power.c holds the list of sources and the
 * rules for all of them (which source speaks for a domain, what is counted once, what a gap is).
 * No source decides anything about runs.
 */
#ifndef GRAMME_POWER_H
#define GRAMME_POWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "collector/world.h"

#define POWER_DOMAINS_MAX 64
#define POWER_NAME_MAX	  32
#define POWER_UUIDS	  9
#define POWER_UUID_MAX	  33 /* 32 hex digits in lower case, or "" */

enum power_quality { POWER_MEASURED, POWER_DERIVED, POWER_MODELLED };

/* By what a domain's energy is shared between runs. */
enum power_kind { POWER_CPU, POWER_MEMORY, POWER_GPU, POWER_NODE };

/* Stated errors in percent, by a source's class of quality, where nothing better is known. */
#define POWER_ERROR_HIGH   10.0
#define POWER_ERROR_MEDIUM 25.0
#define POWER_ERROR_LOW	   50.0

/*
 * Each joule once: the total of a machine is the sum of the domains that are within nothing. A
 * core is within its package. Where a meter of the whole node is a domain and there are others, the
 * meter is within "machine", which is no domain: it is what the others add up to, with one more,
 * "rest", which has what the meter saw beyond them. RAPL's psys is within "node" even where no
 * domain has that name: what it covers beside the packages differs by board, so it is shown and
 * never added.
 */
struct power_domain {
	char name[POWER_NAME_MAX];   /* "package-0", "dram-0", "gpu-0", "node" */
	char within[POWER_NAME_MAX]; /* what contains it, or ""; see below */
	const char *source;	     /* "powercap", "replay", "model" */
	enum power_kind kind;
	enum power_quality quality;
	double error_pct;
	uint64_t idle_uw;	 /* known idle power, or 0 where none is known */
	const char *idle_method; /* "model", "calibrated", "lowest", "none" */
	char note[160];		 /* for people: "TDP 360 W of AMD EPYC 9554, 2 of 128 threads" */
	char device[16];	 /* a GPU's PCI address ("0000:65:00.0"), or "" where not known: two
				  * sources that name one device see the same hardware */
	char uuid[POWER_UUIDS][POWER_UUID_MAX]; /* the GPU's, and those of its slices */
};

/* What the node did, cumulative; the model turns it into watts. 0 CPUs or bytes: not known. */
struct power_load {
	uint64_t busy_ns;     /* CPU time of all CPUs, since some fixed moment */
	uint32_t cpus;	      /* CPUs online */
	uint64_t used_bytes;  /* memory in use on the node now */
	uint64_t total_bytes; /* memory of the node */
};

struct power_reading {
	uint64_t t_ns;	    /* when it was read, CLOCK_MONOTONIC */
	uint64_t energy_uj; /* used since power_open; never falls; stands still over a gap */
	int error;	    /* 0, or -errno: not readable now, energy_uj is the last known */
	bool gap;	    /* readable, but what was used since the last good reading is unknown
			     * (reset, more than one wrap, suspend, implausible): not in energy_uj */
};

/*
 * How a domain's energy rose between the last two calls of power_read, where its source was read in
 * between: what phases within a tick drew is not the mean of that tick.
 */
#define POWER_SAMPLES 16

struct power_trace {
	uint64_t begin_uj; /* as the reading before the last one told it */
	uint64_t end_uj;   /* as the last one did */
	size_t n;	   /* past POWER_SAMPLES they are not kept */
	struct power_sample {
		uint64_t t_ns; /* CLOCK_MONOTONIC; rising, as is the energy */
		uint64_t energy_uj;
	} sample[POWER_SAMPLES];
};

/*
 * Who used a device's domain between the last two readings, as its driver tells: a row per process.
 * Weights are of that domain alone: what was computed, and how much of the device was held for how
 * long.
 */
struct power_use {
	size_t domain;
	pid_t pid; /* as this process sees PIDs; or one of those below */
	uint64_t busy;
	uint64_t held;
};

#define POWER_METERED  ((pid_t)0)  /* in a recording: whatever is metered now */
#define POWER_NOBODY   ((pid_t)-1) /* a part of the device that was given to nobody */
#define POWER_STRANGER ((pid_t)-2) /* in a recording: a process that is not metered */

#define POWER_USES_MAX 1088 /* of all domains together */

/* Why something is not metered, and what to do about it: one finding per line for people. */
struct power_finding {
	const char *source;
	bool permission; /* a sensor is there, and may not be read */
	char text[256];	 /* "powercap: energy_uj is readable by root only; fix: ..." */
};

#define POWER_FINDINGS_MAX 16

struct power;
struct config;

struct power_options {
	struct world *world;
	bool model; /* fill what no sensor covers by the labelled model */
	/* The file that names sensors elsewhere; NULL: the usual one (config.h). */
	const char *sensors;
	bool again; /* what look_takes says, and nothing else: no file of sensors, no model */
	struct config *config; /* for sources: what it says, or NULL; set by power_open */
};

/*
 * Looks for sensors. Returns 0 and *power, which holds at least one domain if options->model is
 * set, or -ENOMEM. Unreadable sensors are findings, not errors.
 */
int power_open(const struct power_options *options, struct power **power);
void power_close(struct power *power);

/* The domains, fixed for the life of `power`, in a stable order. */
size_t power_domains(const struct power *power, const struct power_domain **domains);
size_t power_findings(const struct power *power, const struct power_finding **findings);

/* True if the domain is the device that a program knows by that PCI address or UUID. */
bool power_is_device(const struct power_domain *domain, const char *bus_id);

/*
 * The longest time in ns that may pass between two readings, so that no counter can wrap twice
 * unseen, even if a reading comes as late again. UINT64_MAX where no counter wraps.
 */
uint64_t power_longest_interval_ns(const struct power *power);

/*
 * Reads all domains: one reading per domain, in their order. Never fails as a whole. Once a minute
 * looks for counters that have come or gone, which become findings (look.h). A suspend
 * since the last good reading is a gap for every domain that is not modelled.
 */
void power_read(struct power *power, const struct power_load *load,
		struct power_reading readings[POWER_DOMAINS_MAX]);

/* How often power_sample has something to read, in ns; 0 where it never has. */
uint64_t power_period_ns(const struct power *power);

/*
 * Reads what has a period of its own, if it is over, between two calls of power_read. A gap that is
 * seen here is told by the next one.
 */
void power_sample(struct power *power);

/* The traces of all domains, in their order, up to the last power_read. Valid until the next call.
 */
const struct power_trace *power_traces(const struct power *power);

/*
 * Who used the devices between the two last calls of power_read. Returns how many rows of `use` are
 * filled. A bit of *known per domain says whether its rows are all there were; other rows are none.
 */
size_t power_uses(struct power *power, struct power_use use[POWER_USES_MAX], uint64_t *known);

/* CPU time that processes of ours have used to read sensors, beside this one. */
uint64_t power_own_ns(const struct power *power);

/* ---- for sources ---- */

/*
 * One kind of sensor. `open` looks at the world and adds its domains and findings with
 * power_add_domain and power_add_finding; it returns 0 with *state, -ENODEV where there is no
 * such sensor, or -errno (power.c makes it a finding). `read` fills one reading per domain that it
 * added, in that order, having been given zeroed ones: energy since open that never falls, gap and
 * error as above. It need not stand still over a gap, power.c sees to that; t_ns is set there too.
 */
struct power_source {
	const char *name;
	/*
	 * How often it wants to be read, where that is oftener than about once a second; only of
	 * counters in memory, whose `read` needs no load. 0: with the ticks.
	 */
	uint64_t period_ns;
	int (*open)(struct power *power, const struct power_options *options, void **state);
	void (*read)(void *state, uint64_t t_ns, const struct power_load *load,
		     struct power_reading *readings);
	uint64_t (*longest_interval_ns)(const void *state);
	void (*close)(void *state);
	/*
	 * The two below may be NULL. `uses` fills rows with domains that count from the source's
	 * first, and sets a bit of *known for each whose users it knows; returns how many, at most
	 * `room`.
	 */
	size_t (*uses)(void *state, struct power_use *use, size_t room, uint64_t *known);
	uint64_t (*own_ns)(const void *state);
};

/*
 * Adds a domain; of `source` the name is set here. Returns 0, -EEXIST if an earlier source speaks
 * for that kind of hardware (of GPUs: for that device) or the name is taken, or -ENOSPC.
 */
int power_add_domain(struct power *power, const struct power_domain *domain);
/* What a domain's device is called, where that was learnt later; its note with it. */
void power_identify(struct power *power, const char *name, const struct power_domain *as);
/* Adds a finding; "SOURCE: " is put before its text. Past POWER_FINDINGS_MAX it is dropped. */
void power_add_finding(struct power *power, const char *source, bool permission, const char *format,
		       ...) __attribute__((format(printf, 4, 5)));
/*
 * True if a domain of that kind has been added by an earlier source; of nodes, a meter of the whole
 * one.
 */
bool power_has(const struct power *power, enum power_kind kind);
/* Writes the first of "STEM-0", "STEM-1", ... that no domain has yet. */
void power_next_name(const struct power *power, const char *stem, char name[POWER_NAME_MAX]);

extern const struct power_source power_powercap, power_perf, power_nvml, power_csv, power_kwollect,
	power_prometheus, power_redfish, power_cray, power_dcmi, power_hwmon, power_rocm,
	power_zero, power_battery, power_replay, power_model;

#endif
