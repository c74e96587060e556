/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The recogniser on made-up trainings whose truth is known: networks, batches, evaluations and
 * habits of printing are drawn by chance, many times over.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "collector/phase/phase.h"
#include "preload/wire.h"

#define SEEDS	   60u
#define EPOCHS_MAX 64u
#define MS	   1000000u

enum says { SILENT, LATE, AT_END, AT_START, HISTORY, HISTORIES };

/* How somebody trains. */
struct habit {
	enum says says;
	uint32_t layers;
	uint32_t fits;
	uint32_t epochs; /* of each fit */
	uint32_t steps;	 /* of an epoch, a shorter last one among them if `tail` */
	bool tail;
	uint32_t batches;  /* of an evaluation; 0: none */
	uint32_t every;	   /* so many epochs have one evaluation */
	uint32_t noise;	   /* in a thousand steps, so many have a kernel more */
	bool lost;	   /* some steps of the second epoch were not seen */
	uint32_t inner;	   /* rounds of a loop within each step */
	bool optimiser;	   /* kernels of its own, the same for every batch */
	bool looked_at;	   /* while it runs */
	uint32_t patience; /* epochs behind which the others are settled at once; 0: as ever */
};

struct epoch {
	uint64_t start_ns;
	uint64_t end_ns;
	uint64_t steps;
};

struct world {
	struct phases *phases;
	struct habit habit;
	uint64_t seed;
	uint64_t now_ns;
	struct epoch truth[EPOCHS_MAX];
	size_t epochs;
	char line[EPOCHS_MAX][96]; /* what is still in the program's buffer */
	size_t lines;
};

static uint32_t chance(struct world *w, uint32_t below)
{
	w->seed = w->seed * 6364136223846793005u + 1442695040888963407u;
	return below ? (uint32_t)(w->seed >> 33) % below : 0;
}

static void compute(struct world *w, uint32_t kernel, uint32_t shape)
{
	const uint64_t start_ns = w->now_ns + 2000 + chance(w, 20000);
	const uint64_t end_ns = start_ns + 100000 + chance(w, 300000);
	const struct phase *phase;

	phases_kernel(w->phases, &(struct phase_kernel){.process = 1,
							.lane = 1,
							.kernel = kernel,
							.shape = shape,
							.start_ns = start_ns,
							.end_ns = end_ns,
							.called_ns = start_ns});
	w->now_ns = end_ns;
	if (w->habit.looked_at && !chance(w, 500))
		phases_look(w->phases, w->now_ns, false, &phase);
}

static void tell(struct world *w, const char *text, uint32_t flags)
{
	phases_line(w->phases, &(struct phase_line){.process = 1,
						    .flags = flags,
						    .t_ns = w->now_ns,
						    .text = text,
						    .bytes = strlen(text)});
}

static void say(struct world *w, uint32_t fit, uint32_t epoch, bool result)
{
	char *line = w->line[w->lines];
	int n = snprintf(line, sizeof(w->line[0]), "Epoch %u/%u", epoch + 1, w->habit.epochs);

	if (result)
		snprintf(line + n, sizeof(w->line[0]) - (size_t)n, " loss: %.4f acc: %.4f",
			 2.0 / (epoch + 1.5 + fit), 0.5 + 0.05 * epoch);
	if (w->habit.says == LATE || w->habit.says >= HISTORY)
		w->lines++;
	else
		tell(w, line, 0);
}

/* One batch: `shape` is its size. */
static void step(struct world *w, uint32_t shape)
{
	const uint32_t layers = w->habit.layers;

	for (uint32_t i = 0; i < layers; i++)
		compute(w, 1, shape * 100 + i);
	if (chance(w, 1000) < w->habit.noise)
		compute(w, 9, 7);
	for (uint32_t i = layers; i-- > 0;) {
		compute(w, 1, shape * 100 + 30 + i);
		compute(w, 1, shape * 100 + 60 + i);
	}
	for (uint32_t i = 0; w->habit.optimiser && i < layers; i++)
		compute(w, 2, 0);
	/* Loops within the step: what is done for every layer, or every moment of a sequence. */
	for (uint32_t i = 0; i < w->habit.inner; i++) {
		compute(w, 5, 0);
		compute(w, 6, 0);
		compute(w, 7, 0);
	}
}

static void evaluate(struct world *w)
{
	for (uint32_t b = 0; b < w->habit.batches; b++) {
		for (uint32_t i = 0; i < w->habit.layers; i++)
			compute(w, 1, 900 + i);
		compute(w, 3, 0);
	}
}

/* Steps that happened, but nobody saw. Returns how many. */
static uint32_t lose(struct world *w, uint32_t steps)
{
	const uint32_t body = w->habit.layers * (w->habit.optimiser ? 4 : 3) + 3 * w->habit.inner;

	w->now_ns += steps * body * 120000ull;
	phases_lost(w->phases, 1, 1, steps * body);
	w->truth[w->epochs - 1].steps += steps;
	return steps;
}

static void train_epoch(struct world *w, uint32_t fit, uint32_t epoch)
{
	const struct habit *h = &w->habit;
	struct epoch *truth = &w->truth[w->epochs++];

	w->now_ns += 100000 + chance(w, 400000);
	truth->start_ns = w->now_ns;
	if (h->says == AT_START)
		say(w, fit, epoch, false);
	for (uint32_t i = 0; i < h->steps; i++) {
		w->now_ns += chance(w, 100000);
		step(w, h->tail && i + 1 == h->steps ? 2 : 1);
		truth->steps++;
		if (h->lost && epoch == 1 && i == h->steps / 2)
			i += lose(w, h->steps / 4);
	}
	if (h->batches && (epoch + 1) % h->every == 0)
		evaluate(w);
	if (h->says != AT_START && h->says != SILENT)
		say(w, fit, epoch, true);
	truth->end_ns = w->now_ns;
}

/* What was kept is told, a few microseconds a line. */
static void tell_all(struct world *w, uint32_t flags)
{
	for (size_t i = 0; i < w->lines; i++, w->now_ns += 5000)
		tell(w, w->line[i], flags);
	w->lines = 0;
}

static void run(struct world *w)
{
	assert_int_equal(phases_new(&w->phases), 0);
	if (w->habit.patience)
		phases_patience(w->phases, w->habit.patience, 0, 1000);
	w->now_ns = 50 * MS + chance(w, 500) * MS;
	for (uint32_t i = chance(w, 6); i > 0; i--)
		compute(w, 4, i);
	for (uint32_t fit = 0; fit < w->habit.fits; fit++) {
		w->now_ns += chance(w, 5) * MS;
		for (uint32_t epoch = 0; epoch < w->habit.epochs; epoch++)
			train_epoch(w, fit, epoch);
		if (w->habit.says == HISTORY)
			tell_all(w, 0);
	}
	if (w->habit.says == HISTORIES)
		tell_all(w, 0);
	w->now_ns += chance(w, 20) * MS;
	tell_all(w, WIRE_NOTE_LATE);
	w->now_ns += chance(w, 20) * MS;
}

static double overlap(const struct phase *phase, const struct epoch *truth)
{
	const uint64_t start =
		phase->start_ns > truth->start_ns ? phase->start_ns : truth->start_ns;
	const uint64_t end = phase->end_ns < truth->end_ns ? phase->end_ns : truth->end_ns;
	const uint64_t first =
		phase->start_ns < truth->start_ns ? phase->start_ns : truth->start_ns;
	const uint64_t last = phase->end_ns > truth->end_ns ? phase->end_ns : truth->end_ns;

	return end > start ? (double)(end - start) / (double)(last - first) : 0;
}

/* Ids rise, parents come first, children lie within them, leaves do not overlap. */
static void assert_laid_out(const struct phase *phase, size_t n)
{
	uint64_t leaf_ns = 0;

	for (size_t i = 0; i < n; i++) {
		const struct phase *p = &phase[i];

		assert_int_equal(p->id, i + 1);
		assert_true(p->parent < p->id);
		assert_true(p->start_ns <= p->end_ns);
		assert_true(p->confidence >= 0 && p->confidence <= 1);
		if (p->parent) {
			const struct phase *parent = &phase[p->parent - 1];

			assert_true(p->start_ns >= parent->start_ns);
			assert_true(p->end_ns <= parent->end_ns);
		}
		if (p->kind == PHASE_FIT || p->kind == PHASE_EPOCH)
			continue;
		assert_true(p->start_ns >= leaf_ns);
		leaf_ns = p->end_ns;
	}
}

static size_t epochs_of(const struct phase *phase, size_t n, const struct phase **epoch)
{
	size_t epochs = 0;

	for (size_t i = 0; i < n; i++)
		if (phase[i].kind == PHASE_EPOCH && epochs++ < EPOCHS_MAX)
			epoch[epochs - 1] = &phase[i];
	return epochs;
}

static void assert_found(struct world *w, uint64_t seed)
{
	const struct phase *phase, *epoch[EPOCHS_MAX];
	const size_t n = phases_look(w->phases, w->now_ns, true, &phase);
	const size_t epochs = epochs_of(phase, n, epoch);

	assert_laid_out(phase, n);
	if (epochs != w->epochs)
		fail_msg("seed %u: %zu epochs for %zu", (unsigned)seed, epochs, w->epochs);
	for (size_t i = 0; i < epochs; i++) {
		const double share = overlap(epoch[i], &w->truth[i]);

		if (share < 0.9)
			fail_msg("seed %u: epoch %zu overlaps by %.3f", (unsigned)seed, i + 1,
				 share);
		if (epoch[i]->steps != w->truth[i].steps)
			fail_msg("seed %u: epoch %zu has %u steps for %u", (unsigned)seed, i + 1,
				 (unsigned)epoch[i]->steps, (unsigned)w->truth[i].steps);
	}
	phases_free(w->phases);
}

static struct habit draw(struct world *w, enum says says)
{
	struct habit h = {.says = says, .fits = 1, .every = 1};

	h.layers = 2 + chance(w, 6);
	h.epochs = 3 + chance(w, 8);
	h.steps = 12 + chance(w, 90);
	h.tail = chance(w, 2);
	h.batches = 2 + chance(w, 12);
	h.optimiser = chance(w, 2);
	return h;
}

static void each_seed(enum says says, void (*change)(struct world *w))
{
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct world w = {.seed = seed * 0x9e3779b97f4a7c15ULL};

		w.habit = draw(&w, says);
		if (change)
			change(&w);
		run(&w);
		assert_found(&w, seed);
	}
}

static void test_silent_with_evaluation(void **state)
{
	(void)state;
	each_seed(SILENT, NULL);
}

static void test_printed_at_the_exit(void **state)
{
	(void)state;
	each_seed(LATE, NULL);
}

static void test_printed_at_the_end_of_epochs(void **state)
{
	(void)state;
	each_seed(AT_END, NULL);
}

static void test_printed_at_the_start_of_epochs(void **state)
{
	(void)state;
	each_seed(AT_START, NULL);
}

static void no_evaluation(struct world *w)
{
	w->habit.batches = 0;
}

static void test_late_without_evaluation(void **state)
{
	(void)state;
	each_seed(LATE, no_evaluation);
}

static void second_epoch(struct world *w)
{
	w->habit.every = 2 + chance(w, 2);
}

static void test_evaluated_every_few_epochs(void **state)
{
	(void)state;
	each_seed(LATE, second_epoch);
}

static void folds(struct world *w)
{
	w->habit.fits = 2 + chance(w, 3);
}

static void test_folds(void **state)
{
	(void)state;
	each_seed(LATE, folds);
	each_seed(AT_END, folds);
}

static void test_histories_behind_fits(void **state)
{
	(void)state;
	each_seed(HISTORY, NULL);
	each_seed(HISTORY, folds);
}

static void test_histories_behind_all(void **state)
{
	(void)state;
	each_seed(HISTORIES, folds);
}

static void noise(struct world *w)
{
	w->habit.noise = 30;
	w->habit.tail = false;
}

static void test_data_dependent_kernels(void **state)
{
	(void)state;
	each_seed(LATE, noise);
}

static void inner(struct world *w)
{
	w->habit.inner = 2 + chance(w, 20);
}

static void test_loops_within_steps(void **state)
{
	(void)state;
	each_seed(LATE, inner);
	each_seed(SILENT, inner);
}

static void lost(struct world *w)
{
	w->habit.lost = true;
}

static void test_lost_events(void **state)
{
	(void)state;
	each_seed(LATE, lost);
}

static void looked_at(struct world *w)
{
	w->habit.looked_at = true;
}

static void test_looking_changes_nothing(void **state)
{
	(void)state;
	each_seed(AT_END, looked_at);
	each_seed(SILENT, looked_at);
}

static void settled(struct world *w)
{
	w->habit.epochs = 40 + chance(w, 24);
	w->habit.steps = 12 + chance(w, 20);
	w->habit.patience = 16;
	w->habit.every = 1 + chance(w, 2);
	w->habit.looked_at = true;
}

static void test_what_is_settled_stands_as_it_would_at_the_end(void **state)
{
	(void)state;
	each_seed(AT_END, settled);
	each_seed(AT_START, settled);
}

/* ---- where only lines tell ---- */

/* When the first epoch is told to begin, of lines at these times; a module was loaded before, or
 * none. */
static uint64_t first_start_ms(const uint32_t *line_ms, size_t lines, uint32_t loaded_ms)
{
	const struct phase *phase, *epoch[EPOCHS_MAX];
	struct world w = {.seed = 6};
	char line[64];

	assert_int_equal(phases_new(&w.phases), 0);
	phases_file(w.phases, &(struct phase_file){.process = 1,
						   .kind = WIRE_NOTE_READ,
						   .flags = WIRE_NOTE_FROM_START | WIRE_NOTE_TO_END,
						   .file = 7,
						   .begin_ns = (uint64_t)(loaded_ms - 1) * MS,
						   .end_ns = (uint64_t)loaded_ms * MS,
						   .bytes = 90000,
						   .size = 90000,
						   .name = "module.pyc",
						   .name_bytes = 10});
	for (size_t i = 0; i < lines; i++) {
		w.now_ns = (uint64_t)line_ms[i] * MS;
		snprintf(line, sizeof(line), "Epoch %zu, loss: %.4f", i + 1, 1.0 / (double)(i + 1));
		tell(&w, line, 0);
	}
	w.now_ns += MS;
	const size_t n = phases_look(w.phases, w.now_ns, true, &phase);
	assert_int_equal(epochs_of(phase, n, epoch), lines);
	const uint64_t start_ns = epoch[0]->start_ns;
	phases_free(w.phases);
	return start_ns / MS;
}

static void test_first_epoch_is_as_long_as_usual(void **state)
{
	const uint32_t line_ms[] = {5000, 5900, 6900, 8900, 9900, 10950};
	const uint32_t soon_ms[] = {1200, 2100, 3100, 4500, 5500, 6550};

	(void)state;
	assert_int_equal(first_start_ms(line_ms, 6, 100), 4000);
	assert_int_equal(first_start_ms(soon_ms, 6, 100), 200);
	assert_int_equal(first_start_ms(soon_ms, 6, 0), 0); /* it loads nothing */
}

static void test_first_epoch_follows_what_was_loaded(void **state)
{
	const uint32_t line_ms[] = {5000, 5900, 6900, 8900, 9900, 10950};

	(void)state;
	assert_int_equal(first_start_ms(line_ms, 6, 3600), 4000);
	assert_int_equal(first_start_ms(line_ms, 6, 4080), 4080);
	assert_int_equal(first_start_ms(line_ms, 6, 4800), 4000); /* no epoch is as short */
}

/* ---- what trains nothing ---- */

static void assert_nothing(struct world *w)
{
	const struct phase *phase, *epoch[EPOCHS_MAX];
	const size_t n = phases_look(w->phases, w->now_ns, true, &phase);

	assert_int_equal(epochs_of(phase, n, epoch), 0);
	phases_free(w->phases);
}

static void test_a_plain_loop_is_no_training(void **state)
{
	struct world w = {.seed = 1};

	(void)state;
	assert_int_equal(phases_new(&w.phases), 0);
	for (uint32_t i = 0; i < 20000; i++)
		compute(&w, i % 3, 0);
	assert_nothing(&w);
}

static void test_frames_are_no_epochs(void **state)
{
	struct world w = {.seed = 2};

	(void)state;
	assert_int_equal(phases_new(&w.phases), 0);
	for (uint32_t frame = 0; frame < 500; frame++) {
		for (uint32_t i = 0; i < 20; i++)
			compute(&w, 1 + i % 2, 0);
		compute(&w, 3, 0);
		compute(&w, 4, 0);
	}
	assert_nothing(&w);
}

static void test_chance_is_no_training(void **state)
{
	struct world w = {.seed = 3};

	(void)state;
	assert_int_equal(phases_new(&w.phases), 0);
	for (uint32_t i = 0; i < 50000; i++)
		compute(&w, chance(&w, 12), 0);
	assert_nothing(&w);
}

static void test_iterations_of_a_solver_are_no_epochs(void **state)
{
	struct world w = {.seed = 4};
	char line[64];

	(void)state;
	assert_int_equal(phases_new(&w.phases), 0);
	for (uint32_t i = 0; i < 300; i++) {
		for (uint32_t k = 0; k < 6; k++)
			compute(&w, k, 0);
		snprintf(line, sizeof(line), "Iteration %u: residual %.3e", i, 1.0 / (i + 1));
		tell(&w, line, 0);
	}
	assert_nothing(&w);
}

static void test_no_story_no_phases(void **state)
{
	struct world w = {.seed = 5};

	(void)state;
	assert_int_equal(phases_new(&w.phases), 0);
	assert_nothing(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_silent_with_evaluation),
		cmocka_unit_test(test_printed_at_the_exit),
		cmocka_unit_test(test_printed_at_the_end_of_epochs),
		cmocka_unit_test(test_printed_at_the_start_of_epochs),
		cmocka_unit_test(test_late_without_evaluation),
		cmocka_unit_test(test_evaluated_every_few_epochs),
		cmocka_unit_test(test_folds),
		cmocka_unit_test(test_histories_behind_fits),
		cmocka_unit_test(test_histories_behind_all),
		cmocka_unit_test(test_data_dependent_kernels),
		cmocka_unit_test(test_loops_within_steps),
		cmocka_unit_test(test_lost_events),
		cmocka_unit_test(test_looking_changes_nothing),
		cmocka_unit_test(test_what_is_settled_stands_as_it_would_at_the_end),
		cmocka_unit_test(test_first_epoch_is_as_long_as_usual),
		cmocka_unit_test(test_first_epoch_follows_what_was_loaded),
		cmocka_unit_test(test_a_plain_loop_is_no_training),
		cmocka_unit_test(test_frames_are_no_epochs),
		cmocka_unit_test(test_chance_is_no_training),
		cmocka_unit_test(test_iterations_of_a_solver_are_no_epochs),
		cmocka_unit_test(test_no_story_no_phases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
