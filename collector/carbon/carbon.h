/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Grid carbon intensity by zone, from the table that is built into the program.
 */
#ifndef GRAMME_CARBON_H
#define GRAMME_CARBON_H

#include <stdbool.h>
#include <stdint.h>

struct carbon_factor {
	char zone[16];
	char name[64];
	bool assumed; /* nobody named a zone: the world's average stands in */
	uint64_t ug_per_kwh;
	char basis[16];	  /* "lifecycle" or "direct" */
	char vintage[16]; /* the year of the data */
	char source[256]; /* who published it, and its licence */
};

/*
 * Looks a zone up ("FR", "US-CA"; letter case does not matter). NULL or "" gives WORLD with
 * `assumed` set. Returns 0, or -ENOENT with `why` (256 bytes) naming up to five near zones.
 */
int carbon_factor(const char *zone, struct carbon_factor *factor, char *why);

#endif
