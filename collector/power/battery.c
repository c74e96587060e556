/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The battery source: what a laptop on battery draws as a whole. Several batteries are one node,
 * emptied one after the other or together, so their powers add up. On mains nothing is known: a
 * gap.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/power/gauge.h"
#include "collector/units.h"

#define CLASS	      "/sys/class/power_supply"
#define PERIOD_NS     (2 * UNITS_NS_PER_S) /* its controller averages over seconds */
#define BATTERIES_MAX 4

struct battery {
	struct gauge_bank bank; /* the first, see gauge.h */
	char name[BATTERIES_MAX][24];
	size_t batteries;
};

static bool says(const struct battery *battery, const char *device, const char *file,
		 const char *expected)
{
	struct world *world = battery->bank.world;
	char path[96];
	char text[32];

	snprintf(path, sizeof(path), CLASS "/%s/%s", device, file);
	if (world->ops->read(world, path, text, sizeof(text)) < 0)
		return false;
	text[strcspn(text, "\n")] = '\0';
	return !strcmp(text, expected);
}

static int read_number(const struct battery *battery, const char *device, const char *file,
		       uint64_t *value)
{
	struct world *world = battery->bank.world;
	char path[96];
	char text[32];
	char digits[32];
	ssize_t length;

	snprintf(path, sizeof(path), CLASS "/%s/%s", device, file);
	length = world->ops->read(world, path, text, sizeof(text));
	if (length < 0)
		return (int)length;
	/* Some drivers count what flows out as below zero. */
	if (sscanf(text, "%*[-]%31[0-9]", digits) != 1 && sscanf(text, "%31[0-9]", digits) != 1)
		return -EINVAL;
	*value = strtoull(digits, NULL, 10);
	return 0;
}

/* Power in uW: as it is told, or as uA x uV. */
static int read_power(const struct battery *battery, const char *device, uint64_t *uw)
{
	uint64_t ua = 0;
	uint64_t uv = 0;
	int error = read_number(battery, device, "power_now", uw);

	if (!error)
		return 0;
	error = read_number(battery, device, "current_now", &ua);
	if (!error)
		error = read_number(battery, device, "voltage_now", &uv);
	if (!error)
		*uw = units_mul_div(ua, uv, 1000000);
	return error;
}

/* What all batteries give together; -ENODATA while none is being emptied. */
static int read_all(const struct battery *battery, uint64_t *sum_uw)
{
	int error = -ENODATA;

	*sum_uw = 0;
	for (size_t i = 0; i < battery->batteries; i++) {
		const char *name = battery->name[i];
		uint64_t uw = 0;

		if (!says(battery, name, "status", "Discharging"))
			continue;
		error = read_power(battery, name, &uw);
		if (error)
			return error;
		*sum_uw += uw;
	}
	return error;
}

static int take(void *arg, const char *device)
{
	struct battery *battery = arg;

	if (battery->batteries < BATTERIES_MAX && strlen(device) < sizeof(battery->name[0]) &&
	    says(battery, device, "type", "Battery") && !says(battery, device, "scope", "Device"))
		snprintf(battery->name[battery->batteries++], sizeof(battery->name[0]), "%s",
			 device);
	return 0;
}

static void battery_poll(void *state)
{
	struct battery *battery = state;
	struct gauge *gauge = &battery->bank.gauge[0];
	uint64_t uw = 0;
	int error = read_all(battery, &uw);
	uint64_t t_ns = gauge_now_ns(&battery->bank);

	gauge_lock(&battery->bank);
	if (error)
		gauge_miss(gauge, error);
	else
		gauge_power(gauge, t_ns, uw);
	gauge_unlock(&battery->bank);
}

/* A machine on mains has no such meter; one that is plugged in later has a gap. */
static void find(struct battery *battery)
{
	struct power_domain domain = {
		.name = "node",
		.kind = POWER_NODE,
		.error_pct = POWER_ERROR_MEDIUM,
		.note = "what the battery gives, while the machine is not plugged in",
	};
	uint64_t uw = 0;

	battery->bank.world->ops->list(battery->bank.world, CLASS, take, battery);
	if (!read_all(battery, &uw) && uw &&
	    !gauge_add(&battery->bank, &domain, PLAUSIBLE_BATTERY, PERIOD_NS))
		battery_poll(battery);
}

static int battery_open(struct power *power, const struct power_options *options, void **state)
{
	struct battery *battery = calloc(1, sizeof(*battery));
	int result;

	if (!battery)
		return -ENOMEM;
	battery->bank.world = options->world;
	battery->bank.power = power;
	find(battery);
	result = gauge_open(&battery->bank, PERIOD_NS, battery_poll);
	if (!result)
		*state = battery;
	return result;
}

const struct power_source power_battery = {
	.name = "battery",
	.open = battery_open,
	.read = gauge_bank_read,
	.longest_interval_ns = gauge_bank_longest_interval_ns,
	.close = gauge_bank_close,
};
