/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every body that is repeated often enough is tried as the step. Its runs are joined over what is
 * small between them until what is left are the sections asked for, or equal ones.
 */
#include "collector/phase/cut.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collector/phase/beat.h"
#include "collector/phase/judge.h"
#include "collector/saturate.h"

#define CANDIDATES	 ((size_t)16)
#define COVER_LEAST	 0.10 /* of the time: less is no training */
#define EVALUATED	 0.9  /* as good as so many even ones */
#define LOOSE		 0.4
#define UNEVEN		 0.75
#define SILENT_STEPS_MIN 4u
#define SILENT_LEAST_NS	 20000000u /* an epoch shorter than that is a frame, not an epoch */

/* How long it takes from a run to the next. */
static uint64_t gap_ns(const struct beat *a, size_t i)
{
	return i + 1 < a->runs ? saturate_sub(a->run[i + 1].start_ns, a->run[i].end_ns) : 0;
}

enum weight { BY_KERNELS, BY_TIME, WEIGHTS };

static uint64_t weight_of(const struct beat *a, size_t i, enum weight by)
{
	return by == BY_KERNELS ? saturate_sub(a->run[i].gap_events, a->run[i].like) : gap_ns(a, i);
}

static int falling(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? 1 : x > y ? -1 : 0;
}

/* The weights of all gaps but the last, heaviest first; the caller's. NULL: none, or no memory. */
static uint64_t *weights(const struct beat *a, enum weight by)
{
	uint64_t *weight = a->runs > 1 ? calloc(a->runs - 1, sizeof(*weight)) : NULL;

	if (!weight)
		return NULL;
	for (size_t i = 0; i + 1 < a->runs; i++)
		weight[i] = weight_of(a, i, by);
	qsort(weight, a->runs - 1, sizeof(*weight), falling);
	return weight;
}

static uint64_t first_start(const struct beat *a)
{
	const struct beat_run *run = a->run;

	return a->head && a->head <= run->first ? loop_time(a->fold->loop, run->first - a->head)
						: run->start_ns;
}

/* The run in which the step of that number is, and how many steps of it are before. */
static const struct beat_run *run_of(const struct beat *a, uint64_t step, uint64_t *before)
{
	const struct beat_run *run = a->run;

	for (size_t i = 0; i + 1 < a->runs; i++, run++) {
		const uint64_t steps = beat_steps(a, i, i + 1);

		if (step < steps)
			break;
		step -= steps;
	}
	*before = step;
	return run;
}

static uint64_t start_of_step(const struct beat *a, uint64_t step)
{
	uint64_t before;
	const struct beat_run *run = run_of(a, step, &before);

	const uint64_t event = run->first + before * a->body;
	uint64_t start_ns, end_ns;

	if (before && loop_recent(a->fold->loop, event, &start_ns, &end_ns))
		return start_ns;
	return before ? loop_time(a->fold->loop, event) : run->start_ns;
}

/*
 * All sections but the first have as many steps, and it has more: what is done with steps before
 * the first epoch, to find a rate or to warm up, is none of it. Its last so many are.
 */
static void lead_off(const struct beat *a, struct cut *cut)
{
	struct cut_epoch *first = &cut->epoch[0];
	const uint64_t usual = cut->epochs > JUDGE_OTHERS ? cut->epoch[1].steps : 0;
	uint64_t before;

	for (size_t i = 2; i < cut->epochs; i++)
		if (cut->epoch[i].steps != usual)
			return;
	if (usual < SILENT_STEPS_MIN || first->steps <= usual + 1)
		return;
	first->start_ns = start_of_step(a, first->steps - usual);
	const struct beat_run *run = run_of(a, first->steps - usual, &before);
	first->first = run->first + before * a->body;
	first->steps = usual;
	cut->led = true;
}

/* One section after another; a gap of at least `least` ends one. */
static int divide(const struct beat *a, enum weight by, uint64_t least, struct cut *cut)
{
	size_t first = 0;

	*cut = (struct cut){
		.loop = a->fold->loop, .epoch = calloc(a->runs, sizeof(*cut->epoch)), .marked = 1};
	if (!cut->epoch)
		return -ENOMEM;
	for (size_t i = 0; i < a->runs; i++) {
		if (i + 1 < a->runs && weight_of(a, i, by) < least)
			continue;
		cut->epoch[cut->epochs] = (struct cut_epoch){
			.start_ns = first ? a->run[first].start_ns : first_start(a),
			.train_ns = a->run[i].end_ns,
			.end_ns = a->run[i].gap_end_ns,
			.steps = beat_steps(a, first, i + 1),
			.other = saturate_sub(a->run[i].gap_events,
					      a->run[i].extra * (uint64_t)a->body),
			.after = beat_after(&a->run[i], a->body),
		};
		cut->epochs++;
		cut->odd += a->run[i].extra > 0;
		first = i + 1;
	}
	cut->odd /= (double)cut->epochs;
	cut->unmarked = true;
	for (size_t i = 0; i + 1 < cut->epochs; i++)
		cut->unmarked &= !cut->epoch[i].other;
	cut->evaluated = judge_evaluated(a, cut);
	cut->epoch[0].first = a->run[0].first - (a->head <= a->run[0].first ? a->head : 0);
	lead_off(a, cut);
	judge_cut(a, cut);
	return 0;
}

/* All but the last are followed by exactly as many other kernels, but for one of a broken step. */
static bool are_evaluated_alike(const struct cut *cut)
{
	const uint64_t other = cut->epoch[cut->epochs / 2].other;

	for (size_t i = 0; i + 1 < cut->epochs; i++)
		if (cut->epoch[i].other + 1 < other || cut->epoch[i].other > other + 1)
			return false;
	return other > 1 && cut->epochs > 2;
}

/* By the heaviest gaps, into exactly so many. */
static int divide_into(const struct beat *a, size_t epochs, struct cut *best)
{
	int error = -ENOENT;

	for (enum weight by = 0; by < WEIGHTS; by++) {
		uint64_t *weight = weights(a, by);
		const bool clear = weight && a->runs >= epochs && epochs > 1 &&
				   (a->runs == epochs || weight[epochs - 2] > weight[epochs - 1]);
		struct cut cut;

		if (clear && weight[epochs - 2] && !divide(a, by, weight[epochs - 2], &cut)) {
			/* Each followed by the same evaluation they need not have as many steps. */
			if (by == BY_KERNELS && cut.even < EVALUATED && are_evaluated_alike(&cut))
				cut.even = EVALUATED;
			if (cut.epochs == epochs && (error || cut.even > best->even)) {
				if (!error)
					cut_free(best);
				*best = cut;
				error = 0;
			} else {
				cut_free(&cut);
			}
		}
		free(weight);
	}
	return error;
}

/* So many sections are one epoch: it is evaluated in its midst as well as at its end. */
static void group(struct cut *cut, size_t epochs)
{
	const size_t each = cut->epochs / epochs;

	for (size_t i = 0; i < epochs; i++) {
		struct cut_epoch whole = cut->epoch[(i + 1) * each - 1];

		whole.start_ns = cut->epoch[i * each].start_ns;
		whole.first = cut->epoch[i * each].first;
		for (size_t k = i * each; k + 1 < (i + 1) * each; k++)
			whole.steps += cut->epoch[k].steps;
		cut->epoch[i] = whole;
	}
	cut->epochs = epochs;
	cut->marked = 1 / (double)each;
}

/*
 * By gaps that are all as heavy, into so many of as many equal sections each; sections of few are
 * what a step does twice, as with two views of each picture.
 */
static int divide_grouped(const struct beat *a, size_t epochs, struct cut *cut)
{
	uint64_t *weight = a->runs > epochs && epochs > 1 ? weights(a, BY_KERNELS) : NULL;
	const uint64_t least = weight ? weight[epochs - 2] : 0;
	int error = least ? divide(a, BY_KERNELS, least, cut) : -ENOENT;

	free(weight);
	if (!error && (cut->epochs % epochs || cut->epochs == epochs || cut->even < 1 ||
		       cut->epoch[0].steps < SILENT_STEPS_MIN)) {
		cut_free(cut);
		error = -ENOENT;
	}
	if (!error)
		group(cut, epochs);
	return error;
}

/* So many steps were done; what follows in the run's gap, if it was the last of it, is after. */
static void end_epoch(const struct beat *a, uint64_t step, struct cut_epoch *epoch)
{
	uint64_t before;
	const struct beat_run *run = run_of(a, step - 1, &before);
	const uint64_t event = run->first + (before + 1) * a->body;

	if (event + a->body <= run->first + run->events) {
		uint64_t start_ns, end_ns;

		if (!loop_recent(a->fold->loop, event - 1, &start_ns, &end_ns))
			end_ns = loop_time(a->fold->loop, event);
		epoch->train_ns = epoch->end_ns = end_ns;
		return;
	}
	epoch->train_ns = run->end_ns;
	epoch->end_ns = run->gap_end_ns;
	epoch->other = saturate_sub(run->gap_events, run->extra * (uint64_t)a->body);
	epoch->after = beat_after(run, a->body);
}

/* Into so many of as many steps each, wherever that falls. */
static int divide_evenly(const struct beat *a, size_t epochs, struct cut *cut)
{
	const uint64_t steps = beat_steps(a, 0, a->runs);
	uint64_t places = 0; /* of steps in runs: what lies in pieces between is in none */

	for (size_t i = 0; i < a->runs; i++)
		places += beat_steps(a, i, i + 1);
	if (steps < epochs || places < epochs)
		return -ENOENT;
	*cut = (struct cut){.loop = a->fold->loop,
			    .epoch = calloc(epochs, sizeof(*cut->epoch)),
			    .epochs = epochs};
	if (!cut->epoch)
		return -ENOMEM;
	for (size_t i = 0; i < epochs; i++) {
		const uint64_t from = places * i / epochs, to = places * (i + 1) / epochs;

		cut->epoch[i].steps = steps * (i + 1) / epochs - steps * i / epochs;
		cut->epoch[i].start_ns = from ? start_of_step(a, from) : first_start(a);
		end_epoch(a, to, &cut->epoch[i]);
	}
	cut->epoch[0].first = a->run[0].first - (a->head <= a->run[0].first ? a->head : 0);
	judge_cut(a, cut);
	return 0;
}

/* ---- on what structure alone says ---- */

static uint64_t least_epoch_ns(const struct cut *cut)
{
	uint64_t least_ns = UINT64_MAX;

	for (size_t i = 0; i < cut->epochs; i++) {
		uint64_t ns = saturate_sub(cut->epoch[i].end_ns, cut->epoch[i].start_ns);

		least_ns = ns < least_ns ? ns : least_ns;
	}
	return least_ns;
}

/*
 * Equal sections of enough steps, each followed by the same, which is less than a step long a
 * round or like a part of one; or each ended by a smaller batch: the data was gone through.
 */
static bool is_believed(const struct beat *a, const struct cut *cut)
{
	return cut->epochs >= CUT_SILENT_EPOCHS && cut->even > 0.95 &&
	       (cut->evaluated > 0.8 ||
		(cut->odd > 0.8 && (a->body >= BEAT_SHORT || !cut->unmarked))) &&
	       cut->epoch[0].steps >= SILENT_STEPS_MIN && a->body >= 2 &&
	       least_epoch_ns(cut) >= SILENT_LEAST_NS;
}

static uint64_t usual_other(const struct cut *cut)
{
	uint64_t *other = calloc(cut->epochs, sizeof(*other)), usual = UINT64_MAX;

	for (size_t i = 0; other && i < cut->epochs; i++)
		other[i] = cut->epoch[i].other;
	if (other) {
		qsort(other, cut->epochs, sizeof(*other), falling);
		usual = other[cut->epochs / 2];
	}
	free(other);
	return usual;
}

/*
 * Where more than an epoch's kernels stand between two epochs, but not between most, something else
 * was done: another fit, whose steps have other sizes. Of what that divides the longest is kept.
 */
static void keep_longest(const struct beat *a, struct cut *cut)
{
	const uint64_t usual = usual_other(cut);
	size_t first = 0, best = 0, most = 0;

	for (size_t i = 0; i < cut->epochs; i++) {
		const struct cut_epoch *epoch = &cut->epoch[i];

		if (i + 1 < cut->epochs &&
		    (epoch->other <= epoch->steps * a->body || epoch->other / 2 <= usual))
			continue;
		if (i + 1 - first > most) {
			most = i + 1 - first;
			best = first;
		}
		first = i + 1;
	}
	if (most == cut->epochs)
		return;
	memmove(cut->epoch, cut->epoch + best, most * sizeof(*cut->epoch));
	cut->epochs = most;
	cut->led |= best > 0;
	cut->evaluated = judge_evaluated(a, cut);
}

/* Into as many as there are equal sections, the more the better. */
static int divide_freely(const struct beat *a, struct cut *best)
{
	uint64_t *weight = weights(a, BY_KERNELS), tried = UINT64_MAX;
	const uint64_t least = a->body / 4 ? a->body / 4 : 1;
	int error = -ENOENT;

	for (size_t i = 0; weight && i + 1 < a->runs && weight[i] >= least; i++) {
		struct cut cut;

		if (weight[i] == tried)
			continue;
		tried = weight[i];
		if (divide(a, BY_KERNELS, weight[i], &cut)) {
			error = -ENOMEM;
			break;
		}
		keep_longest(a, &cut);
		if (is_believed(a, &cut)) {
			if (!error)
				cut_free(best);
			*best = cut;
			error = 0;
		} else {
			cut_free(&cut);
		}
	}
	free(weight);
	return error;
}

/* ---- which body is the step ---- */

static int by_cover(const void *a, const void *b)
{
	const struct beat *x = a, *y = b;

	return x->covered_ns < y->covered_ns ? 1 : x->covered_ns > y->covered_ns ? -1 : 0;
}

/* A run of the level below that is no part of any loop here: it was tried there. */
static bool is_carried(const struct fold_level *level, unsigned at, size_t i)
{
	return at && level->children[i] == 1 &&
	       level[-1].item[level->child[i]].body == level->item[i].body;
}

/* The bodies of a level that take the most time. Returns how many. */
static size_t candidates(const struct fold *fold, unsigned at, uint64_t from_ns, uint64_t to_ns,
			 struct beat *try)
{
	const struct fold_level *level = &fold->level[at];
	size_t n = 0;

	for (size_t i = 0; i < level->items; i++) {
		const struct loop_item *item = &level->item[i];
		size_t k = 0;

		if (item->kind != LOOP_RUN || !item->body || !beat_within(item, from_ns, to_ns) ||
		    is_carried(level, at, i))
			continue;
		while (k < n && (try[k].hash != item->hash || try[k].body != item->body))
			k++;
		if (k == 4 * CANDIDATES)
			continue;
		if (k == n)
			try[n++] = (struct beat){.fold = fold,
						 .level = level,
						 .at_level = at,
						 .hash = item->hash,
						 .body = item->body,
						 .item = i,
						 .first_ns = item->start_ns};
		try[k].last_ns = item->end_ns;
		try[k].covered_ns += saturate_sub(item->end_ns, item->start_ns);
	}
	qsort(try, n, sizeof(*try), by_cover);
	return n < CANDIDATES ? n : CANDIDATES;
}

/* Sections that gaps mark are worth more than even ones that nothing marks. */
static double worth(const struct cut *cut)
{
	return cut->even * (0.5 + 0.5 * cut->marked);
}

/*
 * Kernels of what may be the step; of a few batches whose gradients are added up, those of one: a
 * loop that is most of it, unless there is another of as many rounds, which is the layers' way
 * there where this is their way back.
 */
static double body_of(const struct beat *a)
{
	return beat_is_of_batches(a) ? (double)a->part->body : (double)a->body;
}

/*
 * Steps cover most of the time between the first and the last; of loops in loops the innermost
 * that does so is the step. A whole epoch repeats, too, but then a step would be an epoch.
 */
static double score(const struct beat *a, const struct cut *cut, bool silent)
{
	double score = worth(cut);

	score *= cut->cover >= 0.5 ? 1 : cut->cover;
	if (cut->epoch[0].steps < 2)
		score *= 0.5;
	/* A few batches are no step where there are now more of them, now less. */
	if (beat_is_of_batches(a) && a->loose)
		score *= LOOSE;
	score *= 1 - 0.02 * a->at_level;
	/* So few kernels are rather the moments of a sequence than forwards and backwards. */
	if (a->body < BEAT_SHORT)
		score *= 0.97;
	/* Of two that take turns the longer body is the step: an evaluation has no way back. */
	return silent ? score * (1 + body_of(a) / (body_of(a) + 64)) : score;
}

static int divide_told(const struct beat *a, size_t epochs, struct cut *cut)
{
	struct cut even;
	int error = divide_into(a, epochs, cut);

	if ((error && error != -ENOENT) || (!error && cut->even >= 0.9))
		return error;
	if (divide_grouped(a, epochs, &even) && divide_evenly(a, epochs, &even))
		return error;
	/* Sections of any lengths, where as many steps for each add up: these tell nothing. */
	const bool adds_up = even.epoch[0].steps == even.epoch[epochs - 1].steps && even.even >= 1;
	if (!error && worth(cut) > worth(&even) && (cut->even >= UNEVEN || !adds_up)) {
		cut_free(&even);
		return 0;
	}
	if (!error)
		cut_free(cut);
	*cut = even;
	return 0;
}

static int attempt(struct beat *a, size_t epochs, uint64_t from_ns, uint64_t to_ns, struct cut *cut)
{
	int error = beat_collect(a, from_ns, to_ns);

	if (!error && !a->runs)
		error = -ENOENT;
	if (!error)
		error = epochs ? divide_told(a, epochs, cut) : divide_freely(a, cut);
	if (!error && cut->cover < COVER_LEAST) {
		cut_free(cut);
		error = -ENOENT;
	}
	if (!error)
		cut->score = score(a, cut, !epochs);
	free(a->run);
	a->run = NULL;
	return error;
}

int cut_make(const struct fold *fold, size_t epochs, uint64_t from_ns, uint64_t to_ns,
	     struct cut *cut)
{
	struct beat *try = calloc(4 * CANDIDATES, sizeof(*try));
	bool found = false;

	if (!try)
		return -ENOMEM;
	*cut = (struct cut){0};
	for (unsigned at = 0; at < fold->levels; at++) {
		const size_t n = candidates(fold, at, from_ns, to_ns, try);

		for (size_t i = 0; i < n; i++) {
			struct cut one;

			if (attempt(&try[i], epochs, from_ns, to_ns, &one))
				continue;
			if (found && one.score <= cut->score) {
				cut_free(&one);
				continue;
			}
			if (found)
				cut_free(cut);
			*cut = one;
			found = true;
		}
	}
	free(try);
	if (found && !cut->led)
		cut_settle_in(cut, fold);
	return found ? 0 : -ENOENT;
}

void cut_free(struct cut *cut)
{
	free(cut->epoch);
	*cut = (struct cut){0};
}

bool cut_trim(struct cut *cut, size_t first, size_t epochs)
{
	struct cut_epoch *last = &cut->epoch[first + epochs - 1];
	uint64_t usual = 0;

	for (size_t i = first; i + 1 < first + epochs; i++)
		if (cut->epoch[i].other > usual)
			usual = cut->epoch[i].other;
	if (epochs < 2 || last->other <= usual)
		return false;
	last->end_ns = usual ? loop_time(cut->loop, last->after + usual) : last->train_ns;
	last->other = usual;
	return true;
}
