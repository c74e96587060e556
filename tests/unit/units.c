/* SPDX-License-Identifier: Apache-2.0 */
/*
 * units: products that do not overflow, shares that add up, grams by the closed form.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "collector/units.h"

static uint64_t random_state = 88172645463325252u;

/* xorshift: the same numbers on every machine. */
static uint64_t random_u64(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static void products_round_half_up(void **state)
{
	(void)state;
	assert_int_equal(units_mul_div(7, 1, 2), 4);
	assert_int_equal(units_mul_div(5, 1, 3), 2);
	assert_int_equal(units_mul_div(4, 1, 3), 1);
	assert_int_equal(units_mul_div(0, UINT64_MAX, 1), 0);
	assert_int_equal(units_mul_div(1, 1, UINT64_MAX), 0);
}

static void products_do_not_overflow(void **state)
{
	(void)state;
	assert_true(units_mul_div(UINT64_MAX, UINT64_MAX, UINT64_MAX) == UINT64_MAX);
	assert_true(units_mul_div(UINT64_MAX, 3, 3) == UINT64_MAX);
	assert_true(units_mul_div(UINT64_MAX, 2, 1) == UINT64_MAX);
	assert_true(units_mul_div(1ULL << 63, 3, 2) == 3ULL << 62);
}

static void shares_go_to_the_largest_remainders(void **state)
{
	const uint64_t weight[] = {1, 1, 1};
	const uint64_t uneven[] = {10, 25, 65};
	uint64_t share[3];

	(void)state;
	assert_int_equal(units_apportion(100, weight, 3, share), 0);
	assert_int_equal(share[0], 34);
	assert_int_equal(share[1], 33);
	assert_int_equal(share[2], 33);
	/* 0.7, 1.75, 4.55: the two units that are left go to .75 and .7 */
	assert_int_equal(units_apportion(7, uneven, 3, share), 0);
	assert_int_equal(share[0], 1);
	assert_int_equal(share[1], 2);
	assert_int_equal(share[2], 4);
}

static void nothing_is_given_where_nobody_weighs(void **state)
{
	const uint64_t weight[] = {0, 0};
	uint64_t share[2] = {7, 7};

	(void)state;
	assert_int_equal(units_apportion(5, weight, 2, share), -EDOM);
	assert_int_equal(share[0], 0);
	assert_int_equal(share[1], 0);
	assert_int_equal(units_apportion(5, weight, 0, share), -EDOM);
}

static void zero_weights_get_nothing(void **state)
{
	const uint64_t weight[] = {0, 3, 0, 3, 0};
	uint64_t share[5];

	(void)state;
	assert_int_equal(units_apportion(7, weight, 5, share), 0);
	assert_int_equal(share[0] + share[2] + share[4], 0);
	assert_int_equal(share[1], 4);
	assert_int_equal(share[3], 3);
}

static void the_largest_numbers_are_shared(void **state)
{
	const uint64_t weight[] = {UINT64_MAX, UINT64_MAX, UINT64_MAX};
	uint64_t share[3];

	(void)state;
	assert_int_equal(units_apportion(UINT64_MAX, weight, 3, share), 0);
	assert_true(share[0] == UINT64_MAX / 3);
	assert_true(share[0] + share[1] + share[2] == UINT64_MAX);
}

/* Hamilton's method as the textbook has it: give units one by one to the largest remainder. */
static void apportion_by_hand(uint64_t total, const uint64_t *weight, size_t n, uint64_t *share)
{
	unsigned __int128 remainder[16];
	unsigned __int128 sum = 0;
	uint64_t left = total;

	for (size_t i = 0; i < n; i++)
		sum += weight[i];
	for (size_t i = 0; i < n; i++) {
		share[i] = (uint64_t)((unsigned __int128)total * weight[i] / sum);
		remainder[i] = (unsigned __int128)total * weight[i] % sum + 1;
		left -= share[i];
	}
	for (; left; left--) {
		size_t best = 0;

		for (size_t i = 1; i < n; i++)
			if (remainder[i] > remainder[best])
				best = i;
		share[best]++;
		remainder[best] = 0;
	}
}

static void random_shares_are_hamiltons(void **state)
{
	(void)state;
	for (int round = 0; round < 20000; round++) {
		size_t n = 1 + random_u64() % 16;
		uint64_t total = random_u64() >> (random_u64() % 64);
		int shift = (int)(random_u64() % 64); /* small weights tie often */
		uint64_t weight[16];
		uint64_t share[16];
		uint64_t expected[16];
		uint64_t sum = 0;

		for (size_t i = 0; i < n; i++)
			weight[i] = random_u64() >> shift;
		weight[n - 1] |= 1;
		assert_int_equal(units_apportion(total, weight, n, share), 0);
		apportion_by_hand(total, weight, n, expected);
		for (size_t i = 0; i < n; i++) {
			assert_true(share[i] == expected[i]);
			sum += share[i];
		}
		assert_true(sum == total);
	}
}

static void carbon_is_the_closed_form(void **state)
{
	(void)state;
	/* 1 kWh at 41.79 g is 41.79 g; with a PUE of 1.54 it is 64.3566 g. */
	assert_int_equal(units_co2e_ug(UNITS_UJ_PER_KWH, 41790000, 1000), 41790000);
	assert_int_equal(units_co2e_ug(UNITS_UJ_PER_KWH, 41790000, 1540), 64356600);
	/* 120 W for two hours at 458.29 g/kWh */
	assert_int_equal(units_co2e_ug(864000 * UNITS_UJ_PER_J, 458290000, 1000), 109989600);
	assert_int_equal(units_co2e_ug(0, 458290000, 1000), 0);
	assert_int_equal(units_co2e_ug(5, 0, 1000), 0);
	/* rounded once, half up: 3.6e12 / 2 uJ x 1 ug */
	assert_int_equal(units_co2e_ug(UNITS_UJ_PER_KWH / 2, 1, 1000), 1);
	assert_int_equal(units_co2e_ug(UNITS_UJ_PER_KWH / 2 - 1, 1, 1000), 0);
}

static void carbon_is_capped(void **state)
{
	(void)state;
	assert_true(units_co2e_ug(UINT64_MAX, UINT64_MAX, UINT32_MAX) == UINT64_MAX);
	assert_true(units_co2e_ug(UINT64_MAX, UINT64_MAX, 0) == 0);
	assert_true(units_co2e_ug(UNITS_UJ_PER_KWH, UINT64_MAX, 1000) == UINT64_MAX);
	assert_true(units_co2e_ug(UNITS_UJ_PER_KWH, UINT64_MAX - 1, 1000) == UINT64_MAX - 1);
	assert_true(units_co2e_ug(UNITS_UJ_PER_KWH, UINT64_MAX, 1001) == UINT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(products_round_half_up),
		cmocka_unit_test(products_do_not_overflow),
		cmocka_unit_test(shares_go_to_the_largest_remainders),
		cmocka_unit_test(nothing_is_given_where_nobody_weighs),
		cmocka_unit_test(zero_weights_get_nothing),
		cmocka_unit_test(the_largest_numbers_are_shared),
		cmocka_unit_test(random_shares_are_hamiltons),
		cmocka_unit_test(carbon_is_the_closed_form),
		cmocka_unit_test(carbon_is_capped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
