/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cray source: the pm_counters of HPE Cray blades, which the blade's controller writes ten
 * times a second. Everybody may read them. A file holds "598732067 J", newer ones a time behind
 * that. `freshness` counts the writes: what is read between two equal values of it belongs
 * together. `generation` and `startup` change where the counts begin anew.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/power/gauge.h"
#include "collector/units.h"

#define FOLDER	  "/sys/cray/pm_counters/"
#define PERIOD_NS (UNITS_NS_PER_S / 10)
#define TRIES	  3
#define ACCELS	  16

struct cray {
	struct gauge_bank bank; /* the first, see gauge.h */
	char file[POWER_DOMAINS_MAX][24];
	uint64_t generation;
	uint64_t startup;
};

/* The number that the file begins with, of that unit if one is named. */
static int read_number(const struct cray *cray, const char *file, const char *unit, uint64_t *value)
{
	struct world *world = cray->bank.world;
	char path[64];
	char text[64];
	char found[8] = "";
	ssize_t length;

	snprintf(path, sizeof(path), FOLDER "%s", file);
	length = world->ops->read(world, path, text, sizeof(text));
	if (length < 0)
		return (int)length;
	if (text[0] < '0' || text[0] > '9' || sscanf(text, "%" SCNu64 " %7s", value, found) < 1)
		return -EINVAL;
	return !unit || !strcmp(found, unit) ? 0 : -EINVAL;
}

static int read_joules(const struct cray *cray, const char *file, uint64_t *energy_uj)
{
	uint64_t joules = 0;
	int result = read_number(cray, file, "J", &joules);

	if (!result && joules > UINT64_MAX / UNITS_UJ_PER_J)
		return -ERANGE;
	if (!result)
		*energy_uj = joules * UNITS_UJ_PER_J;
	return result;
}

static void add(struct cray *cray, const char *file, const char *name, enum power_kind kind,
		const char *what)
{
	struct power_domain domain = {.kind = kind, .error_pct = POWER_ERROR_HIGH};
	uint64_t energy_uj;

	if (power_has(cray->bank.power, kind) || read_joules(cray, file, &energy_uj))
		return;
	snprintf(domain.name, sizeof(domain.name), "%s", name);
	snprintf(domain.note, sizeof(domain.note), "pm_counters/%s: %s", file, what);
	if (!gauge_add(&cray->bank, &domain, plausible_class_of(kind), PERIOD_NS))
		snprintf(cray->file[cray->bank.gauges - 1], sizeof(cray->file[0]), "%s", file);
}

/* Reads all counts of one moment. Returns 0, or -EAGAIN if they were written meanwhile. */
static int read_all(const struct cray *cray, uint64_t *energy_uj, int *error)
{
	uint64_t before = 0;
	uint64_t after = 0;
	int known = read_number(cray, "freshness", NULL, &before);

	for (size_t i = 0; i < cray->bank.gauges; i++)
		error[i] = read_joules(cray, cray->file[i], &energy_uj[i]);
	if (known || read_number(cray, "freshness", NULL, &after))
		return 0;
	return before == after ? 0 : -EAGAIN;
}

static bool began_anew(struct cray *cray)
{
	uint64_t generation = cray->generation;
	uint64_t startup = cray->startup;

	read_number(cray, "generation", NULL, &cray->generation);
	read_number(cray, "startup", NULL, &cray->startup);
	return generation != cray->generation || startup != cray->startup;
}

static void cray_poll(void *state)
{
	struct cray *cray = state;
	uint64_t energy_uj[POWER_DOMAINS_MAX] = {0};
	int error[POWER_DOMAINS_MAX] = {0};
	bool anew = began_anew(cray);
	uint64_t t_ns = gauge_now_ns(&cray->bank);

	/* Counts that a write went through are of two moments, a tenth of a second apart: usable.
	 */
	for (int i = 0; i < TRIES && read_all(cray, energy_uj, error); i++)
		;
	gauge_lock(&cray->bank);
	for (size_t i = 0; i < cray->bank.gauges; i++) {
		if (anew)
			gauge_reset(&cray->bank.gauge[i]);
		if (error[i])
			gauge_miss(&cray->bank.gauge[i], error[i]);
		else
			gauge_energy(&cray->bank.gauge[i], t_ns, energy_uj[i]);
	}
	gauge_unlock(&cray->bank);
}

static void add_all(struct cray *cray)
{
	bool accels = !power_has(cray->bank.power, POWER_GPU);

	add(cray, "energy", "node", POWER_NODE, "the whole blade's node");
	add(cray, "cpu_energy", "package-0", POWER_CPU, "all processors of the node");
	add(cray, "memory_energy", "dram-0", POWER_MEMORY, "all memory of the node");
	for (int i = 0; i < ACCELS && accels; i++) {
		char file[24];
		char name[POWER_NAME_MAX];

		snprintf(file, sizeof(file), "accel%d_energy", i);
		snprintf(name, sizeof(name), "gpu-%d", i);
		add(cray, file, name, POWER_GPU, "an accelerator");
	}
}

static int cray_open(struct power *power, const struct power_options *options, void **state)
{
	struct cray *cray = calloc(1, sizeof(*cray));
	int result;

	if (!cray)
		return -ENOMEM;
	cray->bank.world = options->world;
	cray->bank.power = power;
	began_anew(cray);
	add_all(cray);
	cray_poll(cray);
	result = gauge_open(&cray->bank, PERIOD_NS, cray_poll);
	if (!result)
		*state = cray;
	return result;
}

const struct power_source power_cray = {
	.name = "cray",
	.open = cray_open,
	.read = gauge_bank_read,
	.longest_interval_ns = gauge_bank_longest_interval_ns,
	.close = gauge_bank_close,
};
