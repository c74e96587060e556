/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Figures of carbon intensity, asked of who publishes them: in pieces as long as the service
 * allows, each kept in a cache, and again when the service is busy, as late as it says. Nothing
 * here is done unless somebody asked for it by name.
 */
#ifndef GRAMME_FETCH_H
#define GRAMME_FETCH_H

#include "collector/carbon/service.h"

#define FETCH_WHY 512

struct fetch {
	const struct service *service;
	const char *base; /* another address of it, or NULL */
	const char *zone;
	enum series_basis basis;
	const char *token; /* or NULL */
	int cache;	   /* descriptor of a folder, or -1 */
	int64_t from_s;	   /* since 1970 */
	int64_t to_s;
	int64_t now_s;
	unsigned asked; /* questions that went over the network */
	unsigned kept;	/* that the cache answered */
};

/*
 * Gets all figures that begin before to_s and end behind from_s. May take minutes, where the
 * service says that it is busy. Returns 0 with *series (to be freed in each case), -ENODATA where
 * it has none, or -errno; with one line in `why`.
 */
int fetch_series(struct fetch *fetch, struct series *series, char why[FETCH_WHY]);

#endif
