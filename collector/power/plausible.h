/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a sensor may say and be believed: one set of rules for every source. What breaks a rule is a
 * gap, never energy and never zero. Pure. What holds for energy counters (wraps, resets, standing
 * still) is in counter.h, which asks for its ceilings here.
 */
#ifndef GRAMME_PLAUSIBLE_H
#define GRAMME_PLAUSIBLE_H

#include <stdbool.h>
#include <stdint.h>

#include "collector/power/power.h"

/* Kinds of hardware, as far as what they may draw differs. */
enum plausible_class {
	PLAUSIBLE_PACKAGE,
	PLAUSIBLE_DRAM,
	PLAUSIBLE_PSYS,
	PLAUSIBLE_GPU,
	PLAUSIBLE_NODE,
	PLAUSIBLE_BATTERY,
	PLAUSIBLE_CLASSES
};

/* No part of that class draws more today (plausible.c says by what it was chosen). */
uint64_t plausible_ceiling_uw(enum plausible_class class);

/* Class of what a domain of that kind measures. */
enum plausible_class plausible_class_of(enum power_kind kind);

enum plausible_verdict {
	PLAUSIBLE_GOOD,
	PLAUSIBLE_ZERO,	  /* nothing that is switched on draws nothing: the sensor does not know */
	PLAUSIBLE_ABSURD, /* above the ceiling: 0xffffffff mW is 4.29 MW, an error and no power */
	PLAUSIBLE_STUCK,  /* the same to the last digit while the node's load went up and down */
	PLAUSIBLE_BACKWARDS /* its time is before that of the reading before it */
};

/* What was seen of one sensor that tells power. */
struct plausible {
	uint64_t most_uw;
	/* ---- kept by plausible_load and plausible_power ---- */
	bool begun;
	uint64_t t_ns;
	uint64_t uw;
	uint64_t moved_ns; /* when the power was first seen as it is now */
	bool load_begun;
	uint64_t load_ns;
	uint64_t busy_ns;
	uint32_t least_ppm; /* of the node's busy share since moved_ns ... */
	uint32_t most_ppm;  /* ... and its highest */
};

/* Tells what the node did until t_ns, by which a stuck sensor is known. No CPUs: not known. */
void plausible_load(struct plausible *plausible, uint64_t t_ns, const struct power_load *load);

/* Judges a reading of power, and remembers it. */
enum plausible_verdict plausible_power(struct plausible *plausible, uint64_t t_ns, uint64_t uw);

/* The verdict in words, for findings. */
const char *plausible_text(enum plausible_verdict verdict);

#endif
