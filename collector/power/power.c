/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sources in order of precedence, and the rules that hold for all of them: who speaks for a
 * domain, what is counted once, and what a gap is.
 */
#include "collector/power/power.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "collector/power/calibration.h"
#include "collector/power/config.h"
#include "collector/power/look.h"
#include "collector/power/rest.h"

/* A recorded trace stands in for sensors; the model only fills what is missing. */
static const struct power_source *const sources[] = {
	&power_replay, &power_powercap, &power_perf,	   &power_nvml,	   &power_rocm,
	&power_csv,    &power_kwollect, &power_prometheus, &power_redfish, &power_cray,
	&power_dcmi,   &power_hwmon,	&power_zero,	   &power_battery, &power_model};

#define SOURCES (sizeof(sources) / sizeof(sources[0]))

/* CLOCK_BOOTTIME goes on while the machine is suspended, CLOCK_MONOTONIC does not. */
#define SUSPEND_NS 1000000u

/* How far boot time is ahead of monotonic time: the two cannot be read at the same instant. */
struct ahead {
	uint64_t least_ns;
	uint64_t most_ns;
};

/* What was last known of a domain. */
struct meter {
	uint64_t raw_uj;    /* as the source counts */
	uint64_t energy_uj; /* as it is given out */
	bool gap;	    /* since the last power_read */
	struct ahead ahead;
};

struct opened {
	const struct power_source *source;
	void *state;
	size_t first; /* of its domains */
	size_t n;
	uint64_t due_ns; /* to be sampled */
};

struct power {
	struct world *world;
	struct power_domain domain[POWER_DOMAINS_MAX];
	struct meter meter[POWER_DOMAINS_MAX];
	struct power_trace trace[POWER_DOMAINS_MAX];
	bool traced; /* the traces are whole: a new one begins with the next sample */
	size_t domains;
	struct power_finding finding[POWER_FINDINGS_MAX];
	size_t findings;
	struct opened opened[SOURCES];
	size_t opens;
	const struct power_source *opening; /* while its open runs */
	size_t earlier;			    /* domains that were there before that */
	bool has_rest;			    /* the last domain is what the node has beside others */
	struct rest rest;
	bool is_calibrated; /* or what a calibration says that it has */
	struct calibration calibration;
	struct config *config; /* may be NULL */
	uint64_t looked_ns;    /* when counters were looked for last */
};

static bool is_node(const struct power_domain *domain)
{
	return domain->kind == POWER_NODE && !domain->within[0];
}

bool power_has(const struct power *power, enum power_kind kind)
{
	for (size_t i = 0; i < power->earlier; i++)
		if (power->domain[i].kind == kind &&
		    (kind != POWER_NODE || is_node(&power->domain[i])))
			return true;
	return false;
}

/* GPUs of several makers stand side by side; one of them may be seen by several libraries. */
static bool is_spoken_for(const struct power *power, const struct power_domain *domain)
{
	if (domain->kind == POWER_NODE && !is_node(domain))
		return false;
	if (domain->kind != POWER_GPU)
		return power_has(power, domain->kind);
	for (size_t i = 0; i < power->earlier; i++)
		if (power->domain[i].kind == POWER_GPU &&
		    !strcmp(power->domain[i].device, domain->device))
			return true;
	return false;
}

static bool name_is_taken(const struct power *power, const char *name)
{
	for (size_t i = 0; i < power->domains; i++)
		if (!strcmp(power->domain[i].name, name))
			return true;
	return false;
}

void power_next_name(const struct power *power, const char *stem, char name[POWER_NAME_MAX])
{
	unsigned i = 0;

	do
		snprintf(name, POWER_NAME_MAX, "%.20s-%u", stem, i++);
	while (name_is_taken(power, name));
}

int power_add_domain(struct power *power, const struct power_domain *domain)
{
	if (is_spoken_for(power, domain) || name_is_taken(power, domain->name))
		return -EEXIST;
	if (power->domains == POWER_DOMAINS_MAX)
		return -ENOSPC;
	power->domain[power->domains] = *domain;
	power->domain[power->domains++].source = power->opening->name;
	return 0;
}

void power_identify(struct power *power, const char *name, const struct power_domain *as)
{
	for (size_t i = 0; i < power->domains; i++) {
		struct power_domain *domain = &power->domain[i];

		if (strcmp(domain->name, name) != 0)
			continue;
		memcpy(domain->note, as->note, sizeof(domain->note));
		memcpy(domain->device, as->device, sizeof(domain->device));
		memcpy(domain->uuid, as->uuid, sizeof(domain->uuid));
	}
}

void power_add_finding(struct power *power, const char *source, bool permission, const char *format,
		       ...)
{
	struct power_finding *finding = &power->finding[power->findings];
	va_list arguments;
	int length;

	if (power->findings == POWER_FINDINGS_MAX)
		return;
	finding->source = source;
	finding->permission = permission;
	length = snprintf(finding->text, sizeof(finding->text), "%s: ", source);
	va_start(arguments, format);
	vsnprintf(finding->text + length, sizeof(finding->text) - (size_t)length, format,
		  arguments);
	va_end(arguments);
	power->findings++;
}

static int open_source(struct power *power, const struct power_options *options,
		       const struct power_source *source)
{
	struct opened *opened = &power->opened[power->opens];
	int result;

	opened->source = source;
	opened->first = power->domains;
	power->opening = source;
	power->earlier = power->domains;
	result = source->open(power, options, &opened->state);
	if (!result) {
		opened->n = power->domains - opened->first;
		power->opens++;
	} else {
		power->domains = opened->first;
	}
	if (result && result != -ENODEV && result != -ENOMEM)
		power_add_finding(power, source->name, false, "cannot be used: %s",
				  strerror(-result));
	return result == -ENOMEM ? result : 0;
}

static struct ahead boottime_ahead(struct world *world)
{
	uint64_t before_ns = world->ops->monotonic_ns(world);
	uint64_t boottime_ns = world->ops->boottime_ns(world);
	uint64_t after_ns = world->ops->monotonic_ns(world);

	return (struct ahead){
		.least_ns = boottime_ns > after_ns ? boottime_ns - after_ns : 0,
		.most_ns = boottime_ns > before_ns ? boottime_ns - before_ns : 0,
	};
}

/*
 * A file that cannot be read is told of; without one there are the machine's own sensors. One that
 * was asked for is here, even where the machine is a recorded one.
 */
static void read_config(struct power *power, const char *path)
{
	int error = config_read(path ? world_real() : power->world, path ? path : CONFIG_PATH,
				&power->config);

	if (error && (path || error != -ENOENT))
		power_add_finding(power, "sensors", error == -EACCES, "%.120s: %s",
				  path ? path : CONFIG_PATH, strerror(-error));
}

static bool is_source(const char *name)
{
	static const char *const elsewhere[] = {"csv", "kwollect", "prometheus", "redfish",
						"calibrated"};

	for (size_t i = 0; i < sizeof(elsewhere) / sizeof(elsewhere[0]); i++)
		if (!strcmp(name, elsewhere[i]))
			return true;
	return false;
}

/* A line that nobody takes would be missed by nobody. */
static void check_config(struct power *power, const char *path)
{
	const struct config *config = power->config;

	for (size_t i = 0; config && i < config->entries; i++)
		if (!is_source(config->entry[i].source))
			power_add_finding(power, "sensors", false,
					  "%.100s:%u: '%.20s' is no source; fix: csv, kwollect, "
					  "prometheus, redfish or calibrated, and a tab behind it",
					  path ? path : CONFIG_PATH, config->entry[i].line,
					  config->entry[i].source);
}

/* The last domain: what the node draws beside all others, by its meter or by calibration. */
static void open_rest(struct power *power)
{
	char why[CALIBRATION_WHY];
	int calibrated = 0;

	if (power->domains == POWER_DOMAINS_MAX)
		return;
	power->has_rest = rest_open(&power->rest, power->domain, power->domains);
	if (!power->has_rest)
		calibrated = calibration_open(&power->calibration, power->config, power->domain,
					      power->domains, why);
	if (calibrated < 0)
		power_add_finding(power, "calibrated", false, "%s", why);
	power->is_calibrated = calibrated > 0;
	power->domains += power->has_rest || power->is_calibrated;
}

int power_open(const struct power_options *wanted, struct power **result)
{
	struct power *power = calloc(1, sizeof(*power));
	struct power_options with_config = *wanted;
	const struct power_options *options = &with_config;
	struct ahead ahead;

	if (!power)
		return -ENOMEM;
	power->world = options->world;
	power->looked_ns = power->world->ops->monotonic_ns(power->world);
	if (!options->again)
		read_config(power, options->sensors);
	check_config(power, options->sensors);
	with_config.config = power->config;
	ahead = boottime_ahead(power->world);
	for (size_t i = 0; i < SOURCES; i++) {
		int error = 0;

		if (!options->again || look_takes(sources[i]))
			error = open_source(power, options, sources[i]);
		if (error) {
			power_close(power);
			return error;
		}
	}
	if (!options->again)
		open_rest(power);
	for (size_t i = 0; i < power->domains; i++)
		power->meter[i].ahead = ahead;
	*result = power;
	return 0;
}

void power_close(struct power *power)
{
	if (!power)
		return;
	for (size_t i = 0; i < power->opens; i++)
		power->opened[i].source->close(power->opened[i].state);
	config_release(power->config);
	free(power);
}

size_t power_domains(const struct power *power, const struct power_domain **domains)
{
	*domains = power->domain;
	return power->domains;
}

size_t power_findings(const struct power *power, const struct power_finding **findings)
{
	*findings = power->finding;
	return power->findings;
}

bool power_is_device(const struct power_domain *domain, const char *bus_id)
{
	if (!bus_id[0])
		return false;
	for (size_t i = 0; i < POWER_UUIDS; i++)
		if (!strcasecmp(domain->uuid[i], bus_id))
			return true;
	return !strcasecmp(domain->device, bus_id);
}

uint64_t power_longest_interval_ns(const struct power *power)
{
	uint64_t shortest_ns = UINT64_MAX;

	for (size_t i = 0; i < power->opens; i++) {
		const struct opened *opened = &power->opened[i];
		uint64_t longest_ns = opened->source->longest_interval_ns(opened->state);

		if (longest_ns < shortest_ns)
			shortest_ns = longest_ns;
	}
	return shortest_ns;
}

/* Turns what the source said into what is given out: energy that stands still over a gap. */
static void settle(struct meter *meter, bool modelled, struct ahead ahead,
		   struct power_reading *reading)
{
	bool slept = ahead.least_ns > meter->ahead.most_ns + SUSPEND_NS;

	if (!reading->error) {
		if (meter->gap || (slept && !modelled) || reading->energy_uj < meter->raw_uj)
			reading->gap = true;
		if (!reading->gap)
			meter->energy_uj += reading->energy_uj - meter->raw_uj;
		meter->raw_uj = reading->energy_uj;
		meter->ahead = ahead;
		meter->gap = reading->gap;
	}
	reading->gap = reading->gap && !reading->error;
	reading->energy_uj = meter->energy_uj;
}

static bool is_rest(const struct power *power, size_t domain)
{
	return (power->has_rest || power->is_calibrated) && domain + 1 == power->domains;
}

/* Without memory it is tried again a minute later. */
static void look_again(struct power *power, uint64_t t_ns)
{
	const struct power_options options = {.world = power->world, .again = true};
	struct power *now;

	if (t_ns - power->looked_ns < LOOK_NS)
		return;
	power->looked_ns = t_ns;
	if (power_open(&options, &now))
		return;
	look_compare(power, now);
	power_close(now);
}

uint64_t power_period_ns(const struct power *power)
{
	uint64_t shortest_ns = 0;

	for (size_t i = 0; i < power->opens; i++) {
		const uint64_t period_ns = power->opened[i].source->period_ns;

		if (period_ns && (!shortest_ns || period_ns < shortest_ns))
			shortest_ns = period_ns;
	}
	return shortest_ns;
}

static void begin_traces(struct power *power)
{
	for (size_t i = 0; power->traced && i < power->domains; i++) {
		power->trace[i].begin_uj = power->trace[i].end_uj;
		power->trace[i].n = 0;
	}
	power->traced = false;
}

static void end_traces(struct power *power, const struct power_reading *readings)
{
	for (size_t i = 0; i < power->domains; i++)
		power->trace[i].end_uj = readings[i].energy_uj;
	power->traced = true;
}

static void sample_source(struct power *power, struct opened *opened, struct ahead ahead,
			  uint64_t t_ns)
{
	const struct power_load no_load = {0};
	struct power_reading readings[POWER_DOMAINS_MAX] = {0};

	opened->source->read(opened->state, t_ns, &no_load, readings);
	for (size_t i = 0; i < opened->n; i++) {
		struct power_trace *trace = &power->trace[opened->first + i];

		settle(&power->meter[opened->first + i], false, ahead, &readings[i]);
		if (trace->n < POWER_SAMPLES)
			trace->sample[trace->n++] =
				(struct power_sample){t_ns, readings[i].energy_uj};
	}
}

void power_sample(struct power *power)
{
	struct world *world = power->world;
	const struct ahead ahead = boottime_ahead(world);
	const uint64_t t_ns = world->ops->monotonic_ns(world);

	begin_traces(power);
	for (size_t i = 0; i < power->opens; i++) {
		struct opened *opened = &power->opened[i];
		const uint64_t period_ns = opened->source->period_ns;

		if (!period_ns || t_ns < opened->due_ns)
			continue;
		/* A timer may come a little early; turns that were missed are not made up for. */
		opened->due_ns = t_ns + period_ns - period_ns / 8;
		sample_source(power, opened, ahead, t_ns);
	}
}

const struct power_trace *power_traces(const struct power *power)
{
	return power->trace;
}

void power_read(struct power *power, const struct power_load *load,
		struct power_reading readings[POWER_DOMAINS_MAX])
{
	struct world *world = power->world;
	struct ahead ahead = boottime_ahead(world);
	uint64_t t_ns = world->ops->monotonic_ns(world);

	begin_traces(power);
	memset(readings, 0, power->domains * sizeof(readings[0]));
	for (size_t i = 0; i < power->opens; i++)
		power->opened[i].source->read(power->opened[i].state, t_ns, load,
					      &readings[power->opened[i].first]);
	for (size_t i = 0; i < power->domains; i++) {
		readings[i].t_ns = t_ns;
		if (!is_rest(power, i))
			settle(&power->meter[i], power->domain[i].quality == POWER_MODELLED, ahead,
			       &readings[i]);
		/* What was seen before a gap in the same tick is not known to be all of that. */
		if (readings[i].gap)
			power->meter[i].energy_uj = readings[i].energy_uj =
				power->trace[i].begin_uj;
		/* Told now; where the reading failed, by the next one. */
		power->meter[i].gap = power->meter[i].gap && readings[i].error;
	}
	if (power->has_rest)
		rest_read(&power->rest, power->domain, readings);
	if (power->is_calibrated)
		calibration_read(&power->calibration, power->domain, readings);
	end_traces(power, readings);
	look_again(power, t_ns);
}

size_t power_uses(struct power *power, struct power_use use[POWER_USES_MAX], uint64_t *known)
{
	size_t n = 0;

	*known = 0;
	for (size_t i = 0; i < power->opens; i++) {
		const struct opened *opened = &power->opened[i];
		uint64_t of_source = 0;
		size_t from = n;

		if (!opened->source->uses)
			continue;
		n += opened->source->uses(opened->state, use + n, POWER_USES_MAX - n, &of_source);
		for (size_t k = from; k < n; k++)
			use[k].domain += opened->first;
		*known |= of_source << opened->first;
	}
	return n;
}

uint64_t power_own_ns(const struct power *power)
{
	uint64_t own_ns = 0;

	for (size_t i = 0; i < power->opens; i++)
		if (power->opened[i].source->own_ns)
			own_ns += power->opened[i].source->own_ns(power->opened[i].state);
	return own_ns;
}
