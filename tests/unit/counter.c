/* SPDX-License-Identifier: Apache-2.0 */
/*
 * counter: what of a raw counter's readings is energy, and what is not known.
 */
#include "tests/unit/machine.h"

#include "collector/power/counter.h"

#define RANGE 65532610987ULL
#define T0    (5000 * SECOND)

static struct counter begin(uint64_t raw_uj)
{
	struct counter counter = {.range_uj = RANGE, .ceiling_uw = 1000 * JOULE, .restless = true};

	counter_begin(&counter, T0, raw_uj);
	return counter;
}

static void rising_is_energy(void **state)
{
	struct counter counter = begin(100 * JOULE);

	(void)state;
	assert_int_equal(counter_step(&counter, T0 + SECOND, 350 * JOULE), COUNTER_GOOD);
	assert_int_equal(counter.energy_uj, 250 * JOULE);
	assert_int_equal(counter_step(&counter, T0 + 2 * SECOND, 350 * JOULE + 7), COUNTER_GOOD);
	assert_int_equal(counter.energy_uj, 250 * JOULE + 7);
}

static void a_wrap_is_energy(void **state)
{
	struct counter counter = begin(RANGE - 100);

	(void)state;
	assert_int_equal(counter_step(&counter, T0 + SECOND, 900), COUNTER_GOOD);
	assert_int_equal(counter.energy_uj, 1000);
}

static void a_wrap_that_implies_absurd_power_is_a_gap(void **state)
{
	struct counter counter = begin(RANGE - 2000 * JOULE);

	(void)state;
	assert_int_equal(counter_step(&counter, T0 + SECOND, 0), COUNTER_GAP);
	assert_int_equal(counter.energy_uj, 0);
	assert_int_equal(counter_step(&counter, T0 + 2 * SECOND, 50 * JOULE), COUNTER_GOOD);
	assert_int_equal(counter.energy_uj, 50 * JOULE);
}

static void a_reset_is_a_gap_at_any_value(void **state)
{
	(void)state;
	for (uint64_t raw_uj = 1; raw_uj < RANGE - 1100 * JOULE; raw_uj += RANGE / 7) {
		struct counter counter = begin(raw_uj);

		assert_int_equal(counter_step(&counter, T0 + SECOND, 0), COUNTER_GAP);
		assert_int_equal(counter.energy_uj, 0);
	}
}

static void a_jump_is_a_gap(void **state)
{
	struct counter counter = begin(1000);

	(void)state;
	assert_int_equal(counter_step(&counter, T0 + SECOND, 1000 + 1100 * JOULE), COUNTER_GAP);
	assert_int_equal(counter.energy_uj, 0);
}

/* 65 kJ at 1 kW: after 65.5 s it is not known how often the counter has wrapped. */
static void too_long_is_a_gap(void **state)
{
	struct counter counter = begin(1000);
	uint64_t safe_ns = counter_safe_ns(&counter);

	(void)state;
	assert_int_equal(safe_ns, 65532610987);
	assert_int_equal(counter_step(&counter, T0 + safe_ns, 2000), COUNTER_GOOD);
	assert_int_equal(counter_step(&counter, T0 + 2 * safe_ns + 1, 3000), COUNTER_GAP);
	assert_int_equal(counter.energy_uj, 1000);
}

static void without_a_range_no_wrap_is_believed(void **state)
{
	struct counter counter = {.ceiling_uw = 1000 * JOULE};

	(void)state;
	counter_begin(&counter, T0, 500);
	assert_true(counter_safe_ns(&counter) == UINT64_MAX);
	assert_int_equal(counter_step(&counter, T0 + SECOND, 400), COUNTER_GAP);
	assert_int_equal(counter_step(&counter, T0 + 1000000 * SECOND, 600), COUNTER_GOOD);
	assert_int_equal(counter.energy_uj, 200);
}

static void values_out_of_range_are_a_gap(void **state)
{
	struct counter counter = begin(RANGE + 5);

	(void)state;
	assert_int_equal(counter_step(&counter, T0 + SECOND, 4), COUNTER_GAP);
	assert_int_equal(counter_step(&counter, T0 + 2 * SECOND, UINT64_MAX), COUNTER_GAP);
	assert_int_equal(counter_step(&counter, T0 + 3 * SECOND, 0), COUNTER_GAP);
	assert_int_equal(counter.energy_uj, 0);
}

static void standing_still_is_stuck_until_it_moves(void **state)
{
	struct counter counter = begin(5 * JOULE);

	(void)state;
	assert_int_equal(counter_step(&counter, T0 + SECOND / 2, 5 * JOULE), COUNTER_GOOD);
	assert_int_equal(counter_step(&counter, T0 + SECOND, 5 * JOULE), COUNTER_STUCK);
	assert_int_equal(counter_step(&counter, T0 + 9 * SECOND, 5 * JOULE), COUNTER_STUCK);
	assert_int_equal(counter_step(&counter, T0 + 10 * SECOND, 6 * JOULE), COUNTER_GAP);
	assert_int_equal(counter_step(&counter, T0 + 11 * SECOND, 8 * JOULE), COUNTER_GOOD);
	assert_int_equal(counter.energy_uj, 2 * JOULE);
}

static void what_may_rest_is_not_stuck(void **state)
{
	struct counter counter = begin(5 * JOULE);

	(void)state;
	counter.restless = false;
	assert_int_equal(counter_step(&counter, T0 + 10 * SECOND, 5 * JOULE), COUNTER_GOOD);
	assert_int_equal(counter_step(&counter, T0 + 20 * SECOND, 6 * JOULE), COUNTER_GOOD);
	assert_int_equal(counter.energy_uj, JOULE);
}

/* The hardware refreshes the value about every millisecond, whenever it is read. */
static void quick_readings_are_not_absurd(void **state)
{
	struct counter counter = begin(JOULE);

	(void)state;
	assert_int_equal(counter_step(&counter, T0 + 1000, 2 * JOULE), COUNTER_GOOD);
	assert_int_equal(counter.energy_uj, JOULE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rising_is_energy),
		cmocka_unit_test(a_wrap_is_energy),
		cmocka_unit_test(a_wrap_that_implies_absurd_power_is_a_gap),
		cmocka_unit_test(a_reset_is_a_gap_at_any_value),
		cmocka_unit_test(a_jump_is_a_gap),
		cmocka_unit_test(too_long_is_a_gap),
		cmocka_unit_test(without_a_range_no_wrap_is_believed),
		cmocka_unit_test(values_out_of_range_are_a_gap),
		cmocka_unit_test(standing_still_is_stuck_until_it_moves),
		cmocka_unit_test(what_may_rest_is_not_stuck),
		cmocka_unit_test(quick_readings_are_not_absurd),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
