/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A collector that runs for long: thirty days at ten readings a second with GRAMME_SLOW, else one
 * day. Wraps by the thousand, no drift, no lost energy, and no memory that grows.
 */
#include "tests/unit/machine.h"

#include <malloc.h>

#include "collector/power/power.h"

#define RANGE_UJ 65712999613ULL
#define ZONES	 2

/* Each zone draws a power of its own, which changes with the hour. */
struct month {
	struct machine_clock clock;
	uint64_t total_uj[ZONES];
};

static const char *const paths[ZONES] = {
	"/sys/class/powercap/intel-rapl:0",
	"/sys/class/powercap/intel-rapl:1",
};

static ssize_t read_file(struct world *w, const char *path, char *text, size_t size)
{
	const struct month *month = (struct month *)w;

	for (size_t i = 0; i < ZONES; i++) {
		size_t length = strlen(paths[i]);

		if (strncmp(path, paths[i], length) != 0)
			continue;
		if (!strcmp(path + length, "/name"))
			return snprintf(text, size, "package-%zu\n", i);
		if (!strcmp(path + length, "/max_energy_range_uj"))
			return snprintf(text, size, "%llu\n", RANGE_UJ);
		if (!strcmp(path + length, "/energy_uj"))
			return snprintf(text, size, "%llu\n",
					(unsigned long long)(month->total_uj[i] + 12345) %
						RANGE_UJ);
	}
	return -ENOENT;
}

static int list(struct world *w, const char *path, int (*each)(void *arg, const char *name),
		void *arg)
{
	int result;

	(void)w;
	if (strcmp(path, "/sys/class/powercap") != 0)
		return -ENOENT;
	result = each(arg, "intel-rapl:0");
	return result ? result : each(arg, "intel-rapl:1");
}

static void a_month_loses_nothing(void **state)
{
	static const struct world_ops ops = {
		.monotonic_ns = machine_monotonic_ns,
		.realtime_ns = machine_boottime_ns,
		.boottime_ns = machine_boottime_ns,
		.read = read_file,
		.list = list,
	};
	static const struct power_load no_load;
	struct month month = {.clock = machine_clock()};
	const struct power_options options = {.world = &month.clock.world};
	struct power_reading reading[POWER_DOMAINS_MAX];
	const uint64_t days = getenv("GRAMME_SLOW") ? 30 : 1;
	struct power *power;
	size_t held = 0;

	(void)state;
	month.clock.world.ops = &ops;
	assert_int_equal(power_open(&options, &power), 0);
	for (uint64_t tenth = 0; tenth < days * 86400 * 10; tenth++) {
		month.clock.monotonic_ns += SECOND / 10;
		month.total_uj[0] += (50 + tenth / 36000 % 450) * JOULE / 10;
		month.total_uj[1] += 499 * JOULE / 10;
		power_read(power, &no_load, reading);
		if (tenth == 100)
			held = mallinfo2().uordblks;
		if (reading[0].error || reading[0].gap || reading[1].error || reading[1].gap)
			fail_msg("not read at %llu", (unsigned long long)tenth);
	}
	assert_int_equal(reading[0].energy_uj, month.total_uj[0]);
	assert_int_equal(reading[1].energy_uj, month.total_uj[1]);
	assert_true(month.total_uj[1] > days * 600 * RANGE_UJ);
	assert_int_equal(mallinfo2().uordblks, held);
	power_close(power);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_month_loses_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
