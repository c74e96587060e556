/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file of intensities that a collector books by while runs go on. Somebody else keeps it up to
 * date (`gramme intensity --fetch` by a timer, say); it is looked at once a minute, and read again
 * when it has changed.
 */
#ifndef GRAMME_HOURLY_H
#define GRAMME_HOURLY_H

#include <jansson.h>
#include <limits.h>
#include <sys/stat.h>

#include "collector/carbon/series.h"

struct hourly {
	char path[PATH_MAX];
	enum series_basis basis;
	struct series series;
	json_t *tag; /* tag_make of it */
	struct stat seen;
	uint64_t looked_ns;
	bool failing; /* what is there now was told to be unreadable */
};

/*
 * Reads it. Returns 0 with *hourly (to be freed with hourly_close), or -errno with one line in
 * `why`.
 */
int hourly_open(const char *path, enum series_basis basis, struct hourly **hourly,
		char why[SERIES_WHY]);
void hourly_close(struct hourly *hourly);

/*
 * Reads it again if a minute has passed (t_ns is any clock that goes on) and it is another file
 * than before. Returns 1 where it was read, 0 where nothing was to be done, or, once for each
 * trouble, -errno with `why`; the figures from before then hold on.
 */
int hourly_refresh(struct hourly *hourly, uint64_t t_ns, char why[SERIES_WHY]);

#endif
