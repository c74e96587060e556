/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines that tell times of their own: those say when epochs were where the lines came late, all at
 * once, and when the first one began where they came in time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "collector/phase/phase.h"
#include "preload/wire.h"

#define MS	   1000000ULL
#define OVER_MS	   8300
#define EPOCHS_MAX 8

/* The run begins at 0; what it prints is told at its end, or each line at its moment. */
struct story {
	const char *name;
	const char *line[EPOCHS_MAX];
	uint64_t at_ms[EPOCHS_MAX];   /* 0: late, a moment before the end */
	uint64_t edge_ms[EPOCHS_MAX]; /* the first epoch's start, then all ends */
};

static const struct story stories[] = {
	{"each",
	 {"Epoch 1: loss 0.9 (1.00s)", "Epoch 2: loss 0.8 (2.00s)", "Epoch 3: loss 0.7 (1.20s)"},
	 {0},
	 {3800, 4800, 6800, 8000}},
	{"all so far",
	 {"epoch 1 | loss 0.9 | elapsed: 1.00", "epoch 2 | loss 0.8 | elapsed: 3.00",
	  "epoch 3 | loss 0.7 | elapsed: 4.20"},
	 {0},
	 {3800, 4800, 6800, 8000}},
	{"all since the program began",
	 {"epoch 1 loss 0.9 elapsed 4.80s", "epoch 2 loss 0.8 elapsed 6.80s",
	  "epoch 3 loss 0.7 elapsed 8.00s"},
	 {0},
	 {3200, 4800, 6800, 8000}},
	{"milliseconds",
	 {"epoch 1 loss 0.9 time_ms 3000", "epoch 2 loss 0.8 time_ms 1000"},
	 {0},
	 {4000, 7000, 8000}},
	{"the time of day",
	 {"[2026-11-22 23:59:58,800] epoch 1 loss 0.9",
	  "[2026-11-23 00:00:00,800] epoch 2 loss 0.8",
	  "[2026-11-23 00:00:02,000] epoch 3 loss 0.7"},
	 {0},
	 {3200, 4800, 6800, 8000}},
	{"training alone, and all of it",
	 {"epoch 1 loss 0.9 train_time 0.8s epoch_time 1.00s",
	  "epoch 2 loss 0.8 train_time 1.8s epoch_time 2.00s",
	  "epoch 3 loss 0.7 train_time 1.0s epoch_time 1.20s"},
	 {0},
	 {3800, 4800, 6800, 8000}},
	{"two trainings",
	 {"Fold 1", "Epoch 1 loss 0.9 (1.00s)", "Epoch 2 loss 0.8 (1.50s)", "Fold 2",
	  "Epoch 1 loss 0.95 (1.40s)", "Epoch 2 loss 0.85 (1.10s)"},
	 {0},
	 {3000, 4000, 5500, 6900, 8000}},
	{"whole seconds say nothing",
	 {"Epoch 1: loss 0.9 (1s)", "Epoch 2: loss 0.8 (2s)", "Epoch 3: loss 0.7 (1s)"},
	 {0},
	 {0, 2667, 5333, 8000}},
	{"and what never changes",
	 {"Epoch 1: loss 0.9 (1.00s)", "Epoch 2: loss 0.8 (1.00s)", "Epoch 3: loss 0.7 (1.00s)"},
	 {0},
	 {0, 2667, 5333, 8000}},
	{"and what is to come",
	 {"Epoch 1: loss 0.9 eta 3.20s", "Epoch 2: loss 0.8 eta 1.20s",
	  "Epoch 3: loss 0.7 eta 0.10s"},
	 {0},
	 {0, 2667, 5333, 8000}},
	{"and what the run has no room for",
	 {"Epoch 1: loss 0.9 (11.00s)", "Epoch 2: loss 0.8 (12.10s)", "Epoch 3: loss 0.7 (11.20s)"},
	 {0},
	 {0, 2667, 5333, 8000}},
	{"the first one, in time",
	 {"Epoch 1: loss 0.9 (2.50s)", "Epoch 2: loss 0.8 (1.00s)", "Epoch 3: loss 0.7 (1.20s)",
	  "Epoch 4: loss 0.6 (1.10s)"},
	 {3500, 4500, 5700, 6800},
	 {1000, 3500, 4500, 5700, 6800}},
	{"the first one, by a clock that stands still in evaluations",
	 {"Epoch 1: loss 0.9 (2.00s)", "Epoch 2: loss 0.8 (1.00s)", "Epoch 3: loss 0.7 (1.20s)",
	  "Epoch 4: loss 0.6 (1.10s)"},
	 {3500, 4750, 6250, 7625},
	 {1225, 3500, 4750, 6250, 7625}},
};

static void tell(struct phases *phases, const struct story *story)
{
	for (size_t i = 0; i < EPOCHS_MAX && story->line[i]; i++) {
		const struct phase_line line = {
			.process = 1,
			.flags = story->at_ms[i] ? 0 : WIRE_NOTE_LATE,
			.t_ns = story->at_ms[i] ? story->at_ms[i] * MS : 8000 * MS,
			.text = story->line[i],
			.bytes = strlen(story->line[i]),
		};

		phases_line(phases, &line);
	}
}

/* Whether a moment is what was expected, to a hundredth of a second. */
static bool is_at(const struct story *story, size_t edge, uint64_t ns)
{
	const uint64_t ms = ns / MS, expected = story->edge_ms[edge];

	if (ms + 10 >= expected && ms <= expected + 10)
		return true;
	print_error("%s: edge %zu at %lu ms, not at %lu\n", story->name, edge, ms, expected);
	return false;
}

/* A file that is read once and for all. */
static void load(struct phases *phases, uint64_t end_ns)
{
	const struct phase_file file = {
		.process = 1,
		.kind = WIRE_NOTE_READ,
		.file = 7,
		.begin_ns = end_ns - MS,
		.end_ns = end_ns,
		.bytes = 1000000,
		.size = 1000000,
		.name = "words.txt",
		.name_bytes = 9,
	};

	phases_file(phases, &file);
}

/* `loaded_ms`: when a file was loaded, or 0. */
static size_t wrong_in(const struct story *story, uint64_t loaded_ms)
{
	const struct phase *phase;
	struct phases *phases;
	size_t edge = 0, wrong = 0;

	assert_int_equal(phases_new(&phases), 0);
	if (loaded_ms)
		load(phases, loaded_ms * MS);
	tell(phases, story);
	const size_t n = phases_look(phases, OVER_MS * MS, true, &phase);
	for (size_t i = 0; i < n; i++) {
		if (phase[i].kind != PHASE_EPOCH)
			continue;
		if (!edge)
			wrong += !is_at(story, edge, phase[i].start_ns);
		edge++;
		assert_true(edge < EPOCHS_MAX);
		wrong += !is_at(story, edge, phase[i].end_ns);
	}
	if (!edge || (edge + 1 < EPOCHS_MAX && story->edge_ms[edge + 1])) {
		print_error("%s: %zu epochs\n", story->name, edge);
		wrong++;
	}
	phases_free(phases);
	return wrong;
}

static void every_story(void **state)
{
	size_t wrong = 0;

	(void)state;
	for (size_t s = 0; s < sizeof(stories) / sizeof(*stories); s++)
		wrong += wrong_in(&stories[s], 0);
	assert_int_equal(wrong, 0);
}

/* What is loaded to begin with is behind the first epoch's start, if the clock says so. */
static void a_file_that_an_epoch_loads(void **state)
{
	static const struct story story = {"loaded in the second",
					   {"Epoch 1: loss 0.9 (1.50s)",
					    "Epoch 2: loss 0.8 (3.00s)",
					    "Epoch 3: loss 0.7 (2.70s)"},
					   {0},
					   {800, 2300, 5300, 8000}};

	(void)state;
	assert_int_equal(wrong_in(&story, 3000), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_story),
		cmocka_unit_test(a_file_that_an_epoch_loads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
