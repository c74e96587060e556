/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The area under a power curve of which only points are known.
 *
 * What is read between two samples is foretold by the last one, and put right by the next. It may
 * have been foretold too much; then nothing more is given out until the truth has caught up.
 */
#include "collector/power/integral.h"

#include <errno.h>

#include "collector/units.h"

/* So many periods without a sample are bridged: an answer that comes late is no gap. */
#define REACH_PERIODS 5
/* However fast a sensor is asked, a reading once a second must find its last sample good. */
#define REACH_LEAST_NS 5000000000u

struct integral integral_make(enum plausible_class class, uint64_t period_ns)
{
	struct integral integral = {.plausible = {.most_uw = plausible_ceiling_uw(class)},
				    .reach_ns = REACH_PERIODS * period_ns,
				    .error = -EAGAIN};

	if (integral.reach_ns < REACH_LEAST_NS)
		integral.reach_ns = REACH_LEAST_NS;
	return integral;
}

/* Moments further apart than the reach are not joined. */
static bool reaches(const struct integral *integral, uint64_t t_ns)
{
	return integral->known && t_ns - integral->t_ns <= integral->reach_ns;
}

void integral_miss(struct integral *integral, int error)
{
	integral->error = error;
}

enum plausible_verdict integral_add(struct integral *integral, uint64_t t_ns, uint64_t uw)
{
	enum plausible_verdict verdict = plausible_power(&integral->plausible, t_ns, uw);

	if (verdict != PLAUSIBLE_GOOD) {
		integral->error = -ENODATA;
		/* What it showed before it was known to be stuck is booked; what follows is not. */
		if (verdict == PLAUSIBLE_STUCK)
			integral->known = false;
		return verdict;
	}
	/* What was foretold before a loss stays: it was within the reach. */
	if (!reaches(integral, t_ns) && integral->uw_ns < integral->given_uw_ns)
		integral->uw_ns = integral->given_uw_ns;
	if (reaches(integral, t_ns))
		integral->uw_ns +=
			((unsigned __int128)integral->uw + uw) * (t_ns - integral->t_ns) / 2;
	else if (integral->known || integral->error != -EAGAIN)
		integral->lost = true;
	integral->known = true;
	integral->error = 0;
	integral->t_ns = t_ns;
	integral->uw = uw;
	return verdict;
}

void integral_read(struct integral *integral, uint64_t t_ns, const struct power_load *load,
		   struct power_reading *reading)
{
	unsigned __int128 uw_ns = integral->uw_ns;
	uint64_t since_ns = t_ns > integral->t_ns ? t_ns - integral->t_ns : 0;

	plausible_load(&integral->plausible, t_ns, load);
	reading->energy_uj = (uint64_t)(integral->given_uw_ns / UNITS_NS_PER_S);
	if (!integral->known || since_ns > integral->reach_ns) {
		reading->error = integral->error ? integral->error : -ENODATA;
		return;
	}
	uw_ns += (unsigned __int128)integral->uw * since_ns;
	if (uw_ns > integral->given_uw_ns)
		integral->given_uw_ns = uw_ns;
	reading->gap = integral->lost;
	reading->energy_uj = (uint64_t)(integral->given_uw_ns / UNITS_NS_PER_S);
	integral->lost = false;
}
