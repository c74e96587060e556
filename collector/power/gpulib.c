/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sources rocm and zero: AMD's GPUs by ROCm SMI, Intel's by Level Zero's sysman. Both libraries
 * are opened at run time, and only where a GPU of that maker is. What they count is preferred;
 * where they count nothing, power is added up.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/power/gauge.h"
#include "collector/power/pci.h"
#include "collector/units.h"

#define DRM	    "/sys/class/drm"
#define PERIOD_NS   (UNITS_NS_PER_S / 10)
#define DEVICES_MAX 32

struct maker {
	const char *source;
	const char *vendor; /* PCI's number of it */
	const char *library;
	const char *package;
};

static const struct maker amd = {"rocm", "0x1002", "ROCm SMI", "librocm-smi64-1"};
static const struct maker intel = {"zero", "0x8086", "Level Zero", "libze1 and its GPU driver"};

struct gpulib {
	struct gauge_bank bank; /* the first, see gauge.h */
	const struct maker *maker;
	char question[DEVICES_MAX][32];
	bool counts[DEVICES_MAX];
	/* Cards of that maker that are no part of a processor, whose meters have them already. */
	char card[DEVICES_MAX][PCI_ADDRESS_MAX];
	size_t cards;
};

static int look(void *arg, const char *name)
{
	struct gpulib *lib = arg;
	struct world *world = lib->bank.world;
	char folder[48];
	char path[64];
	char text[16];
	char *address = lib->card[lib->cards];

	/* "card0", and not "card0-HDMI-A-1". */
	if (strncmp(name, "card", 4) || strlen(name) > 8 || strchr(name, '-'))
		return 0;
	snprintf(folder, sizeof(folder), DRM "/%s/device", name);
	snprintf(path, sizeof(path), "%s/vendor", folder);
	if (world->ops->read(world, path, text, sizeof(text)) < 0 ||
	    strncmp(text, lib->maker->vendor, strlen(lib->maker->vendor)) != 0)
		return 0;
	pci_address(world, folder, address);
	if (*address && !pci_is_built_in(address) && !pci_is_apu(world, folder))
		lib->cards++;
	return lib->cards == DEVICES_MAX;
}

static bool is_card(const struct gpulib *lib, const char *address)
{
	for (size_t i = 0; i < lib->cards; i++)
		if (!strcmp(lib->card[i], address))
			return true;
	return false;
}

static int ask(const struct gpulib *lib, unsigned device, const char *what, uint64_t *value)
{
	char question[32];

	snprintf(question, sizeof(question), "/%s/%u/%s", lib->maker->source, device, what);
	return world_ask_u64(lib->bank.world, question, value);
}

static void find_address(const struct gpulib *lib, unsigned device, struct power_domain *domain)
{
	char question[32];
	char text[32];

	snprintf(question, sizeof(question), "/%s/%u/pci", lib->maker->source, device);
	if (world_ask(lib->bank.world, question, text, sizeof(text)) <= 0)
		return;
	text[strcspn(text, "\n")] = '\0';
	if (strlen(text) < sizeof(domain->device) &&
	    strspn(text, "0123456789abcdef:.") == strlen(text))
		memcpy(domain->device, text, strlen(text) + 1);
}

static void add(struct gpulib *lib, unsigned device)
{
	struct power_domain domain = {.kind = POWER_GPU, .error_pct = POWER_ERROR_HIGH};
	size_t i = lib->bank.gauges;
	uint64_t value;
	bool counts;
	int error;

	find_address(lib, device, &domain);
	if (!is_card(lib, domain.device))
		return;
	counts = !ask(lib, device, "energy", &value) && value;
	error = counts ? 0 : ask(lib, device, "power", &value);
	if (error) {
		power_add_finding(lib->bank.power, lib->maker->source, error == -EACCES,
				  "GPU %u: %s tells neither energy nor power: %s", device,
				  lib->maker->library, strerror(-error));
		return;
	}
	power_next_name(lib->bank.power, "gpu", domain.name);
	snprintf(domain.note, sizeof(domain.note), "GPU %s, by %s: its %s", domain.device,
		 lib->maker->library, counts ? "count of energy" : "power, added up");
	if (gauge_add(&lib->bank, &domain, PLAUSIBLE_GPU, PERIOD_NS))
		return;
	lib->counts[i] = counts;
	/* A GPU that is on draws something: counts that stand still are a fault of some drivers. */
	lib->bank.gauge[i].counter.restless = true;
	snprintf(lib->question[i], sizeof(lib->question[i]), "/%s/%u/%s", lib->maker->source,
		 device, counts ? "energy" : "power");
}

static void gpulib_poll(void *state)
{
	struct gpulib *lib = state;

	for (size_t i = 0; i < lib->bank.gauges; i++) {
		uint64_t value = 0;
		int error = world_ask_u64(lib->bank.world, lib->question[i], &value);
		uint64_t t_ns = gauge_now_ns(&lib->bank);

		gauge_lock(&lib->bank);
		if (error)
			gauge_miss(&lib->bank.gauge[i], error);
		else if (lib->counts[i])
			gauge_energy(&lib->bank.gauge[i], t_ns, value);
		else
			gauge_power(&lib->bank.gauge[i], t_ns, value);
		gauge_unlock(&lib->bank);
	}
}

static void find(struct gpulib *lib)
{
	char question[32];
	uint64_t devices = 0;
	int error;

	lib->bank.world->ops->list(lib->bank.world, DRM, look, lib);
	if (!lib->cards)
		return;
	snprintf(question, sizeof(question), "/%s/devices", lib->maker->source);
	error = world_ask_u64(lib->bank.world, question, &devices);
	/* Their kernel drivers show power, too: hwmon speaks where the library is missing. */
	if (error == -ENOPKG || error == -ENOENT)
		return;
	if (error)
		power_add_finding(lib->bank.power, lib->maker->source, error == -EACCES,
				  "%s cannot be asked: %s; its package is %s", lib->maker->library,
				  strerror(-error), lib->maker->package);
	for (unsigned i = 0; !error && i < devices && i < DEVICES_MAX; i++)
		add(lib, i);
	gpulib_poll(lib);
}

static int open_source(const struct maker *maker, struct power *power,
		       const struct power_options *options, void **state)
{
	struct gpulib *lib = calloc(1, sizeof(*lib));
	int result;

	if (!lib)
		return -ENOMEM;
	lib->bank.world = options->world;
	lib->bank.power = power;
	lib->maker = maker;
	find(lib);
	result = gauge_open(&lib->bank, PERIOD_NS, gpulib_poll);
	if (!result)
		*state = lib;
	return result;
}

static int rocm_open(struct power *power, const struct power_options *options, void **state)
{
	return open_source(&amd, power, options, state);
}

static int zero_open(struct power *power, const struct power_options *options, void **state)
{
	return open_source(&intel, power, options, state);
}

const struct power_source power_rocm = {
	.name = "rocm",
	.open = rocm_open,
	.read = gauge_bank_read,
	.longest_interval_ns = gauge_bank_longest_interval_ns,
	.close = gauge_bank_close,
};

const struct power_source power_zero = {
	.name = "zero",
	.open = zero_open,
	.read = gauge_bank_read,
	.longest_interval_ns = gauge_bank_longest_interval_ns,
	.close = gauge_bank_close,
};
