/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The recogniser on trainings whose steps have lengths and sizes of their own, so that they are
 * told by what comes once in each (once.h): over long runs, and with losses; and how often it looks
 * at threads of which it is not decided yet how they are told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "collector/phase/phase.h"

#define MS     1000000ull
#define SECOND (1000 * MS)

enum { HEAD = 1, LOSS, BACK, LOOK, LOOKED };

struct world {
	struct phases *phases;
	uint64_t now_ns;
	unsigned chance;
	uint64_t unseen; /* kernels that are lost from now on */
	bool blind;
};

static struct world begin(void)
{
	struct world w = {.now_ns = SECOND, .chance = 7};

	assert_int_equal(phases_new(&w.phases), 0);
	return w;
}

static unsigned draw(struct world *w, unsigned below)
{
	w->chance = w->chance * 1103515245u + 12345u;
	return (w->chance >> 16) % below;
}

static void compute(struct world *w, uint32_t kernel, uint32_t shape)
{
	w->now_ns += MS;
	w->unseen += w->blind;
	if (!w->blind)
		phases_kernel(w->phases, &(struct phase_kernel){.process = 1,
								.lane = 1,
								.kernel = kernel,
								.shape = shape,
								.start_ns = w->now_ns,
								.called_ns = w->now_ns,
								.end_ns = w->now_ns + MS / 2});
}

static void say(struct world *w, unsigned epoch, unsigned of)
{
	char text[64];

	snprintf(text, sizeof(text), "Epoch %u/%u loss: %.4f", epoch, of, 1.0 / (epoch + 1));
	phases_line(w->phases,
		    &(struct phase_line){
			    .process = 1, .t_ns = w->now_ns, .text = text, .bytes = strlen(text)});
}

/* Sizes that never come again, but for the last layer's. */
static void step(struct world *w)
{
	const uint32_t shape = 100 + draw(w, 1000000);

	for (uint32_t i = 0; i < 6 + shape % 5; i++)
		compute(w, 10 + i % 3, shape + i);
	compute(w, HEAD, 1);
	compute(w, LOSS, 1);
	compute(w, BACK, 1);
	for (uint32_t i = 0; i < 6 + shape % 5; i++)
		compute(w, 20 + i % 3, shape + i);
}

static void steps(struct world *w, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		step(w);
	for (uint32_t i = 0; i < 4; i++)
		compute(w, i % 2 ? LOOK : LOOKED, 1);
	w->now_ns += 20 * MS;
}

static void end_blindness(struct world *w)
{
	phases_lost(w->phases, 1, 1, w->unseen);
	w->unseen = 0;
	w->blind = false;
}

/* Twenty of the sixty steps of one epoch are not seen. */
static void train_blindly(unsigned blind)
{
	const struct phase *phase;
	struct world w = begin();
	unsigned found = 0;

	for (unsigned epoch = 1; epoch <= 12; epoch++) {
		for (unsigned i = 0; epoch == blind && i < 40; i++) {
			w.blind = i >= 20;
			step(&w);
		}
		if (w.blind)
			end_blindness(&w);
		steps(&w, epoch == blind ? 20 : 60);
		say(&w, epoch, 12);
	}
	const size_t n = phases_look(w.phases, w.now_ns, true, &phase);
	for (size_t i = 0; i < n; i++) {
		if (phase[i].kind != PHASE_EPOCH)
			continue;
		found++;
		if (phase[i].index == blind)
			assert_in_range(phase[i].steps, 56, 64);
		else
			assert_int_equal(phase[i].steps, 60);
	}
	assert_int_equal(found, 12);
	phases_free(w.phases);
}

/* About so many as have so many kernels; also before it is known what comes once in each. */
static void what_was_lost_were_steps(void **state)
{
	(void)state;
	train_blindly(10);
	train_blindly(3);
}

/*
 * Six evaluations in each epoch, and nothing else that is repeated: the room for what comes once a
 * step is full long before any other.
 */
static void long_runs_keep_their_steps(void **state)
{
	const unsigned epochs = 1800;
	const struct phase *phase;
	struct world w = begin();
	unsigned found = 0, right = 0;

	(void)state;
	for (unsigned epoch = 1; epoch <= epochs; epoch++) {
		for (unsigned part = 0; part < 6; part++)
			steps(&w, 7);
		say(&w, epoch, epochs);
	}
	const size_t n = phases_look(w.phases, w.now_ns, true, &phase);
	for (size_t i = 0; i < n; i++) {
		if (phase[i].kind != PHASE_EPOCH)
			continue;
		found++;
		right += phase[i].steps == 42;
	}
	assert_int_equal(found, epochs);
	assert_in_range(right, epochs * 95 / 100, epochs);
	phases_free(w.phases);
}

static size_t epochs_seen(struct world *w)
{
	const struct phase *phase;
	const size_t n = phases_look(w->phases, w->now_ns, false, &phase);
	size_t found = 0;

	for (size_t i = 0; i < n; i++)
		found += phase[i].kind == PHASE_EPOCH;
	return found;
}

/* Each is gone through as a whole: with many of them a judgement stands for longer. */
static void undecided_threads_are_judged_seldom(void **state)
{
	struct world w = begin();

	(void)state;
	for (uint32_t i = 0; i < 60 * 4000; i++) {
		w.now_ns += MS / 100;
		phases_kernel(w.phases, &(struct phase_kernel){.process = 1 + i % 60 / 3,
							       .lane = i % 3,
							       .kernel = draw(&w, 3000),
							       .start_ns = w.now_ns,
							       .called_ns = w.now_ns,
							       .end_ns = w.now_ns});
	}
	say(&w, 1, 9);
	w.now_ns += SECOND;
	say(&w, 2, 9);
	const size_t before = epochs_seen(&w);
	w.now_ns += SECOND;
	say(&w, 3, 9);
	w.now_ns += SECOND;
	assert_int_equal(epochs_seen(&w), before);
	w.now_ns += 20 * SECOND;
	assert_true(epochs_seen(&w) > before);
	phases_free(w.phases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_lost_were_steps),
		cmocka_unit_test(long_runs_keep_their_steps),
		cmocka_unit_test(undecided_threads_are_judged_seldom),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
