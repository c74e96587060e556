/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Carbon intensity of the grid over time: what a zone's electricity emitted, hour by hour or finer.
 * Read from files that other people publish; docs/method.md says which. Pure.
 */
#ifndef GRAMME_SERIES_H
#define GRAMME_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SERIES_WHY 256

struct series_point {
	int64_t from_s; /* seconds since 1970, UTC */
	int64_t to_s;
	uint64_t ug_per_kwh;
};

/* Which of the figures is meant, where a file has several. */
enum series_basis { SERIES_ANY, SERIES_DIRECT, SERIES_LIFECYCLE };

struct series {
	char zone[32];	  /* "" where the file does not tell */
	char basis[16];	  /* "direct", "lifecycle" or "" */
	char kind[16];	  /* "average" or "marginal" */
	char format[32];  /* "Electricity Maps", "UK Carbon Intensity", "RTE eCO2mix", "CSV" */
	char source[128]; /* what a CSV says of itself, or "" */
	size_t forecasts; /* of the points, those that were foretold and not yet known */
	size_t points;
	size_t room;
	struct series_point *point; /* rising, none overlaps another */
};

/*
 * Reads a file's text, whatever its format. A figure holds up to the next one, but no longer than
 * twice the usual distance; the last one as long as is usual. `basis` chooses where the file has
 * both, and is refused where it has only the other. Returns 0, -ENOMEM, or with one line in `why`
 * -ENODATA where it is well and has no figure, and -EINVAL; the series is to be freed in each case.
 */
int series_read(const char *text, size_t size, enum series_basis basis, struct series *series,
		char why[SERIES_WHY]);
void series_free(struct series *series);

/*
 * Of the time from `from_ns` to `to_ns` (since 1970), how much has which intensity: adds up
 * intensity x ns into *ug_ns, and returns the ns that the series covers.
 */
uint64_t series_cover(const struct series *series, int64_t from_ns, int64_t to_ns,
		      unsigned __int128 *ug_ns);

/*
 * The first moment behind `t_ns` (since 1970) at which a figure begins or ends, in seconds since
 * 1970; INT64_MAX where none does.
 */
int64_t series_change_s(const struct series *series, int64_t t_ns);

#endif
