/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a metric's name says of it, how it went over a run, and what its improvement cost in CO2e
 * (docs/method.md, section 8). Pure.
 */
#ifndef GRAMME_PHASE_METRIC_H
#define GRAMME_PHASE_METRIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collector/phase/line.h"

/* Which way is up. */
enum metric_better {
	METRIC_UNKNOWN = 0, /* learning rates, norms, whatever is no quality */
	METRIC_LOWER,	    /* loss, error, perplexity, rmse, ... */
	METRIC_HIGHER,	    /* accuracy, F1, BLEU, AUC, mAP, R2, ... */
};

/* `name` as in struct line_metric. */
enum metric_better metric_better(const char *name);

/* One metric over the epochs of a run or fit. */
struct metric_course {
	char name[LINE_NAME_MAX + 1];
	enum line_part part;
	enum metric_better better;
	double first;
	double last;
	double best; /* the last one where better is METRIC_UNKNOWN */
	uint32_t best_epoch;
	uint32_t values;
	double scale; /* the largest magnitude so far, for metric_points() */
};

/*
 * Adds what an epoch brought; `course` has room for `room` names and holds *n of them. A name that
 * finds no room is left out: returns false.
 */
bool metric_follow(struct metric_course *course, size_t *n, size_t room, const char *name,
		   enum line_part part, uint32_t epoch, double value);

/*
 * The course that stands for the run's quality: on validation or test data rather than on training
 * data, higher-is-better rather than a loss; but one that came more than once, if there is any: a
 * test at the end says how good a model is, and not how it became that. NULL where none is quality.
 */
const struct metric_course *metric_main(const struct metric_course *course, size_t n);

/*
 * Improvement from `from` to `to` in points, positive where it got better; NAN where it has no
 * meaning. Accuracy and its like: one hundredth (values in 0 .. 1) or one (percent), by `scale`,
 * the largest magnitude in the course. Losses and other errors: one percent of `from`.
 */
double metric_points(enum metric_better better, double from, double to, double scale);

/* CO2e per point in ug; NAN where nothing improved. */
double metric_ug_per_point(uint64_t co2e_ug, double points);

#endif
