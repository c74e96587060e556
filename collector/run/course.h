/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The course of a run: what its recogniser is told (collector/phase/phase.h), and written down for
 * whoever wants to tell it again. Times are nanoseconds on CLOCK_MONOTONIC; the recogniser's are
 * since the run's start. It reads no clock.
 */
#ifndef GRAMME_COURSE_H
#define GRAMME_COURSE_H

#include <stdint.h>
#include <stdio.h>

#include "collector/intake/arena.h"
#include "collector/phase/phase.h"

struct course {
	struct phases *phases; /* NULL where memory was short: then nothing is recognised */
	FILE *events;	       /* borrowed: gets every event (collector/phase/story.h), or NULL */
	uint64_t start_ns;     /* of the run */
	uint32_t processes;    /* numbers given out */
};

/* Cannot fail: without memory nothing is recognised. To be closed. */
void course_open(struct course *course, uint64_t start_ns);
void course_close(struct course *course);

/* The number by which the recogniser knows one more process. */
uint32_t course_process(struct course *course);

/* A command that occupied a device; its times are on CLOCK_MONOTONIC. */
void course_kernel(struct course *course, const struct phase_kernel *kernel);

/* What the process printed, read or saved; likewise. */
void course_note(struct course *course, uint32_t process, const struct arena_note *note);

/* Events of a lane that nobody could read, all before those that are told next. */
void course_lost(struct course *course, uint32_t process, uint32_t lane, uint64_t events);

/* The judgement as of now, borrowed until the next call; `over`: the run has ended. */
size_t course_look(struct course *course, uint64_t now_ns, bool over, const struct phase **phase);

#endif
