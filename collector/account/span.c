/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the energy of a span falls, by kind of domain:
 *   CPU     idle power x time is idle; the rest is shared by CPU time. Where no idle power is
 *           known, all of it is; where nobody ran, all of it is idle.
 *   memory  all of it is shared by bytes x time: held by runs, by the system, by nobody (idle).
 *   GPU     idle power x time is shared by who held it, for how long and how much of it; the rest
 *           by who computed, or where nobody is known to have, by who held it. What nobody held
 *           is idle. Where nothing tells who the users were, what is above idle is unattributed:
 *           the CPU time of a run says nothing about its GPU.
 *   node    idle power x time is idle; the rest is unattributed.
 * Idle is as much as that, and no more of it is handed out than the policy has bearers for.
 * A package's energy is shared by all CPU time of the node, since nothing tells the CPU time of a
 * process by socket.
 */
#include "collector/account/span.h"

#include <string.h>

#include "collector/units.h"

#define MILLI	    1000ULL
#define LEARN_NS    900000000ULL /* the shortest span that an idle power is taken from */
#define LEARN_SHARE 20		 /* at a load of at most one part in so many: 5 % */

static uint64_t above(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

void span_weigh(weight_t *sum, weight_t more)
{
	if (__builtin_add_overflow(*sum, more, sum))
		*sum = ~(weight_t)0;
}

static void collect_cpu(struct span *span, const struct span_tick *tick)
{
	uint64_t system_ns = above(tick->node->busy_ns, tick->runs_cpu_ns);
	uint64_t own_ns = tick->node->own_ns;

	span_weigh(&span->system, system_ns);
	span_weigh(&span->own, own_ns < system_ns ? own_ns : system_ns);
	span_weigh(&span->busy_ns, (weight_t)system_ns + tick->runs_cpu_ns);
	span_weigh(&span->capacity_ns, (weight_t)tick->since_ns * tick->node->cpus);
}

static void collect_memory(struct span *span, const struct span_tick *tick)
{
	uint64_t system = above(tick->node->used_bytes, tick->runs_bytes);
	uint64_t idle = above(above(tick->node->total_bytes, system), tick->runs_bytes);

	span_weigh(&span->system, (weight_t)system * tick->since_ns);
	span_weigh(&span->idle, (weight_t)idle * tick->since_ns);
}

void span_collect(struct span *span, enum power_kind kind, const struct span_tick *tick)
{
	if (!tick->node->known && kind != POWER_GPU)
		span->unknown = true;
	if (kind == POWER_CPU)
		collect_cpu(span, tick);
	else if (kind == POWER_MEMORY)
		collect_memory(span, tick);
}

void span_use(struct span *span, const struct account_use *use)
{
	if (use->run == ACCOUNT_NOBODY) {
		span_weigh(&span->idle, use->busy);
		span_weigh(&span->idle_held, use->held);
		return;
	}
	span_weigh(&span->busy_ns, use->busy);
	if (use->run == ACCOUNT_STRANGER) {
		span_weigh(&span->left, use->busy);
		span_weigh(&span->left_held, use->held);
	}
}

weight_t span_run_weight(enum power_kind kind, const struct span_tick *tick,
			 const struct span_activity *run)
{
	if (kind == POWER_CPU)
		return run->cpu_ns;
	return kind == POWER_MEMORY ? (weight_t)run->held_bytes * tick->since_ns : 0;
}

/* A run that nothing limits could have used everything: it holds all, as all others like it do. */
weight_t span_run_held(enum power_kind kind, const struct span_tick *tick,
		       const struct span_activity *run)
{
	const uint64_t cpus_milli = tick->node->cpus * MILLI;
	const uint64_t total = tick->node->total_bytes;
	uint64_t held = 0;

	if (kind == POWER_CPU)
		held = run->limit_milli && run->limit_milli < cpus_milli ? run->limit_milli
									 : cpus_milli;
	else if (kind == POWER_MEMORY)
		held = above(run->limit_bytes && run->limit_bytes < total ? run->limit_bytes
									  : total,
			     run->held_bytes);
	return (weight_t)held * tick->since_ns;
}

enum span_idle span_idle_of(enum account_idle_policy policy, enum power_kind kind)
{
	if (kind == POWER_NODE || policy == ACCOUNT_IDLE_NONE)
		return SPAN_IDLE_NOBODY;
	if (policy == ACCOUNT_IDLE_USED)
		return SPAN_IDLE_BY_USE;
	if (policy == ACCOUNT_IDLE_HOLDER || kind == POWER_GPU)
		return SPAN_IDLE_BY_HOLDING;
	return policy == ACCOUNT_IDLE_SHARED ? SPAN_IDLE_BY_USE : SPAN_IDLE_NOBODY;
}

/* Shifts all weights alike until 64 bits hold them; returns the shift. */
static unsigned scale(const weight_t *weight, struct span_bearers *bearers)
{
	const size_t n = bearers->runs + SPAN_REST;
	weight_t top = 0;
	unsigned shift = 0;

	for (size_t i = 0; i < n; i++)
		top |= weight[i];
	while (top >> shift > UINT64_MAX)
		shift++;
	for (size_t i = 0; i < n; i++)
		bearers->scaled[i] = (uint64_t)(weight[i] >> shift);
	return shift;
}

/* What of CPUs or memory was idle and nobody's: all of it, but for what the runs hold. */
static weight_t unheld(const struct span *span, enum power_kind kind,
		       const struct span_bearers *bearers)
{
	weight_t whole = kind == POWER_CPU ? span->capacity_ns * MILLI : span->idle;
	weight_t held = span->left_held;

	for (size_t i = 0; i < bearers->runs; i++)
		span_weigh(&held, bearers->held[i]);
	return whole > held ? whole - held : 0;
}

/* Lays the weights of the rest behind those of the runs. */
static void lay_out(const struct span *span, enum power_kind kind, struct span_bearers *bearers)
{
	weight_t *rest = bearers->weight + bearers->runs;
	weight_t *held = bearers->held + bearers->runs;

	rest[SPAN_LEFT] = span->left;
	rest[SPAN_SYSTEM] = span->system;
	rest[SPAN_IDLE] = span->idle;
	held[SPAN_LEFT] = span->left_held;
	held[SPAN_SYSTEM] = 0;
	held[SPAN_IDLE] = kind == POWER_GPU ? span->idle_held : unheld(span, kind, bearers);
}

/* Shares what was drawn above idle between runs, system and, where it weighs, idle. */
static void divide_active(const struct span *span, enum power_kind kind, uint64_t active_uj,
			  unsigned shift, struct span_bearers *bearers, struct span_split *split)
{
	const uint64_t system = bearers->scaled[bearers->runs + SPAN_SYSTEM];
	const uint64_t *rest_uj = bearers->active_uj + bearers->runs;

	if (units_apportion(active_uj, bearers->scaled, bearers->runs + SPAN_REST,
			    bearers->active_uj)) {
		if (kind == POWER_CPU)
			split->idle_uj += active_uj; /* nobody ran */
		else
			split->unattributed_uj = active_uj; /* nothing is known to have acted */
		return;
	}
	split->system_uj = rest_uj[SPAN_SYSTEM];
	split->idle_uj += rest_uj[SPAN_IDLE];
	split->runs_uj = active_uj - rest_uj[SPAN_SYSTEM] - rest_uj[SPAN_IDLE];
	if (system)
		split->own_uj =
			units_mul_div(split->system_uj, (uint64_t)(span->own >> shift), system);
}

/* Hands idle to the runs by their activity; where none was active it stays. */
static void divide_by_use(struct span_bearers *bearers, struct span_split *split)
{
	const size_t handed = bearers->runs + SPAN_LEFT + 1;

	scale(bearers->weight, bearers);
	if (units_apportion(split->idle_uj, bearers->scaled, handed, bearers->idle_uj))
		return;
	split->runs_idle_uj = split->idle_uj;
	split->idle_uj = 0;
}

/* Hands idle to the holders; what nobody holds has its part of it. */
static void divide_by_holding(struct span_bearers *bearers, struct span_split *split)
{
	const size_t n = bearers->runs + SPAN_REST;
	const size_t idle = bearers->runs + SPAN_IDLE;

	scale(bearers->held, bearers);
	if (units_apportion(split->idle_uj, bearers->scaled, n, bearers->idle_uj))
		return;
	split->runs_idle_uj = split->idle_uj - bearers->idle_uj[idle];
	split->idle_uj = bearers->idle_uj[idle];
}

static void divide_idle(enum span_idle idle, struct span_bearers *bearers, struct span_split *split)
{
	if (idle == SPAN_IDLE_BY_USE)
		divide_by_use(bearers, split);
	else if (idle == SPAN_IDLE_BY_HOLDING)
		divide_by_holding(bearers, split);
}

/*
 * Gives out what a GPU drew above idle to who computed. A part that nobody holds has some of it
 * only where idle power is not known, so that who holds a slice never bears the GPU.
 */
static void divide_device(uint64_t idle_uw, uint64_t active_uj, struct span_bearers *bearers,
			  struct span_split *split)
{
	const size_t n = bearers->runs + SPAN_REST;
	const size_t idle = bearers->runs + SPAN_IDLE;

	if (idle_uw)
		bearers->weight[idle] = bearers->held[idle] = 0;
	scale(bearers->weight, bearers);
	if (units_apportion(active_uj, bearers->scaled, n, bearers->active_uj)) {
		scale(bearers->held, bearers);
		if (units_apportion(active_uj, bearers->scaled, n, bearers->active_uj)) {
			split->idle_uj += active_uj;
			return;
		}
	}
	split->idle_uj += bearers->active_uj[idle];
	split->runs_uj = active_uj - bearers->active_uj[idle];
}

void span_divide(const struct span *span, enum power_kind kind, enum span_idle idle,
		 uint64_t idle_uw, uint64_t t_ns, struct span_bearers *bearers,
		 struct span_split *split)
{
	const size_t n = bearers->runs + SPAN_REST;
	uint64_t active_uj;
	unsigned shift;

	lay_out(span, kind, bearers);
	memset(bearers->active_uj, 0, n * sizeof(bearers->active_uj[0]));
	memset(bearers->idle_uj, 0, n * sizeof(bearers->idle_uj[0]));
	split->idle_uj = units_mul_div(idle_uw, t_ns, UNITS_NS_PER_S);
	if (split->idle_uj > split->energy_uj)
		split->idle_uj = split->energy_uj;
	active_uj = split->energy_uj - split->idle_uj;

	if (kind == POWER_GPU && !span->unknown) {
		divide_idle(idle, bearers, split);
		divide_device(idle_uw, active_uj, bearers, split);
		return;
	}
	shift = scale(bearers->weight, bearers);
	if (span->unknown)
		split->unattributed_uj = active_uj;
	else
		divide_active(span, kind, active_uj, shift, bearers, split);
	/* Whose a GPU was is not known here. */
	if (kind != POWER_GPU)
		divide_idle(idle, bearers, split);
}

uint64_t span_idle_uw(const struct span *span, enum power_kind kind, uint64_t energy_uj,
		      uint64_t t_ns)
{
	if (span->unknown || t_ns < LEARN_NS)
		return 0;
	if (kind == POWER_GPU
		    ? span->busy_ns > 0
		    : !span->capacity_ns || span->busy_ns > span->capacity_ns / LEARN_SHARE)
		return 0;
	return units_mul_div(energy_uj, UNITS_NS_PER_S, t_ns);
}
