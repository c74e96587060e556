/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One span of one domain: what the node did between two good readings, and how the energy of that
 * time falls on its bearers. Pure; account.c alone uses it.
 */
#ifndef GRAMME_ACCOUNT_SPAN_H
#define GRAMME_ACCOUNT_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collector/account/account.h"

/* Weights: ns of CPU time, or bytes x ns, which no 64 bits hold. */
__extension__ typedef unsigned __int128 weight_t;

struct span {
	uint64_t t_ns; /* of the tick that it began with */
	bool unknown;  /* in some tick nobody could say what the node did */
	weight_t left; /* runs that are gone: they weigh, and nobody's ledger gets it; strangers */
	weight_t left_held;
	weight_t system;
	weight_t own; /* the collector's part of system */
	weight_t idle;
	weight_t idle_held;
	weight_t busy_ns;
	weight_t capacity_ns; /* CPUs x time */
};

/* What one tick says of the whole node, with the sums over the runs. */
struct span_tick {
	const struct account_node *node;
	uint64_t since_ns; /* the tick before */
	uint64_t runs_cpu_ns;
	uint64_t runs_bytes;
};

/* What one run did in a tick, and what it might have had. */
struct span_activity {
	uint64_t cpu_ns;
	uint64_t held_bytes;
	uint32_t limit_milli; /* 0: all */
	uint64_t limit_bytes;
};

/* Who bears idle. */
enum span_idle { SPAN_IDLE_NOBODY, SPAN_IDLE_BY_USE, SPAN_IDLE_BY_HOLDING };

/* The runs by handle, and after them the rest. */
enum span_rest { SPAN_LEFT, SPAN_SYSTEM, SPAN_IDLE, SPAN_REST };

/* Room for one split; every array has `runs` + SPAN_REST elements. */
struct span_bearers {
	size_t runs;
	weight_t *weight;    /* in: of the runs; the rest is filled from the span */
	weight_t *held;	     /* the same by what was theirs; of devices, by this what weighs
				nothing is shared */
	uint64_t *scaled;    /* scratch */
	uint64_t *active_uj; /* out: who bears what was drawn above idle */
	uint64_t *idle_uj;   /* out: who bears idle that was handed out */
};

/* How the energy of a span falls: energy = runs + runs_idle + system + idle + unattributed. */
struct span_split {
	uint64_t energy_uj;
	uint64_t runs_uj; /* active, of all runs, those that left included */
	uint64_t runs_idle_uj;
	uint64_t system_uj;
	uint64_t own_uj; /* of system_uj, the collector's */
	uint64_t idle_uj;
	uint64_t unattributed_uj;
};

/* Adds to a weight; stays at the top. */
void span_weigh(weight_t *sum, weight_t more);

/* Adds a tick to the span of a domain of that kind. */
void span_collect(struct span *span, enum power_kind kind, const struct span_tick *tick);

/* Adds a use of a GPU; that of a run weighs in the run's own weights alone. */
void span_use(struct span *span, const struct account_use *use);

/* What a run weighs in that tick on a domain of that kind, by what it did, and by what it held of
 * what was idle. GPUs have their uses instead. */
weight_t span_run_weight(enum power_kind kind, const struct span_tick *tick,
			 const struct span_activity *run);
weight_t span_run_held(enum power_kind kind, const struct span_tick *tick,
		       const struct span_activity *run);

/* Who bears the idle of a domain of that kind. */
enum span_idle span_idle_of(enum account_idle_policy policy, enum power_kind kind);

/*
 * Splits split->energy_uj, used in `t_ns` on a domain of that kind with that idle power (0: none
 * known), by the rules of span.c. Fills `split` and the out arrays of `bearers`.
 */
void span_divide(const struct span *span, enum power_kind kind, enum span_idle idle,
		 uint64_t idle_uw, uint64_t t_ns, struct span_bearers *bearers,
		 struct span_split *split);

/*
 * The power in uW that the span shows as idle: that of at least 0.9 s at a node load of at most
 * 5 %, and on a GPU that of as long without anybody computing. 0 where it shows none; only CPU
 * domains collect a load.
 */
uint64_t span_idle_uw(const struct span *span, enum power_kind kind, uint64_t energy_uj,
		      uint64_t t_ns);

#endif
