/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The estimate of Green Algorithms (Lannelongue, Grealey, Inouye 2021, doi 10.1002/advs.202100707):
 *
 *   energy = time x (cores x power of a core x usage + GPUs x power of a GPU x usage
 *            + GB of memory x 0.3725 W)
 *
 * before PUE, which comes in with the carbon (units_co2e_ug). Pure.
 */
#ifndef GRAMME_GREEN_H
#define GRAMME_GREEN_H

#include <stdint.h>

#define GREEN_CORE_MW 12000u  /* of an unknown processor (its table's row "Any") */
#define GREEN_GPU_MW  200000u /* of an unknown GPU (likewise) */
/* Watts of a GB (10^9 bytes) that is there for the job, used or not. */
#define GREEN_MEMORY_W 0.3725
#define GREEN_WHOLE    1000u /* a usage of 1 */

struct green_job {
	uint64_t time_ns;
	uint32_t cores;
	uint64_t core_mw;
	uint32_t core_usage; /* in thousandths: GREEN_WHOLE where it is not known */
	uint32_t gpus;
	uint64_t gpu_mw;
	uint32_t gpu_usage;
	uint64_t memory_bytes;
};

struct green_energy {
	uint64_t cpu_uj;
	uint64_t gpu_uj;
	uint64_t memory_uj;
	uint64_t total_uj; /* their sum */
};

/* Each part is rounded half up; what exceeds 64 bits is UINT64_MAX. */
struct green_energy green_energy(const struct green_job *job);

#endif
