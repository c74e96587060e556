/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The prometheus source: whatever a Prometheus server knows of this machine's power or energy, by a
 * query. Named in the file of sensors (config.h), with what remote.h and config_domain take and
 *   query=sum(node_hwmon_power_average_watt{instance="n7:9100"})   whose result is one series
 *   unit=watts (or joules)
 *   error=25 (or what is known)
 */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/power/gauge.h"
#include "collector/power/remote.h"
#include "collector/units.h"

/* Servers scrape every 15 s or so; what they tell is no finer. */
#define PERIOD_NS   (5 * UNITS_NS_PER_S)
#define QUERIES_MAX 8

/* Beyond this, in watts or joules, it is no such figure. */
#define VALUE_MOST 1e12

struct query {
	struct remote remote;
	bool joules;
	char url[1024];
};

struct prometheus {
	struct gauge_bank bank; /* the first, see gauge.h */
	struct query query[QUERIES_MAX];
};

/* [1753114531.02, "131.7"] */
static int parse_value(const json_t *pair, double *value)
{
	const char *text = json_string_value(json_array_get(pair, 1));
	char *end;

	if (!text || !*text)
		return -EBADMSG;
	*value = strtod(text, &end);
	return *end || !isfinite(*value) || *value < 0 || *value > VALUE_MOST ? -ENODATA : 0;
}

/* The one figure of an answer: a scalar, or a vector of one series. */
static int parse_answer(const json_t *json, double *value)
{
	const json_t *data = json_object_get(json, "data");
	const json_t *result = json_object_get(data, "result");
	const char *type = json_string_value(json_object_get(data, "resultType"));

	if (!type || !json_is_array(result))
		return -EBADMSG;
	if (!strcmp(type, "scalar"))
		return parse_value(result, value);
	if (strcmp(type, "vector") != 0)
		return -EBADMSG;
	if (json_array_size(result) != 1)
		return json_array_size(result) ? -E2BIG : -ENODATA;
	return parse_value(json_object_get(json_array_get(result, 0), "value"), value);
}

static int poll_query(struct prometheus *prometheus, size_t i)
{
	const struct query *query = &prometheus->query[i];
	struct gauge *gauge = &prometheus->bank.gauge[i];
	json_t *json = NULL;
	double value = 0;
	int error = remote_get(&query->remote, query->url, NULL, &json);
	uint64_t t_ns = gauge_now_ns(&prometheus->bank);

	if (!error)
		error = parse_answer(json, &value);
	json_decref(json);
	gauge_lock(&prometheus->bank);
	if (error)
		gauge_miss(gauge, error);
	else if (query->joules)
		gauge_energy(gauge, t_ns, (uint64_t)llround(value * 1e6));
	else
		gauge_power(gauge, t_ns, (uint64_t)llround(value * 1e6));
	gauge_unlock(&prometheus->bank);
	return error;
}

static void prometheus_poll(void *state)
{
	struct prometheus *prometheus = state;

	for (size_t i = 0; i < prometheus->bank.gauges; i++)
		poll_query(prometheus, i);
}

/* Reads what the entry says. Returns 0, or -errno with a finding. */
static int configure(struct prometheus *prometheus, const struct config_entry *entry,
		     struct query *query)
{
	const char *text = config_value(entry, "query");
	const char *unit = config_value(entry, "unit");
	char escaped[768];
	int error = remote_open(&query->remote, prometheus->bank.power, "prometheus",
				prometheus->bank.world, entry);

	if (error)
		return error;
	query->joules = unit && !strcmp(unit, "joules");
	if (!text || (unit && !query->joules && strcmp(unit, "watts") != 0) ||
	    http_escape(text, escaped, sizeof(escaped)) ||
	    snprintf(query->url, sizeof(query->url), "%s/api/v1/query?query=%s", query->remote.url,
		     escaped) >= (int)sizeof(query->url)) {
		power_add_finding(prometheus->bank.power, "prometheus", false,
				  CONFIG_PATH ":%u: needs query=, and unit=watts or unit=joules",
				  entry->line);
		return -EINVAL;
	}
	return 0;
}

static void find_problem(const struct prometheus *prometheus, const struct query *query, int error)
{
	if (error == -E2BIG)
		power_add_finding(prometheus->bank.power, "prometheus", false,
				  "%.100s: the query gives several series; fix: make them one, "
				  "by sum() or by labels",
				  query->remote.url);
	else
		remote_find(&query->remote, prometheus->bank.power, "prometheus", error);
}

static void add(struct prometheus *prometheus, const struct config_entry *entry)
{
	size_t i = prometheus->bank.gauges;
	struct power_domain domain = {.error_pct =
					      config_percent(entry, "error", POWER_ERROR_MEDIUM)};
	int error;

	if (i == QUERIES_MAX || config_domain(entry, &domain) ||
	    configure(prometheus, entry, &prometheus->query[i]))
		return;
	snprintf(domain.note, sizeof(domain.note), "Prometheus, line %u of " CONFIG_PATH,
		 entry->line);
	if (gauge_add(&prometheus->bank, &domain, plausible_class_of(domain.kind), PERIOD_NS))
		return;
	error = poll_query(prometheus, i);
	if (error)
		find_problem(prometheus, &prometheus->query[i], error);
}

static int prometheus_open(struct power *power, const struct power_options *options, void **state)
{
	struct prometheus *prometheus = calloc(1, sizeof(*prometheus));
	int result;

	if (!prometheus)
		return -ENOMEM;
	prometheus->bank.world = options->world;
	prometheus->bank.power = power;
	prometheus->bank.config = config_hold(options->config);
	for (size_t i = 0; options->config && i < options->config->entries; i++)
		if (!strcmp(options->config->entry[i].source, "prometheus"))
			add(prometheus, &options->config->entry[i]);
	result = gauge_open(&prometheus->bank, PERIOD_NS, prometheus_poll);
	if (!result)
		*state = prometheus;
	return result;
}

const struct power_source power_prometheus = {
	.name = "prometheus",
	.open = prometheus_open,
	.read = gauge_bank_read,
	.longest_interval_ns = gauge_bank_longest_interval_ns,
	.close = gauge_bank_close,
};
