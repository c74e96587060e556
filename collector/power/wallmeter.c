/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sources csv and kwollect: meters at the wall, whose readings come by a file that grows or
 * from Grid'5000. Both are named in the file of sensors (config.h), with
 *   file=PATH     of the CSV, or of answers of Kwollect's that somebody saves
 *   url= user= secret= ...    of Kwollect (remote.h), device=NODE, metric=wattmetre_power_watt
 *   time= power= unit=        of a CSV, see wall.h
 *   name=node kind=node error=10   what it measures: kinds are cpu, memory, gpu and node
 *   start=2025-07-21T16:15:31Z     on a recorded machine: the moment of its time 0
 *
 * Readings are older than the moment at which they are read; what they say of the time before goes
 * to the time before, and until the next one comes the last one is taken to go on.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/instant.h"
#include "collector/power/gauge.h"
#include "collector/power/remote.h"
#include "collector/power/wall.h"
#include "collector/units.h"

#define PERIOD_NS      (2 * UNITS_NS_PER_S)
#define FILE_BYTES_MAX (64u << 20)
#define PORTS_MAX      8

struct port {
	char name[WALL_PORT_MAX];
	uint64_t t_ns;
	uint64_t uw;
};

struct meter {
	const char *file; /* NULL: it is asked over the network */
	struct remote remote;
	struct wall_format format;
	bool kwollect;
	bool maps; /* `start_unix_ns` is the recording's time 0 */
	int64_t start_unix_ns;
	int64_t last_unix_ns; /* of the last sample that was taken */
	char why[WALL_WHY];
	struct port port[PORTS_MAX];
	size_t ports;
	uint64_t t_ns; /* of the samples that are being taken; 0: none yet */
};

struct wallmeter {
	struct gauge_bank bank; /* the first, see gauge.h */
	const char *source;
	struct meter meter[8];
	uint64_t open_ns;
};

/* While samples are read: whose they are, and how their clock stands to ours. */
struct taking {
	struct wallmeter *wall;
	struct meter *meter;
	struct gauge *gauge;
	int64_t ahead_ns; /* of CLOCK_REALTIME before CLOCK_MONOTONIC */
	int64_t now_ns;
	size_t taken;
};

static struct port *find_port(struct meter *meter, const char *name)
{
	for (size_t i = 0; i < meter->ports; i++)
		if (!strcmp(meter->port[i].name, name))
			return &meter->port[i];
	if (meter->ports == PORTS_MAX)
		return NULL;
	snprintf(meter->port[meter->ports].name, WALL_PORT_MAX, "%s", name);
	return &meter->port[meter->ports++];
}

/* Tells the sum of the ports; one that fell silent makes it unknown. */
static void tell(const struct taking *taking)
{
	const struct meter *meter = taking->meter;
	uint64_t uw = 0;

	for (size_t i = 0; i < meter->ports; i++) {
		if (meter->t_ns - meter->port[i].t_ns > taking->gauge->reach_ns) {
			gauge_miss(taking->gauge, -ENODATA);
			return;
		}
		uw += meter->port[i].uw;
	}
	gauge_power(taking->gauge, meter->t_ns, uw);
}

/* Samples of several ports at one moment are one sample of the node. */
static int take(void *arg, const struct wall_sample *sample)
{
	struct taking *taking = arg;
	struct meter *meter = taking->meter;
	int64_t t_ns = sample->unix_ns - taking->ahead_ns;
	struct port *port;

	/* What a clock ahead of ours dates into the future waits for its time. */
	if (sample->unix_ns < meter->last_unix_ns || t_ns < (int64_t)taking->wall->open_ns ||
	    t_ns > taking->now_ns)
		return 0;
	port = find_port(meter, sample->port);
	if (!port || (port->t_ns && (uint64_t)t_ns <= port->t_ns))
		return 0;
	if (meter->t_ns && (uint64_t)t_ns > meter->t_ns)
		tell(taking);
	meter->t_ns = (uint64_t)t_ns;
	meter->last_unix_ns = sample->unix_ns;
	port->t_ns = (uint64_t)t_ns;
	port->uw = sample->uw;
	taking->taken++;
	return 0;
}

static int read_file(const struct wallmeter *wall, const struct meter *meter, char **text,
		     size_t *size)
{
	return world_read_all(wall->bank.world, meter->file, FILE_BYTES_MAX, text, size);
}

/* What was measured since the last sample, or in the last seconds. */
static int read_remote(const struct wallmeter *wall, const struct meter *meter, char **text,
		       size_t *size)
{
	struct world *world = wall->bank.world;
	struct http_answer answer;
	int64_t since_s = meter->last_unix_ns / (int64_t)UNITS_NS_PER_S;
	char url[512];
	int error;

	if (!since_s)
		since_s = (int64_t)(world->ops->realtime_ns(world) / UNITS_NS_PER_S) - 10;
	if (snprintf(url, sizeof(url), "%s?%s=%s&metrics=%s&start_time=%lld", meter->remote.url,
		     strstr(meter->remote.url, "/rpc/") ? "devices" : "nodes", meter->format.device,
		     meter->format.metric, (long long)since_s) >= (int)sizeof(url))
		return -ENAMETOOLONG;
	error = remote_ask(&meter->remote, url, NULL, NULL, false, &answer);
	if (error)
		return error;
	*text = answer.body;
	*size = answer.size;
	return 0;
}

static int64_t ahead_ns(const struct wallmeter *wall, const struct meter *meter)
{
	struct world *world = wall->bank.world;

	if (meter->maps)
		return meter->start_unix_ns - (int64_t)world->start_ns;
	return (int64_t)(world->ops->realtime_ns(world) - world->ops->monotonic_ns(world));
}

/* Returns 0, -EINVAL with meter->why, or why there is nothing to read. */
static int poll_meter(struct wallmeter *wall, size_t i)
{
	struct meter *meter = &wall->meter[i];
	struct taking taking = {.wall = wall,
				.meter = meter,
				.gauge = &wall->bank.gauge[i],
				.ahead_ns = ahead_ns(wall, meter),
				.now_ns = (int64_t)gauge_now_ns(&wall->bank)};
	char *text;
	size_t size;
	int error = meter->file ? read_file(wall, meter, &text, &size)
				: read_remote(wall, meter, &text, &size);

	gauge_lock(&wall->bank);
	if (!error) {
		error = meter->kwollect ? wall_read_kwollect(text, size, &meter->format, take,
							     &taking, meter->why)
					: wall_read_csv(text, size, &meter->format, take, &taking,
							meter->why);
		free(text);
	}
	if (taking.taken)
		tell(&taking);
	if (error)
		gauge_miss(taking.gauge, error);
	gauge_unlock(&wall->bank);
	return error;
}

static void wallmeter_poll(void *state)
{
	struct wallmeter *wall = state;

	for (size_t i = 0; i < wall->bank.gauges; i++)
		poll_meter(wall, i);
}

static bool is_plain(const char *text)
{
	return text && *text &&
	       text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				 "-._")] == '\0';
}

/* Reads what the entry says. Returns 0, or -errno with a finding. */
static int configure(struct wallmeter *wall, const struct config_entry *entry, struct meter *meter)
{
	const char *start = config_value(entry, "start");
	struct power *power = wall->bank.power;
	int64_t start_s;

	*meter = (struct meter){
		.file = config_value(entry, "file"),
		.kwollect = !strcmp(wall->source, "kwollect"),
		.format = {.time = config_value(entry, "time"),
			   .power = config_value(entry, "power"),
			   .unit = config_value(entry, "unit"),
			   .device = config_value(entry, "device"),
			   .metric = config_value(entry, "metric")},
	};
	if (wall->bank.world->replayed && start && !instant_parse(start, true, &start_s)) {
		meter->maps = true;
		meter->start_unix_ns = start_s * (int64_t)UNITS_NS_PER_S;
	}
	if (meter->file)
		return 0;
	if (!meter->kwollect || !is_plain(meter->format.device) ||
	    !is_plain(meter->format.metric)) {
		power_add_finding(
			power, wall->source, false, CONFIG_PATH ":%u: needs %s", entry->line,
			meter->kwollect ? "file=, or url=, device= and metric=" : "file=");
		return -EINVAL;
	}
	return remote_open(&meter->remote, power, wall->source, wall->bank.world, entry);
}

static void find_problem(const struct wallmeter *wall, const struct meter *meter, int error)
{
	struct power *power = wall->bank.power;

	if (meter->why[0] && meter->file)
		power_add_finding(power, wall->source, false, "%.90s: %s", meter->file, meter->why);
	else if (meter->why[0])
		power_add_finding(power, wall->source, false, "%.90s: %s", meter->remote.url,
				  meter->why);
	else if (meter->file)
		power_add_finding(power, wall->source, error == -EACCES, "%.90s: %s", meter->file,
				  strerror(-error));
	else
		remote_find(&meter->remote, power, wall->source, error);
}

/* A meter that does not answer now is kept: it was named, and may come. */
static void add(struct wallmeter *wall, const struct config_entry *entry)
{
	size_t i = wall->bank.gauges;
	struct power_domain domain = {.error_pct =
					      config_percent(entry, "error", POWER_ERROR_HIGH)};
	int error;

	if (i == sizeof(wall->meter) / sizeof(wall->meter[0]) || config_domain(entry, &domain) ||
	    configure(wall, entry, &wall->meter[i]))
		return;
	snprintf(domain.note, sizeof(domain.note), "%s, line %u of " CONFIG_PATH, wall->source,
		 entry->line);
	if (gauge_add(&wall->bank, &domain, plausible_class_of(domain.kind), PERIOD_NS))
		return;
	error = poll_meter(wall, i);
	if (error)
		find_problem(wall, &wall->meter[i], error);
}

static int open_source(const char *source, struct power *power, const struct power_options *options,
		       void **state)
{
	struct wallmeter *wall = calloc(1, sizeof(*wall));
	int result;

	if (!wall)
		return -ENOMEM;
	wall->bank.world = options->world;
	wall->bank.power = power;
	wall->bank.config = config_hold(options->config);
	wall->source = source;
	wall->open_ns = gauge_now_ns(&wall->bank);
	for (size_t i = 0; options->config && i < options->config->entries; i++)
		if (!strcmp(options->config->entry[i].source, source))
			add(wall, &options->config->entry[i]);
	result = gauge_open(&wall->bank, PERIOD_NS, wallmeter_poll);
	if (!result)
		*state = wall;
	return result;
}

static int csv_open(struct power *power, const struct power_options *options, void **state)
{
	return open_source("csv", power, options, state);
}

static int kwollect_open(struct power *power, const struct power_options *options, void **state)
{
	return open_source("kwollect", power, options, state);
}

const struct power_source power_csv = {
	.name = "csv",
	.open = csv_open,
	.read = gauge_bank_read,
	.longest_interval_ns = gauge_bank_longest_interval_ns,
	.close = gauge_bank_close,
};

const struct power_source power_kwollect = {
	.name = "kwollect",
	.open = kwollect_open,
	.read = gauge_bank_read,
	.longest_interval_ns = gauge_bank_longest_interval_ns,
	.close = gauge_bank_close,
};
