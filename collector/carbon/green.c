/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The estimate of Green Algorithms.
 */
#include "collector/carbon/green.h"

#include "collector/saturate.h"
#include "collector/units.h"

#define NW_PER_MW 1000000u

/* Power x time: nW x ns is 1e-18 J, of which a uJ has 1e12. */
static uint64_t energy_uj(uint64_t count, uint64_t power_nw, uint32_t usage, uint64_t time_ns)
{
	const uint64_t nw_ns_per_uj = 1000000000000ULL;
	uint64_t used_nw = units_mul_div(units_mul_div(count, power_nw, 1), usage, GREEN_WHOLE);

	return units_mul_div(used_nw, time_ns, nw_ns_per_uj);
}

/* GREEN_MEMORY_W is 3725 / 10^4; bytes are 10^-9 GB, ns 10^-9 s, and a J is 10^6 uJ. */
static uint64_t memory_uj(uint64_t bytes, uint64_t time_ns)
{
	const uint64_t scale = 10000000000000000ULL;
	unsigned __int128 uj = ((unsigned __int128)bytes * 3725 * time_ns + scale / 2) / scale;

	return uj > UINT64_MAX ? UINT64_MAX : (uint64_t)uj;
}

struct green_energy green_energy(const struct green_job *job)
{
	struct green_energy energy = {
		.cpu_uj = energy_uj(job->cores, job->core_mw * NW_PER_MW, job->core_usage,
				    job->time_ns),
		.gpu_uj =
			energy_uj(job->gpus, job->gpu_mw * NW_PER_MW, job->gpu_usage, job->time_ns),
		.memory_uj = memory_uj(job->memory_bytes, job->time_ns),
	};

	energy.total_uj =
		saturate_add(saturate_add(energy.cpu_uj, energy.gpu_uj), energy.memory_uj);
	return energy;
}
