/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs of a step, and the odd steps beside them: the first, which sets things up, and the last of
 * an epoch, whose batch is smaller, so that every shape is another and loops that are too small for
 * threads are none any more.
 */
#include "collector/phase/beat.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collector/phase/odd.h"
#include "collector/saturate.h"

bool beat_within(const struct loop_item *item, uint64_t from_ns, uint64_t to_ns)
{
	const uint64_t middle = item->start_ns + saturate_sub(item->end_ns, item->start_ns) / 2;

	return middle >= from_ns && middle <= to_ns;
}

/* ---- runs of the step ---- */

static bool is_run(const struct beat *a, const struct loop_item *item)
{
	return item->kind == LOOP_RUN && item->hash == a->hash && item->body == a->body;
}

static int rising(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x > y ? 1 : x < y ? -1 : 0;
}

static bool is_of_step(const struct beat *a, uint32_t symbol)
{
	return bsearch(&symbol, a->sorted, a->words, sizeof(symbol), rising);
}

/* How many words ahead of `at` in the step, round and round, a kernel comes; SIZE_MAX: not soon. */
static size_t ahead(const struct beat *a, size_t at, uint32_t symbol)
{
	const size_t most = a->words / 4 + 1;

	for (size_t k = 0; k < most && k < a->words; k++)
		if (a->word[(at + k) % a->words].symbol == symbol)
			return k;
	return SIZE_MAX;
}

/*
 * Kernels that go on with a step, in its order, from its kernel number *at: what an optimiser
 * shares with the steps it stands between does not.
 */
static size_t go_on(const struct beat *a, const struct loop_word *word, size_t n, size_t *at)
{
	size_t of_step = 0;

	for (size_t i = 0; i < n; i++) {
		const size_t k = ahead(a, *at, word[i].symbol);

		if (k == SIZE_MAX)
			continue;
		*at = (*at + k + 1) % a->words;
		of_step++;
	}
	return of_step;
}

/*
 * Kernels of the step right before its first run: a first step that sets things up on its way, or
 * the rest of one, where the run begins in its midst; or a few steps that are nearly the same.
 */
static uint64_t before_run(const struct beat *a, size_t item)
{
	struct loop_word word[BEAT_WORDS];
	const struct loop_item *before = &a->level->item[item];
	const size_t n = fold_words(a->fold, a->at_level, item, word, BEAT_WORDS);
	size_t of_step = 0;

	for (size_t i = 0; i < n; i++)
		of_step += is_of_step(a, word[i].symbol);
	if (before->kind == LOOP_STRETCH)
		return of_step;
	/* An evaluation before all has no way back: it is shorter by more than that. */
	const bool alike = 4 * (uint64_t)before->body >= 3 * (uint64_t)a->body &&
			   4 * of_step >= 3 * (size_t)before->body &&
			   before->body <= a->body + a->body / 4;
	const uint64_t events = fold_rounds(before) * a->body;

	return before->kind == LOOP_RUN && alike && events < a->level->item[item + 1].events
		       ? events
		       : 0;
}

/*
 * An evaluation is like the beginning of a step, and what is repeated there goes on into the first
 * step behind it: so many kernels at the end of the run that stands before are the step's.
 */
static uint64_t lent_by(const struct beat *a, size_t item, uint32_t turn)
{
	const struct loop_item *before = &a->level->item[item];
	struct loop_word word[BEAT_WORDS];
	const uint64_t n = before->body, body = a->body;
	uint64_t lent = 0;

	if (before->kind != LOOP_RUN || n >= body || a->words != body)
		return 0;
	if (fold_words(a->fold, a->at_level, item, word, BEAT_WORDS) != n)
		return 0;
	while (lent < n && word[(before->turn + before->events - 1 - lent) % n].symbol ==
				   a->word[(turn + body - 1 - lent) % body].symbol)
		lent++;
	return lent;
}

/* The last `room` kernels before an item, those of its loops with all their rounds. */
static size_t words_before(const struct beat *a, size_t item, struct loop_word *word, size_t room)
{
	size_t n = 0;

	for (size_t i = item; i-- > 0 && n < room;) {
		const struct loop_item *before = &a->level->item[i];
		struct loop_word own[BEAT_WORDS];
		const size_t m = fold_words(a->fold, a->at_level, i, own, BEAT_WORDS);
		const uint64_t turn = before->kind == LOOP_RUN ? before->turn : 0;

		if (m != (before->kind == LOOP_RUN ? before->body : before->events))
			break;
		for (uint64_t k = before->events; k-- > 0 && n < room;)
			word[n++] = own[(turn + k) % m];
	}
	return n;
}

/*
 * The first step may set things up in another order, so that its kernels are a loop of their own:
 * three quarters of a step's kernels right before the first run are a step. Returns how many.
 */
static uint64_t first_step(const struct beat *a, size_t item, uint64_t lent)
{
	struct loop_word word[BEAT_WORDS];
	bool taken[BEAT_WORDS] = {false};
	const size_t room = a->body + a->body / 4 + lent;
	const size_t n = words_before(a, item, word, room < BEAT_WORDS ? room : BEAT_WORDS);
	size_t found = 0;

	if (a->at_level || a->words != a->body || n < a->body + lent)
		return 0;
	for (size_t i = lent; i < n; i++)
		for (size_t k = 0; k < a->words; k++)
			if (!taken[k] && a->word[k].symbol == word[i].symbol) {
				taken[k] = true;
				found++;
				break;
			}
	return 4 * found >= 3 * a->words ? a->body : 0;
}

static bool is_same(const struct loop_item *a, const struct loop_item *b)
{
	return a && a->kind == b->kind && a->hash == b->hash;
}

/* How often a loop stands in no round of any other. */
static size_t times_alone(const struct beat *a, const struct loop_item *loop)
{
	size_t n = 0;

	for (size_t i = 0; i < a->level->items; i++)
		n += is_same(loop, &a->level->item[i]);
	return n;
}

/*
 * Finds the longest loop within the step, of some that are nearly as long the one that is hardly
 * ever elsewhere: an evaluation has the forward one, but not that backwards. A shorter sequence, or
 * a smaller last batch, has fewer rounds of it.
 */
static void find_part(struct beat *a)
{
	const struct fold_level *level = a->level;
	uint64_t longest = 0;
	size_t least = SIZE_MAX;

	for (uint32_t i = 0; a->at_level && i < level->children[a->item]; i++) {
		const struct loop_item *child = &level[-1].item[level->child[a->item] + i];

		if (child->kind == LOOP_RUN && child->events > longest)
			longest = child->events;
	}
	for (uint32_t i = 0; longest && i < level->children[a->item]; i++) {
		const struct loop_item *child = &level[-1].item[level->child[a->item] + i];

		if (child->kind != LOOP_RUN || 2 * child->events < longest ||
		    is_same(a->part, child))
			continue;
		const size_t alone = times_alone(a, child);
		if (alone < least) {
			least = alone;
			a->part = child;
		}
	}
	for (uint32_t i = 0; a->part && i < level->children[a->item]; i++) {
		const struct loop_item *child = &level[-1].item[level->child[a->item] + i];

		a->parts += is_same(a->part, child);
		a->layers |= child->kind == LOOP_RUN && !is_same(a->part, child) &&
			     fold_rounds(child) == fold_rounds(a->part);
	}
}

/*
 * A kernel more, that the data asked for, breaks a run in the midst of a step: what is left of that
 * step, and perhaps the next, lies in the gap.
 */
static void weigh_gap(struct beat *a, struct beat_run *run, size_t gap, size_t end)
{
	struct loop_word word[BEAT_WORDS];
	size_t at = a->words ? (run->turn + run->events) % a->words : 0;
	bool leads = true;

	for (size_t i = gap; i < end; i++) {
		const struct loop_item *item = &a->level->item[i];
		const size_t n = fold_words(a->fold, a->at_level, i, word, BEAT_WORDS);
		size_t of_step = 0;

		if (leads && !a->at_level && item->kind != LOOP_RUN)
			of_step = go_on(a, word, n, &at);
		else
			for (size_t k = 0; k < n; k++)
				of_step += is_of_step(a, word[k].symbol);
		if (odd_ends_step(a, word, n) &&
		    (item->kind != LOOP_RUN ||
		     (item->body >= a->body && item->body <= 2 * a->body))) {
			run->like += item->kind == LOOP_RUN ? item->events : of_step;
			if (item->kind == LOOP_RUN) {
				run->odd += (uint32_t)fold_rounds(item);
				continue;
			}
		}
		run->parts += is_same(a->part, item);
		a->loose += is_same(a->part, item) && fold_rounds(item) != fold_rounds(a->part);
		leads = leads && item->kind != LOOP_RUN;
		of_step *= fold_rounds(item);
		run->among += (uint32_t)of_step;
		run->lead += leads ? (uint32_t)of_step : 0;
		/* Behind the last batch of evaluation the next epoch's first step may be broken. */
		run->trail = item->kind == LOOP_RUN ? 0 : (uint32_t)of_step;
	}
	/* A single stretch is counted from its beginning. */
	if (end == gap + 1)
		run->trail = 0;
}

/* Where in the step, round and round, the longest part of it is that these begin with. */
static size_t phase_of(const struct beat *a, const struct loop_word *word, size_t n)
{
	size_t phase = 0, most = 0;

	for (size_t at = 0; at < a->words && most < a->words; at++) {
		size_t same = 0;

		while (same < n && same < a->words &&
		       word[same].symbol == a->word[(at + same) % a->words].symbol)
			same++;
		if (same > most) {
			most = same;
			phase = at;
		}
	}
	return phase;
}

/* Of a step that holds loops: how many more of it the gap begins with, whatever their sizes are. */
static uint32_t go_on_alike(const struct beat *a, size_t gap, size_t end)
{
	struct loop_word word[BEAT_WORDS];

	if (!a->at_level || a->words != a->body)
		return 0;
	const size_t n = odd_words(a, gap, end, word, BEAT_WORDS);
	const size_t phase = phase_of(a, word, n);

	return (uint32_t)((phase + odd_alike(a, phase, word, n)) / a->words);
}

/*
 * A gap that is one step like the others but for its sizes. Its last kernels may have the same
 * sizes as ever, and were told as the beginning of the next run: they are given back. Returns
 * whether it is so.
 */
static bool is_of_other_sizes(struct beat *a, struct beat_run *run, struct beat_run *next,
			      size_t gap, size_t end)
{
	struct loop_word word[BEAT_WORDS];
	const uint64_t body = a->body, n = run->gap_events;
	const size_t from = (run->turn + run->events) % body;
	const uint64_t lent = saturate_sub(body, n);

	if (a->at_level || a->words != body || !n || n > body || next->events < lent + body ||
	    odd_words(a, gap, end, word, BEAT_WORDS) != n || (from + n) % body != next->turn)
		return false;
	if (odd_alike(a, from, word, n) < n)
		return false;
	run->whole = true;
	run->extra = 1;
	run->like = 0;
	run->gap_events += lent;
	next->first += lent;
	next->events -= lent;
	next->turn = (uint32_t)from;
	if (lent)
		next->start_ns = run->gap_end_ns = loop_time(a->fold->loop, next->first);
	return true;
}

/* Kernels of a step at the end of a run. */
static uint64_t left_over(const struct beat *a, const struct beat_run *run)
{
	return (run->turn + run->events) % a->body;
}

static void close_run(struct beat *a, size_t gap, size_t end)
{
	struct beat_run *run = &a->run[a->runs - 1];
	const uint64_t rest = left_over(a, run);

	run->gap = gap;
	run->gap_end = end;
	weigh_gap(a, run, gap, end);
	/* What was broken off goes on in the gap: no odd step, but one like the others. */
	run->extra = !a->fold->even && rest + run->lead < a->body && odd_is_step(a, gap, end, rest);
	run->alike = go_on_alike(a, gap, end);
}

/*
 * Which of the body's kernels follows where most of its runs end (Boyer and Moore 1981), or 0:
 * a run may begin in the midst of a step, but what is done else comes behind whole ones.
 */
static uint32_t usual_turn(const struct beat *a, uint64_t from_ns, uint64_t to_ns)
{
	const struct loop_item *item = a->level->item, *end = item + a->level->items;
	uint32_t usual = 0;
	size_t votes = 0, runs = 0, alike = 0;

	for (; item < end; item++) {
		if (!item->body || !is_run(a, item) || !beat_within(item, from_ns, to_ns))
			continue;
		const uint32_t turn = (uint32_t)((item->turn + item->events) % item->body);
		if (!votes)
			usual = turn;
		votes += turn == usual ? 1 : (size_t)-1;
	}
	for (item = a->level->item; item < end; item++) {
		if (!item->body || !is_run(a, item) || !beat_within(item, from_ns, to_ns))
			continue;
		runs++;
		alike += (item->turn + item->events) % item->body == usual;
	}
	return 2 * alike > runs ? usual : 0;
}

/*
 * Which of the body's kernels most of its runs would begin with if they had what an evaluation
 * before them took (lent_by), or UINT32_MAX: a last batch that is smaller only from its eighth
 * kernel on ends each run in the midst of a step.
 */
static uint32_t lent_turn(const struct beat *a, uint64_t from_ns, uint64_t to_ns)
{
	uint32_t usual = UINT32_MAX;
	size_t runs = 0, alike = 0;

	for (size_t i = 0; i < a->level->items; i++) {
		const struct loop_item *item = &a->level->item[i];

		if (!item->body || !is_run(a, item) || !beat_within(item, from_ns, to_ns))
			continue;
		runs++;
		const uint64_t lent = i ? lent_by(a, i - 1, item->turn) : 0;
		if (!lent)
			continue;
		const uint32_t turn = (uint32_t)((item->turn + item->body - lent) % item->body);
		usual = alike ? usual : turn;
		alike += turn == usual;
	}
	return alike > 1 && 2 * alike > runs ? usual : UINT32_MAX;
}

/*
 * The step's kernels, from that on with which most steps begin: its first run may have begun in its
 * midst.
 */
static void spell(struct beat *a, uint64_t from_ns, uint64_t to_ns)
{
	struct loop_word word[BEAT_WORDS];

	a->words = fold_words(a->fold, a->at_level, a->item, word, BEAT_WORDS);
	memcpy(a->word, word, a->words * sizeof(*word));
	a->turn = a->at_level || a->words != a->body ? 0 : lent_turn(a, from_ns, to_ns);
	if (a->turn == UINT32_MAX)
		a->turn = usual_turn(a, from_ns, to_ns);
	for (size_t i = 0; i < a->words; i++) {
		a->word[i] = word[(i + a->turn) % a->words];
		a->sorted[i] = word[i].symbol;
	}
	qsort(a->sorted, a->words, sizeof(*a->sorted), rising);
}

static uint32_t hash_of_gap(const struct beat *a, const struct beat_run *run)
{
	uint32_t hash = (uint32_t)run->gap_events;

	for (size_t i = run->gap; i < run->gap_end; i++)
		hash = hash * 31u + a->level->item[i].hash;
	return hash;
}

/* The gap that most runs have (Boyer and Moore again), or NULL; *alike: how many have it. */
static const struct beat_run *usual_gap(const struct beat *a, size_t *alike)
{
	const struct beat_run *usual = NULL;
	size_t votes = 0;

	*alike = 0;
	for (size_t i = 0; i + 1 < a->runs; i++) {
		if (!votes)
			usual = &a->run[i];
		votes += hash_of_gap(a, usual) == hash_of_gap(a, &a->run[i]) ? 1 : (size_t)-1;
	}
	for (size_t i = 0; usual && i + 1 < a->runs; i++)
		*alike += hash_of_gap(a, usual) == hash_of_gap(a, &a->run[i]);
	return usual;
}

/*
 * Most gaps may be the same, and with what the runs have beyond whole steps no step: those of
 * another network, which may begin as these do. A kernel or two are the data's, in the midst of a
 * step.
 */
static void set_aside(struct beat *a)
{
	size_t alike;
	const struct beat_run *usual = usual_gap(a, &alike);

	if (a->at_level || alike < 3 || 2 * alike <= a->runs)
		return;
	const uint64_t beyond = usual->events % a->body;
	if (usual->gap_events < 3 || 4 * (beyond + usual->gap_events) < a->body ||
	    4 * (beyond + usual->among) >= (uint64_t)3 * a->body)
		return;
	const uint32_t hash = hash_of_gap(a, usual);
	for (size_t i = 0; i + 1 < a->runs; i++)
		a->run[i].aside = hash_of_gap(a, &a->run[i]) == hash;
}

/* Collects the runs of a candidate, with the gaps behind them. */
int beat_collect(struct beat *a, uint64_t from_ns, uint64_t to_ns)
{
	const struct fold_level *level = a->level;
	size_t gap = 0, end = 0;

	a->covered_ns = 0;
	a->run = calloc(level->items + 1, sizeof(*a->run));
	if (!a->run)
		return -ENOMEM;
	spell(a, from_ns, to_ns);
	find_part(a);
	for (size_t i = 0; i < level->items; i++) {
		const struct loop_item *item = &level->item[i];
		const bool near = i && beat_within(&level->item[i - 1], from_ns, to_ns);

		if (!beat_within(item, from_ns, to_ns))
			continue;
		end = i + 1;
		if (item->body && is_run(a, item)) {
			const uint32_t turn = (item->turn + item->body - a->turn) % item->body;
			struct beat_run *next = &a->run[a->runs];

			*next = (struct beat_run){.first = item->first,
						  .turn = turn,
						  .events = item->events,
						  .start_ns = item->start_ns,
						  .end_ns = item->end_ns,
						  .gap_end_ns = item->end_ns,
						  .lent = near ? lent_by(a, i - 1, turn) : 0};
			/* A run that begins with the step's first kernel was lent none. */
			if (a->words == a->body && next->lent > turn)
				next->lent = turn;
			if (!a->runs && near)
				a->head = before_run(a, i - 1);
			if (!a->runs && near && !a->head)
				a->head = first_step(a, i, next->lent);
			if (a->runs && !is_of_other_sizes(a, next - 1, next, gap, i))
				close_run(a, gap, i);
			a->runs++;
			a->covered_ns += saturate_sub(item->end_ns, item->start_ns);
			gap = i + 1;
			continue;
		}
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
		close_run(a, gap, end);
	set_aside(a);
	return 0;
}

/* ---- sections ---- */

/* Kernels of steps in a gap within a section. */
static uint64_t within_gap(const struct beat *a, const struct beat_run *run)
{
	if (run->whole)
		return a->body;
	return run->extra && run->among < a->body / 2 && run->events % a->body == 0 ? a->body
										    : run->among;
}

/*
 * What goes on like the step is so many; else loops are counted, of which each step has some.
 * Within a section a step that lost events or was broken may have lain in two gaps.
 */
static uint64_t parts_in_gap(const struct beat *a, const struct beat_run *run, bool within)
{
	const uint64_t steps = run->alike ? run->alike : run->extra;

	if (within && run->parts && !run->alike)
		return run->parts;
	return run->parts > steps * a->parts ? run->parts : steps * a->parts;
}

/* Steps that hold loops are counted by these, whatever stands around. */
static uint64_t steps_by_parts(const struct beat *a, size_t first, size_t end)
{
	uint64_t parts = 0;

	for (size_t i = first; i < end; i++)
		parts += a->run[i].events / a->body * a->parts +
			 parts_in_gap(a, &a->run[i], i + 1 < end);
	return parts / a->parts;
}

bool beat_is_of_batches(const struct beat *a)
{
	return a->part && !a->layers && a->parts == 1 && a->part->body >= BEAT_SHORT &&
	       2 * a->part->events >= a->body;
}

uint64_t beat_steps(const struct beat *a, size_t first, size_t end)
{
	if (a->part)
		return steps_by_parts(a, first, end);
	const struct beat_run *last = &a->run[end - 1];
	uint64_t events = first ? a->run[first - 1].trail : a->head;
	uint64_t steps = last->extra + last->odd;

	for (size_t i = first; i + 1 < end; i++) {
		events += a->run[i].lent + a->run[i].events;
		steps += a->run[i].odd;
		if (a->run[i].aside) {
			steps += events / a->body;
			events = 0;
		} else {
			events += within_gap(a, &a->run[i]);
		}
	}
	events += last->lent + last->events;
	/* What is left over, and what leads on, is the odd step's; what the first run begins with
	 * may be the end of an evaluation, which is like that of a step. */
	if (last->extra)
		return steps + (events - left_over(a, last) + a->body / 4) / a->body;
	return steps + (events + last->lead) / a->body;
}

uint64_t beat_after(const struct beat_run *run, uint32_t body)
{
	return run->first + run->events + run->extra * (uint64_t)body;
}
