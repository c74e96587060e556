/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long a device was busy for a run, and what energy its kernels get. Pure.
 *
 * Commands on several queues overlap, and they arrive late: a command's interval is known when it
 * has finished. A device's busy time is the union of its intervals, so it never exceeds wall
 * time. Energy goes along: an instant that was covered books the run's power of that
 * instant, once. The intervals of a batch that overlap share the time and energy that they newly
 * cover between their keys in proportion to their own device times (largest remainder); an
 * interval that overlaps no other has what it newly covers for itself. What an interval spent in
 * others that lie within it (calls within a call, on one thread) is theirs and not its own, so
 * calls of one thread have each what it took by itself, and only threads share.
 *
 * Memory is bounded. Of covered time at most 4096 separate pieces are kept: beyond that the
 * smallest gaps between them are closed, and a command that arrives late and lies in a closed gap
 * counts nothing there. Of energy at most 1024 points are kept: beyond that old ones are thinned
 * out, and late arrivals book the mean power of what is still uncovered between those that stay.
 * Beside that there is room for the largest batch and for one entry per key.
 */
#ifndef GRAMME_BUSY_H
#define GRAMME_BUSY_H

#include <stddef.h>
#include <stdint.h>

struct busy_interval {
	uint64_t start_ns; /* CLOCK_MONOTONIC */
	uint64_t end_ns;
	uint32_t key;	 /* whose: an index that the caller chose; below BUSY_KEYS_MAX */
	uint32_t nested; /* how much of it others have that lie within it; from busy_nested() */
};

/*
 * nested_ns of all_ns, as busy_interval tells it: in 2^-32 parts, so that what is cut off an
 * interval takes its part along, and rounded up, so that it is exact to the ns below 4.2 s.
 */
uint32_t busy_nested(uint64_t nested_ns, uint64_t all_ns);

#define BUSY_KEYS_MAX 65536u

struct busy_share {
	uint64_t busy_ns; /* this key's share of the covered time */
	uint64_t energy_uj;
};

struct busy;

/* Nothing before start_ns is ever covered. Returns 0 or -ENOMEM. */
int busy_new(uint64_t start_ns, struct busy **busy);
void busy_free(struct busy *busy);

/*
 * Says that up to t_ns the run has borne cumulative_uj on the device's domains; at start_ns it is
 * 0. Times rise, energies never fall (others are ignored with -EINVAL; the last point said again
 * is no error). Between two points the power is taken as constant. Returns 0, -EINVAL or -ENOMEM.
 */
int busy_energy(struct busy *busy, uint64_t t_ns, uint64_t cumulative_uj);

/*
 * Takes finished intervals, in any order; large batches in order of start are the fastest. What
 * lies before start_ns or after the last point of busy_energy is clipped; what is covered already
 * counts nothing, nor does an interval that ends before it starts. Returns 0, -EINVAL for a key
 * out of range (that interval alone is left out), or -ENOMEM with nothing taken.
 */
int busy_cover(struct busy *busy, const struct busy_interval *interval, size_t n);

/* Totals: covered time, and energy borne in it. */
uint64_t busy_time_ns(const struct busy *busy);
uint64_t busy_energy_uj(const struct busy *busy);
/* The share of one key; zero for a key never seen. Shares add up to the two totals, exactly. */
struct busy_share busy_share(const struct busy *busy, uint32_t key);

#endif
