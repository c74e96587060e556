/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs that go on for days: epochs become final while they run, each is told once and as it was,
 * and what the recogniser keeps does not grow with them.
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

#define SECOND	  1000000000u
#define LOOK_NS	  (20ULL * SECOND)
#define KEPT_MOST 16000u /* phases told at once: of what is not settled, and of one look's time */

struct world {
	struct phases *phases;
	uint64_t now_ns;
	uint64_t looked_ns;
	uint64_t epochs; /* that became final, or are told at the end */
	uint64_t fits;
	uint64_t edge_ns; /* of the last epoch */
	uint32_t index;
	uint32_t last_id; /* final */
	size_t most;
	uint64_t length_ns; /* of an epoch, or 0 */
	bool (*check)(const struct world *w, const struct phase *epoch);
};

static void take(struct world *w, const struct phase *phase)
{
	assert_true(phase->id > w->last_id || phase->kind == PHASE_FIT);
	if (phase->id > w->last_id)
		w->last_id = phase->id;
	w->fits += phase->kind == PHASE_FIT;
	if (phase->kind != PHASE_EPOCH)
		return;
	assert_true(phase->start_ns >= w->edge_ns);
	assert_true(phase->index == w->index + 1 || phase->index == 1);
	w->index = phase->index;
	w->edge_ns = phase->end_ns;
	w->epochs++;
	if (w->length_ns && w->epochs > 1)
		assert_int_equal(phase->end_ns - phase->start_ns, w->length_ns);
	assert_true(!w->check || w->check(w, phase));
}

static void look(struct world *w, bool over)
{
	const struct phase *phase;
	const size_t n = phases_look(w->phases, w->now_ns, over, &phase);

	w->looked_ns = w->now_ns;
	w->most = n > w->most ? n : w->most;
	for (size_t i = 0; i < n; i++)
		if (phase[i].final)
			take(w, &phase[i]);
	phases_forget(w->phases, w->last_id);
}

static void say(struct world *w, const char *text)
{
	phases_line(w->phases,
		    &(struct phase_line){
			    .process = 1, .t_ns = w->now_ns, .text = text, .bytes = strlen(text)});
	if (w->now_ns >= w->looked_ns + LOOK_NS)
		look(w, false);
}

static struct world begin(void)
{
	struct world w = {.now_ns = SECOND};

	assert_int_equal(phases_new(&w.phases), 0);
	return w;
}

static void end(struct world *w)
{
	look(w, true);
	phases_free(w->phases);
	assert_true(w->most < KEPT_MOST);
}

static bool has_loss(const struct world *w, const struct phase *epoch)
{
	(void)w;
	return epoch->metrics == 2 && !strcmp(epoch->metric[0].name, "loss") &&
	       epoch->metric[0].value == 1.0 / epoch->index;
}

/* A second each, and far quicker ones: both for a hundred thousand epochs. */
static void test_a_hundred_thousand_epochs(void **state)
{
	(void)state;
	for (uint64_t length_ns = SECOND; length_ns >= SECOND / 200; length_ns /= 200) {
		struct world w = begin();
		char text[96];

		w.length_ns = length_ns;
		w.check = has_loss;
		for (uint32_t i = 1; i <= 100000; i++) {
			w.now_ns += length_ns;
			snprintf(text, sizeof(text), "Epoch %u/100000 - loss: %.17g - acc: 0.5", i,
				 1.0 / i);
			say(&w, text);
			if (i == 99999)
				assert_true(w.epochs > 90000); /* long before the end */
		}
		end(&w);
		assert_int_equal(w.epochs, 100000);
		assert_int_equal(w.fits, 1);
	}
}

static void test_three_thousand_fits(void **state)
{
	struct world w = begin();
	char text[96];

	(void)state;
	for (uint32_t fit = 1; fit <= 3000; fit++)
		for (uint32_t i = 1; i <= 5; i++) {
			w.now_ns += SECOND;
			snprintf(text, sizeof(text), "Epoch %u/5 loss=%.5f", i, 1.0 / i + fit);
			say(&w, text);
		}
	end(&w);
	assert_int_equal(w.epochs, 15000);
	assert_int_equal(w.fits, 3000);
}

static bool begins_where_told(const struct world *w, const struct phase *epoch)
{
	(void)w;
	return epoch->start_ns == (uint64_t)(epoch->index + 1) * SECOND;
}

static void test_lines_at_the_start(void **state)
{
	struct world w = begin();
	char text[96];

	(void)state;
	w.check = begins_where_told;
	for (uint32_t i = 1; i <= 6000; i++) {
		w.now_ns = (uint64_t)(i + 1) * SECOND;
		snprintf(text, sizeof(text), "=== Epoch %u/6000 ===", i);
		say(&w, text);
		w.now_ns += SECOND * 9 / 10;
		say(&w, "train loss 0.25 accuracy 0.75");
	}
	end(&w);
	assert_int_equal(w.epochs, 6000);
}

/* One bar an epoch, and no other word of it. */
static void test_bars(void **state)
{
	struct world w = begin();
	char text[96];

	(void)state;
	for (uint32_t i = 1; i <= 3000; i++)
		for (uint32_t step = 0; step <= 50; step += 10) {
			w.now_ns += SECOND / 5;
			snprintf(text, sizeof(text),
				 "%3u%%|#####     | %u/50 [00:01<00:01, 50.00it/s, loss=0.%03u]",
				 2 * step, step, step + 100);
			say(&w, text);
		}
	end(&w);
	assert_int_equal(w.epochs, 3000);
	assert_int_equal(w.fits, 1);
}

static void test_fractions(void **state)
{
	struct world w = begin();
	char text[96];

	(void)state;
	for (uint32_t i = 1; i <= 20000; i++) {
		w.now_ns += SECOND / 4;
		snprintf(text, sizeof(text), "{'loss': 0.5, 'learning_rate': 1e-05, 'epoch': %.2f}",
			 i / 4.0);
		say(&w, text);
	}
	end(&w);
	assert_int_equal(w.epochs, 5000);
	assert_int_equal(w.fits, 1);
}

/* The history that many print at their end is no other fit, though most of it is forgotten. */
static void test_told_again_at_the_end(void **state)
{
	struct world w = begin();
	char text[96];

	(void)state;
	for (uint32_t round = 0; round < 2; round++)
		for (uint32_t i = 1; i <= 1000; i++) {
			w.now_ns += round ? 1000 : SECOND;
			snprintf(text, sizeof(text), "Epoch %u: loss %.6f", i, 1.0 / i);
			say(&w, text);
		}
	end(&w);
	assert_int_equal(w.epochs, 1000);
	assert_int_equal(w.fits, 1);
}

/* Who prints nothing in time is told at the end alone. */
static void test_late_lines_settle_nothing(void **state)
{
	struct world w = begin();
	char text[96];

	(void)state;
	for (uint32_t i = 1; i <= 400; i++) {
		w.now_ns += 2ULL * SECOND;
		snprintf(text, sizeof(text), "Epoch %u: loss %.6f", i, 1.0 / i);
		phases_line(w.phases, &(struct phase_line){.process = 1,
							   .flags = WIRE_NOTE_LATE,
							   .t_ns = w.now_ns,
							   .text = text,
							   .bytes = strlen(text)});
		look(&w, false);
		assert_int_equal(w.epochs, 0);
	}
	end(&w);
	assert_int_equal(w.epochs, 400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_hundred_thousand_epochs),
		cmocka_unit_test(test_three_thousand_fits),
		cmocka_unit_test(test_lines_at_the_start),
		cmocka_unit_test(test_bars),
		cmocka_unit_test(test_fractions),
		cmocka_unit_test(test_told_again_at_the_end),
		cmocka_unit_test(test_late_lines_settle_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
