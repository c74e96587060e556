/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one process prints into one file: the counters that it tells of, and which of them counts
 * epochs. Pure.
 */
#ifndef GRAMME_PHASE_VOICE_H
#define GRAMME_PHASE_VOICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collector/phase/again.h"
#include "collector/phase/table.h"
#include "collector/phase/tale.h"

#define VOICE_TALES  8
#define VOICE_BEFORE 4
#define VOICE_EPOCHS 4096 /* ticks of a process' epochs ... */
#define VOICE_OTHERS 3072 /* ... and of whatever else it counts */

/* What all voices of a process share. */
struct voice_budget {
	struct facts facts;
	size_t epochs;
	size_t others;
};

struct voice {
	uint64_t file; /* 0: standard output and error */
	struct table table;
	struct again again; /* of a file: what it is written anew with */
	struct tale tale[VOICE_TALES];
	size_t tales;
	struct aside before[VOICE_BEFORE]; /* results that came before any epoch */
	size_t befores;
	struct prelude recent[TALE_PRELUDES]; /* kinds of lines that came last, in a ring */
	size_t recents;
	uint32_t fit;	   /* the fold or trial that was named last */
	uint64_t fit_line; /* and where */
};

void voice_free(struct voice *voice);

/* Hears a line that was read, at `mark`; one that counts and measures nothing only by its look. */
void voice_passing(struct voice *voice, const struct line *line, const struct mark *mark);
void voice_line(struct voice *voice, struct voice_budget *budget, const struct line *line,
		const struct mark *mark);

/* What was told up to then is settled, and is forgotten. */
void voice_forget(struct voice *voice, struct voice_budget *budget, uint64_t until_ns);

/* Moves all that the voice tells with from one store to another; where memory is short, some. */
void voice_move(struct voice *voice, const struct facts *from, struct facts *to);

/* How surely a tale is of epochs or the like in training: 0 .. 1, by words and metrics. */
double voice_sure(const struct tale *tale);

/* The tale that counts epochs, or NULL where nothing was counted. */
const struct tale *voice_best(const struct voice *voice);

#endif
