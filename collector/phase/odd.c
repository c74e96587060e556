/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Steps unlike the others, as odd.h promises them.
 */
#include "collector/phase/odd.h"

#define AGAIN  64u /* kernels within which another of the same size is looked for */
#define CHANCE 8u  /* of so many kernels of a step one may have another's size by chance */

bool odd_ends_step(const struct beat *a, const struct loop_word *word, size_t n)
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
	/* An evaluation may share some of it, but is shorter by far. */
	return a->words > begin && 4 * found >= 3 * (a->words - begin) && 2 * n >= a->words;
}

/* The first place of such a kernel in the step, from `at` on; a->words: none. */
static size_t place_of(const struct beat *a, size_t at, struct loop_word word, bool same_size)
{
	while (at < a->words &&
	       (same_size ? a->word[at].symbol != word.symbol : a->word[at].kernel != word.kernel))
		at++;
	return at;
}

static bool is_of_step(const struct beat *a, struct loop_word word)
{
	return place_of(a, 0, word, true) < a->words;
}

/*
 * The same kernels in the same order, if of other sizes, all the way to the end of the step. What
 * has a size that the step has, too, stands where that does: else it is an evaluation's.
 */
static bool runs_like_step(const struct beat *a, const struct loop_word *word, size_t n)
{
	size_t at = 0, found = 0, chance = 0;

	for (size_t i = 0; i < n; i++) {
		size_t next = place_of(a, at, word[i], true);

		if (next == a->words && is_of_step(a, word[i]) && ++chance > a->words / CHANCE)
			break;
		if (next == a->words)
			next = place_of(a, at, word[i], false);
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

size_t odd_words(const struct beat *a, size_t item, size_t end, struct loop_word *word, size_t room)
{
	size_t n = 0;

	for (size_t i = item; i < end && n < room; i++) {
		const struct loop_item *run = &a->level->item[i];
		const size_t begin = n;

		if (run->kind == LOOP_RUN && !a->at_level)
			break;
		n += fold_words(a->fold, a->at_level, i, word + n, room - n);
		if (run->kind == LOOP_RUN && n - begin == run->body)
			for (size_t k = run->body; k < run->events && n < room; k++)
				word[n++] = word[begin + k % run->body];
	}
	return n;
}

/*
 * How many of these kernels stood behind the steps before as well, whose gap begins with `item`:
 * an update after every so many batches comes before the odd one.
 */
static size_t usual_words(const struct beat *a, size_t item, size_t end,
			  const struct loop_word *word, size_t n)
{
	struct loop_word usual[BEAT_WORDS];
	const size_t m = odd_words(a, item, end, usual, BEAT_WORDS);

	for (size_t i = 0; i < m; i++)
		if (i == n || usual[i].symbol != word[i].symbol)
			return 0;
	return m;
}

bool odd_is_step(const struct beat *a, size_t item, size_t end, uint64_t left_over)
{
	const struct beat_run *before = a->runs > 1 ? &a->run[a->runs - 2] : NULL;
	struct loop_word word[BEAT_WORDS];
	size_t n = 0, usual = 0;

	for (; n < left_over && n < a->words; n++)
		word[n] = a->word[n];
	n += odd_words(a, item, end, word + n, BEAT_WORDS - n);
	if (!a->words || !n)
		return false;
	if (before && !before->extra && !left_over)
		usual = usual_words(a, before->gap, before->gap_end, word, n);
	if (n > usual + left_over && is_repeated(word + usual + left_over, n - usual - left_over))
		return false;
	return odd_ends_step(a, word, n) ||
	       (n - usual > left_over && runs_like_step(a, word + usual, n - usual));
}

/* How long ago, within the same step, a kernel of that size came last; 0: not yet, or too long. */
static size_t step_again(const struct beat *a, size_t at)
{
	const size_t in_step = at % a->words;

	for (size_t back = 1; back <= in_step && back <= AGAIN; back++)
		if (a->word[in_step - back].symbol == a->word[in_step].symbol)
			return back;
	return 0;
}

static size_t word_again(const struct loop_word *word, size_t i, size_t most)
{
	for (size_t back = 1; back <= i && back <= most; back++)
		if (word[i - back].symbol == word[i].symbol)
			return back;
	return 0;
}

size_t odd_alike(const struct beat *a, size_t from, const struct loop_word *word, size_t n)
{
	size_t chance = 0, i = 0;

	for (; i < n; i++) {
		const size_t at = (from + i) % a->words, again = step_again(a, at);
		const size_t most = at < AGAIN ? at : AGAIN;

		if (word[i].kernel != a->word[at].kernel)
			break;
		if (again && again <= i && word[i - again].symbol != word[i].symbol)
			break;
		const size_t here = word_again(word, i, most);
		/* Neighbours never fall together; what else does must be little. */
		if (here && here != again && (here == 1 || ++chance > a->words / CHANCE))
			break;
	}
	return i;
}
