/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Jobs of a batch system: what their readers share.
 */
#include "collector/jobs/jobs.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/units.h"

int jobs_add(struct jobs *jobs, const struct job *job)
{
	if (jobs->count == jobs->room) {
		size_t room = jobs->room ? jobs->room * 2 : 64;
		struct job *all = reallocarray(jobs->job, room, sizeof(*all));

		if (!all)
			return -ENOMEM;
		jobs->job = all;
		jobs->room = room;
	}
	jobs->job[jobs->count++] = *job;
	return 0;
}

void jobs_free(struct jobs *jobs)
{
	free(jobs->job);
	*jobs = (struct jobs){0};
}

/* Digits up to `stop`; moves on behind it. False where there are none, or too many. */
static bool number(const char **at, char stop, uint64_t *value)
{
	char *end;

	if (!isdigit((unsigned char)**at) || strspn(*at, "0123456789") > 9)
		return false;
	*value = strtoull(*at, &end, 10);
	if (*end != stop)
		return false;
	*at = stop ? end + 1 : end;
	return true;
}

int jobs_duration(const char *text, uint64_t *ns)
{
	uint64_t days = 0, part, minutes = 0;
	double seconds;
	char *end;

	if (strchr(text, '-') && !number(&text, '-', &days))
		return -EINVAL;
	for (int colons = 0; strchr(text, ':'); colons++) {
		if (colons == 2 || !number(&text, ':', &part))
			return -EINVAL;
		minutes = minutes * 60 + part;
	}
	if (!isdigit((unsigned char)*text))
		return -EINVAL;
	seconds = strtod(text, &end);
	if (*end || seconds > 1e9)
		return -EINVAL;
	*ns = (days * 86400 + minutes * 60) * UNITS_NS_PER_S + (uint64_t)llround(seconds * 1e9);
	return 0;
}

int jobs_memory(const char *text, uint64_t *bytes)
{
	static const char units[] = "KMGTP";
	const char *unit;
	double value;
	char *end;

	if (!isdigit((unsigned char)*text))
		return -EINVAL;
	value = strtod(text, &end);
	unit = *end ? strchr(units, toupper((unsigned char)*end)) : strchr(units, 'M');
	if (!unit || (*end && end[1]))
		return -EINVAL;
	value *= exp2(10 * (double)(unit - units + 1));
	if (!(value < 1e18))
		return -EINVAL;
	*bytes = (uint64_t)llround(value);
	return 0;
}
