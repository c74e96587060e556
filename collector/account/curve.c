/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Energy over time, in parts. What a part has booked is a function of how much of its time has been
 * booked and of nothing else. So the order of arrival does not matter, stretches much shorter than
 * a microjoule lose nothing to rounding, and a part that is booked fully has given out its energy
 * exactly. Parts become one by adding what is left of each, which keeps all of that true.
 */
#include "collector/account/curve.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collector/units.h"

#define PARTS_MAX 1024

void curve_init(struct curve *curve, uint64_t start_ns)
{
	*curve = (struct curve){.start_ns = start_ns, .end_ns = start_ns};
}

void curve_free(struct curve *curve)
{
	free(curve->part);
}

/* Joins neighbours in the older half: the past grows coarse, the present stays fine. */
static void thin(struct curve *curve)
{
	const size_t pairs = curve->parts / 4;

	for (size_t i = 0; i < pairs; i++) {
		const struct curve_part *a = &curve->part[2 * i];
		const struct curve_part *b = &curve->part[2 * i + 1];

		curve->part[i] = (struct curve_part){
			.start_ns = a->start_ns,
			.energy_uj = a->energy_uj - a->booked_uj + (b->energy_uj - b->booked_uj),
			.open_ns = a->open_ns - a->booked_ns + (b->open_ns - b->booked_ns),
		};
	}
	memmove(&curve->part[pairs], &curve->part[2 * pairs],
		(curve->parts - 2 * pairs) * sizeof(curve->part[0]));
	curve->parts -= pairs;
	curve->near = 0;
}

static int make_room(struct curve *curve)
{
	size_t room = curve->room ? curve->room * 2 : 16;
	struct curve_part *part;

	if (curve->parts == PARTS_MAX)
		thin(curve);
	if (curve->parts < curve->room)
		return 0;
	part = reallocarray(curve->part, room, sizeof(*part));
	if (!part)
		return -ENOMEM;
	curve->part = part;
	curve->room = room;
	return 0;
}

int curve_point(struct curve *curve, uint64_t t_ns, uint64_t cumulative_uj)
{
	if (t_ns == curve->end_ns && cumulative_uj == curve->cumulative_uj)
		return 0;
	if (t_ns <= curve->end_ns || cumulative_uj < curve->cumulative_uj)
		return -EINVAL;
	if (make_room(curve))
		return -ENOMEM;
	curve->part[curve->parts++] = (struct curve_part){
		.start_ns = curve->end_ns,
		.energy_uj = cumulative_uj - curve->cumulative_uj,
		.open_ns = t_ns - curve->end_ns,
	};
	curve->end_ns = t_ns;
	curve->cumulative_uj = cumulative_uj;
	return 0;
}

static uint64_t part_end(const struct curve *curve, size_t at)
{
	return at + 1 < curve->parts ? curve->part[at + 1].start_ns : curve->end_ns;
}

/* The part that t_ns lies in. */
static size_t part_at(const struct curve *curve, uint64_t t_ns)
{
	size_t low = 0;
	size_t high = curve->parts;

	if (curve->part[curve->near].start_ns <= t_ns && t_ns < part_end(curve, curve->near))
		return curve->near;
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (curve->part[middle].start_ns <= t_ns)
			low = middle;
		else
			high = middle;
	}
	return low;
}

uint64_t curve_book(struct curve *curve, uint64_t start_ns, uint64_t end_ns)
{
	uint64_t energy_uj = 0;

	for (size_t at = part_at(curve, start_ns); start_ns < end_ns; at++) {
		struct curve_part *part = &curve->part[at];
		uint64_t until_ns = part_end(curve, at);
		uint64_t booked_uj;

		if (until_ns > end_ns)
			until_ns = end_ns;
		part->booked_ns += until_ns - start_ns;
		booked_uj = units_mul_div(part->energy_uj, part->booked_ns, part->open_ns);
		energy_uj += booked_uj - part->booked_uj;
		part->booked_uj = booked_uj;
		start_ns = until_ns;
		curve->near = at;
	}
	return energy_uj;
}
