/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the kernel's driver says of its GPUs at once, while NVML is still waking them, which takes a
 * second or two each where nothing keeps them awake.
 */
#ifndef GRAMME_NVML_EARLY_H
#define GRAMME_NVML_EARLY_H

#include "collector/power/nvml_poll.h"
#include "collector/world.h"

/*
 * Fills name, address and, where it is known so early, UUID. Whether there is a counter is not:
 * each is said to have none. Returns 0, or -ENODEV where there is no such GPU.
 */
int nvml_early_facts(struct world *world, struct nvml_facts *facts);

#endif
