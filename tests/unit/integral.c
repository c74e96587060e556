/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Power that is believed or not, and what it adds up to.
 */
#include "tests/unit/machine.h"

#include "collector/power/integral.h"

#define WATT 1000000ULL

static const struct power_load no_load;

static struct power_reading read_at(struct integral *integral, uint64_t t_ns)
{
	struct power_reading reading = {0};

	integral_read(integral, t_ns, &no_load, &reading);
	return reading;
}

static void expect(struct integral *integral, uint64_t t_ns, uint64_t energy_uj)
{
	struct power_reading reading = read_at(integral, t_ns);

	assert_int_equal(reading.error, 0);
	assert_false(reading.gap);
	assert_int_equal(reading.energy_uj, energy_uj);
}

/* 100 W that rise to 300 W within 10 s are 2 kJ, whenever they are looked at. */
static void a_ramp_is_its_area(void **state)
{
	static const uint64_t periods_ns[] = {SECOND / 10, SECOND, 2 * SECOND};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct integral integral = integral_make(PLAUSIBLE_NODE, periods_ns[i]);
		struct power_reading reading;

		for (uint64_t t_ns = 0; t_ns <= 10 * SECOND; t_ns += periods_ns[i])
			assert_int_equal(
				integral_add(&integral, t_ns, 100 * WATT + t_ns / 1000 * 20),
				PLAUSIBLE_GOOD);
		reading = read_at(&integral, 10 * SECOND);
		assert_int_equal(reading.energy_uj, 2000 * JOULE);
		assert_false(reading.gap);
	}
}

static void the_last_sample_goes_on_until_the_next(void **state)
{
	struct integral integral = integral_make(PLAUSIBLE_NODE, 2 * SECOND);

	(void)state;
	assert_int_equal(read_at(&integral, 0).error, -EAGAIN);
	integral_add(&integral, 0, 100 * WATT);
	expect(&integral, 0, 0);
	expect(&integral, SECOND, 100 * JOULE);
	expect(&integral, 3 * SECOND, 300 * JOULE);
	integral_add(&integral, 4 * SECOND, 100 * WATT);
	expect(&integral, 4 * SECOND, 400 * JOULE);
	/* Foretold 200 J, and it was 100: nothing more until that is made up for. */
	expect(&integral, 6 * SECOND, 600 * JOULE);
	integral_add(&integral, 6 * SECOND, 10 * WATT);
	expect(&integral, 6 * SECOND, 600 * JOULE);
	integral_add(&integral, 16 * SECOND, 10 * WATT);
	expect(&integral, 16 * SECOND, 610 * JOULE);
}

/* One failed reading is bridged: the energy is neither lost nor 59 times what it was. */
static void a_failed_sample_is_bridged(void **state)
{
	struct integral integral = integral_make(PLAUSIBLE_NODE, SECOND);

	(void)state;
	integral_add(&integral, 0, 100 * WATT);
	read_at(&integral, 0);
	integral_add(&integral, 3 * SECOND, 100 * WATT);
	integral_miss(&integral, -EIO);
	expect(&integral, 4 * SECOND, 400 * JOULE);
	integral_add(&integral, 6 * SECOND, 100 * WATT);
	expect(&integral, 6 * SECOND, 600 * JOULE);
	/* And one that fails for long is not. */
	integral_miss(&integral, -EIO);
	assert_int_equal(read_at(&integral, 12 * SECOND).error, -EIO);
	assert_int_equal(read_at(&integral, 12 * SECOND).energy_uj, 600 * JOULE);
	integral_add(&integral, 13 * SECOND, 100 * WATT);
	assert_true(read_at(&integral, 13 * SECOND).gap);
	expect(&integral, 14 * SECOND, 700 * JOULE);
}

static void absurd_power_is_no_energy(void **state)
{
	static const struct {
		enum plausible_class class;
		uint64_t uw;
		enum plausible_verdict verdict;
	} cases[] = {
		{PLAUSIBLE_NODE, 4294967295000, PLAUSIBLE_ABSURD}, /* 0xffffffff mW */
		{PLAUSIBLE_GPU, 12500000 * WATT, PLAUSIBLE_ABSURD},
		{PLAUSIBLE_NODE, UINT64_MAX, PLAUSIBLE_ABSURD},
		{PLAUSIBLE_PACKAGE, 1001 * WATT, PLAUSIBLE_ABSURD},
		{PLAUSIBLE_NODE, 0, PLAUSIBLE_ZERO},
		{PLAUSIBLE_GPU, 0, PLAUSIBLE_ZERO},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct integral integral = integral_make(cases[i].class, SECOND);

		integral_add(&integral, 0, 100 * WATT);
		read_at(&integral, 0);
		assert_int_equal(integral_add(&integral, SECOND, cases[i].uw), cases[i].verdict);
		assert_true(plausible_text(cases[i].verdict)[0]);
		integral_add(&integral, 2 * SECOND, 100 * WATT);
		expect(&integral, 2 * SECOND, 200 * JOULE);
		for (uint64_t t = 3; t < 20; t++)
			integral_add(&integral, t * SECOND, cases[i].uw);
		assert_int_equal(read_at(&integral, 20 * SECOND).error, -ENODATA);
		assert_int_equal(read_at(&integral, 20 * SECOND).energy_uj, 200 * JOULE);
	}
}

static void time_does_not_go_back(void **state)
{
	struct integral integral = integral_make(PLAUSIBLE_NODE, SECOND);

	(void)state;
	integral_add(&integral, 10 * SECOND, 100 * WATT);
	read_at(&integral, 10 * SECOND);
	assert_int_equal(integral_add(&integral, 9 * SECOND, 100 * WATT), PLAUSIBLE_BACKWARDS);
	integral_add(&integral, 11 * SECOND, 100 * WATT);
	expect(&integral, 11 * SECOND, 100 * JOULE);
}

/* The node is idle for 20 s and then busy, or idle all the time; the power stands at 150 W. */
static enum plausible_verdict after_minutes(bool busy, uint64_t step_uw)
{
	struct integral integral = integral_make(PLAUSIBLE_NODE, SECOND);
	struct power_load load = {.cpus = 8};
	struct power_reading reading = {0};
	enum plausible_verdict verdict = PLAUSIBLE_GOOD;

	for (uint64_t t = 0; t < 180; t++) {
		load.busy_ns += busy && t > 20 ? 7 * SECOND : SECOND / 10;
		verdict = integral_add(&integral, t * SECOND, 150 * WATT + t * step_uw);
		integral_read(&integral, t * SECOND, &load, &reading);
	}
	if (verdict == PLAUSIBLE_STUCK)
		assert_int_equal(reading.error, -ENODATA);
	return verdict;
}

static void what_stands_while_the_load_moves_is_stuck(void **state)
{
	struct integral integral = integral_make(PLAUSIBLE_NODE, SECOND);

	(void)state;
	assert_int_equal(after_minutes(true, 0), PLAUSIBLE_STUCK);
	assert_int_equal(after_minutes(false, 0), PLAUSIBLE_GOOD);
	assert_int_equal(after_minutes(true, 1), PLAUSIBLE_GOOD);
	/* Without a load nothing is known against it. */
	for (uint64_t t = 0; t < 180; t++) {
		assert_int_equal(integral_add(&integral, t * SECOND, WATT), PLAUSIBLE_GOOD);
		read_at(&integral, t * SECOND);
	}
}

/* Energy counts from where it was first asked for. */
static void a_first_sample_that_failed_is_a_gap(void **state)
{
	struct integral integral = integral_make(PLAUSIBLE_NODE, SECOND);

	(void)state;
	integral_miss(&integral, -EIO);
	assert_int_equal(read_at(&integral, 0).error, -EIO);
	integral_add(&integral, SECOND, 100 * WATT);
	assert_true(read_at(&integral, SECOND).gap);
	expect(&integral, 2 * SECOND, 100 * JOULE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ramp_is_its_area),
		cmocka_unit_test(the_last_sample_goes_on_until_the_next),
		cmocka_unit_test(a_failed_sample_is_bridged),
		cmocka_unit_test(a_first_sample_that_failed_is_a_gap),
		cmocka_unit_test(absurd_power_is_no_energy),
		cmocka_unit_test(time_does_not_go_back),
		cmocka_unit_test(what_stands_while_the_load_moves_is_stuck),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
