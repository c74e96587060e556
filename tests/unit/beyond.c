/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many epochs there were where every so-manieth is printed, counted from 0: what the kernels
 * tell of those behind the last line, and what lines that came in time, or another training behind
 * it, say against that.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "collector/phase/phase.h"
#include "preload/wire.h"

#define US   1000ULL
#define FITS 2u

struct habit {
	const char *name;
	unsigned epochs, every, steps;
	unsigned batches; /* of an evaluation behind each epoch */
	unsigned after;	  /* of one that comes once, behind the last */
	unsigned fits;
	bool late;
	unsigned told; /* epochs of each fit */
};

static const struct habit habits[] = {
	{"marked", 15, 5, 20, 4, 0, 1, false, 15},
	{"marked, and late", 15, 5, 20, 4, 0, 1, true, 15},
	{"the last one is printed", 11, 5, 20, 4, 0, 1, false, 11},
	{"of thirty, twenty-nine are as even", 30, 10, 21, 4, 0, 1, false, 30},
	{"no round number", 25, 10, 21, 4, 0, 1, false, 25},
	{"nothing marks them", 30, 10, 21, 0, 0, 1, false, 30},
	{"nothing marks them, and nothing follows", 21, 10, 20, 0, 0, 1, false, 21},
	{"what follows is an evaluation", 21, 10, 20, 4, 40, 1, false, 21},
	{"another fit follows", 11, 5, 20, 4, 0, 2, false, 11},
};

struct world {
	struct phases *phases;
	const struct habit *habit;
	uint64_t now_ns;
	char line[64][48];
	size_t lines;
};

static void batch(struct world *w, unsigned kernels)
{
	for (unsigned i = 0; i < kernels; i++, w->now_ns += 220 * US)
		phases_kernel(w->phases, &(struct phase_kernel){.process = 1,
								.lane = 1,
								.kernel = 1 + i % 5,
								.shape = 100 + i,
								.start_ns = w->now_ns,
								.called_ns = w->now_ns,
								.end_ns = w->now_ns + 200 * US});
}

static void tell(struct world *w, const char *text, uint32_t flags)
{
	phases_line(w->phases, &(struct phase_line){.process = 1,
						    .flags = flags,
						    .t_ns = w->now_ns,
						    .text = text,
						    .bytes = strlen(text)});
	w->now_ns += 20 * US;
}

static void train(struct world *w, unsigned fit)
{
	const struct habit *h = w->habit;

	for (unsigned epoch = 0; epoch < h->epochs; epoch++) {
		char *line = w->line[w->lines];

		for (unsigned i = 0; i < h->steps; i++)
			batch(w, 12);
		for (unsigned i = 0; i < h->batches; i++)
			batch(w, 6);
		w->now_ns += h->batches ? 0 : 300 * US;
		if (epoch % h->every)
			continue;
		snprintf(line, sizeof(w->line[0]), "Epoch %u loss %.4f", epoch,
			 1.0 / (epoch + 2 + fit));
		if (h->late)
			w->lines++;
		else
			tell(w, line, 0);
	}
	for (unsigned i = 0; i < h->after; i++)
		batch(w, 6);
	w->now_ns += 30000 * US;
}

static void count(struct world *w, unsigned epochs[FITS])
{
	const struct phase *phase;
	const size_t n = phases_look(w->phases, w->now_ns, true, &phase);
	size_t fits = 0;

	for (size_t i = 0; i < n; i++) {
		fits += phase[i].kind == PHASE_FIT;
		if (phase[i].kind == PHASE_EPOCH && fits && fits <= FITS)
			epochs[fits - 1]++;
	}
}

static void as_many_as_there_were(void **state)
{
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(habits) / sizeof(habits[0]); i++) {
		struct world w = {.habit = &habits[i], .now_ns = 1000 * US};
		unsigned epochs[FITS] = {0};

		assert_int_equal(phases_new(&w.phases), 0);
		for (unsigned fit = 0; fit < w.habit->fits; fit++)
			train(&w, fit);
		for (size_t k = 0; k < w.lines; k++)
			tell(&w, w.line[k], WIRE_NOTE_LATE);
		count(&w, epochs);
		phases_free(w.phases);
		for (unsigned fit = 0; fit < FITS; fit++) {
			const unsigned told = fit < w.habit->fits ? w.habit->told : 0;

			if (epochs[fit] != told) {
				print_error("%s: fit %u has %u epochs for %u\n", w.habit->name,
					    fit + 1, epochs[fit], told);
				wrong++;
			}
		}
	}
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_many_as_there_were),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
