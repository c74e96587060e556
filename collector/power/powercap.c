/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The powercap source: reads the RAPL energy counters of Intel and AMD, wrap-safe, and tells a
 * counter that may not be read from one that is not there. rapl.c knows what the zones are.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/power/counter.h"
#include "collector/power/plausible.h"
#include "collector/power/power.h"
#include "collector/power/rapl.h"
#include "collector/units.h"

#define CONSTRAINTS 4 /* long term, short term, peak, and one to spare */

/*
 * What a zone may draw. The machine tells limits of its own (constraint_*): 1.5 times the highest
 * is taken, within these bounds. No part reaches the upper ones today; the lower ones are
 * there because a limit can be set below what the hardware is able to keep to.
 */
struct bounds {
	uint64_t least_uw;
	uint64_t most_uw;
};
static struct bounds bounds_of(const struct rapl_zone *zone)
{
	switch (zone->class) {
	case RAPL_DRAM:
		return (struct bounds){50000000, plausible_ceiling_uw(PLAUSIBLE_DRAM)};
	case RAPL_PSYS:
		return (struct bounds){400000000, plausible_ceiling_uw(PLAUSIBLE_PSYS)};
	default:
		return (struct bounds){200000000, plausible_ceiling_uw(PLAUSIBLE_PACKAGE)};
	}
}

/*
 * Assumptions: a comparison of RAPL with a plug meter found it "promisingly accurate" (Khan et al.
 * 2018, doi 10.1145/3177754), but no single figure holds for every part. We state 5 % for a
 * package, and twice that for what is calibrated more loosely: memory, the parts of a package, and
 * the platform, whose scale is the board maker's.
 */
#define PACKAGE_ERROR_PCT 5.0
#define OTHER_ERROR_PCT	  10.0

/* Limits can be raised while we run, so this is asked anew before a reading is called absurd. */
static uint64_t ceiling_uw(const struct rapl *rapl, const struct rapl_zone *zone)
{
	static const char *const file[] = {"power_limit_uw", "max_power_uw"};
	const struct bounds bounds = bounds_of(zone);
	uint64_t highest = 0;

	for (int i = 0; i < 2 * CONSTRAINTS; i++) {
		char name[40];
		uint64_t limit;

		snprintf(name, sizeof(name), "constraint_%d_%s", i / 2, file[i % 2]);
		if (!rapl_read(rapl, zone, name, &limit) && limit > highest)
			highest = limit;
	}
	/* 0 is "none set". Compared before it is multiplied: the file may hold anything. */
	if (!highest || highest >= bounds.most_uw)
		return bounds.most_uw;
	highest = highest * 3 / 2;
	if (highest < bounds.least_uw)
		return bounds.least_uw;
	return highest < bounds.most_uw ? highest : bounds.most_uw;
}

/* One finding for all zones, since they are refused together. */
static void find_denied(const struct rapl *rapl, const struct rapl_zone *zone)
{
	power_add_finding(rapl->power, "powercap", true,
			  "%s and its like are there, but may not be read; fix: run 'gramme "
			  "collect' as root, or open them to all users until the next boot: "
			  "chmod a+r " RAPL_PATH "/intel-rapl:*/energy_uj",
			  zone->name);
}

/* Takes the first reading. Returns 0, or -errno with a finding unless permission is missing. */
static int start(const struct rapl *rapl, struct rapl_zone *zone)
{
	uint64_t raw_uj;
	int result = rapl_read(rapl, zone, "energy_uj", &raw_uj);

	if (result == -EACCES || result == -EPERM)
		return -EACCES;
	if (result || !raw_uj) {
		power_add_finding(rapl->power, "powercap", false, "%s (%s) %s: left out",
				  zone->name, zone->id, result ? strerror(-result) : "stands at 0");
		return result ? result : -ENODATA;
	}
	zone->counter.ceiling_uw = ceiling_uw(rapl, zone);
	if (rapl_read(rapl, zone, "max_energy_range_uj", &zone->counter.range_uj))
		zone->counter.range_uj = 0;
	/* Cores sleep and graphics are switched off; the rest draws something while it is on. */
	zone->counter.restless = zone->class != RAPL_CORE && zone->class != RAPL_UNCORE;
	counter_begin(&zone->counter, rapl->world->ops->monotonic_ns(rapl->world), raw_uj);
	return 0;
}

static bool has(const struct rapl *rapl, const char *name)
{
	for (size_t i = 0; i < rapl->zones; i++)
		if (!strcmp(rapl->zone[i].name, name))
			return true;
	return false;
}

static void drop_unreadable(struct rapl *rapl)
{
	bool denied = false;

	for (size_t i = 0; i < rapl->zones;) {
		struct rapl_zone *zone = &rapl->zone[i];
		int result = start(rapl, zone);

		if (result == -EACCES && !denied) {
			find_denied(rapl, zone);
			denied = true;
		}
		/* A part whose package is not metered would pass for the whole. */
		if (result || ((zone->class == RAPL_CORE || zone->class == RAPL_UNCORE) &&
			       !has(rapl, zone->within)))
			rapl_drop(rapl, i);
		else
			i++;
	}
}

static int add_domain(const struct rapl *rapl, const struct rapl_zone *zone)
{
	struct power_domain domain = {
		.source = "powercap",
		.kind = zone->class == RAPL_DRAM   ? POWER_MEMORY
			: zone->class == RAPL_PSYS ? POWER_NODE
						   : POWER_CPU,
		.quality = POWER_MEASURED,
		.error_pct = zone->class == RAPL_PACKAGE ? PACKAGE_ERROR_PCT : OTHER_ERROR_PCT,
		.idle_method = "none",
	};

	memcpy(domain.name, zone->name, sizeof(domain.name));
	memcpy(domain.within, zone->within, sizeof(domain.within));
	snprintf(domain.note, sizeof(domain.note), "RAPL counter %s '%s'", zone->id, zone->label);
	return power_add_domain(rapl->power, &domain);
}

/* Returns 0, or -ENODEV if earlier sources speak for all of them. */
static int add_domains(struct rapl *rapl)
{
	for (size_t i = 0; i < rapl->zones;) {
		if (add_domain(rapl, &rapl->zone[i]))
			rapl_drop(rapl, i);
		else
			i++;
	}
	return rapl->zones ? 0 : -ENODEV;
}

static int powercap_open(struct power *power, const struct power_options *options, void **state)
{
	struct rapl *rapl = calloc(1, sizeof(*rapl));
	int result;

	if (!rapl)
		return -ENOMEM;
	rapl->world = options->world;
	rapl->power = power;
	result = rapl_find(rapl);
	if (!result) {
		rapl_drop_mirrors(rapl);
		drop_unreadable(rapl);
		result = add_domains(rapl);
	}
	if (result)
		free(rapl);
	else
		*state = rapl;
	return result;
}

static void read_zone(const struct rapl *rapl, struct rapl_zone *zone, uint64_t t_ns,
		      struct power_reading *reading)
{
	uint64_t raw_uj = 0;
	int error = rapl_read(rapl, zone, "energy_uj", &raw_uj);

	if (!error && !counter_plausible(&zone->counter, t_ns, raw_uj))
		zone->counter.ceiling_uw = ceiling_uw(rapl, zone);
	counter_read(&zone->counter, t_ns, error, raw_uj, reading);
}

static void powercap_read(void *state, uint64_t t_ns, const struct power_load *load,
			  struct power_reading *readings)
{
	struct rapl *rapl = state;

	(void)load;
	for (size_t i = 0; i < rapl->zones; i++)
		read_zone(rapl, &rapl->zone[i], t_ns, &readings[i]);
}

/* Half of what a counter bears, so that a reading that comes late is still good. */
static uint64_t powercap_longest_interval_ns(const void *state)
{
	const struct rapl *rapl = state;
	uint64_t shortest_ns = UINT64_MAX;

	for (size_t i = 0; i < rapl->zones; i++) {
		uint64_t safe_ns = counter_safe_ns(&rapl->zone[i].counter);

		if (safe_ns != UINT64_MAX && safe_ns / 2 < shortest_ns)
			shortest_ns = safe_ns / 2;
	}
	return shortest_ns;
}

static void powercap_close(void *state)
{
	free(state);
}

const struct power_source power_powercap = {
	.name = "powercap",
	.period_ns = UNITS_NS_PER_S / 10,
	.open = powercap_open,
	.read = powercap_read,
	.longest_interval_ns = powercap_longest_interval_ns,
	.close = powercap_close,
};
