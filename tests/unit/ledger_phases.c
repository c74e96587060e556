/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Phases in the ledger: written once, in order, with what is under way beside them; what does not
 * nest or add up is refused; and whoever goes on with a ledger neither loses nor doubles one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/ledger_box.h"

static void test_figures(void **state)
{
	const struct box *box = *state;

	assert_int_equal(story_write_as(box->dir, true, story_training), 0);
	json_t *run = read_ledger(in_box(box, STORY_FILE ".jsonl"));
	assert_int_equal(json_array_size(member(run, "phases")), STORY_PHASES);
	/* By their start, though they are written by their end. */
	for (int i = 0; i < STORY_PHASES; i++) {
		char path[32];
		snprintf(path, sizeof(path), "phases.%d.id", i);
		assert_number(run, path, (uint64_t)i + 1);
	}
	assert_text(run, "phases.1.kind", "fit");
	assert_null_member(run, "phases.1.parent");
	assert_null_member(run, "phases.1.steps");
	assert_number(run, "phases.2.parent", 2);
	assert_number(run, "phases.2.index", 1);
	assert_number(run, "phases.2.of", 2);
	assert_number(run, "phases.2.steps", 48);
	assert_number(run, "phases.2.energy_uj", 430);
	assert_number(run, "phases.2.modelled_uj", 30);
	assert_text(run, "phases.2.evidence.0", "text");
	assert_text(run, "phases.2.evidence.1", "kernels");
	/* 1.185 J at 41.8 g per kWh and PUE 1.2 */
	assert_number(run, "phases.3.co2e_ug", 17);
	/* What lies within a phase is its own, row by row. */
	assert_number(run, "phases.3.kernels.0.count", 690);
	assert_number(run, "phases.3.kernels.1.row", 2);
	assert_number(run, "phases.1.kernels.0.count", 1290);
	assert_number(run, "phases.1.kernels.0.device_ns", 19000);
	assert_true(json_is_true(member(run, "phases.5.rough")));
	assert_false(json_is_true(member(run, "phases.5.cut")));
	assert_number(run, "outside.energy_uj", 1747000 - 11 - 430 - 990000 - 195000);
	json_decref(run);
}

/* Metrics are what the program printed, to the last digit. */
static void test_metrics(void **state)
{
	const struct box *box = *state;
	static char bytes[65536];

	assert_int_equal(story_write_as(box->dir, true, story_training), 0);
	json_t *run = read_ledger(in_box(box, STORY_FILE ".jsonl"));
	assert_true(json_real_value(member(run, "phases.2.metrics.loss")) == 0.6931471805599453);
	assert_true(json_real_value(member(run, "phases.2.metrics.accuracy")) == 0.5);
	assert_true(json_real_value(member(run, "phases.2.metrics.validation_loss")) == 0.7);
	json_decref(run);
	int fd = open(in_box(box, STORY_FILE ".jsonl"), O_RDONLY);
	assert_true(read(fd, bytes, sizeof(bytes) - 1) > 0);
	close(fd);
	assert_non_null(strstr(bytes, "\"value\":0.6931471805599453}"));
	assert_non_null(strstr(bytes, "\"value\":0.3127}"));
}

/* A ledger whose writer lives: what is under way is in its last line, or in its journal. */
static void test_under_way(void **state)
{
	const struct box *box = *state;
	struct ledger *ledger = create_with(box, &story_open);
	struct ledger_state now = story_training(0);

	assert_int_equal(ledger_interval(ledger, &now, false), 0);
	assert_int_equal(ledger_phases(ledger), 2);
	json_t *run = read_ledger(in_box(box, STORY_FILE ".jsonl"));
	assert_int_equal(json_array_size(member(run, "phases")), 5);
	assert_false(json_is_true(member(run, "phases.2.open")));
	assert_true(json_is_true(member(run, "phases.3.open")));
	assert_number(run, "phases.3.end_ns", 60 * STORY_S);
	json_decref(run);
	now = story_training(1);
	assert_int_equal(ledger_journal(ledger, &now), 0);
	assert_int_equal(ledger_phases(ledger), 2);
	run = read_ledger(in_box(box, STORY_FILE ".jsonl"));
	assert_int_equal(json_array_size(member(run, "phases")), 6);
	assert_number(run, "phases.4.end_ns", 110 * STORY_S);
	assert_number(run, "phases.3.end_ns", 120 * STORY_S);
	json_decref(run);
	/* Whoever tells it need not tell again what is written. */
	now = story_training(2);
	now.phase += 2;
	now.phases -= 2;
	now.phases_before = 2;
	assert_int_equal(ledger_close(ledger, &now, 0, true), 0);
	run = read_ledger(in_box(box, STORY_FILE ".jsonl"));
	assert_int_equal(json_array_size(member(run, "phases")), STORY_PHASES);
	json_decref(run);
}

/* ---- refusals ---- */

static struct ledger_phase bad_phase[STORY_PHASES];

static void spoil_overlap(void)
{
	bad_phase[1].phase.start_ns = STORY_S / 2;
}

static void spoil_energy(void)
{
	bad_phase[0].energy_uj[POWER_MODELLED] = 147000;
}

static void spoil_number(void)
{
	bad_phase[1].phase.id = 1;
}

static void spoil_parent(void)
{
	bad_phase[1].phase.parent = 1;
}

static void spoil_length(void)
{
	bad_phase[5].phase.end_ns = 123 * STORY_S;
}

static void spoil_sum(void)
{
	bad_phase[5].energy_uj[POWER_MEASURED] = 1080399;
}

static void spoil_end(void)
{
	bad_phase[5].phase.end_ns = 126 * STORY_S;
}

static void spoil_missing(void)
{
	bad_phase[5] = (struct ledger_phase){.phase = {.id = 7,
						       .parent = 2,
						       .kind = PHASE_EPOCH,
						       .start_ns = 124 * STORY_S,
						       .end_ns = 124 * STORY_S}};
}

static void spoil_kernels(void)
{
	static const struct ledger_phase_kernel kernel = {0, 701, 0};

	bad_phase[1].kernel = &kernel;
}

static void spoil_rows(void)
{
	static const struct ledger_phase_kernel kernel = {4, 1, 0};

	bad_phase[1].kernel = &kernel;
}

static void spoil_container(void)
{
	bad_phase[4].kernel = story_phased[0];
	bad_phase[4].kernels = 1;
}

static void test_refusals(void **state)
{
	static void (*const spoil[])(void) = {spoil_overlap, spoil_energy,   spoil_number,
					      spoil_parent,  spoil_length,   spoil_sum,
					      spoil_end,     spoil_missing,  spoil_kernels,
					      spoil_rows,    spoil_container};
	struct ledger *ledger = create_with(*state, &story_open);
	struct ledger_state now = story_training(2);

	for (size_t i = 0; i < sizeof(spoil) / sizeof(*spoil); i++) {
		memcpy(bad_phase, story_phase, sizeof(bad_phase));
		spoil[i]();
		now.phase = bad_phase;
		if (ledger_interval(ledger, &now, false) != -EBADMSG)
			fail_msg("spoilt by %zu it is not refused", i);
	}
	now.phase = story_phase;
	assert_int_equal(ledger_close(ledger, &now, 0, true), 0);
	json_decref(read_ledger(in_box(*state, STORY_FILE ".jsonl")));
}

/* ---- going on ---- */

static struct ledger *go_on(const struct box *box, json_t *snapshot, struct ledger_resumed *resumed)
{
	struct ledger_place place = {.folder = openat(box->dir, STORY_FOLDER, O_RDONLY),
				     .owner = geteuid(),
				     .group = getegid(),
				     .name = STORY_NAME,
				     .path = STORY_FILE ".jsonl"};
	struct ledger *ledger;

	assert_int_equal(ledger_resume(&place, snapshot, &ledger, resumed), 0);
	close(place.folder);
	return ledger;
}

/* The rest of the run as another collector sees it, which knows nothing of what was before. */
static json_t *end(const struct box *box, struct ledger *ledger, uint32_t last_id)
{
	const struct ledger_phase rest = {.phase = {.id = last_id + 1,
						    .kind = PHASE_EPOCH,
						    .index = 1,
						    .start_ns = 124 * STORY_S,
						    .end_ns = 125 * STORY_S},
					  .energy_uj = {5, 0, 5}};
	struct ledger_state last = story_state(2);

	last.phase = &rest;
	last.phases = 1;
	assert_int_equal(ledger_close(ledger, &last, 0, true), 0);
	return read_ledger(in_box(box, STORY_FILE ".jsonl"));
}

static void test_goes_on_from_the_journal(void **state)
{
	const struct box *box = *state;
	struct ledger *ledger = create_with(box, &story_open);
	struct ledger_state now = story_training(0);
	struct ledger_resumed resumed;

	assert_int_equal(ledger_interval(ledger, &now, false), 0);
	now = story_training(1);
	assert_int_equal(ledger_journal(ledger, &now), 0);
	ledger_abandon(ledger);
	ledger = go_on(box, NULL, &resumed);
	assert_int_equal(resumed.phase_id, 6);
	assert_int_equal(resumed.phased[0].count, 600 + 590);
	assert_int_equal(resumed.phased[2].device_ns, 7000);
	ledger_resumed_release(&resumed);
	json_t *run = end(box, ledger, 6);
	assert_int_equal(json_array_size(member(run, "phases")), 7);
	assert_true(json_is_true(member(run, "phases.1.cut")));
	assert_false(json_is_true(member(run, "phases.2.cut")));
	assert_true(json_is_true(member(run, "phases.3.cut")));
	assert_number(run, "phases.3.end_ns", 120 * STORY_S);
	assert_false(json_is_true(member(run, "phases.4.cut")));
	assert_true(json_is_true(member(run, "phases.5.cut")));
	assert_false(json_is_true(member(run, "phases.6.cut")));
	json_decref(run);
}

/* The snapshot may be ahead of the file by a line, by a journal, or not at all. */
static void test_goes_on_from_the_snapshot(void **state)
{
	for (int written = 0; written < 3; written++) {
		const struct box *box = *state;
		struct ledger *ledger = create_with(box, &story_open);
		struct ledger_state now = story_training(0);
		struct ledger_resumed resumed;
		json_t *snapshot;

		assert_int_equal(ledger_interval(ledger, &now, false), 0);
		now = story_training(1);
		assert_int_equal(ledger_snapshot(ledger, &now, &snapshot), 0);
		if (written == 1)
			assert_int_equal(ledger_journal(ledger, &now), 0);
		if (written == 2)
			assert_int_equal(ledger_interval(ledger, &now, false), 0);
		ledger_abandon(ledger);
		ledger = go_on(box, snapshot, &resumed);
		json_decref(snapshot);
		assert_int_equal(resumed.phase_id, 6);
		assert_int_equal(resumed.phased[0].count, 600 + 590);
		ledger_resumed_release(&resumed);
		json_t *run = end(box, ledger, 6);
		assert_int_equal(json_array_size(member(run, "phases")), 7);
		assert_number(run, "phases.4.end_ns", 110 * STORY_S);
		assert_true(json_is_true(member(run, "phases.5.cut")));
		json_decref(run);
		assert_int_equal(unlinkat(box->dir, STORY_FILE ".jsonl", 0), 0);
		unlinkat(box->dir, STORY_FILE ".journal", 0);
		unlinkat(box->dir, STORY_FILE ".private", 0);
	}
}

/* Whoever dies again before it wrote a line leaves the same behind. */
static void test_goes_on_twice(void **state)
{
	const struct box *box = *state;
	struct ledger_resumed resumed;

	assert_int_equal(story_write_as(box->dir, false, story_training), 0);
	for (int i = 0; i < 3; i++) {
		unlinkat(box->dir, STORY_FILE ".journal", 0);
		struct ledger *ledger = go_on(box, NULL, &resumed);
		assert_int_equal(resumed.phase_id, 6);
		ledger_resumed_release(&resumed);
		if (i < 2) {
			ledger_abandon(ledger);
			continue;
		}
		json_t *run = end(box, ledger, 6);
		assert_int_equal(json_array_size(member(run, "phases")), 7);
		json_decref(run);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOXED(test_figures),
		BOXED(test_metrics),
		BOXED(test_under_way),
		BOXED(test_refusals),
		BOXED(test_goes_on_from_the_journal),
		BOXED(test_goes_on_from_the_snapshot),
		BOXED(test_goes_on_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
