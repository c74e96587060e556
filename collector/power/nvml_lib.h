/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The library libnvidia-ml.so.1, opened at run time. Its calls may block for seconds, or for ever
 * where the driver hangs: they are made in a process of their own (nvml_helper.h).
 */
#ifndef GRAMME_NVML_LIB_H
#define GRAMME_NVML_LIB_H

#include <stdbool.h>

#include "collector/power/nvml_poll.h"

struct nvml_lib;

/*
 * Loads the library and makes no call. Returns 0 and *lib, to be closed; -ENODEV if there is none;
 * -ENOSYS if it lacks what NVML has had since 2012 (version 5), -ENOMEM.
 */
int nvml_lib_open(struct nvml_lib **lib);
void nvml_lib_close(struct nvml_lib *lib);

/* Begins, and tells what is there. Never fails as a whole: the errors stand in *facts. */
void nvml_lib_start(struct nvml_lib *lib, struct nvml_facts *facts);

/* Asks every GPU for energy and power, and, if `list`, for the processes on it. */
void nvml_lib_poll(struct nvml_lib *lib, bool list, struct nvml_poll *poll);

#endif
