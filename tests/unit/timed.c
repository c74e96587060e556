/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ledgers whose lines say what the grid emitted: each line at what held, the total from the lines
 * and rounded once, what had no figure told apart, and all of that still there when somebody else
 * goes on. With GRAMME_GOLDEN=DIR it writes the story's ledger below DIR instead, which is how
 * tests/data/ledgers/v2 was made.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "collector/ledger/intensity.h"
#include "collector/units.h"
#include "tests/unit/ledger_box.h"

typedef unsigned __int128 wide;

#define G(grams) ((grams)*1000000ULL)

static json_t *series(void)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:s, s:s, s:s}", "zone", "FR",
			 "basis", "direct", "kind", "average", "format", "CSV", "source",
			 "a test's own figures", "file", "intensity.csv", "points", 2, "from_utc",
			 "2026-11-21T09:00:00Z", "to_utc", "2026-11-21T09:02:00Z", "sha256",
			 "00000000000000000000000000000000000000000000000000000000000000aa");
}

/* The run draws 640, 1639360 and 107000 uJ in its three lines. */
static const struct ledger_grid story_grid[STORY_STEPS] = {
	{.weighted = (wide)640 * G(100), .ug_per_kwh = G(100)},
	/* A figure ended within the second line. */
	{.weighted = (wide)(640 + 639360) * G(100) + (wide)1000000 * G(400), .ug_per_kwh = G(400)},
	/* For the third there is none. */
	{.weighted =
		 (wide)(640 + 639360) * G(100) + (wide)1000000 * G(400) + (wide)107000 * 41800000,
	 .constant_uj = 107000,
	 .ug_per_kwh = 41800000},
};

static json_t *story_series;
static struct ledger_phase timed_phase[STORY_PHASES];
static struct ledger_phase timed_under_way[2][3];

static struct ledger_state story_timed(int step)
{
	static const uint64_t each[STORY_PHASES] = {G(100), G(100), G(280), G(300), G(282), G(281)};
	struct ledger_state state = story_training(step);

	for (size_t i = 0; i < STORY_PHASES; i++) {
		timed_phase[i] = story_phase[i];
		timed_phase[i].ug_per_kwh = each[i];
	}
	for (size_t i = 0; i < 3 && step < 2; i++) {
		timed_under_way[step][i] = story_under_way[step][i];
		timed_under_way[step][i].ug_per_kwh = G(250);
		state.open = timed_under_way[step];
	}
	state.phase = timed_phase;
	state.grid = story_grid[step];
	state.grid.series = story_series;
	return state;
}

static struct ledger *create_timed(const struct box *box)
{
	struct ledger_open open = story_open;

	open.series = story_series;
	return create_with(box, &open);
}

static int open_timed(void **state)
{
	story_series = series();
	return open_box(state);
}

static int close_timed(void **state)
{
	json_decref(story_series);
	return close_box(state);
}

static void write_timed(const struct box *box)
{
	struct ledger *ledger = create_timed(box);
	struct ledger_state state;

	for (int step = 0; step < STORY_STEPS - 1; step++) {
		state = story_timed(step);
		assert_int_equal(ledger_interval(ledger, &state, false), 0);
	}
	state = story_timed(STORY_STEPS - 1);
	assert_int_equal(ledger_close(ledger, &state, 0, true), 0);
}

/* What the second line must say: a mean, weighed by energy. */
static uint64_t mean_of_second(void)
{
	const wide sum = (wide)639360 * G(100) + (wide)1000000 * G(400);

	return (uint64_t)((sum + 1639360 / 2) / 1639360);
}

static uint64_t total_of_story(void)
{
	return units_co2e_sum_ug((wide)640 * G(100) + (wide)1639360 * mean_of_second() +
					 (wide)107000 * 41800000,
				 1200);
}

static void each_line_has_what_held(void **state)
{
	struct ledger_problem problem;
	struct draw draw;
	json_t *run;

	write_timed(*state);
	assert_int_equal(
		ledger_read_draw(in_box(*state, STORY_FILE ".jsonl"), &run, &draw, &problem), 0);
	assert_int_equal(draw.spans, 3);
	assert_int_equal(draw.span[0].ug_per_kwh, G(100));
	assert_int_equal(draw.span[1].ug_per_kwh, mean_of_second());
	assert_int_equal(draw.span[2].ug_per_kwh, 41800000);
	assert_number(run, "carbon.total_ug", total_of_story());
	assert_number(run, "carbon.constant.energy_uj", 107000);
	assert_number(run, "carbon.constant.ug_per_kwh", 41800000);
	assert_text(run, "carbon.constant.basis", "lifecycle");
	assert_text(run, "carbon.basis", "direct");
	assert_text(run, "carbon.series.kind", "average");
	assert_null_member(run, "carbon.vintage");
	draw_free(&draw);
	json_decref(run);
}

static void phases_bear_what_held(void **state)
{
	json_t *run;
	uint64_t leaf;

	write_timed(*state);
	run = read_ledger(in_box(*state, STORY_FILE ".jsonl"));
	/* The training of the second epoch: 990000 uJ at 280 g per kWh and a PUE of 1.2. */
	assert_number(run, "phases.4.co2e_ug", units_co2e_ug(990000, G(280), 1200));
	assert_number(run, "phases.4.ug_per_kwh", G(280));
	/* What is in no leaf is the rest of the run's, rounded once. */
	leaf = units_co2e_sum_ug(
		(wide)(11 + 430) * G(100) + (wide)990000 * G(280) + (wide)195000 * G(300), 1200);
	assert_in_range(json_integer_value(member(run, "outside.co2e_ug")),
			total_of_story() - leaf - 1, total_of_story() - leaf + 1);
	json_decref(run);
}

/* By direct figures some grids emit nothing: then no phase does, and the yearly mean is not theirs.
 */
static void a_grid_may_emit_nothing(void **state)
{
	struct ledger *ledger = create_timed(*state);
	struct ledger_state now = story_timed(2);
	json_t *run;

	now.grid.weighted = 0;
	now.grid.constant_uj = now.grid.ug_per_kwh = 0;
	for (size_t i = 0; i < STORY_PHASES; i++)
		timed_phase[i].ug_per_kwh = 0;
	assert_int_equal(ledger_close(ledger, &now, 0, true), 0);
	run = read_ledger(in_box(*state, STORY_FILE ".jsonl"));
	assert_number(run, "carbon.total_ug", 0);
	assert_number(run, "phases.4.energy_uj", 990000);
	assert_number(run, "phases.4.ug_per_kwh", 0);
	assert_number(run, "phases.4.co2e_ug", 0);
	assert_number(run, "outside.co2e_ug", 0);
	json_decref(run);
}

/* A ledger that knows no series is as it always was. */
static void without_series_nothing_changes(void **state)
{
	struct ledger *ledger = create(*state);
	struct ledger_state now = story_timed(2);
	json_t *run;

	assert_int_equal(ledger_close(ledger, &now, 0, true), 0);
	run = read_ledger(in_box(*state, STORY_FILE ".jsonl"));
	assert_number(run, "carbon.total_ug", 24);
	assert_null(member(run, "carbon.series"));
	json_decref(run);
}

/* Somebody else goes on, from the file and from what was kept in memory beyond it. */
static void whoever_goes_on_keeps_it(void **state)
{
	const struct box *box = *state;
	struct ledger *ledger = create_timed(box), *again;
	struct ledger_state now = story_timed(0);
	struct ledger_resumed resumed;
	struct ledger_place place;
	json_t *snapshot, *run;

	assert_int_equal(ledger_interval(ledger, &now, false), 0);
	now = story_timed(1);
	assert_int_equal(ledger_snapshot(ledger, &now, &snapshot), 0);
	ledger_place(ledger, &place);
	place.folder = openat(box->dir, STORY_FOLDER, O_RDONLY);
	assert_int_equal(ledger_resume(&place, snapshot, &again, &resumed), 0);
	close(place.folder);
	ledger_abandon(ledger);
	json_decref(snapshot);
	assert_true(resumed.timed);
	assert_true(resumed.state.grid.weighted ==
		    (wide)640 * G(100) + (wide)1639360 * mean_of_second());
	assert_int_equal(resumed.state.grid.ug_per_kwh, mean_of_second());
	now = story_timed(2);
	now.phases = 0;
	now.opens = 0;
	now.grid.weighted = resumed.state.grid.weighted + (wide)107000 * 41800000;
	ledger_resumed_release(&resumed);
	assert_int_equal(ledger_close(again, &now, 0, true), 0);
	run = read_ledger(in_box(box, STORY_FILE ".jsonl"));
	assert_number(run, "carbon.total_ug", total_of_story());
	assert_number(run, "carbon.constant.energy_uj", 107000);
	json_decref(run);
}

/* Lines of any length and mixture: the total is that of what held, to the last digit or so. */
static void rounding_does_not_add_up(void **state)
{
	struct ledger *ledger = create_timed(*state);
	struct account_posting posting[STORY_DOMAINS] = {0};
	struct ledger_state now = story_state(0);
	uint64_t random = 88172645463325252ULL;
	json_t *run;

	now.posting = posting;
	now.kernels = 0;
	now.grid.series = story_series;
	for (int i = 0; i < 2000; i++) {
		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		const uint64_t energy_uj = random % 60000000, ug = G(20) + random % G(700);

		posting[0].domain_uj = posting[0].run_uj += energy_uj;
		now.grid.weighted += (wide)energy_uj * ug;
		now.grid.ug_per_kwh = ug;
		now.t_ns += UNITS_NS_PER_S;
		if (i % 3 == 0)
			assert_int_equal(ledger_interval(ledger, &now, false), 0);
	}
	assert_int_equal(ledger_close(ledger, &now, 0, true), 0);
	run = read_ledger(in_box(*state, STORY_FILE ".jsonl"));
	assert_in_range(json_integer_value(member(run, "carbon.total_ug")),
			units_co2e_sum_ug(now.grid.weighted, 1200) - 1,
			units_co2e_sum_ug(now.grid.weighted, 1200) + 1);
	json_decref(run);
}

/* 1.6 J by a meter of 5 %, 147 mJ by a model of 50 %: each figure has what its sources have. */
static void errors_go_through(void **state)
{
	static const struct {
		const char *path;
		double error_pct;
	} expected[] = {
		{"energy.error_pct", 8.79},   {"carbon.energy_error_pct", 8.79},
		{"phases.2.error_pct", 8.14}, /* 400 and 30 uJ */
		{"phases.5.error_pct", 8.46}, /* 180 and 15 mJ */
		{"kernels.0.error_pct", 5},
	};
	json_t *run;

	write_timed(*state);
	run = read_ledger(in_box(*state, STORY_FILE ".jsonl"));
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		assert_true(fabs(json_number_value(member(run, expected[i].path)) -
				 expected[i].error_pct) < 1e-9);
	/* What nobody bears has no error that is known. */
	assert_null_member(run, "kernels.2.error_pct");
	json_decref(run);
}

static void sums_survive_as_text(void **state)
{
	const wide values[] = {0, 9, 10, (wide)UINT64_MAX + 1, (wide)-1};
	char text[INTENSITY_DIGITS];
	wide back;

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		intensity_text(values[i], text);
		assert_int_equal(intensity_parse(text, &back), 0);
		assert_true(back == values[i]);
	}
	assert_int_equal(intensity_parse("", &back), -EINVAL);
	assert_int_equal(intensity_parse(NULL, &back), -EINVAL);
	assert_int_equal(intensity_parse("12a", &back), -EINVAL);
	assert_int_equal(intensity_parse("1000000000000000000000000000000000000000", &back),
			 -EINVAL);
}

static int write_golden(const char *folder)
{
	struct box box = {.dir = open(folder, O_RDONLY | O_DIRECTORY)};

	story_series = series();
	write_timed(&box);
	json_decref(story_series);
	return 0;
}

#define TIMED(test) cmocka_unit_test_setup_teardown(test, open_timed, close_timed)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TIMED(each_line_has_what_held),	       TIMED(phases_bear_what_held),
		TIMED(without_series_nothing_changes), TIMED(whoever_goes_on_keeps_it),
		TIMED(rounding_does_not_add_up),       TIMED(errors_go_through),
		TIMED(sums_survive_as_text),	       TIMED(a_grid_may_emit_nothing),
	};

	if (getenv("GRAMME_GOLDEN"))
		return write_golden(getenv("GRAMME_GOLDEN"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
