/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Intel's GPUs by the sysman part of Level Zero, which is opened at run time and never needed to
 * build: the few functions and structures that are asked are written down here as its specification
 * has them. A GPU's power domains overlap (the card holds its tiles), so the card's is taken.
 */
#include "collector/world.h"

#include <dlfcn.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIBRARY	    "libze_loader.so.1"
#define DEVICES_MAX 32
#define HANDLES_MAX 16

/* What a structure is, in its first member. */
enum { ZES_PCI_PROPERTIES = 0x2, ZES_POWER_PROPERTIES = 0xd };

enum {
	ZE_SUCCESS = 0,
	ZE_DEVICE_LOST = 0x70000001,
	ZE_PERMISSION = 0x70010000,
	ZE_UNSUPPORTED_VERSION = 0x78000002,
	ZE_UNSUPPORTED_FEATURE = 0x78000003
};

struct pci_properties {
	int kind;
	void *next;
	uint32_t domain;
	uint32_t bus;
	uint32_t device;
	uint32_t function;
	unsigned char more[64]; /* of speeds, which are not asked for */
};

struct power_properties {
	int kind;
	void *next;
	uint8_t on_tile;
	uint32_t tile;
	unsigned char more[64];
};

struct energy {
	uint64_t uj;
	uint64_t t_us;
};

typedef int list_function(void *of, uint32_t *n, void **handle);

static struct {
	int error; /* why it cannot be asked */
	void *device[DEVICES_MAX];
	void *domain[DEVICES_MAX]; /* NULL: the device has none for all of it */
	uint32_t devices;
	int (*pci)(void *device, struct pci_properties *properties);
	list_function *domains;
	int (*properties)(void *domain, struct power_properties *properties);
	int (*energy)(void *domain, struct energy *energy);
} api;

static int error_of(int result)
{
	switch (result) {
	case ZE_SUCCESS:
		return 0;
	case ZE_PERMISSION:
		return -EACCES;
	case ZE_DEVICE_LOST:
		return -ENODEV;
	case ZE_UNSUPPORTED_VERSION:
	case ZE_UNSUPPORTED_FEATURE:
		return -EOPNOTSUPP;
	default:
		return -EIO;
	}
}

/*
 * Older loaders show sysman where the environment says so when they are set up. The variable is
 * taken back at once: a program that is started later must not find it.
 */
static int init_by_environment(int (*init)(uint32_t flags))
{
	static const char name[] = "ZES_ENABLE_SYSMAN";
	bool set = getenv(name);
	int result;

	if (!set)
		setenv(name, "1", 1);
	result = init(0);
	if (!set)
		unsetenv(name);
	return result;
}

static int init(void *library, const char **drivers, const char **devices)
{
	int (*sysman)(uint32_t flags) = NULL;
	int (*whole)(uint32_t flags) = NULL;

	*(void **)&sysman = dlsym(library, "zesInit");
	*(void **)&whole = dlsym(library, "zeInit");
	*drivers = sysman ? "zesDriverGet" : "zeDriverGet";
	*devices = sysman ? "zesDeviceGet" : "zeDeviceGet";
	if (sysman)
		return error_of(sysman(0));
	return whole ? error_of(init_by_environment(whole)) : -ELIBBAD;
}

/* The domain of all of the device. */
static void *find_domain(void *device)
{
	void *handle[HANDLES_MAX];
	uint32_t n = HANDLES_MAX;

	if (api.domains(device, &n, handle))
		return NULL;
	for (uint32_t i = 0; i < n && i < HANDLES_MAX; i++) {
		struct power_properties properties = {.kind = ZES_POWER_PROPERTIES};

		if (!api.properties(handle[i], &properties) && !properties.on_tile)
			return handle[i];
	}
	return NULL;
}

static void find_devices(int (*drivers)(uint32_t *n, void **driver), list_function *devices)
{
	void *driver[HANDLES_MAX];
	uint32_t n = HANDLES_MAX;

	api.error = error_of(drivers(&n, driver));
	for (uint32_t i = 0; i < n && i < HANDLES_MAX && !api.error; i++) {
		uint32_t room = DEVICES_MAX - api.devices;

		if (room && !devices(driver[i], &room, &api.device[api.devices]))
			api.devices += room;
	}
	for (uint32_t i = 0; i < api.devices && !api.error; i++)
		api.domain[i] = find_domain(api.device[i]);
}

static void load(void)
{
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	int (*drivers)(uint32_t * n, void **driver) = NULL;
	list_function *devices = NULL;
	const char *driver_name;
	const char *device_name;

	api.error = library ? init(library, &driver_name, &device_name) : -ENOPKG;
	if (api.error)
		return;
	*(void **)&drivers = dlsym(library, driver_name);
	*(void **)&devices = dlsym(library, device_name);
	*(void **)&api.pci = dlsym(library, "zesDevicePciGetProperties");
	*(void **)&api.domains = dlsym(library, "zesDeviceEnumPowerDomains");
	*(void **)&api.properties = dlsym(library, "zesPowerGetProperties");
	*(void **)&api.energy = dlsym(library, "zesPowerGetEnergyCounter");
	if (drivers && devices && api.pci && api.domains && api.properties && api.energy)
		find_devices(drivers, devices);
	else
		api.error = -ELIBBAD;
}

static int ask_pci(unsigned device, char *answer, size_t size)
{
	struct pci_properties at = {.kind = ZES_PCI_PROPERTIES};
	int error = error_of(api.pci(api.device[device], &at));

	return error ? error
		     : snprintf(answer, size, "%04x:%02x:%02x.%x\n", at.domain, at.bus, at.device,
				at.function);
}

static int ask_energy(unsigned device, char *answer, size_t size)
{
	struct energy energy;
	int error = api.domain[device] ? error_of(api.energy(api.domain[device], &energy))
				       : -EOPNOTSUPP;

	return error ? error : snprintf(answer, size, "%" PRIu64 "\n", energy.uj);
}

ssize_t world_ask_zero(const char *rest, char *answer, size_t size)
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
	return strcmp(what, "energy") ? -ENOENT : ask_energy(device, answer, size);
}
