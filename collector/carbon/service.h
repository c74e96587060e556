/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who publishes carbon intensity, where, and on which terms: one row a service. What they answer is
 * read by series_json.c. Pure.
 */
#ifndef GRAMME_SERVICE_H
#define GRAMME_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collector/carbon/series.h"

#define SERVICE_URL 768

struct service {
	const char *name;    /* on the command line */
	const char *title;   /* for people */
	const char *base;    /* of its addresses */
	const char *zone;    /* the only one that it has, or NULL */
	const char *licence; /* of its figures */
	const char *token;   /* the environment variable of the user's token; NULL: none is asked */
	int64_t longest_s;   /* that one question may be about */
	int64_t settled_s;   /* what is older than that is not published anew */
	bool has_both;	     /* it is asked for direct or life cycle */
	int (*url)(const char *base, const char *zone, enum series_basis basis, int64_t from_s,
		   int64_t to_s, bool older, char url[SERVICE_URL]);
	bool has_older; /* figures of years ago are at another address of it */
};

/* NULL where there is none of that name. */
const struct service *service_find(const char *name);

/* All names, "uk, rte, electricity-maps". */
void service_names(char *text, size_t size);

/*
 * The address of the figures from `from_s` to `to_s` (since 1970), below `base` (NULL: its own),
 * or, if it has_older, of what it keeps of years ago. Returns 0 or -ENAMETOOLONG.
 */
int service_url(const struct service *service, const char *base, const char *zone,
		enum series_basis basis, int64_t from_s, int64_t to_s, bool older,
		char url[SERVICE_URL]);

#endif
