/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Node minus domains. Meters of a node are slow and late, so the difference of one interval may be
 * below zero; the differences are summed up, and given out as far as the sum has come.
 */
#include "collector/power/rest.h"

#include <stdio.h>
#include <string.h>

static bool is_alone(const struct power_domain *domain)
{
	return !domain->within[0];
}

/* Another meter of kind node is of a chassis beside this one. */
static bool is_part(const struct power_domain *domain)
{
	return is_alone(domain) && domain->kind != POWER_NODE;
}

/* What the node's meter measures too; psys does so and is shown only. */
static bool is_within(const struct power_domain *domain, const struct power_domain *node)
{
	return domain != node && domain->kind != POWER_NODE &&
	       (is_alone(domain) || !strcmp(domain->within, node->name));
}

bool rest_open(struct rest *rest, struct power_domain *domain, size_t n)
{
	struct power_domain *node = NULL;
	size_t parts = 0;

	for (size_t i = 0; i < n && !node; i++)
		if (domain[i].kind == POWER_NODE && is_alone(&domain[i]))
			node = &domain[i];
	for (size_t i = 0; i < n && node; i++)
		parts += is_within(&domain[i], node);
	if (!parts)
		return false;
	for (size_t i = 0; i < n; i++)
		if (is_within(&domain[i], node))
			domain[i].within[0] = '\0';
	snprintf(node->within, sizeof(node->within), "machine");
	*rest = (struct rest){.node = (size_t)(node - domain), .domain = n};
	domain[n] = (struct power_domain){
		.name = "rest",
		.source = node->source,
		.kind = POWER_NODE,
		.quality = POWER_DERIVED,
		/* The difference of two uncertain figures, of which the smaller part is left. */
		.error_pct = POWER_ERROR_LOW,
		.idle_method = "none",
	};
	snprintf(domain[n].note, sizeof(domain[n].note), "%s minus all other domains", node->name);
	return true;
}

void rest_read(struct rest *rest, const struct power_domain *domain, struct power_reading *readings)
{
	struct power_reading *reading = &readings[rest->domain];
	const struct power_reading *node = &readings[rest->node];
	uint64_t parts_uj = 0;

	reading->gap = node->gap;
	reading->error = node->error;
	for (size_t i = 0; i < rest->domain; i++) {
		if (!is_part(&domain[i]))
			continue;
		parts_uj += readings[i].energy_uj;
		reading->gap = reading->gap || readings[i].gap;
		if (!reading->error)
			reading->error = readings[i].error;
	}
	reading->gap = reading->gap && !reading->error;
	reading->energy_uj = rest->given_uj;
	if (reading->error)
		return;
	if (rest->begun && !reading->gap) {
		rest->sum_uj += (int64_t)(node->energy_uj - rest->node_uj) -
				(int64_t)(parts_uj - rest->parts_uj);
		if (rest->sum_uj > 0 && (uint64_t)rest->sum_uj > rest->given_uj)
			rest->given_uj = (uint64_t)rest->sum_uj;
	}
	rest->begun = true;
	rest->node_uj = node->energy_uj;
	rest->parts_uj = parts_uj;
	reading->energy_uj = rest->given_uj;
}
