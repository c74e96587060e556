/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The course of a run: what its recogniser is told (collector/phase/phase.h) and judges, and what
 * its phases drew and computed. All that is told can be written down, for whoever wants to tell it
 * again. Times are nanoseconds on CLOCK_MONOTONIC; the recogniser's and the phases' are since the
 * run's start. It reads no clock.
 */
#ifndef GRAMME_COURSE_H
#define GRAMME_COURSE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "collector/account/account.h"
#include "collector/intake/arena.h"
#include "collector/run/chapter.h"

struct course {
	struct phases *phases; /* NULL where memory was short: then nothing is recognised */
	FILE *events;	       /* borrowed: gets every event (collector/phase/story.h), or NULL */
	uint64_t start_ns;     /* of the run */
	uint32_t processes;    /* numbers given out */
	uint64_t looked_ns;
	struct chapters chapters;
	struct chapter_books books;
	const struct power_trace *trace; /* of the domains, for the next tick; or NULL */
	struct course_domain {
		size_t index; /* among the machine's */
		uint64_t domain_uj;
		uint64_t gap_ns; /* of its last posting: what has not changed was not read */
		bool shared;	 /* it has a second book, of what is derived */
		bool derived;	 /* this is that one */
	} domain[CHAPTER_BOOKS];
};

/*
 * Begins with the run, or at now_ns where that goes on from a ledger (`resumed`, else NULL): what
 * was recognised before is the ledger's, and what was under way then is cut. Cannot fail: without
 * memory nothing is recognised. To be closed.
 */
void course_open(struct course *course, uint64_t start_ns, const struct power_domain *domain,
		 size_t domains, const struct ledger_resumed *resumed, uint64_t now_ns);
void course_close(struct course *course);

/* The number by which the recogniser knows one more process. */
uint32_t course_process(struct course *course);

/* A command that occupied a device; its times are on CLOCK_MONOTONIC. */
void course_kernel(struct course *course, const struct phase_kernel *kernel);

/* What the process printed, read or saved; likewise. */
void course_note(struct course *course, uint32_t process, const struct arena_note *note);

/* Events of a lane that nobody could read, all before those that are told next. */
void course_lost(struct course *course, uint32_t process, uint32_t lane, uint64_t events);

/* From t_ns on, the grid emits so much; to be told before the tick that ends that time. */
void course_rate(struct course *course, uint64_t t_ns, uint64_t ug_per_kwh);

/* How the domains' energy rose since the last tick: for the next one, until which it is borrowed.
 */
void course_trace(struct course *course, const struct power_trace *trace);

/*
 * At a tick: the run was booked `posting`, one per domain, up to now_ns, and its rows are `row`.
 * About once a second, and when the run is `over`, phases are looked for.
 */
void course_tick(struct course *course, uint64_t now_ns, bool over,
		 const struct account_posting *posting, const struct ledger_kernel *row,
		 size_t rows);

/* Puts the phases into the state. Borrowed until the next tick. */
void course_state(const struct course *course, struct ledger_state *state);

#endif
