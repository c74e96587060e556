/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of reading a line share (line.c, count.c): not for others. Each count_* reads a
 * counter at token i, and returns the token behind it.
 */
#ifndef GRAMME_PHASE_LINE_PART_H
#define GRAMME_PHASE_LINE_PART_H

#include "collector/phase/line.h"
#include "collector/phase/name.h"
#include "collector/phase/token.h"
#include "collector/phase/word.h"

#define NOWHERE NAME_NOWHERE

struct reader {
	const struct tokens *tokens;
	struct line *line;
	size_t used;	/* tokens before this one belong to something already */
	size_t behind;	/* the quality that a counter is behind ("Loss after epoch 3: 0.5"), or
			   NOWHERE */
	size_t context; /* the word of "Train: loss 0.3, ...", or NOWHERE */
	uint32_t bar;	/* what the bar to come counts: "Epoch:  33%|" */
	uint32_t inner; /* in brackets behind "train loss: 0.3 (acc: 0.9)" */
	uint32_t told;	/* the data that the last metric's name told */
	bool past;	/* "Best is ...": what follows is of another time */
	uint32_t part;	/* of the whole line: "Train Epoch: 1 ..." */
	uint32_t seen;	/* all that its words mean */
	bool quantity;	/* a number with a unit is in it, or a time */
	bool listed;	/* "12: 2.3, 2.3 avg, ...": values stand before their names */
};

/* A word that counts, or numbers things: "Epoch 3/10"; i where what it tells is of another time. */
size_t count_word(struct reader *r, size_t i);

/* "3/10", of a bar or not. */
size_t count_pair(struct reader *r, size_t i, bool bar);

/* "33%", and the pair behind it instead, where there is one. */
size_t count_percent(struct reader *r, size_t i);

/* A number of turns that a bar without an end has done: "12it [00:03, 4.0it/s]". */
bool count_turns(struct reader *r, size_t i);

/* "[3] ...", "[3, 2000] ...", "3: ...", "3, 0.25: ...": numbers that open the line. */
size_t count_opening(struct reader *r, size_t i);

/* The pair behind a percentage and what may be a bar: " 10%|#1        | 3/30", or NOWHERE. */
size_t count_pair_behind(const struct reader *r, size_t i);

/* Nothing but dates, times, levels and signs stands before token i. */
bool count_leads(const struct reader *r, size_t i);

#endif
