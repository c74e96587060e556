/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Times that lines tell themselves: "time: 0.41s", "took 1m 2.5s", "elapsed=12.3", "0.41 s/epoch",
 * "2026-11-22 12:03:04,120" in front. What comes late is still a clock: it says how long each epoch
 * was, and with the moment at which it came, when. Pure.
 */
#ifndef GRAMME_PHASE_TOOK_H
#define GRAMME_PHASE_TOOK_H

#include <stdint.h>

#include "collector/phase/line.h"

struct tokens;
struct tale;
struct run;
struct printed_fit;
struct printed_epoch;

/* What the lines of a tick tell, in the order in which they do. */
struct took {
	uint32_t shape[LINE_TOOKS]; /* of the line; 0: none */
	float s[LINE_TOOKS];
	double stamp_s; /* of the last line that had one, or 0 */
};

/*
 * Fills in line->took and line->stamp_s. Left out is what is to come ("eta") and what a step took;
 * what is too coarse to say anything ("1 s") is 0.
 */
void took_read(const struct tokens *tokens, struct line *line);

/* Adds what a line says; of lines that look alike the last one holds. */
void took_hear(struct took *took, const struct line *line);

/*
 * Of the epochs of a fit, fit->told of them, made of a run's ticks: when each was over by the clock
 * that is printed (said_ns), on the run's clock as far as the moments of the lines tell, and how
 * long the first one took (took_ns). Both stay 0 where no clock goes with all of them.
 */
void took_agree(const struct printed_fit *fit, struct printed_epoch *epoch, const struct tale *tale,
		const struct run *run);

#endif
