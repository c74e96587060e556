/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hwmon source: power and energy that drivers show in /sys/class/hwmon. A device is known by
 * its driver's name, its labels and its PCI address, never by its number, which every boot deals
 * out anew:
 *   power_meter   an ACPI meter: of the node, or of what its OEM info names (NVIDIA Grace, GH200)
 *   amdgpu        power of a GPU; of an APU the whole socket's, CPU included
 *   i915, xe      energy of a GPU
 *   amd_energy    energy of AMD sockets, by a driver older than powercap's
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/power/gauge.h"
#include "collector/power/pci.h"
#include "collector/units.h"

#define CLASS	"/sys/class/hwmon"
#define INPUTS	8
#define SOCKETS 8
#define POLL_NS (UNITS_NS_PER_S / 10)
/* ACPI meters average over a second or more, and an energy counter misses nothing in between. */
#define SLOW_NS UNITS_NS_PER_S

struct sensor {
	char path[96];
	bool energy;
	uint64_t period_ns;
	uint64_t due_ns;
};

struct hwmon {
	struct gauge_bank bank; /* the first, see gauge.h */
	struct sensor sensor[POWER_DOMAINS_MAX];
	bool denied;
};

/* Reads a line of a device's file. Returns its length, or -errno. */
static ssize_t read_line(const struct hwmon *hwmon, const char *device, const char *file,
			 char *text, size_t size)
{
	struct world *world = hwmon->bank.world;
	char path[128];
	ssize_t length;

	snprintf(path, sizeof(path), CLASS "/%s/%s", device, file);
	length = world->ops->read(world, path, text, size);
	if (length >= 0)
		text[strcspn(text, "\n")] = '\0';
	return length;
}

static void find_denied(struct hwmon *hwmon, const char *path)
{
	if (!hwmon->denied)
		power_add_finding(hwmon->bank.power, "hwmon", true,
				  "%.90s may not be read; fix: run 'gramme collect' as root, or "
				  "chmod a+r %.90s (until the next boot)",
				  path, path);
	hwmon->denied = true;
}

/* Whether the sensor can be read and shows something; what is wrong otherwise is found. */
static bool works(struct hwmon *hwmon, const struct sensor *sensor)
{
	uint64_t value;
	int result = world_read_u64(hwmon->bank.world, sensor->path, &value);

	if (result == -ENOENT)
		return false;
	if (result == -EACCES) {
		find_denied(hwmon, sensor->path);
		return false;
	}
	/* A GPU that sleeps refuses, and is asked again; one that shows 0 may only sleep, too. */
	return true;
}

/* Adds a sensor with its domain. Returns true if it is metered now. */
static bool add(struct hwmon *hwmon, struct sensor *sensor, struct power_domain *domain,
		enum plausible_class class)
{
	struct gauge_bank *bank = &hwmon->bank;

	if (!works(hwmon, sensor) || gauge_add(bank, domain, class, sensor->period_ns))
		return false;
	hwmon->sensor[bank->gauges - 1] = *sensor;
	return true;
}

static struct sensor sensor_of(const char *device, const char *file, bool energy,
			       uint64_t period_ns)
{
	struct sensor sensor = {.energy = energy, .period_ns = period_ns};

	snprintf(sensor.path, sizeof(sensor.path), CLASS "/%.20s/%.40s", device, file);
	return sensor;
}

static bool exists(const struct hwmon *hwmon, const char *device, const char *file)
{
	char text[64];

	return read_line(hwmon, device, file, text, sizeof(text)) != -ENOENT;
}

/* ---- ACPI power meters ---- */

/* What Grace's firmware calls its meters; module holds grace and GPU, grace holds the other two. */
static const struct {
	const char *oem; /* followed by the socket's number */
	const char *stem;
	const char *within; /* followed by "-" and the number, if `part` */
	bool part;
	enum power_kind kind;
	enum plausible_class class;
} grace[] = {
	{"Grace Power Socket ", "package", "", false, POWER_CPU, PLAUSIBLE_PACKAGE},
	{"CPU Power Socket ", "core", "package", true, POWER_CPU, PLAUSIBLE_PACKAGE},
	{"SysIO Power Socket ", "uncore", "package", true, POWER_CPU, PLAUSIBLE_PACKAGE},
	{"Module Power Socket ", "module", "node", false, POWER_NODE, PLAUSIBLE_NODE},
};

static bool add_grace(struct hwmon *hwmon, struct sensor *sensor, const char *oem)
{
	for (size_t i = 0; i < sizeof(grace) / sizeof(grace[0]); i++) {
		size_t length = strlen(grace[i].oem);
		struct power_domain domain = {.kind = grace[i].kind, .error_pct = POWER_ERROR_HIGH};
		unsigned socket;

		if (strncmp(oem, grace[i].oem, length) ||
		    sscanf(oem + length, "%u", &socket) != 1 || socket >= SOCKETS)
			continue;
		snprintf(domain.name, sizeof(domain.name), "%s-%u", grace[i].stem, socket);
		if (grace[i].part)
			snprintf(domain.within, sizeof(domain.within), "%s-%u", grace[i].within,
				 socket);
		else
			snprintf(domain.within, sizeof(domain.within), "%s", grace[i].within);
		snprintf(domain.note, sizeof(domain.note), "ACPI power meter '%s%u'", grace[i].oem,
			 socket);
		return add(hwmon, sensor, &domain, grace[i].class);
	}
	return false;
}

static void take_acpi(struct hwmon *hwmon, const char *device)
{
	struct power_domain domain = {.name = "node",
				      .kind = POWER_NODE,
				      .error_pct = POWER_ERROR_HIGH,
				      .note = "ACPI power meter of the node"};
	struct sensor sensor = sensor_of(device, "power1_average", false, SLOW_NS);
	char oem[64] = "";

	if (!exists(hwmon, device, "power1_average"))
		sensor = sensor_of(device, "power1_input", false, SLOW_NS);
	if (read_line(hwmon, device, "power1_oem_info", oem, sizeof(oem)) > 0 && oem[0]) {
		if (!add_grace(hwmon, &sensor, oem) && !strstr(oem, "Power Socket"))
			power_add_finding(hwmon->bank.power, "hwmon", false,
					  "%s measures something unknown: left out", device);
		return;
	}
	add(hwmon, &sensor, &domain, PLAUSIBLE_NODE);
}

/* ---- GPUs ---- */

static struct power_domain gpu_domain(const struct hwmon *hwmon, const char *device,
				      const char *driver)
{
	struct power_domain domain = {.kind = POWER_GPU, .error_pct = POWER_ERROR_HIGH};
	char folder[64];

	snprintf(folder, sizeof(folder), CLASS "/%.20s/device", device);
	power_next_name(hwmon->bank.power, "gpu", domain.name);
	pci_address(hwmon->bank.world, folder, domain.device);
	snprintf(domain.note, sizeof(domain.note), "%s GPU %s, by its driver", driver,
		 domain.device);
	return domain;
}

static void take_amdgpu(struct hwmon *hwmon, const char *device)
{
	struct power_domain domain = gpu_domain(hwmon, device, "AMD");
	struct sensor sensor = sensor_of(device, "power1_average", false, POLL_NS);
	char folder[64];

	if (!exists(hwmon, device, "power1_average"))
		sensor = sensor_of(device, "power1_input", false, POLL_NS);
	snprintf(folder, sizeof(folder), CLASS "/%.20s/device", device);
	if (!pci_is_apu(hwmon->bank.world, folder)) {
		add(hwmon, &sensor, &domain, PLAUSIBLE_GPU);
		return;
	}
	/* What it shows is the package's: beside another meter of that, it is shown only. */
	if (power_has(hwmon->bank.power, POWER_CPU)) {
		snprintf(domain.within, sizeof(domain.within), "package-0");
	} else {
		domain.kind = POWER_CPU;
		snprintf(domain.name, sizeof(domain.name), "package-0");
	}
	snprintf(domain.note, sizeof(domain.note), "AMD APU %s: the whole socket, CPU included",
		 domain.device);
	add(hwmon, &sensor, &domain, PLAUSIBLE_PACKAGE);
}

/* Of what an Intel GPU counts, the card is more than the chip. */
static void take_intel(struct hwmon *hwmon, const char *device)
{
	struct power_domain domain = gpu_domain(hwmon, device, "Intel");
	struct sensor sensor;
	int best = 0;

	for (int i = INPUTS; i > 0; i--) {
		char file[24];
		char label[32] = "";

		snprintf(file, sizeof(file), "energy%d_input", i);
		if (!exists(hwmon, device, file))
			continue;
		snprintf(file, sizeof(file), "energy%d_label", i);
		read_line(hwmon, device, file, label, sizeof(label));
		if (!best || !strcmp(label, "card") || !label[0])
			best = i;
	}
	if (!best)
		return;
	sensor = sensor_of(device, "", true, SLOW_NS);
	snprintf(sensor.path, sizeof(sensor.path), CLASS "/%.20s/energy%d_input", device, best);
	add(hwmon, &sensor, &domain, PLAUSIBLE_GPU);
}

/* "Esocket0" beside many "Ecore000", which are within it and left out. */
static void take_amd_energy(struct hwmon *hwmon, const char *device)
{
	for (unsigned i = 1; i < 1024; i++) {
		struct power_domain domain = {.kind = POWER_CPU, .error_pct = POWER_ERROR_HIGH};
		struct sensor sensor;
		char file[24];
		char label[32];
		unsigned socket;

		snprintf(file, sizeof(file), "energy%u_label", i);
		if (read_line(hwmon, device, file, label, sizeof(label)) < 0)
			break;
		if (sscanf(label, "Esocket%u", &socket) != 1 || socket >= SOCKETS)
			continue;
		snprintf(domain.name, sizeof(domain.name), "package-%u", socket);
		snprintf(domain.note, sizeof(domain.note), "amd_energy 'Esocket%u'", socket);
		snprintf(file, sizeof(file), "energy%u_input", i);
		sensor = sensor_of(device, file, true, SLOW_NS);
		add(hwmon, &sensor, &domain, PLAUSIBLE_PACKAGE);
	}
}

/* ---- all of them ---- */

static const struct {
	const char *name;
	void (*take)(struct hwmon *hwmon, const char *device);
} drivers[] = {
	{"power_meter", take_acpi}, {"amdgpu", take_amdgpu},	     {"i915", take_intel},
	{"xe", take_intel},	    {"amd_energy", take_amd_energy},
};

static int take_device(void *arg, const char *device)
{
	struct hwmon *hwmon = arg;
	char name[32];

	if (strlen(device) > 20 || strncmp(device, "hwmon", 5) ||
	    strspn(device + 5, "0123456789") != strlen(device + 5) ||
	    read_line(hwmon, device, "name", name, sizeof(name)) <= 0)
		return 0;
	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++)
		if (!strcmp(name, drivers[i].name))
			drivers[i].take(hwmon, device);
	return 0;
}

static void ask(struct hwmon *hwmon, size_t i)
{
	struct sensor *sensor = &hwmon->sensor[i];
	struct gauge *gauge = &hwmon->bank.gauge[i];
	uint64_t value = 0;
	int error = world_read_u64(hwmon->bank.world, sensor->path, &value);
	uint64_t t_ns = gauge_now_ns(&hwmon->bank);

	gauge_lock(&hwmon->bank);
	if (error)
		gauge_miss(gauge, error);
	else if (sensor->energy)
		gauge_energy(gauge, t_ns, value);
	else
		gauge_power(gauge, t_ns, value);
	gauge_unlock(&hwmon->bank);
}

static void hwmon_poll(void *state)
{
	struct hwmon *hwmon = state;
	uint64_t t_ns = gauge_now_ns(&hwmon->bank);

	for (size_t i = 0; i < hwmon->bank.gauges; i++) {
		/* A thread wakes a little early or late. */
		if (t_ns + POLL_NS / 2 < hwmon->sensor[i].due_ns)
			continue;
		hwmon->sensor[i].due_ns = t_ns + hwmon->sensor[i].period_ns;
		ask(hwmon, i);
	}
}

static uint64_t shortest_period_ns(const struct hwmon *hwmon)
{
	uint64_t shortest_ns = SLOW_NS;

	for (size_t i = 0; i < hwmon->bank.gauges; i++)
		if (hwmon->sensor[i].period_ns < shortest_ns)
			shortest_ns = hwmon->sensor[i].period_ns;
	return shortest_ns;
}

static int hwmon_open(struct power *power, const struct power_options *options, void **state)
{
	struct hwmon *hwmon = calloc(1, sizeof(*hwmon));
	int result;

	if (!hwmon)
		return -ENOMEM;
	hwmon->bank.world = options->world;
	hwmon->bank.power = power;
	options->world->ops->list(options->world, CLASS, take_device, hwmon);
	hwmon_poll(hwmon);
	result = gauge_open(&hwmon->bank, shortest_period_ns(hwmon), hwmon_poll);
	if (!result)
		*state = hwmon;
	return result;
}

const struct power_source power_hwmon = {
	.name = "hwmon",
	.open = hwmon_open,
	.read = gauge_bank_read,
	.longest_interval_ns = gauge_bank_longest_interval_ns,
	.close = gauge_bank_close,
};
