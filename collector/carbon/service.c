/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who publishes carbon intensity.
 */
#include "collector/carbon/service.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "collector/http.h"
#include "collector/instant.h"

#define DAY_S 86400LL

/* "2026-01-02T03:04Z": this service refuses seconds. */
static void minute_text(int64_t unix_s, char text[INSTANT_MAX])
{
	instant_text(unix_s, text);
	memcpy(text + strlen("2026-01-02T03:04"), "Z", 2);
}

static int fits(int length)
{
	return length > 0 && length < SERVICE_URL ? 0 : -ENAMETOOLONG;
}

static int uk_url(const char *base, const char *zone, enum series_basis basis, int64_t from_s,
		  int64_t to_s, bool older, char url[SERVICE_URL])
{
	char from[INSTANT_MAX], to[INSTANT_MAX];

	(void)zone;
	(void)basis;
	(void)older;
	minute_text(from_s, from);
	minute_text(to_s, to);
	return fits(snprintf(url, SERVICE_URL, "%s/intensity/%s/%s", base, from, to));
}

static int rte_url(const char *base, const char *zone, enum series_basis basis, int64_t from_s,
		   int64_t to_s, bool older, char url[SERVICE_URL])
{
	char from[INSTANT_MAX], to[INSTANT_MAX], where[128], escaped[300];
	int error;

	(void)zone;
	(void)basis;
	instant_text(from_s, from);
	instant_text(to_s, to);
	snprintf(where, sizeof(where), "date_heure >= date'%s' AND date_heure < date'%s'", from,
		 to);
	error = http_escape(where, escaped, sizeof(escaped));
	if (error)
		return error;
	return fits(snprintf(
		url, SERVICE_URL,
		"%s/api/explore/v2.1/catalog/datasets/%s/exports/json"
		"?select=date_heure,taux_co2&order_by=date_heure&timezone=UTC&where=%s",
		base, older ? "eco2mix-national-cons-def" : "eco2mix-national-tr", escaped));
}

static int maps_url(const char *base, const char *zone, enum series_basis basis, int64_t from_s,
		    int64_t to_s, bool older, char url[SERVICE_URL])
{
	char from[INSTANT_MAX], to[INSTANT_MAX], escaped[128];
	int error = http_escape(zone, escaped, sizeof(escaped));

	(void)older;
	if (error)
		return error;
	instant_text(from_s, from);
	instant_text(to_s, to);
	return fits(snprintf(url, SERVICE_URL,
			     "%s/v3/carbon-intensity/past-range?zone=%s&start=%s&end=%s"
			     "&emissionFactorType=%s",
			     base, escaped, from, to,
			     basis == SERIES_DIRECT ? "direct" : "lifecycle"));
}

/*
 * Addresses and limits as their documentation has them, looked up on 2026-11-21: 14 days, and 10
 * days of hourly figures, in one question; RTE's portal names no limit, a month is 3000 rows.
 */
static const struct service services[] = {
	{
		.name = "uk",
		.title = "UK Carbon Intensity",
		.base = "https://api.carbonintensity.org.uk",
		.zone = "GB",
		.licence = "CC BY 4.0",
		.longest_s = 14 * DAY_S,
		.settled_s = 2 * DAY_S,
		.url = uk_url,
	},
	{
		.name = "rte",
		.title = "RTE eCO2mix by ODRE",
		.base = "https://odre.opendatasoft.com",
		.zone = "FR",
		.licence = "Licence Ouverte 2.0",
		.longest_s = 31 * DAY_S,
		.settled_s = 60 * DAY_S,
		.url = rte_url,
		.has_older = true,
	},
	{
		.name = "electricity-maps",
		.title = "Electricity Maps",
		.base = "https://api.electricitymaps.com",
		.licence = "by your contract",
		.token = "ELECTRICITY_MAPS_TOKEN",
		.longest_s = 10 * DAY_S,
		.settled_s = 30 * DAY_S,
		.has_both = true,
		.url = maps_url,
	},
};
#define SERVICES (sizeof(services) / sizeof(services[0]))

const struct service *service_find(const char *name)
{
	for (size_t i = 0; i < SERVICES; i++)
		if (!strcmp(services[i].name, name))
			return &services[i];
	return NULL;
}

void service_names(char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < SERVICES && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%s", i ? ", " : "",
					 services[i].name);
}

int service_url(const struct service *service, const char *base, const char *zone,
		enum series_basis basis, int64_t from_s, int64_t to_s, bool older,
		char url[SERVICE_URL])
{
	return service->url(base ? base : service->base, zone, basis, from_s, to_s, older, url);
}
