/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the simulated GPUs do over time, as a test has written it down. A script is lines of
 *
 *   T_MS GPU WORD [ARGUMENT...]      GPU is a number, or * for all; # begins a comment
 *
 * in order of time, T_MS being milliseconds since the simulation began, or "go": once the file that
 * SIMNVML_GO names is there:
 *   power MW           draws MW milliwatts from then on (100 000 where nothing is said)
 *   energy MJ          the counter shows MJ millijoules, and goes on from there
 *   still, moves       the counter stands still; goes on from where it stood
 *   fail CALL CODE     CALL (energy, power, field, limit, processes, utilization, handle, all)
 *                      returns NVML's CODE; 0 heals it
 *   hang CALL MS       CALL takes MS milliseconds
 *   process PID SM [GI CI]   that process holds the GPU (or a slice), at SM percent of its SMs
 *   end PID            it is gone
 *   mig 0|1            the GPU is in slices
 *   slice GI CI SMS    there is a slice of that many SMs
 */
#ifndef GRAMME_TESTS_NVML_SCRIPT_H
#define GRAMME_TESTS_NVML_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCRIPT_GPUS	 32
#define SCRIPT_PROCESSES 64
#define SCRIPT_SLICES	 8

enum script_call {
	SCRIPT_ENERGY,
	SCRIPT_POWER,
	SCRIPT_FIELD,
	SCRIPT_LIMIT,
	SCRIPT_PROCESS_LIST,
	SCRIPT_UTILIZATION,
	SCRIPT_HANDLE,
	SCRIPT_CALLS
};

struct script_process {
	unsigned pid;
	unsigned sm_pct;
	unsigned gpu_instance;
	unsigned compute_instance;
};

struct script_slice {
	unsigned gpu_instance;
	unsigned compute_instance;
	unsigned multiprocessors;
};

/* A GPU at one moment. */
struct script_gpu {
	uint64_t t_ns;
	uint64_t power_mw;
	uint64_t energy_pj; /* mW x ns: nothing is lost to rounding */
	bool still;
	bool mig;
	unsigned fail[SCRIPT_CALLS];
	unsigned hang_ms[SCRIPT_CALLS];
	struct script_process process[SCRIPT_PROCESSES];
	size_t processes;
	struct script_slice slice[SCRIPT_SLICES];
	size_t slices;
};

/* Reads SIMNVML_SCRIPT and SIMGPU_COUNT; a script that cannot be read is the end of the program. */
void script_load(void);
unsigned script_gpus(void);

/* GPU `index` at this moment of the simulation. */
void script_now(unsigned index, struct script_gpu *gpu);

#endif
