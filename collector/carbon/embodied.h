/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Embodied CO2e, by ISO/IEC 21031 (SCI): M = TE x TiR / EL x RR / ToR, where TE is what making the
 * hardware emitted, TiR the time it was reserved, EL its expected life, and RR / ToR the part of it
 * that was reserved. Pure: figures from the built-in table.
 */
#ifndef GRAMME_EMBODIED_H
#define GRAMME_EMBODIED_H

#include <stdbool.h>
#include <stdint.h>

/* A row of collector/carbon/embodied.tsv. */
struct embodied {
	char item[64];
	uint64_t grams; /* of CO2e, per piece or per GB */
	uint64_t life_years;
	char source[128];
	bool assumed; /* a GPU that the table lacks */
};

/* A row by its key, such as "server_base". Returns 0 or -ENOENT. */
int embodied_find(const char *key, struct embodied *row);

/* A GPU by its model as in gpu.tsv; any other is the table's "gpu_default", assumed. */
void embodied_gpu(const char *model, struct embodied *row);

/*
 * M in ug of `amount_milli` thousandths of a row (pieces, GB), reserved for `time_ns`, of which
 * `part` of `whole` was reserved; whole must not be 0. A year has 365.25 days.
 */
uint64_t embodied_ug(const struct embodied *row, uint64_t amount_milli, uint64_t time_ns,
		     uint64_t part, uint64_t whole);

#endif
