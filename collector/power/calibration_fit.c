/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fitting a constant and a slope to what the sensors and a meter said at the same time.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "collector/power/calibration.h"

/* Below this ratio of most to least the sensors hardly varied: a slope would be noise. */
#define SPREAD_MIN  1.1
#define ROUNDS_MAX  200
#define CONVERGED_W 1e-9
/* No wall meter is better, however well the pairs agree. */
#define METER_ERROR_PCT 1.0
/* A pair that lies on the line would else weigh without bound. */
#define DEVIATION_MIN 1e-6

struct line {
	double constant_w, slope;
};

/* Weighted least squares. */
static struct line solve(const struct calibration_pair *pair, const double *weight, size_t n)
{
	double w = 0, x = 0, y = 0, xx = 0, xy = 0, slope;

	for (size_t i = 0; i < n; i++) {
		w += weight[i];
		x += weight[i] * pair[i].sensors_w;
		y += weight[i] * pair[i].wall_w;
	}
	x /= w;
	y /= w;
	for (size_t i = 0; i < n; i++) {
		double dx = pair[i].sensors_w - x;

		xx += weight[i] * dx * dx;
		xy += weight[i] * dx * (pair[i].wall_w - y);
	}
	slope = xx > 0 ? xy / xx : 1;
	return (struct line){y - slope * x, slope};
}

/* The same of a slope of 1. */
static struct line solve_constant(const struct calibration_pair *pair, const double *weight,
				  size_t n)
{
	double w = 0, difference = 0;

	for (size_t i = 0; i < n; i++) {
		w += weight[i];
		difference += weight[i] * (pair[i].wall_w - pair[i].sensors_w);
	}
	return (struct line){difference / w, 1};
}

static double at(const struct line *line, double sensors_w)
{
	return line->constant_w + line->slope * sensors_w;
}

static double deviation(const struct line *line, const struct calibration_pair *pair)
{
	return fabs(at(line, pair->sensors_w) - pair->wall_w) / pair->wall_w;
}

/* Least squares whose weights make of the squares absolute values, relative to the wall. */
static struct line least_deviations(const struct calibration_pair *pair, double *weight, size_t n,
				    bool flat)
{
	struct line line = {0, 1}, before;

	for (size_t i = 0; i < n; i++)
		weight[i] = 1 / (pair[i].wall_w * pair[i].wall_w);
	for (int round = 0; round < ROUNDS_MAX; round++) {
		before = line;
		line = flat ? solve_constant(pair, weight, n) : solve(pair, weight, n);
		if (round && fabs(line.constant_w - before.constant_w) < CONVERGED_W)
			break;
		for (size_t i = 0; i < n; i++)
			weight[i] = 1 / (pair[i].wall_w * pair[i].wall_w *
					 fmax(deviation(&line, &pair[i]), DEVIATION_MIN));
	}
	return line;
}

static int by_size(const void *a, const void *b)
{
	double one = *(const double *)a, other = *(const double *)b;

	return (one > other) - (one < other);
}

/* The value below which that share of them is. */
static double quantile(double *value, size_t n, double share)
{
	qsort(value, n, sizeof(*value), by_size);
	return value[(size_t)(share * (double)(n - 1) + 0.5)];
}

/* `work` is as long as the pairs. */
static void judge(const struct line *line, const struct calibration_pair *pair, size_t n,
		  double *work, struct calibration_fit *fit)
{
	for (size_t i = 0; i < n; i++)
		work[i] = 100 * deviation(line, &pair[i]);
	fit->median_pct = quantile(work, n, 0.5);
	fit->worst_pct = quantile(work, n, 0.9);
	for (size_t i = 0; i < n; i++) {
		double rest_w = at(line, pair[i].sensors_w) - pair[i].sensors_w;
		double true_w = pair[i].wall_w - pair[i].sensors_w;

		work[i] = rest_w > 0 ? 100 * fabs(rest_w - true_w) / rest_w : 1000;
	}
	fit->rest_error_pct = quantile(work, n, 0.9);
	for (size_t i = 0; i < n; i++)
		work[i] = METER_ERROR_PCT * pair[i].wall_w /
			  fmax(at(line, pair[i].sensors_w) - pair[i].sensors_w, 1e-3);
	fit->rest_error_pct = fmin(fmax(fit->rest_error_pct, quantile(work, n, 0.5)), 1000);
}

static int check_pairs(const struct calibration_pair *pair, size_t n, struct calibration_fit *fit,
		       char why[CALIBRATION_WHY])
{
	if (n < CALIBRATION_PAIRS_MIN) {
		snprintf(why, CALIBRATION_WHY, "%zu pairs are too few: %d are needed", n,
			 CALIBRATION_PAIRS_MIN);
		return -EINVAL;
	}
	fit->least_w = fit->most_w = pair[0].sensors_w;
	for (size_t i = 0; i < n; i++) {
		if (!(pair[i].sensors_w > 0) || !(pair[i].wall_w > 0) ||
		    !isfinite(pair[i].sensors_w) || !isfinite(pair[i].wall_w)) {
			snprintf(why, CALIBRATION_WHY, "pair %zu is not of two powers above 0",
				 i + 1);
			return -EINVAL;
		}
		fit->least_w = fmin(fit->least_w, pair[i].sensors_w);
		fit->most_w = fmax(fit->most_w, pair[i].sensors_w);
	}
	return 0;
}

int calibration_fit(const struct calibration_pair *pair, size_t pairs, struct calibration_fit *fit,
		    char why[CALIBRATION_WHY])
{
	struct line line;
	double *work;

	*fit = (struct calibration_fit){.pairs = pairs};
	if (check_pairs(pair, pairs, fit, why))
		return -EINVAL;
	work = calloc(pairs, sizeof(*work));
	if (!work)
		return -ENOMEM;
	fit->flat = fit->most_w < SPREAD_MIN * fit->least_w;
	line = least_deviations(pair, work, pairs, fit->flat);
	judge(&line, pair, pairs, work, fit);
	free(work);
	fit->constant_w = line.constant_w;
	fit->slope = line.slope;
	if (line.constant_w >= 0 && at(&line, fit->least_w) >= fit->least_w &&
	    at(&line, fit->most_w) >= fit->most_w)
		return 0;
	snprintf(why, CALIBRATION_WHY,
		 "the fit is %.4g W + %.4g x the sensors: a wall below its sensors. Are the two of "
		 "the same machine and time?",
		 line.constant_w, line.slope);
	return -EINVAL;
}
