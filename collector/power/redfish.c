/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The redfish source: power of nodes and other chassis, from their BMCs over the network. Each line
 * of the file of sensors (config.h) names one, with what remote.h takes, and system=ID or
 * chassis=ID where the BMC has several. The first is the node; others have a name= of their own and
 * may have a kind= other than node, which says that it is in the node. within=NAME says of one
 * that another domain contains it: it is shown and not added. Of chassis of one BMC the BMC itself
 * says: what is in the node is within it, and what the node is in (a rack's or an enclosure's
 * power, with that of other machines) is left out.
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

/* They are asked one after the other: of several that hang, the first would go unread for REACH_NS.
 */
#define BMCS_MAX 8

struct redfish {
	struct gauge_bank bank;	  /* the first, see gauge.h */
	struct bmc bmc[BMCS_MAX]; /* of its gauges */
};

static int poll_bmc(struct redfish *redfish, size_t i)
{
	struct gauge *gauge = &redfish->bank.gauge[i];
	uint64_t uw = 0;
	int error = bmc_power(&redfish->bmc[i], &uw);
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
	struct redfish *redfish = state;

	for (size_t i = 0; i < redfish->bank.gauges; i++)
		poll_bmc(redfish, i);
}

static void find_problem(struct power *power, const struct bmc *bmc, int error)
{
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

static int leave_out(const struct redfish *redfish, const struct bmc *bmc, const char *why)
{
	power_add_finding(redfish->bank.power, "redfish", false, CONFIG_PATH ":%u: %s",
			  bmc->remote.entry->line, why);
	return -EINVAL;
}

/* What a further chassis is to those before it. Returns 0, or -EINVAL where it is left out. */
static int relate(struct redfish *redfish, struct bmc *bmc, struct power_domain *domain)
{
	const struct power_domain *domains;
	size_t first = power_domains(redfish->bank.power, &domains) - redfish->bank.gauges;

	for (size_t i = 0; i < redfish->bank.gauges; i++) {
		struct bmc *other = &redfish->bmc[i];

		if (strcmp(other->remote.url, bmc->remote.url) != 0 || domain->within[0])
			continue;
		if (!bmc->figure[0] || !other->figure[0])
			return leave_out(redfish, bmc,
					 "while its BMC does not tell which chassis "
					 "contains which it is left out; fix: "
					 "within=NAME");
		if (!strcmp(bmc->figure, other->figure))
			return leave_out(redfish, bmc,
					 "shows what a line before it shows: left "
					 "out; fix: chassis=ID");
		if (bmc_is_within(other, bmc))
			return leave_out(redfish, bmc,
					 "shows what contains the node, and perhaps "
					 "other machines: left out");
		if (bmc_is_within(bmc, other))
			memcpy(domain->within, domains[first + i].name, sizeof(domain->within));
	}
	return 0;
}

static int describe(const struct redfish *redfish, const struct bmc *bmc,
		    struct power_domain *domain)
{
	const struct config_entry *entry = bmc->remote.entry;
	const char *within = config_value(entry, "within");

	if (config_domain(entry, domain))
		return leave_out(redfish, bmc,
				 "name= is of small letters, digits, '.', '-' and '_', kind= is "
				 "cpu, memory, gpu or node");
	if (redfish->bank.gauges && !config_value(entry, "name"))
		return leave_out(redfish, bmc,
				 "a second BMC has a name of its own; fix: name=NAME");
	snprintf(domain->within, sizeof(domain->within), "%s", within ? within : "");
	domain->error_pct = config_percent(entry, "error", POWER_ERROR_MEDIUM);
	snprintf(domain->note, sizeof(domain->note), "the BMC's power, by Redfish");
	return 0;
}

static void find(struct redfish *redfish, const struct config_entry *entry)
{
	const size_t i = redfish->bank.gauges;
	struct bmc *bmc = &redfish->bmc[i];
	struct power_domain domain = {0};
	int error = 0;

	*bmc = (struct bmc){0};
	if (remote_open(&bmc->remote, redfish->bank.power, "redfish", redfish->bank.world, entry) ||
	    describe(redfish, bmc, &domain))
		return;
	if (i)
		error = bmc_find(bmc);
	if ((i && relate(redfish, bmc, &domain)) ||
	    gauge_add(&redfish->bank, &domain, PLAUSIBLE_NODE, PERIOD_NS)) {
		bmc_end(bmc);
		return;
	}
	redfish->bank.gauge[i].integral.reach_ns = REACH_NS;
	/* One that does not answer is waited for once. */
	if (error)
		gauge_miss(&redfish->bank.gauge[i], error);
	else
		error = poll_bmc(redfish, i);
	find_problem(redfish->bank.power, bmc, error);
}

static void find_all(struct redfish *redfish, const struct config *config)
{
	for (size_t i = 0; config && i < config->entries; i++)
		if (!strcmp(config->entry[i].source, "redfish") && redfish->bank.gauges < BMCS_MAX)
			find(redfish, &config->entry[i]);
}

static void redfish_end(void *state)
{
	struct redfish *redfish = state;

	for (size_t i = 0; i < redfish->bank.gauges; i++)
		bmc_end(&redfish->bmc[i]);
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
	find_all(redfish, options->config);
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
