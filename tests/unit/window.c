/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was computed within which phase: exact while commands are few, exact at the widest gaps
 * however many they are, and never one too many or too few in the sum.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "collector/run/window.h"

#define ROWS 40u

static uint64_t seed;

static uint64_t random_below(uint64_t n)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (seed >> 33) % n;
}

struct sums {
	uint64_t count[ROWS];
	uint64_t device_ns[ROWS];
	bool rough;
};

static void take(struct window *window, uint64_t from_ns, uint64_t to_ns, struct sums *sums)
{
	struct ledger_phase_kernel *kernel;
	size_t kernels;

	assert_int_equal(window_take(window, from_ns, to_ns, &kernel, &kernels, &sums->rough), 0);
	for (size_t i = 0; i < kernels; i++) {
		assert_true(kernel[i].row < ROWS && kernel[i].count > 0);
		assert_true(i == 0 || kernel[i - 1].row < kernel[i].row);
		sums->count[kernel[i].row] += kernel[i].count;
		sums->device_ns[kernel[i].row] += kernel[i].device_ns;
	}
	free(kernel);
}

static void a_command_belongs_where_it_starts(void **state)
{
	struct window window = {0};
	struct sums sums = {0};

	(void)state;
	window_add(&window, 3, 100, 110);
	window_add(&window, 3, 190, 250);
	window_add(&window, 1, 200, 201);
	window_add(&window, 2, 50, 60);
	take(&window, 100, 200, &sums);
	assert_int_equal(sums.count[3], 2);
	assert_int_equal(sums.device_ns[3], 70);
	assert_int_equal(sums.count[1] + sums.count[2], 0);
	/* What lay before is forgotten, what lies behind is not. */
	sums = (struct sums){0};
	take(&window, 0, UINT64_MAX, &sums);
	assert_int_equal(sums.count[1], 1);
	assert_int_equal(sums.count[2] + sums.count[3], 0);
	assert_false(sums.rough);
	window_close(&window);
}

/* Threads are read one after the other, and again and again. */
static void threads_are_put_in_order(void **state)
{
	struct window window = {0};

	(void)state;
	for (uint64_t tick = 0; tick < 10; tick++)
		for (uint32_t thread = 0; thread < 5; thread++)
			for (uint64_t i = 0; i < 100; i++)
				window_add(&window, thread, tick * 1000 + i * 10 + thread,
					   tick * 1000 + i * 10 + thread + 1);
	for (uint64_t i = 0; i < 1000; i++) {
		struct sums sums = {0};
		take(&window, i * 10, i * 10 + 3, &sums);
		for (uint32_t row = 0; row < 5; row++)
			assert_int_equal(sums.count[row], row < 3);
	}
	window_close(&window);
}

/* Epochs of 20 000 commands with a pause behind each, all recognised at the end. */
static void phases_that_end_in_gaps_are_exact(void **state)
{
	struct window window = {0};
	const uint64_t each = 20000, epoch_ns = each * 100 + 5000;

	(void)state;
	for (uint64_t epoch = 0; epoch < 50; epoch++)
		for (uint64_t i = 0; i < each; i++) {
			uint64_t start_ns = epoch * epoch_ns + i * 100 + 1;
			window_add(&window, (uint32_t)(i % 29), start_ns, start_ns + 60 + i % 7);
		}
	assert_true(window.n <= WINDOW_ENTRIES);
	for (uint64_t epoch = 0; epoch < 50; epoch++) {
		struct sums sums = {0};
		uint64_t count = 0;
		take(&window, epoch * epoch_ns, (epoch + 1) * epoch_ns, &sums);
		assert_false(sums.rough);
		assert_int_equal(sums.count[0], (each + 28) / 29);
		for (uint32_t row = 0; row < ROWS; row++)
			count += sums.count[row];
		assert_int_equal(count, each);
	}
	window_close(&window);
}

/* Without gaps a share in proportion to time is the best that there is. */
static void phases_that_end_nowhere_are_rough(void **state)
{
	struct window window = {0};
	const uint64_t n = 1000000;

	(void)state;
	for (uint64_t i = 0; i < n; i++)
		window_add(&window, (uint32_t)(i % 3), i * 100, i * 100 + 100);
	struct sums sums = {0};
	take(&window, 0, 12345 * 100, &sums);
	assert_true(sums.rough);
	uint64_t count = sums.count[0] + sums.count[1] + sums.count[2];
	assert_in_range(count, 12300, 12390);
	take(&window, 12345 * 100, UINT64_MAX, &sums);
	assert_int_equal(sums.count[0] + sums.count[1] + sums.count[2], n);
	window_close(&window);
}

static void nothing_is_lost_or_found(void **state)
{
	(void)state;
	for (seed = 1; seed <= 60; seed++) {
		const uint64_t n = random_below(seed % 4 ? 3000 : 300000);
		const uint64_t gap_ns = 1 + random_below(300), rare = 1 + random_below(20000);
		struct window window = {0};
		struct sums sums = {0}, all = {0};
		uint64_t t_ns = 0, taken_ns = 0;

		for (uint64_t i = 0; i < n; i++) {
			const uint64_t start_ns = t_ns + random_below(400);
			const uint64_t length_ns = random_below(150);
			/* Rows come and go, and some are seen but once in a while. */
			const uint64_t lately = i / 500 + random_below(3);
			const uint32_t row =
				(uint32_t)((random_below(50) ? lately : random_below(ROWS)) % ROWS);
			if (start_ns >= taken_ns) {
				window_add(&window, row, start_ns, start_ns + length_ns);
				all.count[row]++;
				all.device_ns[row] += length_ns;
			}
			t_ns += random_below(gap_ns) + (random_below(rare) == 0 ? 100000 : 0);
			if (random_below(rare) == 0) {
				uint64_t to_ns = taken_ns + random_below(t_ns - taken_ns + 1);
				take(&window, taken_ns, to_ns, &sums);
				taken_ns = to_ns;
			}
			assert_true(window.n <= WINDOW_ENTRIES);
		}
		take(&window, taken_ns, UINT64_MAX, &sums);
		for (uint32_t row = 0; row < ROWS; row++) {
			assert_int_equal(sums.count[row], all.count[row]);
			assert_int_equal(sums.device_ns[row], all.device_ns[row]);
		}
		assert_int_equal(window.n, 0);
		window_close(&window);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_command_belongs_where_it_starts),
		cmocka_unit_test(threads_are_put_in_order),
		cmocka_unit_test(phases_that_end_in_gaps_are_exact),
		cmocka_unit_test(phases_that_end_nowhere_are_rough),
		cmocka_unit_test(nothing_is_lost_or_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
