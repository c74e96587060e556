/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One arena feeding a run: its events go to the run's devices and course, its totals to the run's
 * rows.
 * Pure, but for the memory that its writer shares with us.
 */
#ifndef GRAMME_FEED_H
#define GRAMME_FEED_H

#include <stdint.h>

#include "collector/intake/arena.h"
#include "collector/run/course.h"
#include "collector/run/devices.h"
#include "collector/run/kernels.h"
#include "collector/run/paths.h"
#include "collector/symbol/naming.h"

struct feed {
	struct arena_reader reader;
	struct devices *devices; /* the run's */
	struct kernels *kernels;
	struct course *course; /* the run's, to be set by its owner; NULL: nobody is told */
	uint32_t process;      /* the course's number of it */
	struct paths *paths;   /* likewise; NULL: nobody keeps them */
	struct naming *naming; /* the run's, likewise; NULL: no symbols are looked for */
	pid_t pid;
	uint64_t first_ns;	  /* nothing of it happened before */
	int device[WIRE_DEVICES]; /* the run's index + 1, or 0 */
	struct feed_entry {
		int row; /* the run's index + 1, or 0 */
		int device;
		bool occupies;
		bool solves;	/* of LAPACK */
		bool is_launch; /* of an API whose launches tell the order of kernels, untimed */
		struct arena_total seen; /* in the run's rows already; timed at most count */
	} * entry;
	uint32_t entries;
	uint64_t counted;	 /* calls of all entries */
	bool computed;		 /* it told of something that computes; its owner clears that */
	uint32_t told_uncovered; /* WIRE_UNCOVERED_* that are in the run's books */
};

/* Begins to read `layout`, which stays mapped while the feed lives. Nothing can fail. */
void feed_open(struct feed *feed, const struct wire_layout *layout, struct devices *devices,
	       struct kernels *kernels, uint64_t first_ns);
void feed_release(struct feed *feed);

/*
 * Reads new events up to now_ns; `final` as for arena_drain. Where memory is short, devices do not
 * get to know of some of them; the totals do. The course gets what the process printed, read and
 * saved after what it computed.
 */
void feed_drain(struct feed *feed, uint64_t now_ns, bool final);

/* Brings the run's rows up to date with the totals. Returns 0 or -ENOMEM. */
int feed_count(struct feed *feed);

/* Says that what it has counted is final: the process is dead, or out of sight. */
void feed_settle(struct feed *feed);

/* New bits among the reasons why calls of the process are not seen. */
uint32_t feed_uncovered(struct feed *feed);

/* What its events have cost the program, by its own measurement, at most 1 us each. */
uint64_t feed_cost_ns(const struct feed *feed);

#endif
