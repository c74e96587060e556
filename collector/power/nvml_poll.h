/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What NVML says, as plain data: what the GPUs are, once, and what they drew and who held them, at
 * one moment. It comes from the library (nvml_lib.h) through a helper process (nvml_helper.h), or
 * from a recorded machine (nvml_record.h), and nobody beyond these knows which.
 *
 * Errors are 0 or -errno, the same few in a recording as live: -EOPNOTSUPP the GPU has no such
 * thing, -EPERM it may not be asked, -ENXIO it is lost or wants a reset, -ETIMEDOUT the driver gave
 * up, -ENODATA there is nothing yet, -ENODEV no driver, -ENOSYS a library too old to know the call,
 * -ELIBBAD library and driver do not fit each other, -EIO whatever else.
 */
#ifndef GRAMME_NVML_POLL_H
#define GRAMME_NVML_POLL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collector/power/nvml_abi.h"

#define NVML_GPUS_MAX	   32
#define NVML_SLICES_MAX	   8
#define NVML_PROCESSES_MAX 1024 /* on all GPUs together; what is beyond is not told */

#define NVML_SM_UNKNOWN UINT32_MAX

/* A part of a GPU in MIG mode. */
struct nvml_slice {
	uint32_t gpu_instance;
	uint32_t compute_instance;
	uint32_t multiprocessors; /* 0: not known */
	char uuid[NVML_ABI_UUID];
};

struct nvml_gpu {
	int error; /* it is there and cannot be asked at all; the rest is empty then */
	char uuid[NVML_ABI_UUID];
	char name[NVML_ABI_NAME];
	char bus_id[32];
	int energy_error; /* of its energy counter */
	int power_error;
	bool instant;	   /* its power is of the instant, else a mean that the driver takes */
	uint64_t limit_mw; /* the highest limit that can be set; 0: not known */
	bool mig;
	uint32_t multiprocessors; /* of all slices that there can be; 0: not known, or no MIG */
	uint32_t slices;
	struct nvml_slice slice[NVML_SLICES_MAX];
};

struct nvml_facts {
	int error; /* there is no NVML to be asked; the rest is empty then, but for the driver */
	char driver[NVML_ABI_VERSION];
	uint32_t gpus;
	struct nvml_gpu gpu[NVML_GPUS_MAX];
};

struct nvml_said {
	uint64_t t_ns; /* CLOCK_MONOTONIC, when it was asked */
	uint64_t energy_mj;
	uint64_t power_mw;
	int energy_error;
	int power_error;
	bool listed;	/* the processes were asked for, too */
	int list_error; /* then: what came of it */
};

struct nvml_process {
	uint32_t gpu;
	uint32_t pid;	    /* 0, in a recording: whoever is metered */
	uint32_t sm_pct;    /* of the GPU's SMs, lately; NVML_SM_UNKNOWN */
	uint32_t milli_sms; /* its part of the SMs of its slices; 0: no slices, or not known */
};

struct nvml_poll {
	uint64_t own_ns; /* CPU time that asking has taken so far */
	uint32_t gpus;
	uint32_t processes;
	struct nvml_said gpu[NVML_GPUS_MAX];
	struct nvml_process process[NVML_PROCESSES_MAX]; /* on the GPUs that were listed */
};

#endif
