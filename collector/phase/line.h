/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one line of a program's output says: counters ("Epoch 3/10", "[3/10]", "step 40", "12%")
 * and metrics ("loss: 0.31", {'eval_accuracy': 0.9}). Pure: text in, facts out; a line is a
 * stranger's, of any bytes, and never trusted. What the facts mean is decided by others (text.h).
 */
#ifndef GRAMME_PHASE_LINE_H
#define GRAMME_PHASE_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINE_COUNTERS 8
#define LINE_METRICS  24
#define LINE_NAME_MAX 47
#define LINE_TOOKS    3

/* What a counter counts, by the words around it. */
enum line_unit {
	LINE_UNIT_NONE = 0, /* "[3/10]", a bar: something is counted, nobody says what */
	LINE_UNIT_EPOCH,    /* epoch, pass, round of boosting */
	LINE_UNIT_STEP,	    /* step, batch, iteration, iter, update */
	LINE_UNIT_FIT,	    /* fold, trial, model, run, seed: one whole training each */
	LINE_UNIT_PERCENT,  /* "12%", "Progress: 12.3%" */
	LINE_UNIT_OTHER, /* data sets, files, questions, batches of a test: named, and no epochs */
};

struct line_counter {
	enum line_unit unit;
	double value;	 /* as written: whether it counts from 0 or 1 is not known here */
	double of;	 /* the announced end ("/10"), or 0 */
	bool fractional; /* an epoch such as 1.25 */
	bool bar;	 /* part of a progress bar */
	bool said;	 /* the word itself ("epoch"), not one that means other things as well */
	bool leads;	 /* nothing but a time or a log level stands before it */
};

/* Which data a metric is of, by its name's prefix or suffix. */
enum line_part { LINE_PART_NONE = 0, LINE_PART_TRAIN, LINE_PART_VALIDATION, LINE_PART_TEST };

struct line_metric {
	char name[LINE_NAME_MAX + 1]; /* as printed, blanks to '_', in lower case */
	double value;		      /* finite */
	enum line_part part;
};

struct line {
	struct line_counter counter[LINE_COUNTERS];
	size_t counters;
	struct line_metric metric[LINE_METRICS];
	size_t metrics;
	float took[LINE_TOOKS]; /* durations in seconds that it tells, as printed (took.h) */
	size_t tooks;
	double stamp_s; /* the time of day that stands in front, and its day where told; or 0 */
	bool begins;	/* it says that something starts ("Epoch 1 ...", "Starting epoch") */
	bool ends;	/* it says that something is over, or carries a result */
	bool testing;	/* a test runner's, compiler's or downloader's line: never a training's */
	bool quality;	/* a metric that says how good a model is (metric.h) */
	bool trains;	/* and one that hardly anything but training prints: a loss, an accuracy */
	uint32_t
		shape; /* a digest of the words and signs without the numbers; 0 for a blank line */
};

/* Reads one line, without its end. `line` is filled; returns counters + metrics. */
size_t line_read(const char *text, size_t bytes, struct line *line);

/* Whether it carries a result, and of no part of what `own` (a counter of it, or NULL) counts. */
bool line_has_result(const struct line *line, const struct line_counter *own);

#endif
