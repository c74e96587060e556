/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calibration: what a machine draws at the wall beyond what its sensors see, as a constant and a
 * slope that were fitted once against a meter:
 *
 *   wall = constant + slope x sum of the sensors
 *
 * so that a machine without a meter has a domain "rest" = wall - sensors. Pure.
 */
#ifndef GRAMME_CALIBRATION_H
#define GRAMME_CALIBRATION_H

#include "collector/power/config.h"
#include "collector/power/power.h"

#define CALIBRATION_WHY	      256
#define CALIBRATION_PAIRS_MIN 5

/* Mean powers over one period. */
struct calibration_pair {
	double sensors_w; /* sum of the domains that are within nothing */
	double wall_w;
};

struct calibration_fit {
	double constant_w;
	double slope;	   /* 1 where the sensors hardly varied, so that no slope could be told */
	bool flat;	   /* they did */
	double median_pct; /* of |fitted - wall| / wall over the pairs */
	double worst_pct;  /* below which nine of ten pairs are */
	double rest_error_pct;	/* the same nine tenths, of the rest; 1 % of the wall at least */
	double least_w, most_w; /* range of the sensors that it holds for */
	size_t pairs;
};

/*
 * Fits by least absolute relative deviations, which a few bad readings of a meter cannot bend
 * (iteratively reweighted least squares; Schlossmacher 1973). Returns 0, -ENOMEM, or -EINVAL with
 * `why`: too few pairs, or a wall that is below the sensors.
 */
int calibration_fit(const struct calibration_pair *pair, size_t pairs, struct calibration_fit *fit,
		    char why[CALIBRATION_WHY]);

struct calibration {
	size_t domain; /* index of "rest" */
	uint64_t constant_uw;
	double slope;
	/* ---- kept by calibration_read ---- */
	bool begun;
	uint64_t start_ns;
	uint64_t start_uj; /* of the parts, then */
	uint64_t given_uj;
};

/*
 * Where the configuration has an entry "calibrated" and no meter of the node is among the `n`
 * domains, writes the rest to domain[n], for which there must be room. Returns 1 if it did, 0 if
 * there is nothing to do, or -EINVAL with `why`: the entry lacks a number, or was made with other
 * sensors than these.
 */
int calibration_open(struct calibration *calibration, const struct config *config,
		     struct power_domain *domain, size_t n, char why[CALIBRATION_WHY]);

/* Fills the reading of the rest from those of all others, as they are given out. */
void calibration_read(struct calibration *calibration, const struct power_domain *domain,
		      struct power_reading *readings);

#endif
