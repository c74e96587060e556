/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looks the water of a zone up in the built-in table.
 */
#include "collector/carbon/water.h"

#include <string.h>

#include "collector/embed.h"
#include "collector/tsv.h"
#include "collector/units.h"

EMBED(water_table, "collector/carbon/water.tsv");

/* The first `size` letters of the zone name a row. */
static bool find(const char *zone, size_t size, struct water_factor *factor)
{
	struct tsv tsv = tsv_begin(water_table, water_table_size);
	struct tsv_field field[2];

	while (tsv_next_row(&tsv, field, 2) == 2)
		if (field[0].size == size && !memcmp(field[0].text, zone, size)) {
			tsv_copy(&field[0], factor->zone, sizeof(factor->zone));
			tsv_u64(&field[1], &factor->ul_per_kwh);
			return true;
		}
	return false;
}

void water_factor(const char *zone, struct water_factor *factor)
{
	*factor = (struct water_factor){.assumed = false};
	/* "US-CA" has no row, "US" has. */
	if (find(zone, strlen(zone), factor) || find(zone, strcspn(zone, "-"), factor))
		return;
	factor->assumed = true;
	find("WORLD", strlen("WORLD"), factor);
}

uint64_t water_ul(uint64_t energy_uj, uint64_t ul_per_kwh, uint32_t pue_milli)
{
	/* The formula of CO2e, with another substance. */
	return units_co2e_ug(energy_uj, ul_per_kwh, pue_milli);
}
