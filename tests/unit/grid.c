/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grid and rates: what a run drew at what held, tick by tick, against sums made by hand; and the
 * same for a phase, whatever was forgotten before it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "collector/run/grid.h"
#include "collector/run/rates.h"

typedef unsigned __int128 wide;

#define S	    1000000000ULL
#define NOON_S	    1767268800LL
#define NOON_NS	    (NOON_S * (int64_t)S)
#define G(grams)    ((grams)*1000000ULL)
#define CONSTANT_UG G(50)

/* From noon on 100 g per kWh for half an hour, then 400 g; behind an hour nothing is known. */
static struct series_point point[] = {
	{NOON_S, NOON_S + 1800, G(100)},
	{NOON_S + 1800, NOON_S + 3600, G(400)},
};
static const struct series series = {.points = 2, .point = point};

static struct grid begin(uint64_t t_ns)
{
	struct grid grid;

	grid_open(&grid, CONSTANT_UG, &(struct ledger_grid){0}, t_ns, 0);
	return grid;
}

/* Time 0 of the run's clock is noon. */
static void tick(struct grid *grid, uint64_t t_ns, uint64_t energy_uj)
{
	grid_tick(grid, &series, t_ns, NOON_NS + (int64_t)t_ns, energy_uj);
}

static void each_tick_has_what_held(void **state)
{
	struct grid grid = begin(0);

	(void)state;
	tick(&grid, 100 * S, 1000);
	assert_true(grid.sum.weighted == (wide)1000 * G(100));
	assert_int_equal(grid.sum.ug_per_kwh, G(100));
	assert_true(grid.known);
	/* A tick of ten seconds over the half hour: a fifth of it before. */
	tick(&grid, 1798 * S, 1000);
	tick(&grid, 1808 * S, 2000);
	assert_true(grid.sum.weighted ==
		    (wide)1000 * G(100) + (wide)200 * G(100) + (wide)800 * G(400));
	assert_int_equal(grid.sum.ug_per_kwh, G(340));
	assert_int_equal(grid.sum.constant_uj, 0);
	grid_close(&grid);
}

static void lines_end_where_a_figure_does(void **state)
{
	struct grid grid = begin(0);

	(void)state;
	tick(&grid, 1000 * S, 1);
	assert_false(grid.cut);
	/* The last tick before the change. */
	tick(&grid, 1799 * S, 2);
	assert_true(grid.cut);
	grid.cut = false;
	/* The one that the change lies in, unless it fell on the tick. */
	tick(&grid, 1800 * S + 1, 3);
	assert_true(grid.cut);
	grid.cut = false;
	tick(&grid, 1801 * S, 4);
	assert_false(grid.cut);
	/* It waits for whoever writes. */
	tick(&grid, 3599 * S, 5);
	tick(&grid, 3700 * S, 6);
	tick(&grid, 3800 * S, 7);
	assert_true(grid.cut);
	grid_close(&grid);
}

static void what_has_no_figure_is_told_apart(void **state)
{
	struct grid grid = begin(0);

	(void)state;
	tick(&grid, 3000 * S, 0);
	/* Of 800 seconds the first 600 are known. */
	tick(&grid, 3800 * S, 800);
	assert_int_equal(grid.sum.constant_uj, 200);
	assert_true(grid.sum.weighted == (wide)600 * G(400) + (wide)200 * CONSTANT_UG);
	assert_false(grid.known);
	/* A collector that has no file goes on by the constant. */
	grid_tick(&grid, NULL, 3900 * S, NOON_NS + (int64_t)(3900 * S), 1000);
	assert_int_equal(grid.sum.constant_uj, 400);
	assert_int_equal(grid.sum.ug_per_kwh, CONSTANT_UG);
	grid_close(&grid);
}

static void a_run_may_go_on(void **state)
{
	const struct ledger_grid sum = {.weighted = 7, .constant_uj = 3};
	struct grid grid;

	(void)state;
	grid_open(&grid, CONSTANT_UG, &sum, 100 * S, 5000);
	tick(&grid, 200 * S, 6000);
	assert_true(grid.sum.weighted == 7 + (wide)1000 * G(100));
	assert_int_equal(grid.sum.constant_uj, 3);
	/* Neither time nor energy goes back. */
	tick(&grid, 200 * S, 7000);
	tick(&grid, 300 * S, 5999);
	assert_true(grid.sum.weighted == 7 + (wide)1000 * G(100));
	grid_close(&grid);
}

/* A watt, from the start. */
static uint64_t a_watt(const void *arg, uint64_t t_ns)
{
	(void)arg;
	return t_ns / 1000;
}

static void phases_have_what_held(void **state)
{
	struct rates rates = {0};
	wide before, after;

	(void)state;
	/* Without a step nobody says what held. */
	assert_true(rates_at(&rates, 10 * S, a_watt, NULL) == 0);
	rates_add(&rates, 0, G(100));
	rates_add(&rates, 5 * S, G(100));
	assert_int_equal(rates.n, 1);
	rates_add(&rates, 10 * S, G(400));
	rates_add(&rates, 20 * S, G(50));
	before = rates_at(&rates, 8 * S, a_watt, NULL);
	after = rates_at(&rates, 21 * S, a_watt, NULL);
	assert_true(after - before ==
		    (wide)2000000 * G(100) + (wide)10000000 * G(400) + (wide)1000000 * G(50));
	/* What was before is forgotten, and the sums stay what they were. */
	rates_forget(&rates, 12 * S, a_watt, NULL);
	assert_int_equal(rates.n, 2);
	assert_true(rates_at(&rates, 21 * S, a_watt, NULL) == after);
	rates_forget(&rates, 30 * S, a_watt, NULL);
	assert_int_equal(rates.n, 1);
	assert_true(rates_at(&rates, 31 * S, a_watt, NULL) == after + (wide)10000000 * G(50));
	rates_close(&rates);
}

static void steps_are_bounded(void **state)
{
	struct rates rates = {0};

	(void)state;
	for (uint64_t i = 0; i < 3 * RATES_MAX; i++)
		rates_add(&rates, i * S, G(100) + i);
	assert_true(rates.n <= RATES_MAX);
	/* The newest are there. */
	assert_true(rates_at(&rates, 3 * RATES_MAX * S, a_watt, NULL) -
			    rates_at(&rates, (3 * RATES_MAX - 1) * S, a_watt, NULL) ==
		    (wide)1000000 * (G(100) + 3 * RATES_MAX - 1));
	rates_close(&rates);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_tick_has_what_held),
		cmocka_unit_test(lines_end_where_a_figure_does),
		cmocka_unit_test(what_has_no_figure_is_told_apart),
		cmocka_unit_test(a_run_may_go_on),
		cmocka_unit_test(phases_have_what_held),
		cmocka_unit_test(steps_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
