/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attribution: whose joule is it? Pure: readings and activity in, postings out.
 *
 * Per domain and interval between two good readings, the domain's energy is booked so that
 *   domain = run + others + system + idle + unattributed
 * holds to the microjoule for every run. What an interval drew above idle is shared between the
 * runs and the system by their activity in that same interval: CPU time for packages and cores,
 * bytes held for memory, and for a GPU by what its driver says of the processes on it. Rounding is
 * by largest remainder over all bearers of the interval at once, so that the ledgers of two runs
 * never book the same microjoule twice.
 *
 * A domain that cannot be read for some ticks collects the activity of these ticks; the next good
 * reading is shared over the whole span. A gap throws the span away: its energy is not known, and
 * the time is counted as gap_ns. So is, for a run that was not there for the whole of a span, its
 * part of that span: a run that joined in it or left in it bears none of it, its activity counts
 * all the same, and in the ledgers of the runs that were there throughout that energy is others'.
 * Per run and domain, booked time + gap_ns = the time between joining and leaving.
 */
#ifndef GRAMME_ACCOUNT_H
#define GRAMME_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collector/power/power.h"

/* One domain's energy over some span, as one run sees it. */
struct account_posting {
	uint64_t domain_uj;
	uint64_t run_uj;      /* borne by this run, its share of idle included */
	uint64_t run_idle_uj; /* of run_uj, the share of idle */
	uint64_t others_uj;   /* borne by other runs of the same collector; on a GPU by any process
				 else */
	uint64_t system_uj;   /* everything that is no run */
	uint64_t idle_uj;
	uint64_t unattributed_uj; /* drawn, but nothing says by whom */
	uint64_t gap_ns;	  /* time for which the domain's energy is not known */
	/*
	 * Of run_uj, what a GPU drew while others had a part in it: the meter did not tell them
	 * apart, their shares are derived from what the driver says. What a run had for itself is
	 * none of it.
	 */
	uint64_t run_derived_uj;
	/*
	 * Of domain_uj, what was drawn while this run computed (ACCOUNT_GATE_MILLI): the node
	 * integral of others' reports, gated by activity. Whoever else was there, it is the same.
	 */
	uint64_t gated_uj;
};

/*
 * A run computes in a tick in which its processes used at least so many thousandths of a core's
 * time, or a command of it was seen, or its GPU's driver says that it was busy. An assumption: a
 * tenth of it is what a process that waits and looks now and then uses.
 */
#define ACCOUNT_GATE_MILLI 10

/* True if the posting balances. */
bool account_balances(const struct account_posting *posting);

/*
 * Who had a GPU since the tick before. Weights count within a domain alone: `busy` is what was
 * computed, `held` how much of it was in somebody's hands for how long.
 */
struct account_use {
	size_t domain;
	int run; /* a handle, or one of the two below */
	uint64_t busy;
	uint64_t held;
};

#define ACCOUNT_STRANGER (-1) /* a process that is no run's */
#define ACCOUNT_NOBODY	 (-2) /* a part of the device that was given to nobody: its idle */

/* What the node and its runs did since the tick before. */
struct account_node {
	uint64_t t_ns;	     /* CLOCK_MONOTONIC of this tick */
	uint64_t busy_ns;    /* CPU time of all processes; raised to the runs' sum if below it */
	uint64_t own_ns;     /* the collector's own CPU time; it is part of the system's */
	uint32_t cpus;	     /* CPUs online; 0 unknown: then no idle power is learned */
	uint64_t used_bytes; /* memory in use; raised to the runs' sum if below it */
	uint64_t total_bytes;
	/*
	 * False: /proc could not be read. Without the whole a part has no share, so what the span
	 * drew above a known idle power is unattributed.
	 */
	bool known;
	/* The GPUs; a bit per domain says whether its users are known, who are then all in use[].
	 */
	uint64_t users_known;
	const struct account_use *use;
	size_t uses;
};

/*
 * Who bears idle energy; recorded in the ledger, domain by domain. "used": the runs, by what they
 * did. "holder": who could have used it, by how much of it was his: of a GPU, who had it open; of
 * CPUs and memory a run by its limits, all that there is where it has none. What nobody held or
 * used stays idle, and so does a node's. Only who knows all runs of a node may hand out the idle of
 * its CPUs and its memory; whose a GPU is, everybody is told alike.
 */
enum account_idle_policy {
	ACCOUNT_IDLE_SEPARATE, /* the default: nobody's, and a GPU's is its holders' */
	ACCOUNT_IDLE_SHARED,   /* used, and a GPU's is its holders' */
	ACCOUNT_IDLE_HOLDER,   /* the three that mean one thing for every domain */
	ACCOUNT_IDLE_USED,
	ACCOUNT_IDLE_NONE
};

/* True if it hands out the idle of CPUs and memory. */
bool account_hands_out(enum account_idle_policy policy);

/* The rule for a kind of domain in a word: "none", "used" or "holder". */
const char *account_idle_rule(enum account_idle_policy policy, enum power_kind kind);

struct account;

/*
 * `domains` is copied (its strings are not). The lowest power seen at a node load of at most 5 %
 * over an interval of at least 0.9 s becomes the idle power of a CPU domain that knows none
 * (idle_method "lowest"), from the next interval on; on a GPU, over one in which nobody computed.
 * Returns 0, -EINVAL for more than POWER_DOMAINS_MAX domains, or -ENOMEM.
 */
int account_new(const struct power_domain *domains, size_t n, enum account_idle_policy policy,
		struct account **account);
void account_free(struct account *account);

/*
 * A run joins. It bears nothing of what was read before; the caller ticks at that moment first, or
 * it has its share, by what it used, of the span under way. Returns 0 and a handle >= 0 through
 * *run, or -ENOMEM.
 */
int account_join(struct account *account, int *run);
/*
 * It leaves; the caller has ticked at that moment. The time of spans that still wait for a reading
 * is now counted as its gap_ns: read account_posted after leaving. Its handle may be given out
 * again by the next account_join, and can be read until then. An unknown handle is ignored.
 */
void account_leave(struct account *account, int run);

/* What one run did since the tick before. */
struct account_activity {
	int run;
	uint64_t cpu_ns;
	uint64_t held_bytes;  /* memory held now */
	bool commands;	      /* it had something computed, whoever's time that took */
	uint32_t limit_milli; /* thousandths of a CPU that it may use; 0: all of them */
	uint64_t limit_bytes; /* memory that it may hold; 0: all of it */
};

/*
 * Books one tick: readings[] per domain, activity[] of every joined run (a run that is not
 * named did nothing, one that is named twice did both). The first tick only says where the meters
 * stand. Memory held at a tick stands for the time since the tick before. Returns 0, or -EINVAL
 * for an unknown run or domain or node->t_ns going backwards; nothing is booked then.
 */
int account_tick(struct account *account, const struct power_reading *readings,
		 const struct account_node *node, const struct account_activity *activity,
		 size_t n);

/*
 * What run `run` has been booked on domain `domain` since it joined, all ticks together. No figure
 * ever falls. Lives until the next account_join or account_free; NULL for an unknown run or domain.
 */
const struct account_posting *account_posted(const struct account *account, int run, size_t domain);

/*
 * Energy that the collector itself is reckoned to have drawn since `run` joined: its part, by CPU
 * time, of what the run was booked as system's on CPU domains that no other domain contains.
 */
uint64_t account_own_uj(const struct account *account, int run);

/*
 * The idle method in force on a domain, and its power (0 where it has none): the domain's own
 * ("model", "calibrated"), "lowest", "none", or "bytes" for memory, whose idle part is by bytes
 * that nobody uses. NULL for an unknown domain.
 */
const char *account_idle(const struct account *account, size_t domain, uint64_t *idle_uw);

#endif
