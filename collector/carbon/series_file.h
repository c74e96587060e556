/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The formats in which carbon intensity is published: between series.c and the files that read
 * them.
 */
#ifndef GRAMME_SERIES_FILE_H
#define GRAMME_SERIES_FILE_H

#include "collector/carbon/series.h"

/* Finds the format out and reads the points as they come. Returns as series_read. */
int series_file(const char *text, size_t size, enum series_basis basis, struct series *series,
		char why[SERIES_WHY]);

int series_csv(const char *text, size_t size, enum series_basis basis, struct series *series,
	       char why[SERIES_WHY]);
int series_json(const char *text, size_t size, enum series_basis basis, struct series *series,
		char why[SERIES_WHY]);

/* Adds a point; `to_s` 0: up to the next. Returns 0 or -ENOMEM. */
int series_add(struct series *series, int64_t from_s, int64_t to_s, uint64_t ug_per_kwh);

/*
 * "41.8" g per kWh as ug: at most six decimals count, up to 10 kg. Returns 0, or -EINVAL.
 */
int series_grams(const char *text, uint64_t *ug_per_kwh);

/* Notes what the figures are. Returns 0, or -EINVAL with `why` where another basis was asked for.
 */
int series_set_basis(struct series *series, enum series_basis wanted, enum series_basis is,
		     char why[SERIES_WHY]);

#endif
