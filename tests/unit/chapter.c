/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a judgement to the ledger: phases are booked once, in order, with what they drew and
 * computed to the microjoule and to the kernel; and whatever a judgement says, what comes of it is
 * something that a ledger takes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "collector/run/chapter.h"

#define S   1000000000ULL
#define MAX 600

static uint64_t seed;

static uint64_t random_below(uint64_t n)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (seed >> 33) % n;
}

struct test {
	struct chapters chapters;
	struct chapter_books books;
	struct ledger_kernel row[3];
};

/* Two domains: 10 W measured, 1 W modelled. */
static void open_test(struct test *test)
{
	*test = (struct test){.books = {.domains = 2, .quality = {POWER_MEASURED, POWER_MODELLED}}};
	chapters_open(&test->chapters, 0, 0);
	timeline_open(&test->books.energy[0], 0, 0);
	timeline_open(&test->books.energy[1], 0, 0);
}

static void close_test(struct test *test)
{
	chapters_close(&test->chapters);
	window_close(&test->books.window);
	timeline_close(&test->books.energy[0]);
	timeline_close(&test->books.energy[1]);
}

static void energy_until(struct test *test, uint64_t t_ns)
{
	timeline_add(&test->books.energy[0], t_ns, t_ns / 100);
	timeline_add(&test->books.energy[1], t_ns, t_ns / 1000);
}

static void compute(struct test *test, uint32_t row, uint64_t start_ns)
{
	test->row[row].count++;
	test->row[row].device_ns += 1000;
	window_add(&test->books.window, row, start_ns, start_ns + 1000);
}

static void look(struct test *test, const struct phase *phase, size_t n, uint64_t now_ns, bool over)
{
	chapters_take(&test->chapters, phase, n, now_ns, over, &test->books, test->row, 3);
}

static void assert_nests(const struct ledger_phase *phase, size_t n, struct nesting *nesting,
			 uint64_t now_ns)
{
	struct ledger_problem problem;
	bool leaf;

	for (size_t i = 0; i < n; i++) {
		struct nesting_phase nested = {phase[i].phase.id,
					       phase[i].phase.parent,
					       phase[i].phase.start_ns,
					       phase[i].phase.end_ns,
					       {0},
					       0};
		memcpy(nested.energy_uj, phase[i].energy_uj, sizeof(nested.energy_uj));
		if (nesting_take(nesting, &nested, &leaf, &problem))
			fail_msg("seed %llu: %s", (unsigned long long)seed, problem.text);
		assert_true(phase[i].phase.end_ns <= now_ns);
		assert_true(leaf || !phase[i].kernels);
	}
}

/* A fit of two epochs, the second under way, told second by second. */
static void phases_are_booked_when_they_are_final(void **state)
{
	const struct phase_metric loss = {"loss", 0.5, LINE_PART_TRAIN};
	struct phase phase[] = {
		{.id = 1, .kind = PHASE_FIT, .index = 1, .start_ns = S, .end_ns = 3 * S},
		{.id = 2,
		 .parent = 1,
		 .kind = PHASE_EPOCH,
		 .index = 1,
		 .start_ns = S,
		 .end_ns = 2 * S,
		 .final = true,
		 .steps = 7,
		 .metric = &loss,
		 .metrics = 1},
		{.id = 3,
		 .parent = 1,
		 .kind = PHASE_EPOCH,
		 .index = 2,
		 .start_ns = 2 * S,
		 .end_ns = 3 * S,
		 .open = true},
	};
	struct test test;

	(void)state;
	open_test(&test);
	compute(&test, 0, S / 2);
	for (uint64_t i = 0; i < 5; i++)
		compute(&test, 1, S + i * S / 5);
	compute(&test, 2, 2 * S);
	energy_until(&test, 3 * S / 2);
	look(&test, phase, 3, 3 * S, false);
	assert_int_equal(chapters_booked(&test.chapters, phase, 3), 0); /* waits for its energy */
	energy_until(&test, 3 * S);
	look(&test, phase, 3, 3 * S, false);
	assert_int_equal(test.chapters.n, 1);
	assert_int_equal(chapters_booked(&test.chapters, phase, 3), 2);
	const struct ledger_phase *booked = &test.chapters.phase[0];
	assert_int_equal(booked->phase.id, 2);
	assert_int_equal(booked->phase.parent, 1);
	assert_int_equal(booked->phase.steps, 7);
	assert_int_equal(booked->energy_uj[POWER_MEASURED], S / 100);
	assert_int_equal(booked->energy_uj[POWER_MODELLED], S / 1000);
	assert_int_equal(booked->kernels, 1);
	assert_int_equal(booked->kernel[0].row, 1);
	assert_int_equal(booked->kernel[0].count, 5);
	assert_int_equal(booked->phase.metrics, 1);
	assert_string_equal(booked->phase.metric[0].name, "loss");
	/* The epoch under way, and behind it the fit, which is no shorter. */
	assert_int_equal(test.chapters.opens, 2);
	assert_int_equal(test.chapters.open[0].phase.id, 3);
	assert_int_equal(test.chapters.open[1].phase.id, 1);
	assert_int_equal(test.chapters.open[1].energy_uj[POWER_MEASURED], 2 * S / 100);

	/* Looked at again nothing is booked again; what was booked stands. */
	look(&test, phase, 3, 3 * S, false);
	assert_int_equal(test.chapters.n, 1);
	chapters_forget(&test.chapters, 1);
	assert_int_equal(test.chapters.n, 0);
	assert_int_equal(test.chapters.before, 1);
	energy_until(&test, 4 * S);
	phase[0].end_ns = phase[2].end_ns = 4 * S;
	look(&test, phase, 3, 4 * S, true);
	assert_int_equal(test.chapters.n, 2);
	assert_int_equal(test.chapters.opens, 0);
	assert_int_equal(test.chapters.phase[0].kernel[0].row, 2);
	assert_int_equal(test.chapters.phase[1].phase.kind, PHASE_FIT);
	assert_int_equal(test.chapters.phase[1].energy_uj[POWER_MEASURED], 3 * S / 100);
	assert_int_equal(test.chapters.phase[1].kernels, 0);
	close_test(&test);
}

static void what_is_final_waits_for_what_is_before(void **state)
{
	struct phase phase[] = {
		{.id = 1, .kind = PHASE_STARTUP, .index = 1, .start_ns = 0, .end_ns = S},
		{.id = 2,
		 .kind = PHASE_EPOCH,
		 .index = 1,
		 .start_ns = S,
		 .end_ns = 2 * S,
		 .final = true},
	};
	struct test test;

	(void)state;
	open_test(&test);
	energy_until(&test, 3 * S);
	look(&test, phase, 2, 3 * S, false);
	assert_int_equal(test.chapters.n, 0);
	assert_int_equal(test.chapters.opens, 2);
	phase[0].final = true;
	look(&test, phase, 2, 3 * S, false);
	assert_int_equal(test.chapters.n, 2);
	close_test(&test);
}

/* What a phase drew is not known before the meter was read behind its end. */
static void energy_is_waited_for(void **state)
{
	const struct phase phase = {
		.id = 1, .kind = PHASE_EPOCH, .index = 1, .end_ns = 2 * S, .final = true};
	struct test test;

	(void)state;
	open_test(&test);
	energy_until(&test, S);
	look(&test, &phase, 1, 3 * S, false);
	assert_int_equal(test.chapters.n, 0);
	energy_until(&test, 4 * S);
	look(&test, &phase, 1, 4 * S, false);
	assert_int_equal(test.chapters.n, 1);
	assert_int_equal(test.chapters.phase[0].energy_uj[POWER_MEASURED], 2 * S / 100);
	close_test(&test);
}

static void rows_give_no_more_than_they_have(void **state)
{
	const struct phase phase = {
		.id = 1, .kind = PHASE_EPOCH, .index = 1, .end_ns = S, .final = true};
	struct test test;

	(void)state;
	open_test(&test);
	for (int i = 0; i < 10; i++)
		compute(&test, 0, S / 2);
	test.row[0].count = 4;
	test.row[0].device_ns = 10;
	assert_int_equal(chapters_credit(&test.chapters, &(struct ledger_phase_kernel){0, 1, 7}),
			 0);
	energy_until(&test, S);
	look(&test, &phase, 1, S, true);
	assert_int_equal(test.chapters.phase[0].kernel[0].count, 3);
	assert_int_equal(test.chapters.phase[0].kernel[0].device_ns, 3);
	close_test(&test);
}

/* A run that phases cover without a gap, on three levels, known late and in lumps. */
static size_t make_truth(struct phase *phase, uint64_t end_ns)
{
	uint64_t t_ns = 0;
	size_t n = 0;
	uint32_t fits = 0;

	while (t_ns < end_ns && n + 40 < MAX) {
		struct phase *fit = &phase[n++];
		*fit = (struct phase){
			.id = (uint32_t)n, .kind = PHASE_FIT, .index = ++fits, .start_ns = t_ns};
		for (uint64_t epochs = 1 + random_below(5); epochs; epochs--) {
			struct phase *epoch = &phase[n++];
			*epoch = (struct phase){.id = (uint32_t)n,
						.parent = fit->id,
						.kind = PHASE_EPOCH,
						.start_ns = t_ns};
			for (uint64_t parts = random_below(4); parts; parts--) {
				struct phase *part = &phase[n++];
				*part = (struct phase){.id = (uint32_t)n,
						       .parent = epoch->id,
						       .kind = PHASE_TRAIN,
						       .start_ns = t_ns};
				t_ns += random_below(3 * S);
				part->end_ns = t_ns;
			}
			if (epoch == &phase[n - 1])
				t_ns += random_below(5 * S);
			epoch->end_ns = t_ns;
		}
		fit->end_ns = t_ns;
	}
	return n;
}

/* What of the truth can be known: what has begun; final is what ended a while ago. */
static size_t judge(const struct phase *truth, size_t n, uint64_t now_ns, uint64_t late_ns,
		    struct phase *phase)
{
	size_t known = 0;

	for (size_t i = 0; i < n && truth[i].start_ns <= now_ns; i++) {
		phase[known] = truth[i];
		phase[known].final = truth[i].end_ns + late_ns < now_ns;
		phase[known].open = truth[i].end_ns > now_ns;
		if (phase[known].open)
			phase[known].end_ns = now_ns;
		known++;
	}
	return known;
}

static void phases_that_cover_a_run_have_all_of_it(void **state)
{
	static struct phase truth[MAX], phase[MAX];

	(void)state;
	for (uint64_t turn = 1; turn <= 300; turn++) {
		seed = turn;
		const uint64_t late_ns = random_below(3) ? random_below(10 * S) : 1000000 * S;
		size_t n = make_truth(truth, 1 + random_below(200 * S));
		const uint64_t end_ns = truth[n - 1].end_ns + 1;
		uint64_t sum_uj[NESTING_QUALITIES] = {0}, count = 0, booked = 0;
		struct nesting nesting = {0};
		struct test test;

		open_test(&test);
		for (uint64_t t_ns = 0; t_ns < end_ns; t_ns += 1 + random_below(S)) {
			const struct phase *in = NULL;
			for (size_t i = 0; i < n; i++)
				if (truth[i].start_ns <= t_ns && t_ns < truth[i].end_ns)
					in = &truth[i];
			if (in)
				compute(&test, in->id % 3, t_ns);
			if (random_below(3))
				continue;
			energy_until(&test, t_ns);
			look(&test, phase, judge(truth, n, t_ns, late_ns, phase), t_ns, false);
			struct nesting all = {0};
			assert_nests(test.chapters.phase, test.chapters.n, &all, t_ns);
			assert_nests(test.chapters.open, test.chapters.opens, &all, t_ns);
			assert_int_equal(nesting_whole(&all, &(struct ledger_problem){0}), 0);
		}
		energy_until(&test, end_ns);
		look(&test, phase, judge(truth, n, end_ns, 0, phase), end_ns, true);
		assert_int_equal(test.chapters.n, n);
		assert_nests(test.chapters.phase, test.chapters.n, &nesting, end_ns);
		for (size_t i = 0; i < test.chapters.n; i++) {
			const struct ledger_phase *p = &test.chapters.phase[i];
			const struct phase *true_one = &truth[p->phase.id - 1];
			assert_int_equal(p->phase.start_ns, true_one->start_ns);
			assert_int_equal(p->phase.end_ns, true_one->end_ns);
			for (size_t k = 0; k < p->kernels; k++)
				count += p->kernel[k].count;
			booked += p->phase.kind == true_one->kind;
		}
		for (size_t i = 0; i < NESTING_QUALITIES; i++)
			sum_uj[i] = nesting.leaf_uj[i];
		/* Truth covers all but the last nanosecond. */
		assert_int_equal(booked, n);
		assert_int_equal(sum_uj[POWER_MEASURED],
				 timeline_at(&test.books.energy[0], end_ns - 1));
		assert_int_equal(sum_uj[POWER_MODELLED],
				 timeline_at(&test.books.energy[1], end_ns - 1));
		assert_int_equal(count, test.row[0].count + test.row[1].count + test.row[2].count);
		close_test(&test);
	}
}

/* Nothing that is said can make the ledger refuse what comes of it. */
static void any_judgement_comes_to_nest(void **state)
{
	static struct phase phase[40];

	(void)state;
	for (uint64_t turn = 1; turn <= 3000; turn++) {
		struct test test;
		uint64_t t_ns = 0;

		seed = turn;
		open_test(&test);
		for (uint64_t looks = 1 + random_below(8); looks; looks--) {
			const size_t n = random_below(40);
			t_ns += random_below(5 * S);
			energy_until(&test, t_ns);
			for (size_t i = 0; i < n; i++)
				phase[i] = (struct phase){
					.id = (uint32_t)(random_below(4) ? i + 1
									 : random_below(50)),
					.parent = (uint32_t)(random_below(2) ? i
									     : random_below(i + 1)),
					.kind = PHASE_EPOCH,
					.start_ns = random_below(t_ns + S),
					.end_ns = random_below(t_ns + S),
					.final = random_below(2)};
			look(&test, phase, n, t_ns, looks == 1);
			struct nesting all = {0};
			assert_nests(test.chapters.phase, test.chapters.n, &all, t_ns);
			assert_nests(test.chapters.open, test.chapters.opens, &all, t_ns);
			assert_int_equal(nesting_whole(&all, &(struct ledger_problem){0}), 0);
		}
		assert_int_equal(test.chapters.frames, 0);
		close_test(&test);
	}
}

/* Thousands that are not final: the last of them are told. */
static void of_many_under_way_the_last_are_told(void **state)
{
	static struct phase phase[2001];
	struct test test;

	(void)state;
	open_test(&test);
	phase[0] = (struct phase){.id = 1, .kind = PHASE_FIT, .end_ns = 2000 * S};
	for (uint32_t i = 1; i <= 2000; i++)
		phase[i] = (struct phase){.id = i + 1,
					  .parent = 1,
					  .kind = PHASE_EPOCH,
					  .start_ns = (i - 1) * S,
					  .end_ns = i * S};
	energy_until(&test, 2000 * S);
	look(&test, phase, 2001, 2000 * S, false);
	assert_int_equal(test.chapters.opens, CHAPTERS_AHEAD);
	assert_int_equal(test.chapters.open[CHAPTERS_AHEAD - 1].phase.kind, PHASE_FIT);
	assert_int_equal(test.chapters.open[CHAPTERS_AHEAD - 2].phase.end_ns, 2000 * S);
	look(&test, phase, 2001, 2000 * S, true);
	assert_int_equal(test.chapters.n, 2001);
	close_test(&test);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(phases_are_booked_when_they_are_final),
		cmocka_unit_test(what_is_final_waits_for_what_is_before),
		cmocka_unit_test(energy_is_waited_for),
		cmocka_unit_test(rows_give_no_more_than_they_have),
		cmocka_unit_test(phases_that_cover_a_run_have_all_of_it),
		cmocka_unit_test(any_judgement_comes_to_nest),
		cmocka_unit_test(of_many_under_way_the_last_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
