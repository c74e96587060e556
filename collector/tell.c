/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a meter's operator is told of a run's ledger.
 */
#include "collector/tell.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "collector/meter_state.h"

void tell_path(const struct meter *meter, const struct run *run, char *path, size_t size)
{
	path[0] = '\0';
	if (run->ledger)
		snprintf(path, size, "%s/%s%s%s", meter->options.ledger_path,
			 meter->options.many_users ? run->origin.user : "",
			 meter->options.many_users ? "/" : "", ledger_path(run->ledger));
}

void tell_trouble(const struct meter *meter, struct run *run, const char *closed)
{
	const char *why = strerror(-run->ledger_error);
	char path[PATH_MAX], line[PATH_MAX + 256];

	/* Where nothing can be written at all, that was said when the meter began. */
	if (!run->ledger_error || run->told || meter->options.ledger_dir < 0)
		return;
	run->told = true;
	tell_path(meter, run, path, sizeof(path));
	if (closed && closed[0])
		snprintf(line, sizeof(line), "%s is incomplete: %s", closed, why);
	else if (run->ledger)
		snprintf(line, sizeof(line), "%s cannot be written: %s; gramme keeps trying", path,
			 why);
	else
		snprintf(line, sizeof(line), "no ledger for a run of %s: %s", run->origin.user,
			 why);
	meter->options.say(meter->options.arg, line);
}

void tell_config(const struct meter *meter)
{
	const struct power_finding *finding;
	const size_t n = power_findings(meter->power, &finding);

	for (size_t i = 0; i < n; i++)
		if (!strcmp(finding[i].source, "sensors"))
			meter->options.say(meter->options.arg, finding[i].text);
}

void tell_findings(struct meter *meter)
{
	const struct power_finding *finding;
	const size_t n = power_findings(meter->power, &finding);

	for (size_t i = meter->machine.findings; i < n; i++)
		meter->options.say(meter->options.arg, finding[i].text);
	meter->machine.findings = n;
}

void tell_intensity(struct meter *meter, uint64_t t_ns)
{
	struct hourly *hourly = meter->options.hourly;
	char why[SERIES_WHY] = "", line[PATH_MAX + SERIES_WHY + 64];

	if (!hourly || hourly_refresh(hourly, t_ns, why) >= 0)
		return;
	snprintf(line, sizeof(line), "%s: %s; what it said before holds on", hourly->path, why);
	meter->options.say(meter->options.arg, line);
}

void tell_unknown(struct meter *meter, const struct run *ending)
{
	const struct run *run = ending ? ending : meter->run;
	char line[PATH_MAX + SERIES_WHY + 64];
	bool any = false, unknown = false;

	if (!meter->options.hourly)
		return;
	for (; run; run = run == ending ? meter->run : run->next) {
		any |= run->grid.timed;
		unknown |= run->grid.timed && !run->grid.known;
	}
	if (unknown && !meter->told_unknown) {
		snprintf(line, sizeof(line),
			 "%s has no intensity for this hour: the yearly mean of %s is booked",
			 meter->options.hourly->path, meter->options.factor.zone);
		meter->options.say(meter->options.arg, line);
	}
	/* Of runs that follow one another within that hour it need not be said each time. */
	if (any)
		meter->told_unknown = unknown;
}
