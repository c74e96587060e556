/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cray: the counters of a blade.
 */
#include "tests/unit/sensors.h"

static void a_blade_is_counted_once(void **state)
{
	struct sensors s;

	(void)state;
	sensors_open(&s, MACHINES "cray");
	sensors_expect(&s, "node:cray<machine package-0:cray dram-0:cray gpu-0:cray gpu-1:cray "
			   "gpu-2:cray gpu-3:cray rest:cray");
	sensors_after(&s, 0);
	for (uint64_t i = 1; i < 60; i++) {
		sensors_after(&s, SECOND);
		sensors_good(&s, "node", i * 1500 * JOULE);
		sensors_good(&s, "package-0", i * 250 * JOULE);
		sensors_good(&s, "gpu-3", i * 250 * JOULE);
		sensors_good(&s, "rest", i * 200 * JOULE);
		assert_int_equal(sensors_total(&s), i * 1500 * JOULE);
	}
	sensors_after(&s, 2 * SECOND); /* 61 s: the counts began anew at 60 s */
	assert_true(sensors_reading(&s, "node")->gap);
	assert_true(sensors_reading(&s, "gpu-0")->gap);
	sensors_after(&s, SECOND);
	sensors_good(&s, "node", 60 * 1500 * JOULE);
	assert_int_equal(sensors_total(&s), 60 * 1500 * JOULE);
	sensors_close(&s);
}

/* A count that began anew and is higher than before already must not pass for energy. */
static void a_new_start_is_a_gap_although_the_count_rises(void **state)
{
	struct sensors s;
	char dir[64];

	(void)state;
	machine_make(dir);
	machine_put(dir, "values.tsv",
		    "0\t/sys/cray/pm_counters/energy\t100 J\n"
		    "0\t/sys/cray/pm_counters/generation\t1\n"
		    "1000000000\t/sys/cray/pm_counters/energy\t300 J\n"
		    "1000000000\t/sys/cray/pm_counters/generation\t2\n"
		    "2000000000\t/sys/cray/pm_counters/energy\t500 J\n"
		    "2000000000\t/sys/cray/pm_counters/generation\t2\n"
		    "3000000000\t/sys/cray/pm_counters/energy\t500 kJ\n");
	sensors_open(&s, dir);
	sensors_expect(&s, "node:cray");
	sensors_after(&s, SECOND);
	assert_true(sensors_reading(&s, "node")->gap);
	sensors_after(&s, SECOND);
	sensors_good(&s, "node", 200 * JOULE);
	sensors_after(&s, SECOND);
	assert_int_equal(sensors_reading(&s, "node")->error, -EINVAL);
	sensors_close(&s);
	machine_remove(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_blade_is_counted_once),
		cmocka_unit_test(a_new_start_is_a_gap_although_the_count_rises),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
