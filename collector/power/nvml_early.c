/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /proc/driver/nvidia/gpus has a folder for each GPU by its address, and in it "information": lines
 * of "Model:" and "GPU UUID:", which is all question marks until the GPU was first used.
 */
#include "collector/power/nvml_early.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define GPUS "/proc/driver/nvidia/gpus"

struct search {
	struct world *world;
	struct nvml_facts *facts;
};

static void put_field(const char *text, const char *name, char *to, size_t size)
{
	const char *at = strstr(text, name);
	size_t n;

	if (!at)
		return;
	at += strlen(name);
	at += strspn(at, " \t");
	n = strcspn(at, "\n");
	snprintf(to, size, "%.*s", (int)(n < size ? n : size - 1), at);
}

static int add(void *arg, const char *name)
{
	struct search *search = arg;
	struct nvml_facts *facts = search->facts;
	struct nvml_gpu *gpu = &facts->gpu[facts->gpus];
	char path[300], text[1024];

	if (facts->gpus == NVML_GPUS_MAX || strlen(name) + 4 >= sizeof(gpu->bus_id))
		return 0;
	*gpu = (struct nvml_gpu){.energy_error = -EOPNOTSUPP};
	/* As NVML writes it, which has eight digits for a PCI domain. */
	snprintf(gpu->bus_id, sizeof(gpu->bus_id), "0000%.27s", name);
	snprintf(path, sizeof(path), GPUS "/%s/information", name);
	if (search->world->ops->read(search->world, path, text, sizeof(text)) > 0) {
		put_field(text, "Model:", gpu->name, sizeof(gpu->name));
		put_field(text, "GPU UUID:", gpu->uuid, sizeof(gpu->uuid));
	}
	facts->gpus++;
	return 0;
}

int nvml_early_facts(struct world *world, struct nvml_facts *facts)
{
	struct search search = {world, facts};

	*facts = (struct nvml_facts){0};
	world->ops->list(world, GPUS, add, &search);
	return facts->gpus ? 0 : -ENODEV;
}
