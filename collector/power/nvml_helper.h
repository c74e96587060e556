/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process that asks NVML for us. A driver that hangs keeps its caller in the kernel where no
 * signal reaches it: a thread of ours would hold up our own end, and so that of `gramme run`. The
 * helper is a child of nobody, belongs to no run, holds none of our descriptors, and ends when we
 * do. It asks as often as is said below while somebody reads, and not at all when nobody has for
 * three seconds.
 */
#ifndef GRAMME_NVML_HELPER_H
#define GRAMME_NVML_HELPER_H

#include "collector/power/nvml_lib.h"

/*
 * At most 10 times a second where energy has to be made of power; where there is a counter, power
 * is but a check on it. Processes are asked for at most once a second.
 */
#define NVML_POWER_PERIOD_MS   100
#define NVML_COUNTER_PERIOD_MS 400
#define NVML_LIST_PERIOD_MS    1000

/* What it is called; no process of a run is (collector/run/tree.c). */
#define NVML_HELPER_NAME "gramme-nvml"

struct nvml_helper;

/*
 * Starts it; to be called before there are threads. `lib` stays the caller's. Returns 0 or -errno.
 */
int nvml_helper_start(struct nvml_lib *lib, struct nvml_helper **helper);
void nvml_helper_stop(struct nvml_helper *helper);

/* Waits so long for what is there. Returns 0, -ETIMEDOUT, or -EPIPE where the helper died. */
int nvml_helper_facts(struct nvml_helper *helper, struct nvml_facts *facts, int wait_ms);

/* Says that somebody reads, and would like to know how things are now. */
void nvml_helper_ask(struct nvml_helper *helper);

/*
 * Takes the next poll, waiting so long for it. Returns 0, -EAGAIN where there is none yet, or
 * -EPIPE where the helper died.
 */
int nvml_helper_next(struct nvml_helper *helper, struct nvml_poll *poll, int wait_ms);

#endif
