/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AMD's GPUs by ROCm SMI, which is opened at run time and never needed to build: the few functions
 * that are asked are written down here as its manual describes them.
 */
#include "collector/world.h"

#include <dlfcn.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { RSMI_SUCCESS, RSMI_INVALID, RSMI_NOT_SUPPORTED, RSMI_FILE_ERROR, RSMI_PERMISSION };

static struct {
	int error; /* why it cannot be asked */
	uint32_t devices;
	int (*init)(uint64_t flags);
	int (*count)(uint32_t *devices);
	int (*pci)(uint32_t device, uint64_t *bdf);
	int (*energy)(uint32_t device, uint64_t *count, float *uj_each, uint64_t *t_ns);
	int (*power)(uint32_t device, uint32_t sensor, uint64_t *uw);
} api;

static int error_of(int status)
{
	switch (status) {
	case RSMI_SUCCESS:
		return 0;
	case RSMI_PERMISSION:
		return -EACCES;
	case RSMI_NOT_SUPPORTED:
		return -EOPNOTSUPP;
	default:
		return -EIO;
	}
}

static void *open_library(void)
{
	static const char *const names[] = {"librocm_smi64.so.7", "librocm_smi64.so.6",
					    "librocm_smi64.so.5", "librocm_smi64.so.1"};
	void *library = NULL;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && !library; i++)
		library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
	return library;
}

static void load(void)
{
	void *library = open_library();
	/* A function of a library has no type until it is given one. */
	const struct {
		const char *name;
		void **at;
	} wanted[] = {{"rsmi_init", (void **)&api.init},
		      {"rsmi_num_monitor_devices", (void **)&api.count},
		      {"rsmi_dev_pci_id_get", (void **)&api.pci},
		      {"rsmi_dev_energy_count_get", (void **)&api.energy},
		      {"rsmi_dev_power_ave_get", (void **)&api.power}};

	api.error = library ? 0 : -ENOPKG;
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]) && library; i++) {
		*wanted[i].at = dlsym(library, wanted[i].name);
		/* Versions differ in how they tell energy and power; who cannot is asked no more.
		 */
		if (!*wanted[i].at && i < 3)
			api.error = -ELIBBAD;
	}
	if (!api.error)
		api.error = error_of(api.init(0));
	if (!api.error)
		api.error = error_of(api.count(&api.devices));
}

static int ask_pci(uint32_t device, char *answer, size_t size)
{
	uint64_t bdf;
	int error = error_of(api.pci(device, &bdf));

	if (error)
		return error;
	return snprintf(answer, size, "%04x:%02x:%02x.%x\n", (unsigned)(bdf >> 32),
			(unsigned)(bdf >> 8 & 0xff), (unsigned)(bdf >> 3 & 0x1f),
			(unsigned)(bdf & 7));
}

/* The count comes in units of its own, 15.3 uJ on most. */
static int ask_energy(uint32_t device, char *answer, size_t size)
{
	uint64_t count;
	uint64_t t_ns;
	float uj_each;
	int error =
		api.energy ? error_of(api.energy(device, &count, &uj_each, &t_ns)) : -EOPNOTSUPP;

	if (error)
		return error;
	if (uj_each <= 0 || uj_each > 1e6F)
		return -ENODATA;
	return snprintf(answer, size, "%" PRIu64 "\n",
			(uint64_t)((long double)count * (long double)uj_each));
}

static int ask_power(uint32_t device, char *answer, size_t size)
{
	uint64_t uw;
	int error = api.power ? error_of(api.power(device, 0, &uw)) : -EOPNOTSUPP;

	return error ? error : snprintf(answer, size, "%" PRIu64 "\n", uw);
}

ssize_t world_ask_rocm(const char *rest, char *answer, size_t size)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	char what[16];
	unsigned device;

	pthread_once(&once, load);
	if (api.error)
		return api.error;
	if (!strcmp(rest, "devices"))
		return snprintf(answer, size, "%u\n", (unsigned)api.devices);
	if (sscanf(rest, "%u/%15s", &device, what) != 2 || device >= api.devices)
		return -ENOENT;
	if (!strcmp(what, "pci"))
		return ask_pci(device, answer, size);
	if (!strcmp(what, "energy"))
		return ask_energy(device, answer, size);
	return strcmp(what, "power") ? -ENOENT : ask_power(device, answer, size);
}
