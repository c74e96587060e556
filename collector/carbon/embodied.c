/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What making hardware emitted, and a run's share of that.
 */
#include "collector/carbon/embodied.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "collector/embed.h"
#include "collector/tsv.h"
#include "collector/units.h"

EMBED(embodied_table, "collector/carbon/embodied.tsv");

#define YEAR_NS	 31557600000000000ULL
#define UG_PER_G 1000000u

enum embodied_field { KEY, ITEM, GRAMS, PER, YEARS, SOURCE, FIELDS };

/* The row that has `text` in that field. */
static int find(enum embodied_field which, const char *text, struct embodied *row)
{
	struct tsv tsv = tsv_begin(embodied_table, embodied_table_size);
	struct tsv_field field[FIELDS];

	*row = (struct embodied){.assumed = false};
	while (tsv_next_row(&tsv, field, FIELDS) == FIELDS) {
		if (!tsv_is(&field[which], text))
			continue;
		tsv_copy(&field[ITEM], row->item, sizeof(row->item));
		tsv_u64(&field[GRAMS], &row->grams);
		tsv_u64(&field[YEARS], &row->life_years);
		tsv_copy(&field[SOURCE], row->source, sizeof(row->source));
		return 0;
	}
	return -ENOENT;
}

int embodied_find(const char *key, struct embodied *row)
{
	return find(KEY, key, row);
}

void embodied_gpu(const char *model, struct embodied *row)
{
	if (find(ITEM, model, row) == 0)
		return;
	find(KEY, "gpu_default", row);
	row->assumed = true;
}

uint64_t embodied_ug(const struct embodied *row, uint64_t amount_milli, uint64_t time_ns,
		     uint64_t part, uint64_t whole)
{
	uint64_t made_ug = units_mul_div(row->grams * UG_PER_G, amount_milli, 1000);
	uint64_t reserved_ug = units_mul_div(made_ug, time_ns, row->life_years * YEAR_NS);

	return units_mul_div(reserved_ug, part, whole);
}
