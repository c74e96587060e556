/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cumulative energy over time.
 */
#include "collector/account/timeline.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "collector/units.h"

void timeline_open(struct timeline *timeline, uint64_t t_ns, uint64_t energy_uj)
{
	*timeline = (struct timeline){.begin = {t_ns, energy_uj}};
}

void timeline_close(struct timeline *timeline)
{
	free(timeline->point);
	*timeline = (struct timeline){0};
}

static struct timeline_point last(const struct timeline *timeline)
{
	return timeline->n ? timeline->point[timeline->n - 1] : timeline->begin;
}

/* Forgets points until those that stay are farther apart than before. The last one stays. */
static void thin(struct timeline *timeline)
{
	const struct timeline_point end = last(timeline);
	const uint64_t span_ns = end.t_ns - timeline->begin.t_ns;
	uint64_t before_ns = timeline->begin.t_ns;
	size_t kept = 0;

	timeline->apart_ns = span_ns / (TIMELINE_POINTS / 2) + 1;
	for (size_t i = 0; i + 1 < timeline->n; i++) {
		const struct timeline_point point = timeline->point[i];
		if (point.t_ns - before_ns < timeline->apart_ns)
			continue;
		timeline->point[kept++] = point;
		before_ns = point.t_ns;
	}
	timeline->point[kept++] = end;
	timeline->n = kept;
}

/* Room for one more; where there is no memory, in the place of the last. */
static void make_room(struct timeline *timeline)
{
	if (timeline->n < timeline->room)
		return;
	if (timeline->room == TIMELINE_POINTS) {
		thin(timeline);
		return;
	}
	size_t room = timeline->room ? timeline->room * 2 : 64;
	struct timeline_point *more = realloc(timeline->point, room * sizeof(*more));
	if (!more) {
		timeline->n -= timeline->n > 0;
		return;
	}
	timeline->point = more;
	timeline->room = room;
}

/* The last point is only for the time being while it is too near to the one before. */
static bool is_near(const struct timeline *timeline)
{
	const size_t n = timeline->n;
	const uint64_t before_ns = n > 1 ? timeline->point[n - 2].t_ns : timeline->begin.t_ns;

	return n > 0 && timeline->point[n - 1].t_ns - before_ns < timeline->apart_ns;
}

void timeline_add(struct timeline *timeline, uint64_t t_ns, uint64_t energy_uj)
{
	const struct timeline_point before = last(timeline);

	if (t_ns <= before.t_ns || energy_uj < before.energy_uj)
		return;
	if (is_near(timeline))
		timeline->n--;
	make_room(timeline);
	if (timeline->n < timeline->room)
		timeline->point[timeline->n++] = (struct timeline_point){t_ns, energy_uj};
}

/* The first point behind t_ns; n if there is none. */
static size_t behind(const struct timeline *timeline, uint64_t t_ns)
{
	size_t low = 0, high = timeline->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (timeline->point[middle].t_ns > t_ns)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

uint64_t timeline_at(const struct timeline *timeline, uint64_t t_ns)
{
	const size_t next = behind(timeline, t_ns);
	const struct timeline_point from = next ? timeline->point[next - 1] : timeline->begin;

	if (next == timeline->n || t_ns <= from.t_ns)
		return from.energy_uj;
	const struct timeline_point to = timeline->point[next];
	return from.energy_uj +
	       units_mul_div(to.energy_uj - from.energy_uj, t_ns - from.t_ns, to.t_ns - from.t_ns);
}

uint64_t timeline_end_ns(const struct timeline *timeline)
{
	return last(timeline).t_ns;
}

void timeline_forget(struct timeline *timeline, uint64_t t_ns)
{
	const size_t next = behind(timeline, t_ns);

	if (t_ns <= timeline->begin.t_ns)
		return;
	timeline->begin = (struct timeline_point){t_ns, timeline_at(timeline, t_ns)};
	timeline->n -= next;
	if (timeline->n)
		memmove(timeline->point, timeline->point + next,
			timeline->n * sizeof(timeline->point[0]));
	/* There is room again. */
	if (timeline->n < TIMELINE_POINTS / 2)
		timeline->apart_ns = 0;
}
