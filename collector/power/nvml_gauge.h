/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One GPU's energy, from what NVML said of it over time: by its counter where it has one, else by
 * adding up its power. Where it has both, the sum is kept beside the counter as a check. Pure.
 */
#ifndef GRAMME_NVML_GAUGE_H
#define GRAMME_NVML_GAUGE_H

#include "collector/power/counter.h"
#include "collector/power/nvml_poll.h"
#include "collector/power/power.h"

/* Power is taken as straight between two polls that are no further apart; beyond: a gap. */
#define NVML_STRAIGHT_NS 2000000000ULL
/* What was said so long ago says nothing of now. */
#define NVML_OLD_NS 2500000000ULL

/* Power, added up. */
struct nvml_sum {
	bool begun;
	uint64_t t_ns;
	uint64_t power_mw;
	unsigned __int128 half_pj; /* in half picojoules: mW x ns, of twice the mean */
};

struct nvml_gauge {
	bool counts;	     /* it has a counter */
	uint64_t ceiling_mw; /* more power than that is a fault */
	/* ---- kept by nvml_gauge_take ---- */
	bool begun;
	struct counter counter;
	struct nvml_sum sum;
	uint64_t t_ns; /* of the last poll */
	int error;     /* of the last poll, -EAGAIN before the first */
	bool gap;      /* somewhere since the last good reading */
	/* Over the time for which both are known: */
	uint64_t both_ns;
	uint64_t counted_uj;
	uint64_t summed_uj;
};

/* Begins with what the GPU is. */
void nvml_gauge_open(struct nvml_gauge *gauge, const struct nvml_gpu *gpu);

/* Takes what a poll said; polls come in order of time. */
void nvml_gauge_take(struct nvml_gauge *gauge, const struct nvml_said *said);

/* Fills energy_uj, error and gap of a reading at t_ns. */
void nvml_gauge_read(struct nvml_gauge *gauge, uint64_t t_ns, struct power_reading *reading);

/* True if counter and power, over at least a minute, differ by more than a quarter of the larger.
 */
bool nvml_gauge_disagrees(const struct nvml_gauge *gauge);

#endif
