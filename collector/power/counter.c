/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Differences of a wrapping counter, taken only where they can be true.
 *
 * The difference is taken modulo range_uj. The true modulus of RAPL is one hardware unit more (a
 * 32-bit count of units of at most 61 uJ, of which the kernel shows the largest value), so a wrap
 * may lose one unit: 1 part in 4 thousand million.
 */
#include "collector/power/counter.h"

#include <errno.h>

#include "collector/units.h"

/*
 * RAPL counters are refreshed about every millisecond, so two readings a moment apart may differ
 * by what was used in a few milliseconds more than lie between them.
 */
#define REFRESH_SLACK_NS 20000000u

/* Below this, an idle domain may not have used one unit of its counter yet. */
#define STUCK_AFTER_NS 1000000000u

void counter_begin(struct counter *counter, uint64_t t_ns, uint64_t raw_uj)
{
	counter->energy_uj = 0;
	counter->raw_uj = raw_uj;
	counter->t_ns = t_ns;
	counter->moved_ns = t_ns;
	counter->stuck = false;
}

uint64_t counter_safe_ns(const struct counter *counter)
{
	/* uJ / uW is seconds. */
	if (!counter->range_uj)
		return UINT64_MAX;
	return units_mul_div(counter->range_uj, UNITS_NS_PER_S, counter->ceiling_uw);
}

/* What was used since the last reading if the counter wrapped at most once; UINT64_MAX: absurd. */
static uint64_t difference(const struct counter *counter, uint64_t raw_uj)
{
	if (raw_uj >= counter->raw_uj)
		return raw_uj - counter->raw_uj;
	if (counter->raw_uj > counter->range_uj)
		return UINT64_MAX;
	return counter->range_uj - counter->raw_uj + raw_uj;
}

bool counter_plausible(const struct counter *counter, uint64_t t_ns, uint64_t raw_uj)
{
	uint64_t span_ns = t_ns - counter->t_ns;
	uint64_t most_uj =
		units_mul_div(counter->ceiling_uw, span_ns + REFRESH_SLACK_NS, UNITS_NS_PER_S);

	return span_ns <= counter_safe_ns(counter) && difference(counter, raw_uj) <= most_uj;
}

enum counter_verdict counter_step(struct counter *counter, uint64_t t_ns, uint64_t raw_uj)
{
	bool moved = raw_uj != counter->raw_uj;
	bool known = counter_plausible(counter, t_ns, raw_uj) && !counter->stuck;

	if (!moved && counter->restless && t_ns - counter->moved_ns >= STUCK_AFTER_NS) {
		counter->stuck = true;
		return COUNTER_STUCK;
	}
	if (known)
		counter->energy_uj += difference(counter, raw_uj);
	counter->raw_uj = raw_uj;
	counter->t_ns = t_ns;
	if (moved)
		counter->moved_ns = t_ns;
	counter->stuck = false;
	return known ? COUNTER_GOOD : COUNTER_GAP;
}

void counter_read(struct counter *counter, uint64_t t_ns, int error, uint64_t raw_uj,
		  struct power_reading *reading)
{
	reading->error = error;
	if (!error) {
		enum counter_verdict verdict = counter_step(counter, t_ns, raw_uj);

		reading->error = verdict == COUNTER_STUCK ? -ENODATA : 0;
		reading->gap = verdict == COUNTER_GAP;
	}
	reading->energy_uj = counter->energy_uj;
}
