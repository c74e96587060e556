/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rest of a node: what its meter saw beyond the domains that are metered within it (fans,
 * supplies, boards, disks), as a domain of its own. Pure.
 */
#ifndef GRAMME_REST_H
#define GRAMME_REST_H

#include "collector/power/power.h"

struct rest {
	size_t node;   /* index of the meter */
	size_t domain; /* index of "rest" */
	/* ---- kept by rest_read ---- */
	bool begun;
	uint64_t node_uj; /* at the last reading at which all of them were good */
	uint64_t parts_uj;
	int64_t sum_uj; /* what was left over so far: below 0 while the parts are read ahead */
	uint64_t given_uj;
};

/*
 * If among `n` domains there is a meter of the node and others that are within nothing or within
 * it, puts these within nothing and the meter within "machine", writes the rest to domain[n], and
 * returns true. There must be room for it.
 */
bool rest_open(struct rest *rest, struct power_domain *domain, size_t n);

/* Fills the reading of the rest from those of all others, as they are given out. */
void rest_read(struct rest *rest, const struct power_domain *domain,
	       struct power_reading *readings);

#endif
