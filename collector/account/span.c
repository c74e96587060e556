/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the energy of a span falls, by kind of domain:
 *   CPU     idle power x time is idle; the rest is shared by CPU time. Where no idle power is
 *           known, all of it is; where nobody ran, all of it is idle.
 *   memory  all of it is shared by bytes x time: held by runs, by the system, by nobody (idle).
 *   GPU, node  idle power x time is idle; the rest is unattributed, until there is a source of
 *           activity for them: the CPU time of a run says nothing about its GPU.
 * A package's energy is shared by all CPU time of the node, since nothing tells the CPU time of a
 * process by socket.
 */
#include "collector/account/span.h"

#include <string.h>

#include "collector/units.h"

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
	if (!tick->node->known)
		span->unknown = true;
	if (kind == POWER_CPU)
		collect_cpu(span, tick);
	else if (kind == POWER_MEMORY)
		collect_memory(span, tick);
}

weight_t span_run_weight(enum power_kind kind, const struct span_tick *tick, uint64_t cpu_ns,
			 uint64_t bytes)
{
	if (kind == POWER_CPU)
		return cpu_ns;
	return kind == POWER_MEMORY ? (weight_t)bytes * tick->since_ns : 0;
}

/* Lays all weights beside each other, shifted alike until 64 bits hold them; returns the shift. */
static unsigned scale(const struct span *span, struct span_bearers *bearers)
{
	const size_t n = bearers->runs + SPAN_REST;
	weight_t top = 0;
	unsigned shift = 0;

	bearers->weight[bearers->runs + SPAN_LEFT] = span->left;
	bearers->weight[bearers->runs + SPAN_SYSTEM] = span->system;
	bearers->weight[bearers->runs + SPAN_IDLE] = span->idle;
	for (size_t i = 0; i < n; i++)
		top |= bearers->weight[i];
	while (top >> shift > UINT64_MAX)
		shift++;
	for (size_t i = 0; i < n; i++)
		bearers->scaled[i] = (uint64_t)(bearers->weight[i] >> shift);
	return shift;
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
static void divide_idle(struct span_bearers *bearers, struct span_split *split)
{
	const size_t handed = bearers->runs + SPAN_LEFT + 1;

	if (units_apportion(split->idle_uj, bearers->scaled, handed, bearers->idle_uj))
		return;
	split->runs_idle_uj = split->idle_uj;
	split->idle_uj = 0;
}

void span_divide(const struct span *span, enum power_kind kind, enum account_idle_policy policy,
		 uint64_t idle_uw, uint64_t t_ns, struct span_bearers *bearers,
		 struct span_split *split)
{
	const size_t n = bearers->runs + SPAN_REST;
	const unsigned shift = scale(span, bearers);
	uint64_t active_uj;

	memset(bearers->active_uj, 0, n * sizeof(bearers->active_uj[0]));
	memset(bearers->idle_uj, 0, n * sizeof(bearers->idle_uj[0]));
	split->idle_uj = units_mul_div(idle_uw, t_ns, UNITS_NS_PER_S);
	if (split->idle_uj > split->energy_uj)
		split->idle_uj = split->energy_uj;
	active_uj = split->energy_uj - split->idle_uj;

	if (span->unknown)
		split->unattributed_uj = active_uj;
	else
		divide_active(span, kind, active_uj, shift, bearers, split);
	if (policy == ACCOUNT_IDLE_SHARED)
		divide_idle(bearers, split);
}

uint64_t span_idle_uw(const struct span *span, uint64_t energy_uj, uint64_t t_ns)
{
	if (span->unknown || t_ns < LEARN_NS || !span->capacity_ns ||
	    span->busy_ns > span->capacity_ns / LEARN_SHARE)
		return 0;
	return units_mul_div(energy_uj, UNITS_NS_PER_S, t_ns);
}
