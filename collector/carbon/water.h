/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Water, in microlitres. Off-site: what is consumed where the electricity is generated, by the
 * zone's litres per kWh of all that the site draws, so its PUE is in it. On-site: what cools a data
 * centre, by its WUE, which is litres per kWh of the computers alone, so no PUE is in it. Whoever
 * multiplies an energy that has PUE in it by WUE counts PUE twice. Pure.
 */
#ifndef GRAMME_WATER_H
#define GRAMME_WATER_H

#include <stdbool.h>
#include <stdint.h>

#define WATER_VINTAGE	     "2020"
#define WATER_SOURCE	     "EcoLogits, after World Resources Institute 2020, CC BY 4.0"
#define WATER_ONSITE_UL	     360000u /* ul per kWh where nobody says it: mean of US sites, 2023 */
#define WATER_ONSITE_SOURCE  "mean of US data centres, LBNL 2024 (Shehabi et al.)"
#define WATER_ONSITE_VINTAGE "2023"

struct water_factor {
	char zone[16]; /* whose figure it is: the zone's, its country's, or WORLD's */
	uint64_t ul_per_kwh;
	bool assumed; /* the zone is in no table, and WORLD stands in */
};

/* Off-site, for a zone of the table of intensities ("FR", "US-CA"). */
void water_factor(const char *zone, struct water_factor *factor);

/* energy x ul per kWh x PUE / 3.6e12 uJ per kWh, rounded half up, once. */
uint64_t water_ul(uint64_t energy_uj, uint64_t ul_per_kwh, uint32_t pue_milli);

#endif
