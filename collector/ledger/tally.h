/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tally: everything that a ledger's lines add up to, at one moment. The writer keeps the one
 * that its last line left, the reader adds the lines up again, and both ask check.c. Pure.
 */
#ifndef GRAMME_LEDGER_TALLY_H
#define GRAMME_LEDGER_TALLY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collector/ledger/ledger.h"
#include "collector/ledger/nesting.h"

#define TALLY_BEARERS_MAX   64
#define TALLY_BORNE_BY_NONE TALLY_BEARERS_MAX

/* What the opening line settles for all that follow. */
struct tally_domain {
	char name[POWER_NAME_MAX];
	char within[POWER_NAME_MAX];
	enum power_quality quality;
};

struct tally_terms {
	size_t domains;
	struct tally_domain domain[POWER_DOMAINS_MAX];
	uint64_t ug_per_kwh;
	uint32_t pue_milli;
	bool timed; /* lines have an intensity of their own: ug_per_kwh is the yearly mean */
};

struct tally_kernel {
	uint64_t count;
	uint64_t failed;
	uint64_t timed;
	uint64_t device_ns;
	uint64_t busy_ns;
	uint64_t host_ns;
	uint64_t bytes;
	uint64_t flop;
	uint64_t energy_uj;
	uint64_t phases_count; /* of count and device_ns, what final phases have */
	uint64_t phases_device_ns;
	size_t bearer; /* index into bearer[], or TALLY_BORNE_BY_NONE */
};

struct tally_counters {
	uint64_t events_seen;
	uint64_t events_lost;
	uint64_t cpu_ns;
	uint64_t processes;
	uint64_t uncovered_cpu_ns;
	uint64_t unobserved_cpu_ns;
	uint64_t own_cpu_ns;
	uint64_t own_uj;
};

/* Call paths: how often each was met, and how many functions have names. */
struct tally_paths {
	uint64_t *samples;
	size_t n;
	size_t room;
	size_t functions;
};

/* Energy x intensity, in uJ x ug per kWh: as the lines have it, and as it was before rounding. */
struct tally_grid {
	unsigned __int128 booked;
	unsigned __int128 held;
	uint64_t constant_uj;
	uint64_t ug_per_kwh; /* that held last */
};

struct tally {
	uint64_t t_ns;
	struct account_posting posting[POWER_DOMAINS_MAX];
	struct tally_counters counters;
	struct tally_kernel *kernel;
	size_t kernels;
	size_t room; /* rows that fit into kernel[] */
	/* The sets of domains that kernels name, a bit per domain. */
	uint64_t bearer[TALLY_BEARERS_MAX];
	size_t bearers;
	struct nesting final; /* the phases that nothing changes any more */
	struct nesting all;   /* and with them those that are under way */
	struct tally_paths paths;
	struct tally_grid grid;
	json_t *method;	   /* by what CPU time was counted; NULL: not said */
	json_t *idle;	   /* idle method by domain: array of strings */
	json_t *uncovered; /* array of {program, why, processes, cpu_ns} */
	json_t *devices;   /* array of {name, api, domain, memory_peak_bytes} */
	json_t *found;	   /* array of {source, permission, text}: findings since the opening */
	json_t *series;	   /* object: the intensities that are booked by; or null */
};

struct tally_energy {
	uint64_t total_uj;
	uint64_t quality_uj[POWER_MODELLED + 1];
	unsigned __int128 weighted; /* energy x intensity, in uJ x ug per kWh */
	uint64_t total_ug;
};

/* An empty tally. Returns 0 or -ENOMEM. */
int tally_init(struct tally *tally);
void tally_free(struct tally *tally);

/* Makes `to` equal to `from`. Returns 0 or -ENOMEM; `to` is then still to be freed. */
int tally_copy(struct tally *to, const struct tally *from);

/*
 * Adds an empty row for a kernel that `domain` bears ("package-0", "package-*" for all that begin
 * so, NULL for none). Returns 0, -ENOMEM, or -EBADMSG if no domain has that name.
 */
int tally_add_kernel(struct tally *tally, const struct tally_terms *terms, const char *domain);

/* Adds a path that was never met. Returns 0 or -ENOMEM. */
int tally_add_path(struct tally *tally);

/* The totals of a run's state, its phases apart. Returns 0 with *tally, -ENOMEM, or -EBADMSG. */
int tally_of_state(const struct tally_terms *terms, const struct ledger_state *state,
		   struct tally *tally);

/* Takes over what final phases there were: rows keep their numbers. */
void tally_keep_phases(struct tally *tally, const struct tally *from);

/*
 * The run's energy: the sum over the domains that no other domain contains, each joule once; by
 * quality; and its CO2e (units_co2e_ug), derived once from the total, or from what the lines
 * add up to where each has its intensity.
 */
void tally_energy(const struct tally *tally, const struct tally_terms *terms,
		  struct tally_energy *energy);

/* Words of the format. tally_quality returns -1 for a word that is none. */
const char *tally_quality_name(enum power_quality quality);
int tally_quality(const char *name);

#endif
