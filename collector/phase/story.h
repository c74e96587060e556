/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A recorded story: everything that a recogniser was told (phase.h), as text, so that it can be
 * told again: for tests, and for reports of what was recognised wrongly (gramme run --events). One
 * event a line, fields separated by tabs, times in nanoseconds since the run's start; a line that
 * begins with '#' is a remark. docs/phases.md shows the lines.
 */
#ifndef GRAMME_STORY_H
#define GRAMME_STORY_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "collector/phase/phase.h"
#include "collector/tsv.h"

enum story_kind {
	STORY_KERNEL = 1,
	STORY_LINE,
	STORY_FILE,
	STORY_LOST,
	STORY_LOOK, /* somebody asked for the judgement, while the run went on */
	STORY_OVER, /* and when it had ended */
};

struct story_lost {
	uint32_t process;
	uint32_t lane;
	uint64_t events;
};

struct story_event {
	enum story_kind kind;
	union {
		struct phase_kernel kernel;
		struct phase_line line; /* its text borrowed until the next event */
		struct phase_file file; /* likewise its name */
		struct story_lost lost;
		uint64_t now_ns; /* LOOK, OVER */
	};
};

/* Reads a story that lies in memory. */
struct story {
	struct tsv tsv;
	char text[4096]; /* of the current event; what is longer is cut */
};

struct story story_begin(const char *text, size_t size);

/*
 * Returns 1 with the next event, 0 at the end, or -EINVAL for a line that is none of ours
 * (story->tsv.line says which).
 */
int story_next(struct story *story, struct story_event *event);

/* Writes one event as a line. What the stream thinks of it is for its owner to ask (ferror). */
void story_write(FILE *to, const struct story_event *event);

/* Tells one event to a recogniser: LOOK and OVER as a look whose result nobody wants. */
void story_tell(struct phases *phases, const struct story_event *event);

#endif
