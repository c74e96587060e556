/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rest of a node that has no meter, from a calibration.
 */
#include "collector/power/calibration.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/units.h"

#define ENTRY "calibrated"

static bool is_part(const struct power_domain *domain)
{
	return !domain->within[0];
}

/* Names of the domains that are added up, as the entry has them: "package-0,dram-0". */
static void name_parts(const struct power_domain *domain, size_t n, char *names, size_t size)
{
	size_t length = 0;

	names[0] = '\0';
	for (size_t i = 0; i < n && length < size; i++)
		if (is_part(&domain[i]))
			length += (size_t)snprintf(names + length, size - length, "%s%s",
						   length ? "," : "", domain[i].name);
}

static bool number(const struct config_entry *entry, const char *key, double *value)
{
	const char *text = config_value(entry, key);
	char *end;

	if (!text || !*text)
		return false;
	*value = strtod(text, &end);
	return !*end && isfinite(*value);
}

static const struct config_entry *find_entry(const struct config *config)
{
	for (size_t i = 0; config && i < config->entries; i++)
		if (!strcmp(config->entry[i].source, ENTRY))
			return &config->entry[i];
	return NULL;
}

static bool has_node(const struct power_domain *domain, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (domain[i].kind == POWER_NODE && is_part(&domain[i]))
			return true;
	return false;
}

static int check_entry(const struct config_entry *entry, struct calibration *calibration,
		       double *error_pct, char why[CALIBRATION_WHY])
{
	double constant_w;

	if (!number(entry, "constant_w", &constant_w) || constant_w < 0 || constant_w > 1e6 ||
	    !number(entry, "slope", &calibration->slope) || calibration->slope < 0.1 ||
	    calibration->slope > 10 || !number(entry, "error", error_pct) || *error_pct < 0 ||
	    *error_pct > 1000) {
		snprintf(why, CALIBRATION_WHY,
			 "line %u lacks constant_w=, slope= or error= as gramme calibrate writes "
			 "them",
			 entry->line);
		return -EINVAL;
	}
	calibration->constant_uw = (uint64_t)llround(constant_w * 1e6);
	return 0;
}

int calibration_open(struct calibration *calibration, const struct config *config,
		     struct power_domain *domain, size_t n, char why[CALIBRATION_WHY])
{
	const struct config_entry *entry = find_entry(config);
	const char *parts, *date;
	double error_pct = 0;
	char names[512];

	*calibration = (struct calibration){.domain = n};
	if (!entry || has_node(domain, n))
		return 0;
	if (check_entry(entry, calibration, &error_pct, why))
		return -EINVAL;
	name_parts(domain, n, names, sizeof(names));
	parts = config_value(entry, "parts");
	if (!parts || strcmp(parts, names) != 0) {
		snprintf(why, CALIBRATION_WHY,
			 "line %u was made with the sensors %.80s, and here are %.80s: calibrate "
			 "again",
			 entry->line, parts ? parts : "(none)", names[0] ? names : "(none)");
		return -EINVAL;
	}
	date = config_value(entry, "date");
	domain[n] = (struct power_domain){
		.name = "rest",
		.source = ENTRY,
		.kind = POWER_NODE,
		.quality = POWER_DERIVED,
		.error_pct = error_pct,
		.idle_uw = calibration->constant_uw,
		.idle_method = "calibrated",
	};
	snprintf(domain[n].note, sizeof(domain[n].note),
		 "%.4g W and %.4g x the sensors, minus the sensors; fitted against a meter%s%.20s",
		 (double)calibration->constant_uw / 1e6, calibration->slope, date ? " on " : "",
		 date ? date : "");
	return 1;
}

void calibration_read(struct calibration *calibration, const struct power_domain *domain,
		      struct power_reading *readings)
{
	struct power_reading *reading = &readings[calibration->domain];
	uint64_t parts_uj = 0, constant_uj;
	double rest_uj;

	for (size_t i = 0; i < calibration->domain; i++) {
		if (!is_part(&domain[i]))
			continue;
		parts_uj += readings[i].energy_uj;
		reading->gap = reading->gap || readings[i].gap;
		if (!reading->error)
			reading->error = readings[i].error;
	}
	reading->gap = reading->gap && !reading->error;
	if (!calibration->begun) {
		calibration->begun = true;
		calibration->start_ns = reading->t_ns;
		calibration->start_uj = parts_uj;
	}
	constant_uj = units_mul_div(calibration->constant_uw, reading->t_ns - calibration->start_ns,
				    UNITS_NS_PER_S);
	rest_uj = (double)constant_uj +
		  (calibration->slope - 1) * (double)(parts_uj - calibration->start_uj);
	if (rest_uj > (double)calibration->given_uj)
		calibration->given_uj = (uint64_t)rest_uj;
	reading->energy_uj = calibration->given_uj;
}
