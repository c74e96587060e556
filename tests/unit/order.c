/* SPDX-License-Identifier: Apache-2.0 */
/* Intervals come out in order, each once, whatever runs they came in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "collector/account/order.h"

#define MOST 5000u

static uint64_t seed = 1;

static uint32_t chance(uint32_t below)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33) % below;
}

static int by_all(const void *left, const void *right)
{
	const struct busy_interval *a = left, *b = right;

	return order_after(a, b) - order_after(b, a);
}

static void assert_ordered(struct order *order, const struct busy_interval *interval, size_t n)
{
	static struct busy_interval got[MOST], want[MOST];

	memcpy(got, interval, n * sizeof(*got));
	memcpy(want, interval, n * sizeof(*want));
	qsort(want, n, sizeof(*want), by_all);
	assert_int_equal(order_intervals(order, got, n), 0);
	assert_memory_equal(got, want, n * sizeof(*got));
}

/* Threads that are drained one after the other, again and again. */
static void threads_are_merged(void **state)
{
	static struct busy_interval interval[MOST];
	struct order order = {0};

	(void)state;
	for (uint32_t threads = 1; threads <= 7; threads++)
		for (uint32_t each = 1; each < 120; each += 17) {
			size_t n = 0;

			for (uint32_t drain = 0; drain < 4; drain++)
				for (uint32_t thread = 0; thread < threads; thread++)
					for (uint32_t i = 0; i < each; i++, n++)
						interval[n] = (struct busy_interval){
							.start_ns = (drain * each + i) * 100,
							.end_ns = (drain * each + i) * 100 + 90,
							.key = thread * 7 % 5};
			assert_ordered(&order, interval, n);
		}
	order_free(&order);
}

static void whatever_comes_is_in_order(void **state)
{
	static struct busy_interval interval[MOST];
	struct order order = {0};

	(void)state;
	for (unsigned round = 0; round < 300; round++) {
		const size_t n = chance(round < 100 ? 5 : MOST);
		const uint32_t breaks = 1 + chance(200), times = 1 + chance(100000);
		uint64_t t_ns = times;

		for (size_t i = 0; i < n; i++) {
			t_ns = chance(breaks) ? t_ns + chance(3) : chance(times);
			interval[i] = (struct busy_interval){
				.start_ns = t_ns, .end_ns = t_ns + chance(3), .key = chance(3)};
		}
		assert_ordered(&order, interval, n);
	}
	order_free(&order);
}

static void backwards_too(void **state)
{
	static struct busy_interval interval[MOST];
	struct order order = {0};

	(void)state;
	for (size_t i = 0; i < MOST; i++)
		interval[i] = (struct busy_interval){.start_ns = MOST - i, .end_ns = MOST};
	assert_ordered(&order, interval, MOST);
	order_free(&order);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(threads_are_merged),
		cmocka_unit_test(whatever_comes_is_in_order),
		cmocka_unit_test(backwards_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
