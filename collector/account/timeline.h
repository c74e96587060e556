/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cumulative energy over time, to be asked for at any moment: what was drawn between two of them
 * is the difference of two answers, so that stretches that touch add up to the microjoule,
 * whatever their number. Pure.
 *
 * Memory is bounded: at most 4096 points are kept. Beyond that points are forgotten evenly, until
 * those that stay are a 2048th of the whole time apart; they keep their figures, and what was asked
 * at timeline_forget stays what it was.
 */
#ifndef GRAMME_TIMELINE_H
#define GRAMME_TIMELINE_H

#include <stddef.h>
#include <stdint.h>

#define TIMELINE_POINTS 4096u

struct timeline_point {
	uint64_t t_ns;
	uint64_t energy_uj; /* up to then */
};

struct timeline {
	struct timeline_point begin;
	struct timeline_point *point; /* behind `begin`, by rising time */
	size_t n;
	size_t room;
	uint64_t apart_ns; /* points that are nearer are not kept */
};

/* Begins where energy_uj have been drawn. To be closed. */
void timeline_open(struct timeline *timeline, uint64_t t_ns, uint64_t energy_uj);
void timeline_close(struct timeline *timeline);

/*
 * Up to t_ns, energy_uj were drawn; between two points the power is constant. A time that does not
 * rise and an energy that falls are ignored. Where memory is short the last point moves instead.
 */
void timeline_add(struct timeline *timeline, uint64_t t_ns, uint64_t energy_uj);

/*
 * What was drawn up to t_ns, rounded half up; never less than at any moment before. Outside of
 * what is known: the first or the last figure.
 */
uint64_t timeline_at(const struct timeline *timeline, uint64_t t_ns);

/* The last moment that is known. */
uint64_t timeline_end_ns(const struct timeline *timeline);

/* Nobody will ask for what was before t_ns; the figure of t_ns itself stays. */
void timeline_forget(struct timeline *timeline, uint64_t t_ns);

#endif
