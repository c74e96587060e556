/* SPDX-License-Identifier: Apache-2.0 */
/*
 * battery: a laptop that is not plugged in.
 */
#include "tests/unit/sensors.h"

static void batteries_are_summed_until_mains_comes(void **state)
{
	struct sensors s;

	(void)state;
	sensors_open(&s, MACHINES "laptop");
	sensors_expect(&s, "node:battery");
	for (uint64_t i = 1; i < 30; i++) {
		sensors_after(&s, 2 * SECOND);
		sensors_good(&s, "node", i * 36 * JOULE); /* 18 W, and not their mean */
	}
	for (int i = 0; i < 10; i++)
		sensors_after(&s, 2 * SECOND);
	assert_int_equal(sensors_reading(&s, "node")->error, -ENODATA);
	sensors_close(&s);
}

static void on_mains_there_is_no_meter(void **state)
{
	struct sensors s;
	char dir[64];

	(void)state;
	machine_make(dir);
	machine_put(dir, "root/sys/class/power_supply/BAT0/type", "Battery\n");
	machine_put(dir, "root/sys/class/power_supply/BAT0/status", "Charging\n");
	machine_put(dir, "root/sys/class/power_supply/BAT0/power_now", "12000000\n");
	sensors_open(&s, dir);
	sensors_expect(&s, "");
	sensors_close(&s);
	machine_remove(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(batteries_are_summed_until_mains_comes),
		cmocka_unit_test(on_mains_there_is_no_meter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
