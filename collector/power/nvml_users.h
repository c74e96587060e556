/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who used each GPU between two readings, from the lists of processes that NVML gives once a
 * second. A process held its GPU from the reading before the first list that names it to the
 * reading after the first that does not; the two are as long as between readings apart. Pure.
 */
#ifndef GRAMME_NVML_USERS_H
#define GRAMME_NVML_USERS_H

#include "collector/power/nvml_poll.h"
#include "collector/power/power.h"

struct nvml_user {
	struct nvml_process is;
	bool gone; /* the last list does not name it */
};

struct nvml_users {
	struct nvml_user user[NVML_PROCESSES_MAX];
	size_t n;
	uint64_t listed_ns[NVML_GPUS_MAX]; /* the last list, 0 before there is one */
	int error[NVML_GPUS_MAX];	   /* of the last try */
	uint64_t t_ns;			   /* of the last reading */
};

void nvml_users_take(struct nvml_users *users, const struct nvml_poll *poll);

/*
 * Tells who used GPU `at` from the last reading to t_ns, in rows whose `domain` is not set: at most
 * `room` of them. Returns how many, or -1 where it is not known.
 */
int nvml_users_read(const struct nvml_users *users, uint32_t at, const struct nvml_gpu *gpu,
		    uint64_t t_ns, struct power_use *use, size_t room);

/* The reading at t_ns is over, for all GPUs. */
void nvml_users_next(struct nvml_users *users, uint64_t t_ns);

#endif
