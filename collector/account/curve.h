/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Energy over time, given out for stretches of that time in any order. Pure; busy.c alone uses it.
 */
#ifndef GRAMME_ACCOUNT_CURVE_H
#define GRAMME_ACCOUNT_CURVE_H

#include <stddef.h>
#include <stdint.h>

/* Between two points of the curve the power is constant. */
struct curve_part {
	uint64_t start_ns; /* it ends where the next one starts, the last at end_ns */
	uint64_t energy_uj;
	uint64_t open_ns;   /* the time that energy_uj is for */
	uint64_t booked_ns; /* of open_ns */
	uint64_t booked_uj; /* of energy_uj */
};

struct curve {
	uint64_t start_ns;
	uint64_t end_ns;
	uint64_t cumulative_uj; /* at end_ns; 0 at start_ns */
	struct curve_part *part;
	size_t parts, room;
	size_t near; /* the part that was booked last: the next is rarely far */
};

/* A curve without a point; to be released with curve_free. */
void curve_init(struct curve *curve, uint64_t start_ns);
void curve_free(struct curve *curve);

/*
 * Adds a point to the curve. The last one said again is no error. Returns 0, -EINVAL where time
 * does not rise or energy falls, or -ENOMEM. Above 1024 parts, old neighbours become one.
 */
int curve_point(struct curve *curve, uint64_t t_ns, uint64_t cumulative_uj);

/*
 * Books a stretch within [start_ns, end_ns] of which no instant was booked before; returns its
 * energy in uJ. When all of a time between two points is booked, so is all of its energy.
 */
uint64_t curve_book(struct curve *curve, uint64_t start_ns, uint64_t end_ns);

#endif
