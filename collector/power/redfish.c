/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The redfish source: the node's power from its BMC over the network. Named in the file of sensors
 * (config.h), with what remote.h takes, and system=ID or chassis=ID where the BMC has several.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/power/bmc.h"
#include "collector/power/gauge.h"
#include "collector/units.h"

/* BMCs take one to four seconds for an answer. */
#define PERIOD_NS (2 * UNITS_NS_PER_S)
/* Between answers that come so late, the last one goes on. */
#define REACH_NS (30 * UNITS_NS_PER_S)

struct redfish {
	struct gauge_bank bank; /* the first, see gauge.h */
	struct bmc bmc;
};

static int poll_bmc(struct redfish *redfish)
{
	struct gauge *gauge = &redfish->bank.gauge[0];
	uint64_t uw = 0;
	int error = bmc_power(&redfish->bmc, &uw);
	uint64_t t_ns = gauge_now_ns(&redfish->bank);

	gauge_lock(&redfish->bank);
	if (error)
		gauge_miss(gauge, error);
	else
		gauge_power(gauge, t_ns, uw);
	gauge_unlock(&redfish->bank);
	return error;
}

static void redfish_poll(void *state)
{
	poll_bmc(state);
}

static void find_problem(const struct redfish *redfish, int error)
{
	struct power *power = redfish->bank.power;
	const struct bmc *bmc = &redfish->bmc;

	if (error == -E2BIG)
		power_add_finding(power, "redfish", false,
				  "%.80s serves several systems; fix: system=ID in " CONFIG_PATH,
				  bmc->remote.url);
	else if (error)
		remote_find(&bmc->remote, power, "redfish", error);
	else if (bmc->chassis > 1)
		power_add_finding(power, "redfish", false,
				  "%.80s: %u chassis show power, %.60s is taken for the node and "
				  "none is added to it; another: chassis=ID in " CONFIG_PATH,
				  bmc->remote.url, bmc->chassis, bmc->figure);
}

/* The first of the file: a machine has one BMC. */
static void find(struct redfish *redfish, const struct config *config)
{
	struct power_domain domain = {
		.name = "node", .kind = POWER_NODE, .note = "the BMC's power, by Redfish"};
	const struct config_entry *entry = NULL;

	for (size_t i = 0; config && i < config->entries && !entry; i++)
		if (!strcmp(config->entry[i].source, "redfish"))
			entry = &config->entry[i];
	if (!entry || remote_open(&redfish->bmc.remote, redfish->bank.power, "redfish",
				  redfish->bank.world, entry))
		return;
	domain.error_pct = config_percent(entry, "error", POWER_ERROR_MEDIUM);
	if (gauge_add(&redfish->bank, &domain, PLAUSIBLE_NODE, PERIOD_NS))
		return;
	redfish->bank.gauge[0].integral.reach_ns = REACH_NS;
	find_problem(redfish, poll_bmc(redfish));
}

static void redfish_end(void *state)
{
	bmc_end(&((struct redfish *)state)->bmc);
}

static int redfish_open(struct power *power, const struct power_options *options, void **state)
{
	struct redfish *redfish = calloc(1, sizeof(*redfish));
	int result;

	if (!redfish)
		return -ENOMEM;
	redfish->bank.world = options->world;
	redfish->bank.power = power;
	redfish->bank.config = config_hold(options->config);
	redfish->bank.end = redfish_end;
	find(redfish, options->config);
	result = gauge_open(&redfish->bank, PERIOD_NS, redfish_poll);
	if (!result)
		*state = redfish;
	return result;
}

const struct power_source power_redfish = {
	.name = "redfish",
	.open = redfish_open,
	.read = gauge_bank_read,
	.longest_interval_ns = gauge_bank_longest_interval_ns,
	.close = gauge_bank_close,
};
