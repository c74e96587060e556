/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs of a step, and the odd steps beside them: the first, which sets things up, and the last of
 * an epoch, whose batch is smaller, so that every shape is another and loops that are too small for
 * threads are none any more.
 */
#include "collector/phase/beat.h"

#include <errno.h>
#include <stdlib.h>

static uint64_t past(uint64_t late, uint64_t early)
{
	return late > early ? late - early : 0;
}

bool beat_within(const struct loop_item *item, uint64_t from_ns, uint64_t to_ns)
{
	const uint64_t middle = item->start_ns + past(item->end_ns, item->start_ns) / 2;

	return middle >= from_ns && middle <= to_ns;
}

/* How much of the last quarter of the step, its optimiser, is among these. */
static bool has_end_of_step(const struct beat *a, const struct loop_word *word, size_t n)
{
	const size_t begin = a->words * 3 / 4;
	size_t found = 0, k = 0;

	for (size_t i = begin; i < a->words; i++) {
		size_t at = k;

		while (at < n && word[at].symbol != a->word[i].symbol)
			at++;
		if (at < n) {
			found++;
			k = at + 1;
		}
	}
	return a->words > begin && 2 * found >= a->words - begin && found;
}

/* The same kernels in the same order, if of other sizes, all the way to the end of the step. */
static bool runs_like_step(const struct beat *a, const struct loop_word *word, size_t n)
{
	size_t at = 0, found = 0;

	for (size_t i = 0; i < n; i++) {
		size_t next = at;

		while (next < a->words && a->word[next].kernel != word[i].kernel)
			next++;
		if (next == a->words)
			break;
		at = next + 1;
		found++;
	}
	return at * 4 >= a->words * 3 && found * 3 >= a->words && found > 1;
}

/* The same few again and again, at least twice: batches of an evaluation, too few for a run. */
static bool is_repeated(const struct loop_word *word, size_t n)
{
	for (size_t body = 1; 2 * body <= n; body++) {
		size_t same = body;

		while (same < n && word[same].symbol == word[same - body].symbol)
			same++;
		if (same == n)
			return true;
	}
	return false;
}

/* A step that is not like the others: its kernels, from `item` on, as far as they are loose. */
static bool is_step(const struct beat *a, size_t item, size_t end, uint64_t left_over)
{
	struct loop_word word[BEAT_WORDS];
	size_t n = 0;

	for (; n < left_over && n < a->words; n++)
		word[n] = a->word[n];
	for (size_t i = item; i < end && n < BEAT_WORDS; i++) {
		/* What is repeated is a batch of evaluation, not one odd step. */
		if (a->level->item[i].kind == LOOP_RUN && !a->at_level)
			break;
		n += fold_words(a->fold, a->at_level, i, word + n, BEAT_WORDS - n);
	}
	return a->words && n &&
	       (has_end_of_step(a, word, n) ||
		(n > left_over && !is_repeated(word + left_over, n - left_over) &&
		 runs_like_step(a, word, n)));
}

/* The first step may do more than the others, but it ends as they do. */
static bool is_first_step(const struct beat *a, size_t item)
{
	struct loop_word word[BEAT_WORDS];
	const size_t n = fold_words(a->fold, a->at_level, item, word, BEAT_WORDS);

	return n >= a->words && has_end_of_step(a, word, n);
}

/* ---- runs of the step ---- */

static void close_run(struct beat *a, size_t gap, size_t end)
{
	struct beat_run *run = &a->run[a->runs - 1];
	uint64_t left_over = a->body ? run->events % a->body : 0;

	run->extra = is_step(a, gap, end, left_over);
}

/* Collects the runs of a candidate, with the gaps behind them. */
int beat_collect(struct beat *a, uint64_t from_ns, uint64_t to_ns)
{
	const struct fold_level *level = a->level;
	size_t gap = 0;
	uint64_t before_ns = 0;

	a->covered_ns = 0;
	a->run = calloc(level->items + 1, sizeof(*a->run));
	if (!a->run)
		return -ENOMEM;
	a->words = fold_words(a->fold, a->at_level, a->item, a->word, BEAT_WORDS);
	for (size_t i = 0; i < level->items; i++) {
		const struct loop_item *item = &level->item[i];

		if (!beat_within(item, from_ns, to_ns))
			continue;
		if (item->kind == LOOP_RUN && item->hash == a->hash && item->body == a->body) {
			if (a->runs)
				close_run(a, gap, i);
			else if (i && beat_within(&level->item[i - 1], from_ns, to_ns) &&
				 is_first_step(a, i - 1)) {
				a->head = 1;
				a->head_ns = before_ns;
			}
			a->run[a->runs++] = (struct beat_run){.first = item->first,
							      .events = item->events,
							      .start_ns = item->start_ns,
							      .end_ns = item->end_ns,
							      .gap_end_ns = item->end_ns};
			a->covered_ns += past(item->end_ns, item->start_ns);
			gap = i + 1;
			continue;
		}
		before_ns = item->start_ns;
		if (!a->runs)
			continue;
		struct beat_run *run = &a->run[a->runs - 1];
		if (item->kind == LOOP_LOST) {
			/* What was lost among steps were steps. */
			run->events += item->events;
			continue;
		}
		run->gap_events += item->events;
		if (item->end_ns > run->gap_end_ns)
			run->gap_end_ns = item->end_ns;
	}
	if (a->runs)
		close_run(a, gap, level->items);
	return 0;
}

/* ---- sections ---- */

uint64_t beat_steps(const struct beat *a, size_t first, size_t end)
{
	uint64_t events = 0, extra = 0;

	for (size_t i = first; i < end; i++) {
		events += a->run[i].events;
		/* Half a step that was broken off by an extra kernel goes on behind it. */
		if (i + 1 < end && a->run[i].gap_events >= a->body)
			extra += a->run[i].extra;
	}
	/* What is left over at the end of a section is the next step's beginning, if any. */
	const uint64_t last = end > first + 1 ? events + a->body / 2 : events;
	return last / a->body + extra + a->run[end - 1].extra + (first ? 0 : a->head);
}

uint64_t beat_after(const struct beat_run *run, uint32_t body)
{
	return run->first + run->events + run->extra * (uint64_t)body;
}
