/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dcmi: a BMC's power reading.
 */
#include "tests/unit/sensors.h"

static void power_is_integrated_and_trouble_is_a_gap(void **state)
{
	struct sensors s;
	size_t at;

	(void)state;
	sensors_open(&s, MACHINES "dcmi");
	sensors_expect(&s, "node:dcmi");
	assert_true(sensors_domain(&s, "node", &at)->error_pct == POWER_ERROR_MEDIUM);
	for (uint64_t i = 1; i <= 29; i++) {
		sensors_after(&s, 2 * SECOND);
		sensors_good(&s, "node", i * 480 * JOULE);
	}
	sensors_after(&s, 2 * SECOND); /* 60 s, 58 to 60 s straight from 240 W to 400 W */
	sensors_good(&s, "node", (29 * 480 + 640) * JOULE);
	for (uint64_t i = 31; i <= 69; i++) {
		/* 0 W from 100 s to 104 s is bridged: nothing says that nothing was drawn. */
		sensors_after(&s, 2 * SECOND);
		sensors_good(&s, "node", (29 * 480 + 640 + (i - 30) * 800) * JOULE);
	}
	for (int i = 70; i <= 74; i++) { /* the last good answer was that of 138 s */
		sensors_after(&s, 2 * SECOND);
		assert_int_equal(sensors_reading(&s, "node")->error, 0);
	}
	sensors_after(&s, 2 * SECOND); /* 150 s */
	assert_int_equal(sensors_reading(&s, "node")->error, -EIO);
	/* A BMC in trouble is asked less often: it takes a while until it is heard again. */
	for (int i = 0; i < 15 && sensors_reading(&s, "node")->error; i++)
		sensors_after(&s, 2 * SECOND);
	assert_true(sensors_reading(&s, "node")->gap);
	sensors_after(&s, 2 * SECOND);
	assert_false(sensors_reading(&s, "node")->gap);
	sensors_close(&s);
}

static void zero_watts_are_no_meter(void **state)
{
	struct sensors s;

	(void)state;
	sensors_open(&s, MACHINES "dcmi-zero");
	sensors_expect(&s, "");
	sensors_finding(&s, "dcmi: the BMC shows 0 W: left out");
	sensors_close(&s);
}

static void what_is_wrong_is_told(void **state)
{
	static const struct {
		const char *answer;
		const char *finding;
		bool permission;
	} cases[] = {
		{"!EACCES", "dcmi: /dev/ipmi0 is there, but may not be opened; fix: run", true},
		{"c1", "dcmi: the BMC tells no power (completion code c1): it does not", false},
		{"!ETIMEDOUT", "dcmi: the BMC does not answer: Connection timed out", false},
		{"00dc9000", "dcmi: the BMC does not answer: Bad message", false},
		{"nonsense", "dcmi: the BMC does not answer: Bad message", false},
		{"00ab"
		 "9000000000000000000000000000000000",
		 "dcmi: the BMC does not answer: Bad message", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sensors s;
		char dir[64];
		char values[160];

		machine_make(dir);
		snprintf(values, sizeof(values), "0\t/ipmi/2c/02/dc010000\t%s\n", cases[i].answer);
		machine_put(dir, "values.tsv", values);
		sensors_open(&s, dir);
		sensors_expect(&s, "");
		assert_int_equal(sensors_finding(&s, cases[i].finding)->permission,
				 cases[i].permission);
		sensors_close(&s);
		machine_remove(dir);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(power_is_integrated_and_trouble_is_a_gap),
		cmocka_unit_test(zero_watts_are_no_meter),
		cmocka_unit_test(what_is_wrong_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
