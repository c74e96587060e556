/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Devices in a run's memory.
 */
#include <errno.h>
#include <string.h>

#include "collector/run/devices.h"

json_t *devices_save(const struct devices *devices)
{
	json_t *list = json_array();

	for (size_t i = 0; i < devices->n; i++) {
		const struct device *d = devices->device[i];
		if (json_array_append_new(list, json_pack("[i, i, s, s, I]", (int)d->type,
							  (int)d->api, d->name, d->bus_id,
							  (json_int_t)d->memory_peak_bytes)))
			break;
	}
	return list;
}

static int restore(struct devices *devices, json_t *saved)
{
	struct arena_device device = {0};
	const char *name, *bus_id;
	int type, api, index;
	json_int_t peak_bytes;

	if (json_unpack(saved, "[i, i, s, s]", &type, &api, &name, &bus_id) ||
	    strlen(name) >= sizeof(device.name) || strlen(bus_id) >= sizeof(device.bus_id))
		return -EBADMSG;
	device.type = (uint32_t)type;
	device.api = (uint32_t)api;
	strcpy(device.name, name);
	strcpy(device.bus_id, bus_id);
	index = devices_find(devices, &device);
	if (index < 0)
		return -ENOMEM;
	/* Collectors up to November 2026 said nothing of memory. */
	peak_bytes = json_integer_value(json_array_get(saved, 4));
	if (peak_bytes > 0)
		devices_memory(devices, index, (uint64_t)peak_bytes);
	return 0;
}

int devices_restore(struct devices *devices, const json_t *saved)
{
	int error = 0;

	for (size_t i = 0; i < json_array_size(saved) && !error; i++)
		error = restore(devices, json_array_get(saved, i));
	return error;
}
