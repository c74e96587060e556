/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The perf source: RAPL by the kernel's power PMU, for what powercap does not show (no driver for
 * the part, or files that only root may read where perf events are free).
 *
 * An event counts for a whole package from when it was opened, in units of 2^-32 J, in 64 bits. But
 * the kernel folds the hardware's 32 bits into these by a timer that was chosen for 200 W, so that
 * beyond 400 W, and in memory beyond 100 W, a wrap can go unseen (arch/x86/events/rapl.c). A
 * reading folds, too: read once in 60 s, it holds for more than a kilowatt.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "collector/power/counter.h"
#include "collector/power/plausible.h"
#include "collector/power/power.h"
#include "collector/units.h"

#define PMU	   "/sys/bus/event_source/devices/power"
#define TOPOLOGY   "/sys/devices/system/cpu/cpu%u/topology/%s"
#define FOLD_NS	   (60 * UNITS_NS_PER_S)
#define CPUS_MAX   64
#define EVENTS_MAX 5

/* The errors are those of the same counters by powercap (powercap.c). */
static const struct {
	const char *file; /* in events/ */
	const char *stem; /* of the domain's name */
	enum power_kind kind;
	enum plausible_class class;
	double error_pct;
	bool part; /* of the package, and within it */
	bool restless;
} events[EVENTS_MAX] = {
	{"energy-pkg", "package", POWER_CPU, PLAUSIBLE_PACKAGE, 5.0, false, true},
	{"energy-cores", "core", POWER_CPU, PLAUSIBLE_PACKAGE, 10.0, true, false},
	{"energy-gpu", "uncore", POWER_CPU, PLAUSIBLE_PACKAGE, 10.0, true, false},
	{"energy-ram", "dram", POWER_MEMORY, PLAUSIBLE_DRAM, 10.0, false, true},
	{"energy-psys", "psys", POWER_NODE, PLAUSIBLE_PSYS, 10.0, false, true},
};

struct meter {
	char question[64];
	struct counter counter;
};

struct perf {
	struct world *world;
	struct power *power;
	unsigned type;
	unsigned cpu[CPUS_MAX]; /* the one of each package, or die, that speaks for it */
	char socket[CPUS_MAX][16];
	size_t cpus;
	bool denied;
	bool again; /* nobody waits for a count that begins */
	struct meter meter[POWER_DOMAINS_MAX];
	size_t meters;
};

static ssize_t read_text(const struct perf *perf, const char *path, char *text, size_t size)
{
	ssize_t length = perf->world->ops->read(perf->world, path, text, size);

	if (length >= 0)
		text[strcspn(text, "\n")] = '\0';
	return length;
}

/* A list such as "0,18" or "0-3,8": the CPUs that are to be asked. */
static int parse_cpus(struct perf *perf, const char *text)
{
	while (*text) {
		char *end;
		unsigned long first = strtoul(text, &end, 10);
		unsigned long last = first;

		if (end == text)
			return -EINVAL;
		text = end;
		if (*text == '-') {
			last = strtoul(text + 1, &end, 10);
			if (end == text + 1)
				return -EINVAL;
			text = end;
		}
		if (last < first || last > 65535)
			return -EINVAL;
		for (; first <= last; first++) {
			if (perf->cpus == CPUS_MAX)
				return -E2BIG;
			perf->cpu[perf->cpus++] = (unsigned)first;
		}
		if (*text && *text++ != ',')
			return -EINVAL;
	}
	return perf->cpus ? 0 : -EINVAL;
}

static unsigned topology(const struct perf *perf, unsigned cpu, const char *file, unsigned unknown)
{
	char path[96];
	uint64_t value;

	snprintf(path, sizeof(path), TOPOLOGY, cpu, file);
	return world_read_u64(perf->world, path, &value) || value > 65535 ? unknown
									  : (unsigned)value;
}

/* "0", or "0-die-1" where several of the CPUs are of one package. */
static void name_sockets(struct perf *perf)
{
	unsigned package[CPUS_MAX] = {0};

	for (size_t i = 0; i < perf->cpus; i++)
		package[i] = topology(perf, perf->cpu[i], "physical_package_id", (unsigned)i);
	for (size_t i = 0; i < perf->cpus; i++) {
		bool alone = true;

		for (size_t j = 0; j < perf->cpus; j++)
			alone = alone && (i == j || package[i] != package[j]);
		if (alone)
			snprintf(perf->socket[i], sizeof(perf->socket[i]), "%u", package[i]);
		else
			snprintf(perf->socket[i], sizeof(perf->socket[i]), "%u-die-%u",
				 package[i] % 1000,
				 topology(perf, perf->cpu[i], "die_id", (unsigned)i) % 1000);
	}
}

/* Which PMU it is, and whom to ask. Returns 0, -ENODEV, or -errno. */
static int find_pmu(struct perf *perf)
{
	char text[256];
	uint64_t type;
	int result = world_read_u64(perf->world, PMU "/type", &type);

	if (result)
		return result == -ENOENT ? -ENODEV : result;
	if (type > UINT32_MAX)
		return -ERANGE;
	perf->type = (unsigned)type;
	if (read_text(perf, PMU "/cpumask", text, sizeof(text)) < 0)
		return -ENODATA;
	result = parse_cpus(perf, text);
	if (!result)
		name_sockets(perf);
	return result;
}

/* The event's code; -ENOENT where the part has none. Other units than 2^-32 J are none. */
static int find_event(const struct perf *perf, size_t event, unsigned *config)
{
	char path[96];
	char text[64];
	char *end;

	snprintf(path, sizeof(path), PMU "/events/%s", events[event].file);
	if (read_text(perf, path, text, sizeof(text)) < 0)
		return -ENOENT;
	if (sscanf(text, "event=%x", config) != 1)
		return -EINVAL;
	snprintf(path, sizeof(path), PMU "/events/%s.scale", events[event].file);
	if (read_text(perf, path, text, sizeof(text)) < 0)
		return -ENODATA;
	return fabs(strtod(text, &end) * 0x1p32 - 1) < 1e-9 && !*end ? 0 : -EINVAL;
}

static uint64_t joules(uint64_t count)
{
	return (uint64_t)(((unsigned __int128)count * UNITS_UJ_PER_J) >> 32);
}

/*
 * The first count of an event, which begins at 0 when it is opened and has moved within the
 * milliseconds in which the hardware counts, unless it is a virtual machine's, which never does.
 */
static int first_count(const struct perf *perf, const char *question, uint64_t *count)
{
	const struct timespec refresh = {.tv_nsec = 20000000};
	int result = world_ask_u64(perf->world, question, count);

	if (!result && !*count && !perf->world->replayed && !perf->again) {
		nanosleep(&refresh, NULL);
		result = world_ask_u64(perf->world, question, count);
	}
	return !result && !*count ? -ENODATA : result;
}

static void find_denied(struct perf *perf, const char *name)
{
	if (!perf->denied)
		power_add_finding(
			perf->power, "perf", true,
			"%s can be counted by perf, but not by this user; fix: run "
			"'gramme collect' as root, or allow it until the next boot: sysctl "
			"kernel.perf_event_paranoid=0 (and no seccomp filter in between)",
			name);
	perf->denied = true;
}

static void add_meter(struct perf *perf, size_t event, unsigned config, size_t i)
{
	struct meter *meter = &perf->meter[perf->meters];
	struct power_domain domain = {
		.kind = events[event].kind,
		.quality = POWER_MEASURED,
		.error_pct = events[event].error_pct,
		.idle_method = "none",
	};
	uint64_t count;
	int result;

	if (perf->meters == POWER_DOMAINS_MAX)
		return;
	snprintf(domain.name, sizeof(domain.name), "%s-%s", events[event].stem, perf->socket[i]);
	if (events[event].kind == POWER_NODE)
		snprintf(domain.within, sizeof(domain.within), "node");
	else if (events[event].part)
		snprintf(domain.within, sizeof(domain.within), "package-%s", perf->socket[i]);
	snprintf(domain.note, sizeof(domain.note), "perf event power/%s/ on CPU %u",
		 events[event].file, perf->cpu[i]);
	snprintf(meter->question, sizeof(meter->question), "/perf/%u/%u/%u", perf->type, config,
		 perf->cpu[i]);
	result = first_count(perf, meter->question, &count);
	if (result == -EACCES || result == -EPERM)
		find_denied(perf, domain.name);
	else if (result == -ENODATA && events[event].restless)
		power_add_finding(perf->power, "perf", false, "%s stands at 0: left out",
				  domain.name);
	if (result || power_add_domain(perf->power, &domain))
		return;
	meter->counter = (struct counter){
		.ceiling_uw = plausible_ceiling_uw(events[event].class),
		.restless = events[event].restless,
	};
	counter_begin(&meter->counter, perf->world->ops->monotonic_ns(perf->world), joules(count));
	perf->meters++;
}

/* Packages come first: a part of one that is not metered would pass for the whole. */
static int add_meters(struct perf *perf)
{
	for (size_t event = 0; event < EVENTS_MAX; event++) {
		unsigned config;

		/* psys is shown beside the packages of its own source. */
		enum power_kind of =
			events[event].kind == POWER_NODE ? POWER_CPU : events[event].kind;

		if (power_has(perf->power, of) || (events[event].part && !perf->meters))
			continue;
		if (find_event(perf, event, &config))
			continue;
		for (size_t i = 0; i < perf->cpus; i++)
			add_meter(perf, event, config, i);
	}
	return perf->meters ? 0 : -ENODEV;
}

static int perf_open(struct power *power, const struct power_options *options, void **state)
{
	struct perf *perf = calloc(1, sizeof(*perf));
	int result;

	if (!perf)
		return -ENOMEM;
	perf->world = options->world;
	perf->power = power;
	perf->again = options->again;
	result = find_pmu(perf);
	if (!result)
		result = add_meters(perf);
	if (result)
		free(perf);
	else
		*state = perf;
	return result;
}

static void perf_read(void *state, uint64_t t_ns, const struct power_load *load,
		      struct power_reading *readings)
{
	struct perf *perf = state;

	(void)load;
	for (size_t i = 0; i < perf->meters; i++) {
		uint64_t count;
		int error = world_ask_u64(perf->world, perf->meter[i].question, &count);

		counter_read(&perf->meter[i].counter, t_ns, error, error ? 0 : joules(count),
			     &readings[i]);
	}
}

/* Half, so that a reading that comes late is still good. */
static uint64_t perf_longest_interval_ns(const void *state)
{
	(void)state;
	return FOLD_NS / 2;
}

static void perf_close(void *state)
{
	free(state);
}

const struct power_source power_perf = {
	.name = "perf",
	.period_ns = UNITS_NS_PER_S / 10,
	.open = perf_open,
	.read = perf_read,
	.longest_interval_ns = perf_longest_interval_ns,
	.close = perf_close,
};
