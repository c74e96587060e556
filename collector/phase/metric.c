/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Metrics over a run, as metric.h promises them.
 */
#include "collector/phase/metric.h"

#include <math.h>
#include <string.h>

#include "collector/phase/word.h"

enum metric_better metric_better(const char *name)
{
	const uint32_t means = word_name_means(name, strlen(name));

	if (means & (WORD_SETTING | WORD_NO_METRIC))
		return METRIC_UNKNOWN;
	/* "error_score", "loss_reward": what is lost is the stronger word. */
	if (means & WORD_LOWER)
		return METRIC_LOWER;
	return means & WORD_HIGHER ? METRIC_HIGHER : METRIC_UNKNOWN;
}

static bool is_better(enum metric_better better, double value, double than)
{
	if (better == METRIC_UNKNOWN)
		return true;
	return better == METRIC_LOWER ? value < than : value > than;
}

bool metric_follow(struct metric_course *course, size_t *n, size_t room, const char *name,
		   enum line_part part, uint32_t epoch, double value)
{
	struct metric_course *at = course;

	while (at < course + *n && (at->part != part || strcmp(at->name, name) != 0))
		at++;
	if (at == course + *n) {
		if (*n == room || strlen(name) > LINE_NAME_MAX)
			return false;
		++*n;
		*at = (struct metric_course){
			.part = part,
			.better = metric_better(name),
			.first = value,
			.best = value,
			.best_epoch = epoch,
		};
		memcpy(at->name, name, strlen(name) + 1);
	}
	at->values++;
	at->last = value;
	at->scale = fmax(at->scale, fabs(value));
	if (is_better(at->better, value, at->best)) {
		at->best = value;
		at->best_epoch = epoch;
	}
	return true;
}

/* Unseen data before data that is not told, before training's; what is gained before what is lost.
 */
static int rank(const struct metric_course *course)
{
	const bool unseen = course->part == LINE_PART_VALIDATION || course->part == LINE_PART_TEST;

	if (course->better == METRIC_UNKNOWN)
		return 0;
	return (course->values > 1 ? 6 : 0) + 1 + (course->better == METRIC_HIGHER) +
	       (course->part == LINE_PART_TRAIN ? 0 : 2) + (unseen ? 2 : 0);
}

const struct metric_course *metric_main(const struct metric_course *course, size_t n)
{
	const struct metric_course *best = NULL;

	for (size_t i = 0; i < n; i++)
		if (rank(&course[i]) > (best ? rank(best) : 0))
			best = &course[i];
	return best;
}

double metric_points(enum metric_better better, double from, double to, double scale)
{
	if (better == METRIC_HIGHER)
		return (to - from) / (scale <= 1 ? 0.01 : 1);
	if (better == METRIC_LOWER && from != 0)
		return 100 * (from - to) / fabs(from);
	return NAN;
}

double metric_ug_per_point(uint64_t co2e_ug, double points)
{
	return points > 0 ? (double)co2e_ug / points : NAN;
}
