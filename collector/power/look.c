/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking again: comparing what is metered with what could be.
 */
#include "collector/power/look.h"

#include <stdio.h>
#include <string.h>

bool look_takes(const struct power_source *source)
{
	return source == &power_powercap || source == &power_perf;
}

static bool is_taken(const struct power_domain *domain)
{
	return !strcmp(domain->source, power_powercap.name) ||
	       !strcmp(domain->source, power_perf.name);
}

/* Of another source it is the same hardware; a model of it is no counter. */
static bool has_counter(const struct power *power, const char *name)
{
	const struct power_domain *domain;
	size_t n = power_domains(power, &domain);

	for (size_t i = 0; i < n; i++)
		if (domain[i].quality == POWER_MEASURED && !strcmp(domain[i].name, name))
			return true;
	return false;
}

static bool is_told(const struct power *power, const char *text)
{
	const struct power_finding *finding;
	size_t n = power_findings(power, &finding);

	for (size_t i = 0; i < n; i++)
		if (!strcmp(finding[i].text, text))
			return true;
	return false;
}

static void tell(struct power *power, const char *source, bool permission, const char *what)
{
	char text[sizeof(((struct power_finding *)0)->text)];

	snprintf(text, sizeof(text), "%s: %s", source, what);
	if (!is_told(power, text))
		power_add_finding(power, source, permission, "%s", what);
}

static void tell_of(struct power *power, const struct power_domain *domain, const char *what)
{
	char text[192];

	snprintf(text, sizeof(text), "%s %s", domain->name, what);
	tell(power, domain->source, false, text);
}

void look_compare(struct power *power, const struct power *now)
{
	const struct power_domain *domain;
	const struct power_finding *finding;
	size_t n = power_domains(now, &domain);

	/* A part of another adds nothing; one that slept at the start may at the next as well. */
	for (size_t i = 0; i < n; i++)
		if (!domain[i].within[0] && !has_counter(power, domain[i].name))
			tell_of(power, &domain[i],
				"can be read since this collector began; fix: start it anew when "
				"nothing runs (systemctl restart gramme)");
	n = power_domains(power, &domain);
	for (size_t i = 0; i < n; i++)
		if (is_taken(&domain[i]) && !has_counter(now, domain[i].name))
			tell_of(power, &domain[i],
				"cannot be read as it could at the start: what it "
				"draws meanwhile is not known");
	n = power_findings(now, &finding);
	for (size_t i = 0; i < n; i++)
		if (finding[i].permission && !is_told(power, finding[i].text))
			tell(power, finding[i].source, true,
			     finding[i].text + strlen(finding[i].source) + strlen(": "));
}
