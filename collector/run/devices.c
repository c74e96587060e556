/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The devices that a run used. A CPU device's energy is what the run bears on all CPU domains
 * that no other domain contains; a GPU's, on the domain of its UUID or bus address.
 */
#include "collector/run/devices.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool bears_cpu(const struct power_domain *domain)
{
	return domain->kind == POWER_CPU && domain->within[0] == '\0';
}

/* One domain by its name, several by what their names begin with and an asterisk. */
static void name_domain(char *common, const char *name)
{
	size_t same = 0;

	if (!common[0]) {
		memcpy(common, name, strlen(name) + 1);
		return;
	}
	while (common[same] && common[same] == name[same])
		same++;
	if (same + 1 >= POWER_NAME_MAX)
		same = POWER_NAME_MAX - 2;
	memcpy(common + same, "*", 2);
}

void devices_open(struct devices *devices, const struct power_domain *domain, size_t domains,
		  uint64_t start_ns)
{
	*devices = (struct devices){.domain = domain, .domains = domains, .start_ns = start_ns};
	for (size_t i = 0; i < domains; i++)
		if (bears_cpu(&domain[i]))
			name_domain(devices->cpu_domain, domain[i].name);
}

static struct occupied *make_occupied(uint64_t start_ns)
{
	struct occupied *occupied = calloc(1, sizeof(*occupied));

	if (occupied && !busy_new(start_ns, &occupied->busy))
		return occupied;
	free(occupied);
	return NULL;
}

static void free_occupied(struct occupied *occupied)
{
	if (!occupied)
		return;
	busy_free(occupied->busy);
	free(occupied->pending);
	free(occupied);
}

static void free_device(struct device *device)
{
	if (!device->domain)
		free_occupied(device->occupied);
	free(device);
}

void devices_release(struct devices *devices)
{
	for (size_t i = 0; i < devices->n; i++)
		free_device(devices->device[i]);
	free_occupied(devices->cpu);
	for (size_t i = 0; i < devices->domains; i++)
		free_occupied(devices->gpu[i]);
	*devices = (struct devices){0};
}

/* Two devices of one name are told apart by a number, in the order in which they appear. */
static void name_device(struct devices *devices, struct device *device)
{
	unsigned same = 1;

	for (size_t i = 0; i < devices->n; i++)
		same += !strcmp(devices->device[i]->name, device->name);
	if (same == 1)
		snprintf(device->label, sizeof(device->label), "%s", device->name);
	else
		snprintf(device->label, sizeof(device->label), "%s #%u", device->name, same);
}

/* The domain that is this GPU, or -1. */
static int find_gpu(const struct devices *devices, const struct arena_device *from)
{
	if (from->type == WIRE_DEVICE_CPU)
		return -1;
	for (size_t i = 0; i < devices->domains; i++)
		if (devices->domain[i].kind == POWER_GPU &&
		    power_is_device(&devices->domain[i], from->bus_id))
			return (int)i;
	return -1;
}

/* Finds out who bears a device's energy, and gives it its busy time. Returns 0 or -ENOMEM. */
static int place(struct devices *devices, struct device *device, const struct arena_device *from)
{
	struct occupied **shared = &device->occupied;

	device->gpu = find_gpu(devices, from);
	if (device->gpu >= 0) {
		shared = &devices->gpu[device->gpu];
		device->domain = devices->domain[device->gpu].name;
	} else if (from->type == WIRE_DEVICE_CPU && devices->cpu_domain[0]) {
		shared = &devices->cpu;
		device->domain = devices->cpu_domain;
	}
	if (!*shared)
		*shared = make_occupied(devices->start_ns);
	device->occupied = *shared;
	return device->occupied ? 0 : -ENOMEM;
}

/* Only what has a name: what a full table or a torn slot stands for is none. */
static bool is_told(const struct device *device)
{
	return device->type != WIRE_DEVICE_CPU && device->api;
}

static void tell(struct devices *devices)
{
	devices->told_n = 0;
	for (size_t i = 0; i < devices->n; i++) {
		const struct device *d = devices->device[i];

		if (is_told(d))
			devices->told[devices->told_n++] = (struct ledger_device){
				d->label, arena_api_name(d->api), d->domain, d->memory_peak_bytes};
	}
}

static int append(struct devices *devices, const struct arena_device *from)
{
	struct device *device = calloc(1, sizeof(*device));

	if (!device)
		return -ENOMEM;
	if (place(devices, device, from)) {
		free_device(device);
		return -ENOMEM;
	}
	device->type = from->type;
	device->api = from->api;
	memcpy(device->name, from->name, sizeof(device->name));
	memcpy(device->bus_id, from->bus_id, sizeof(device->bus_id));
	name_device(devices, device);
	devices->device[devices->n++] = device;
	tell(devices);
	return (int)devices->n - 1;
}

int devices_find(struct devices *devices, const struct arena_device *from)
{
	static const struct arena_device others = {.name = "(others)"};

	for (size_t i = 0; i < devices->n; i++) {
		const struct device *device = devices->device[i];
		if (device->type == from->type && device->api == from->api &&
		    !strcmp(device->name, from->name) && !strcmp(device->bus_id, from->bus_id))
			return (int)i;
	}
	if (devices->n == DEVICES_MAX)
		return DEVICES_MAX - 1;
	return append(devices, devices->n == DEVICES_MAX - 1 ? &others : from);
}

void devices_memory(struct devices *devices, int index, uint64_t peak_bytes)
{
	struct device *device = devices->device[index];

	if (peak_bytes <= device->memory_peak_bytes)
		return;
	device->memory_peak_bytes = peak_bytes;
	tell(devices);
}

const struct ledger_device *devices_unmetered(const struct devices *devices)
{
	for (size_t i = 0; i < devices->told_n; i++)
		if (!devices->told[i].domain)
			return &devices->told[i];
	return NULL;
}

int devices_add(struct devices *devices, int index, const struct busy_interval *command)
{
	struct occupied *occupied = devices->device[index]->occupied;

	if (occupied->n == occupied->room) {
		size_t room = occupied->room ? occupied->room * 2 : 1024;
		struct busy_interval *more = realloc(occupied->pending, room * sizeof(*more));
		if (!more)
			return -ENOMEM;
		occupied->pending = more;
		occupied->room = room;
	}
	occupied->pending[occupied->n++] = *command;
	if (occupied->n >= DEVICES_PENDING)
		devices->due = true;
	return 0;
}

static uint64_t energy_of(const struct devices *devices, const struct device *device,
			  const struct account_posting *posting)
{
	uint64_t energy_uj = 0;

	if (device->gpu >= 0)
		return posting[device->gpu].run_uj;
	for (size_t i = 0; device->domain && i < devices->domains; i++)
		if (bears_cpu(&devices->domain[i]))
			energy_uj += posting[i].run_uj;
	return energy_uj;
}

static int find_label(const struct devices *devices, const char *label)
{
	for (size_t i = 0; i < devices->n; i++)
		if (devices->device[i]->label == label)
			return (int)i;
	return -1;
}

int devices_tick(struct devices *devices, uint64_t t_ns, const struct account_posting *posting,
		 struct kernels *kernels)
{
	int error = 0;

	for (size_t i = 0; i < devices->n; i++) {
		const struct device *device = devices->device[i];
		struct occupied *o = device->occupied;

		busy_energy(o->busy, t_ns, energy_of(devices, device, posting));
		if (o->n && busy_cover(o->busy, o->pending, o->n) == -ENOMEM)
			error = -ENOMEM;
		o->n = 0;
	}
	for (size_t i = 0; i < kernels->n; i++) {
		int index = find_label(devices, kernels->row[i].device);
		if (index < 0)
			continue;
		struct busy_share share =
			busy_share(devices->device[index]->occupied->busy, (uint32_t)i);
		const struct busy_share *before = &kernels->past[i].before;
		kernels->row[i].busy_ns = before->busy_ns + share.busy_ns;
		kernels->row[i].energy_uj = before->energy_uj + share.energy_uj;
	}
	devices->due = false;
	return error;
}
