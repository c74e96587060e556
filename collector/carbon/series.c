/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Carbon intensity of the grid over time: putting points in order, and looking them up.
 */
#include "collector/carbon/series.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/instant.h"
#include "collector/carbon/series_file.h"
#include "collector/units.h"

#define NS_PER_S ((int64_t)UNITS_NS_PER_S)

void series_free(struct series *series)
{
	free(series->point);
	series->point = NULL;
	series->points = series->room = 0;
}

int series_add(struct series *series, int64_t from_s, int64_t to_s, uint64_t ug_per_kwh)
{
	if (series->points == series->room) {
		size_t room = series->room ? series->room * 2 : 256;
		struct series_point *point =
			reallocarray(series->point, room, sizeof(*series->point));

		if (!point)
			return -ENOMEM;
		series->point = point;
		series->room = room;
	}
	series->point[series->points++] = (struct series_point){from_s, to_s, ug_per_kwh};
	return 0;
}

static int by_time(const void *a, const void *b)
{
	const struct series_point *one = a, *other = b;

	return (one->from_s > other->from_s) - (one->from_s < other->from_s);
}

static int by_size(const void *a, const void *b)
{
	int64_t one = *(const int64_t *)a, other = *(const int64_t *)b;

	return (one > other) - (one < other);
}

/* The median of the distances between points, in seconds; an hour for a single one. */
static int usual_distance(const struct series *series, int64_t *usual_s)
{
	size_t n = series->points - 1;
	int64_t *distance_s;

	*usual_s = 3600;
	if (!n)
		return 0;
	distance_s = calloc(n, sizeof(*distance_s));
	if (!distance_s)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		distance_s[i] = series->point[i + 1].from_s - series->point[i].from_s;
	qsort(distance_s, n, sizeof(*distance_s), by_size);
	*usual_s = distance_s[n / 2];
	free(distance_s);
	return 0;
}

/* Equal rows are one; two figures for one moment are an error. */
static int drop_repeats(struct series *series, char why[SERIES_WHY])
{
	size_t kept = 1;

	for (size_t i = 1; i < series->points; i++) {
		const struct series_point *last = &series->point[kept - 1];
		const struct series_point *next = &series->point[i];
		char when[INSTANT_MAX];

		if (next->from_s == last->from_s && next->ug_per_kwh == last->ug_per_kwh)
			continue;
		if (next->from_s == last->from_s) {
			instant_text(next->from_s, when);
			snprintf(why, SERIES_WHY,
				 "two figures for %s: the file must be of one zone", when);
			return -EINVAL;
		}
		series->point[kept++] = *next;
	}
	series->points = kept;
	return 0;
}

/* An end that was told lies behind the beginning. */
static int check_ends(const struct series *series, char why[SERIES_WHY])
{
	for (size_t i = 0; i < series->points; i++) {
		const struct series_point *point = &series->point[i];
		char when[INSTANT_MAX];

		if (!point->to_s || point->to_s > point->from_s)
			continue;
		instant_text(point->from_s, when);
		snprintf(why, SERIES_WHY, "the figure for %s ends before it begins", when);
		return -EINVAL;
	}
	return 0;
}

static int put_in_order(struct series *series, char why[SERIES_WHY])
{
	int64_t usual_s;

	if (check_ends(series, why))
		return -EINVAL;
	qsort(series->point, series->points, sizeof(*series->point), by_time);
	if (drop_repeats(series, why))
		return -EINVAL;
	if (usual_distance(series, &usual_s))
		return -ENOMEM;
	for (size_t i = 0; i < series->points; i++) {
		struct series_point *point = &series->point[i];
		int64_t next_s = i + 1 < series->points ? point[1].from_s : point->from_s + usual_s;

		if (!point->to_s)
			point->to_s = next_s - point->from_s > 2 * usual_s ? point->from_s + usual_s
									   : next_s;
		if (point->to_s > next_s && i + 1 < series->points)
			point->to_s = next_s;
	}
	return 0;
}

int series_read(const char *text, size_t size, enum series_basis basis, struct series *series,
		char why[SERIES_WHY])
{
	int error;

	*series = (struct series){.kind = "average"};
	why[0] = '\0';
	error = series_file(text, size, basis, series, why);
	if (!error && !series->points) {
		snprintf(why, SERIES_WHY, "no figure is in it");
		error = -ENODATA;
	}
	return error ? error : put_in_order(series, why);
}

/* "Until further notice" is often the year 9999, and 64 bits of nanoseconds end in 2262. */
static int64_t ns_of(int64_t unix_s)
{
	return unix_s < INT64_MAX / NS_PER_S ? unix_s * NS_PER_S : INT64_MAX;
}

/* The first point that ends behind `t_ns`. */
static size_t find(const struct series *series, int64_t t_ns)
{
	size_t low = 0, high = series->points;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (ns_of(series->point[middle].to_s) <= t_ns)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

uint64_t series_cover(const struct series *series, int64_t from_ns, int64_t to_ns,
		      unsigned __int128 *ug_ns)
{
	uint64_t covered_ns = 0;

	for (size_t i = find(series, from_ns); i < series->points; i++) {
		const struct series_point *point = &series->point[i];
		int64_t start_ns = ns_of(point->from_s), end_ns = ns_of(point->to_s);

		if (start_ns >= to_ns)
			break;
		if (start_ns < from_ns)
			start_ns = from_ns;
		if (end_ns > to_ns)
			end_ns = to_ns;
		covered_ns += (uint64_t)(end_ns - start_ns);
		*ug_ns += (unsigned __int128)point->ug_per_kwh * (uint64_t)(end_ns - start_ns);
	}
	return covered_ns;
}

int64_t series_change_s(const struct series *series, int64_t t_ns)
{
	const size_t i = find(series, t_ns);

	if (i == series->points)
		return INT64_MAX;
	return ns_of(series->point[i].from_s) > t_ns ? series->point[i].from_s
						     : series->point[i].to_s;
}
