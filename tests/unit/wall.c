/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wall, csv, kwollect: what meters at the wall write, and what it adds up to.
 */
#include "tests/unit/sensors.h"

#include "collector/power/wall.h"

#define WATT 1000000ULL

struct taken {
	struct wall_sample sample[8];
	char port[8][WALL_PORT_MAX];
	size_t n;
};

static int take(void *arg, const struct wall_sample *sample)
{
	struct taken *taken = arg;

	assert_true(taken->n < 8);
	taken->sample[taken->n] = *sample;
	snprintf(taken->port[taken->n++], WALL_PORT_MAX, "%s", sample->port);
	return 0;
}

static struct taken csv(const char *text, const struct wall_format *format, const char *expected)
{
	struct taken taken = {.n = 0};
	char why[WALL_WHY] = "";
	int result = wall_read_csv(text, strlen(text), format, take, &taken, why);

	assert_int_equal(result, *expected ? -EINVAL : 0);
	assert_string_equal(why, expected);
	return taken;
}

static void times_and_powers_of_many_kinds(void **state)
{
	static const struct {
		const char *text;
		int64_t unix_ns;
		uint64_t uw;
	} cases[] = {
		{"time,power\n2025-07-21T16:15:31.02Z,131.7\n", 1753114531020000000, 131700000},
		{"time,watts\n2025-07-21 18:15:31+02:00,5\n", 1753114531000000000, 5000000},
		{"1753114531,100\n", 1753114531000000000, 100000000},
		{"1753114531.123456789,100\n", 1753114531123456789, 100000000},
		{"1753114531123,0.5\n", 1753114531123000000, 500000},
		{"1753114531123.5\t0.5\n", 1753114531123500000, 500000},
		{"\"when\";\"AC Power\"\n\"2025-07-21T16:15:31\";\"131,7\"\n", 1753114531000000000,
		 131700000},
		{"power,time\n", -1, 0}, /* time is the first column, unless it is named */
	};
	const struct wall_format format = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct taken taken =
			csv(cases[i].text, &format,
			    cases[i].unix_ns < 0 ? "no column is named after power" : "");

		assert_int_equal(taken.n, cases[i].unix_ns >= 0);
		if (!taken.n)
			continue;
		assert_true(taken.sample[0].unix_ns == cases[i].unix_ns);
		assert_int_equal(taken.sample[0].uw, cases[i].uw);
		assert_string_equal(taken.port[0], "");
	}
}

static void columns_and_units_can_be_named(void **state)
{
	const char *text = "P1,when,P2\n1.5,2025-07-21T16:15:31Z,7\n";
	struct taken taken = csv(text, &(struct wall_format){"when", "P2", "kW", NULL, NULL}, "");

	(void)state;
	assert_int_equal(taken.sample[0].uw, 7000 * WATT);
	taken = csv(text, &(struct wall_format){"when", "P1", "mW", NULL, NULL}, "");
	assert_int_equal(taken.sample[0].uw, 1500);
	csv(text, &(struct wall_format){"when", "P3", NULL, NULL, NULL}, "there is no column 'P3'");
	csv(text, &(struct wall_format){"then", "P1", NULL, NULL, NULL},
	    "there is no column 'then'");
	csv(text, &(struct wall_format){"when", "P1", "hp", NULL, NULL},
	    "its unit is none of mW, W, kW");
	csv("1,2\n", &(struct wall_format){"when", "P1", NULL, NULL, NULL},
	    "it has no line of titles");
	csv("time,power\nyesterday,5\n", &(struct wall_format){0},
	    "row 2: 'yesterday' is no moment");
}

/* A meter without an answer, and a line that is being written, are no samples, and no zeros. */
static void what_is_no_number_is_no_sample(void **state)
{
	struct taken taken = csv("time,power\n1,\n2,-\n3,OVER\n4,-5\n5,1e300\n6,nan\n7,12\n8,13",
				 &(struct wall_format){0}, "");

	(void)state;
	assert_int_equal(taken.n, 1);
	assert_int_equal(taken.sample[0].uw, 12 * WATT);
}

#define ENTRY(time, device, value, labels)                                                         \
	"{\"timestamp\":\"" time "\",\"device_id\":\"" device                                      \
	"\",\"metric_id\":\"wattmetre_power_watt\",\"value\":" value ",\"labels\":" labels "}"

static void kwollect_names_ports(void **state)
{
	static const char text[] = "[" ENTRY("2025-07-21T18:15:31.02+02:00", "taurus-7", "131.7", "{\"_device_orig\":[\"wattmetre1-port6\"]}") "," ENTRY(
		"2025-07-21T18:15:32+02:00", "taurus-7", "131",
		"{\"_device_orig\":\"wattmetre1-port7\"}") "," ENTRY("2025-07-21T18:15:32+02:00",
								     "taurus-7", "1",
								     "{\"_device_orig\":[\"a\","
								     "\"b\"]}") "," ENTRY("2025-07-"
											  "21T18:"
											  "15:32+"
											  "02:00",
											  "taurus-"
											  "7",
											  "null",
											  "{}") "," ENTRY("2025-07-21T18:15:32+02:00",
													  "taurus-8",
													  "1",
													  "{}") "]";
	const struct wall_format format = {.device = "taurus-7", .metric = "wattmetre_power_watt"};
	struct taken taken = {.n = 0};
	char why[WALL_WHY];

	(void)state;
	assert_int_equal(wall_read_kwollect(text, strlen(text), &format, take, &taken, why), 0);
	assert_int_equal(taken.n, 3);
	assert_true(taken.sample[0].unix_ns == 1753114531020000000);
	assert_int_equal(taken.sample[0].uw, 131700000);
	assert_string_equal(taken.port[0], "wattmetre1-port6");
	assert_string_equal(taken.port[1], "wattmetre1-port7");
	assert_string_equal(taken.port[2], "a+b");
	assert_int_equal(wall_read_kwollect("{}", 2, &format, take, &taken, why), -EINVAL);
	assert_string_equal(why, "it is no array of Kwollect's");
}

/* 100 W and 50.5 W of two supplies are 150.5 W, told two seconds late. */
static void supplies_of_a_node_are_summed(void **state)
{
	struct sensors s;
	size_t at;

	(void)state;
	sensors_open(&s, MACHINES "kwollect");
	sensors_expect(&s, "node:kwollect");
	assert_true(sensors_domain(&s, "node", &at)->error_pct == 5.0);
	for (uint64_t i = 1; i <= 30; i++) {
		sensors_after(&s, 2 * SECOND);
		sensors_good(&s, "node", i * 301 * JOULE);
	}
	for (int i = 0; i < 8; i++) /* nothing more comes: a gap once the last is too old */
		sensors_after(&s, 2 * SECOND);
	assert_int_equal(sensors_reading(&s, "node")->error, -ENODATA);
	sensors_close(&s);
}

/* 200 W that rise by a watt a second until 100 s, then 300 W; one sample is missing. */
static void a_log_of_a_meter_is_integrated(void **state)
{
	struct sensors s;

	(void)state;
	sensors_open(&s, MACHINES "wall-csv");
	sensors_expect(&s, "node:csv");
	for (uint64_t i = 1; i <= 50; i++) {
		uint64_t t = 2 * i;

		sensors_after(&s, 2 * SECOND);
		/* At 50 s the last sample is that of 49 s, half a watt less on the mean. */
		sensors_good(&s, "node", (200 * t + t * t / 2) * JOULE - (t == 50) * JOULE / 2);
	}
	sensors_after(&s, 2 * SECOND);
	sensors_good(&s, "node", (25000 + 600) * JOULE);
	sensors_close(&s);
}

static void what_is_wrong_with_a_meter_is_told(void **state)
{
	static const struct {
		const char *sensors;
		const char *domains;
		const char *finding;
		bool permission;
	} cases[] = {
		{"csv\tfile=/var/log/none.csv\n", "node:csv",
		 "csv: /var/log/none.csv: No such file", false},
		{"csv\tfile=/var/log/closed.csv\n", "node:csv",
		 "csv: /var/log/closed.csv: Permission denied", true},
		{"csv\tfile=/var/log/strange.csv\n", "node:csv",
		 "csv: /var/log/strange.csv: no column is named after power", false},
		{"csv\n", "", "csv: /etc/gramme/sensors.tsv:1: needs file=", false},
		{"#\n\nkwollect\turl=https://a/b\tdevice=x\n", "",
		 "kwollect: /etc/gramme/sensors.tsv:3: needs file=, or url=, device= and metric=",
		 false},
		{"kwollect\turl=ftp://a/b\tdevice=x\tmetric=y\n", "",
		 "kwollect: /etc/gramme/sensors.tsv:1: url= is to be http:// or https://", false},
		{"kwollect\turl=http://u:p@a/b\tdevice=x\tmetric=y\n", "",
		 "kwollect: /etc/gramme/sensors.tsv:1: url= is to be http:// or https://, without "
		 "a user",
		 false},
		{"kwollect\turl=http://a/b\tdevice=x\tmetric=y\n", "node:kwollect",
		 "kwollect: http://a/b: it has no such thing", false},
		{"kwollect\turl=http://closed/b\tdevice=x\tmetric=y\n", "node:kwollect",
		 "kwollect: http://closed/b: it refuses us; fix: user= and secret= in /etc", true},
		{"kwollect\turl=http://a/b\tdevice=x\tmetric=y\tsecret=/none\n", "",
		 "kwollect: /etc/gramme/sensors.tsv:1: the file of secret= cannot be read", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sensors s;
		char dir[64];

		machine_make(dir);
		machine_put(dir, "root/etc/gramme/sensors.tsv", cases[i].sensors);
		machine_put(dir, "root/var/log/strange.csv", "a,b\n1,2\n");
		machine_put(dir, "values.tsv",
			    "0\t/var/log/closed.csv\t!EACCES\n"
			    "0\t/http/closed/b/GET\t!EACCES\n");
		sensors_open(&s, dir);
		sensors_expect(&s, cases[i].domains);
		assert_int_equal(sensors_finding(&s, cases[i].finding)->permission,
				 cases[i].permission);
		sensors_after(&s, 2 * SECOND);
		if (*cases[i].domains) /* nothing becomes zero silently */
			assert_int_not_equal(sensors_reading(&s, "node")->error, 0);
		sensors_close(&s);
		machine_remove(dir);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_and_powers_of_many_kinds),
		cmocka_unit_test(columns_and_units_can_be_named),
		cmocka_unit_test(what_is_no_number_is_no_sample),
		cmocka_unit_test(kwollect_names_ports),
		cmocka_unit_test(supplies_of_a_node_are_summed),
		cmocka_unit_test(a_log_of_a_meter_is_integrated),
		cmocka_unit_test(what_is_wrong_with_a_meter_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
