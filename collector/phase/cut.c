/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every body that is repeated often enough is tried as the step. Its runs are joined over what is
 * small between them until what is left are the sections asked for, or equal ones.
 */
#include "collector/phase/cut.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CANDIDATES	 16u
#define WORDS		 512u
#define COVER_LEAST	 0.10 /* of the time: less is no training */
#define SILENT_STEPS_MIN 4u
#define SILENT_LEAST_NS	 20000000u /* an epoch shorter than that is a frame, not an epoch */

/* A run of the step, and the gap that follows it. */
struct atom {
	uint64_t first; /* event */
	uint64_t events;
	uint64_t start_ns;
	uint64_t end_ns;
	uint64_t gap_events;
	uint64_t gap_end_ns; /* the last kernel in the gap has ended */
	uint32_t gap_hash;
	uint32_t extra; /* steps in the gap: the shorter last batch */
};

struct attempt {
	const struct fold *fold;
	const struct fold_level *level;
	unsigned at_level;
	uint32_t hash; /* of the step */
	uint32_t body;
	size_t item; /* one of its runs */
	uint64_t covered_ns;
	struct atom *atom;
	size_t atoms;
	uint64_t head; /* steps before the first run */
	uint64_t head_ns;
	struct loop_word word[WORDS]; /* of the step */
	size_t words;
};

static uint64_t past(uint64_t late, uint64_t early)
{
	return late > early ? late - early : 0;
}

static bool within(const struct loop_item *item, uint64_t from_ns, uint64_t to_ns)
{
	const uint64_t middle = item->start_ns + past(item->end_ns, item->start_ns) / 2;

	return middle >= from_ns && middle <= to_ns;
}

/* ---- the shorter last batch ---- */

/* How much of the last quarter of the step, its optimiser, is among these. */
static bool has_end_of_step(const struct attempt *a, const struct loop_word *word, size_t n)
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
static bool runs_like_step(const struct attempt *a, const struct loop_word *word, size_t n)
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

/* A step that is not like the others: its kernels, from `item` on, as far as they are loose. */
static bool is_step(const struct attempt *a, size_t item, size_t end, uint64_t left_over)
{
	struct loop_word word[WORDS];
	size_t n = 0;

	for (; n < left_over && n < a->words; n++)
		word[n] = a->word[n];
	for (size_t i = item; i < end && n < WORDS; i++) {
		/* What is repeated is a batch of evaluation, not one odd step. */
		if (a->level->item[i].kind == LOOP_RUN && !a->at_level)
			break;
		n += fold_words(a->fold, a->at_level, i, word + n, WORDS - n);
	}
	return a->words && n &&
	       (has_end_of_step(a, word, n) || (n > left_over && runs_like_step(a, word, n)));
}

/* ---- runs of the step ---- */

static uint32_t mixed(uint32_t hash, uint32_t more)
{
	return (hash ^ more) * 0x9e3779b1u;
}

static void close_atom(struct attempt *a, size_t gap, size_t end)
{
	struct atom *atom = &a->atom[a->atoms - 1];
	uint64_t left_over = a->body ? atom->events % a->body : 0;

	atom->extra = is_step(a, gap, end, left_over);
}

/* Collects the runs of a candidate, with the gaps behind them. */
static int collect(struct attempt *a, uint64_t from_ns, uint64_t to_ns)
{
	const struct fold_level *level = a->level;
	size_t gap = 0;
	uint64_t before_ns = 0;

	a->atom = calloc(level->items + 1, sizeof(*a->atom));
	if (!a->atom)
		return -ENOMEM;
	a->words = fold_words(a->fold, a->at_level, a->item, a->word, WORDS);
	for (size_t i = 0; i < level->items; i++) {
		const struct loop_item *item = &level->item[i];

		if (!within(item, from_ns, to_ns))
			continue;
		if (item->kind == LOOP_RUN && item->hash == a->hash && item->body == a->body) {
			if (a->atoms)
				close_atom(a, gap, i);
			else if (i && within(&level->item[i - 1], from_ns, to_ns) &&
				 is_step(a, i - 1, i, 0)) {
				a->head = 1;
				a->head_ns = before_ns;
			}
			a->atom[a->atoms++] = (struct atom){.first = item->first,
							    .events = item->events,
							    .start_ns = item->start_ns,
							    .end_ns = item->end_ns,
							    .gap_end_ns = item->end_ns};
			a->covered_ns += past(item->end_ns, item->start_ns);
			gap = i + 1;
			continue;
		}
		before_ns = item->start_ns;
		if (!a->atoms)
			continue;
		struct atom *atom = &a->atom[a->atoms - 1];
		if (item->kind == LOOP_LOST) {
			/* What was lost among steps were steps. */
			atom->events += item->events;
			continue;
		}
		atom->gap_events += item->events;
		atom->gap_hash = mixed(atom->gap_hash, item->hash);
		if (item->end_ns > atom->gap_end_ns)
			atom->gap_end_ns = item->end_ns;
	}
	if (a->atoms)
		close_atom(a, gap, level->items);
	return 0;
}

/* ---- sections ---- */

/* Steps of the atoms [first, end), what is small between them taken as part of steps. */
static uint64_t steps_of(const struct attempt *a, size_t first, size_t end)
{
	uint64_t events = 0, extra = 0;

	for (size_t i = first; i < end; i++) {
		events += a->atom[i].events;
		/* Half a step that was broken off by an extra kernel goes on behind it. */
		if (i + 1 < end && a->atom[i].gap_events >= a->body)
			extra += a->atom[i].extra;
	}
	/* What is left over at the end of a section is the next step's beginning, if any. */
	const uint64_t last = end > first + 1 ? events + a->body / 2 : events;
	return last / a->body + extra + a->atom[end - 1].extra + (first ? 0 : a->head);
}

/* How long it takes from a run to the next. */
static uint64_t gap_ns(const struct attempt *a, size_t i)
{
	return i + 1 < a->atoms ? past(a->atom[i + 1].start_ns, a->atom[i].end_ns) : 0;
}

enum weight { BY_KERNELS, BY_TIME, WEIGHTS };

static uint64_t weight_of(const struct attempt *a, size_t i, enum weight by)
{
	return by == BY_KERNELS ? a->atom[i].gap_events : gap_ns(a, i);
}

static int falling(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? 1 : x > y ? -1 : 0;
}

/* The weights of all gaps but the last, heaviest first; the caller's. NULL: none, or no memory. */
static uint64_t *weights(const struct attempt *a, enum weight by)
{
	uint64_t *weight = a->atoms > 1 ? calloc(a->atoms - 1, sizeof(*weight)) : NULL;

	if (!weight)
		return NULL;
	for (size_t i = 0; i + 1 < a->atoms; i++)
		weight[i] = weight_of(a, i, by);
	qsort(weight, a->atoms - 1, sizeof(*weight), falling);
	return weight;
}

static uint64_t steps_most_have(const struct cut *cut, size_t *how_many)
{
	uint64_t most = 0;

	*how_many = 0;
	for (size_t i = 0; i < cut->epochs && i < 256; i++) {
		size_t same = 0;

		for (size_t k = 0; k < cut->epochs; k++)
			same += cut->epoch[k].steps == cut->epoch[i].steps;
		if (same > *how_many) {
			*how_many = same;
			most = cut->epoch[i].steps;
		}
	}
	return most;
}

static void judge(const struct attempt *a, struct cut *cut)
{
	const uint64_t span_ns = past(a->atom[a->atoms - 1].gap_end_ns, a->atom[0].start_ns);
	size_t same;

	steps_most_have(cut, &same);
	cut->even = (double)same / (double)cut->epochs;
	cut->body = a->body;
	cut->cover = span_ns ? (double)a->covered_ns / (double)span_ns : 0;
}

/* One section after another; a gap of at least `least` ends one. */
static int divide(const struct attempt *a, enum weight by, uint64_t least, struct cut *cut)
{
	size_t first = 0, alike = 0;
	uint64_t others[2] = {0};

	*cut = (struct cut){.epoch = calloc(a->atoms, sizeof(*cut->epoch)), .marked = 1};
	if (!cut->epoch)
		return -ENOMEM;
	for (size_t i = 0; i < a->atoms; i++) {
		if (i + 1 < a->atoms && weight_of(a, i, by) < least)
			continue;
		cut->epoch[cut->epochs] = (struct cut_epoch){
			.start_ns = first || !a->head ? a->atom[first].start_ns : a->head_ns,
			.train_ns = a->atom[i].end_ns,
			.end_ns = a->atom[i].gap_end_ns,
			.steps = steps_of(a, first, i + 1),
			.other = past(a->atom[i].gap_events, a->atom[i].extra ? a->body : 0),
		};
		others[0] = cut->epochs ? others[0] : cut->epoch[0].other;
		alike += cut->epoch[cut->epochs++].other == others[0];
		first = i + 1;
	}
	cut->evaluated = others[0] ? (double)alike / (double)cut->epochs : 0;
	judge(a, cut);
	return 0;
}

/* By the heaviest gaps, into exactly so many. */
static int divide_into(const struct attempt *a, size_t epochs, struct cut *best)
{
	int error = -ENOENT;

	for (enum weight by = 0; by < WEIGHTS; by++) {
		uint64_t *weight = weights(a, by);
		const bool clear = weight && a->atoms >= epochs && epochs > 1 &&
				   (a->atoms == epochs || weight[epochs - 2] > weight[epochs - 1]);
		struct cut cut;

		if (clear && weight[epochs - 2] && !divide(a, by, weight[epochs - 2], &cut)) {
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

/* Where in time the step of that number began, all steps of the attempt counted through. */
static uint64_t time_of_step(const struct attempt *a, uint64_t step)
{
	for (size_t i = 0; i < a->atoms; i++) {
		const uint64_t steps = steps_of(a, i, i + 1);

		if (step < steps || i + 1 == a->atoms) {
			const uint64_t event = a->atom[i].first + step * a->body;

			return loop_time(a->fold->loop, event);
		}
		step -= steps;
	}
	return 0;
}

/* Into so many of as many steps each, wherever that falls. */
static int divide_evenly(const struct attempt *a, size_t epochs, struct cut *cut)
{
	const uint64_t steps = steps_of(a, 0, a->atoms);
	const struct atom *last = &a->atom[a->atoms - 1];

	if (steps < epochs)
		return -ENOENT;
	*cut = (struct cut){.epoch = calloc(epochs, sizeof(*cut->epoch)), .epochs = epochs};
	if (!cut->epoch)
		return -ENOMEM;
	for (size_t i = 0; i < epochs; i++) {
		const uint64_t from = steps * i / epochs, to = steps * (i + 1) / epochs;
		struct cut_epoch *epoch = &cut->epoch[i];

		epoch->steps = to - from;
		epoch->start_ns = i ? time_of_step(a, from) : a->atom[0].start_ns;
		epoch->end_ns = i + 1 < epochs ? time_of_step(a, to) : last->gap_end_ns;
		epoch->train_ns = i + 1 < epochs ? epoch->end_ns : last->end_ns;
	}
	judge(a, cut);
	return 0;
}

/* ---- on what structure alone says ---- */

static uint64_t least_epoch_ns(const struct cut *cut)
{
	uint64_t least_ns = UINT64_MAX;

	for (size_t i = 0; i < cut->epochs; i++) {
		uint64_t ns = past(cut->epoch[i].end_ns, cut->epoch[i].start_ns);

		least_ns = ns < least_ns ? ns : least_ns;
	}
	return least_ns;
}

/* Equal sections of enough steps, each followed by the same, which is less than a step long a
 * round or like a part of one. */
static bool is_believed(const struct attempt *a, const struct cut *cut)
{
	return cut->epochs >= CUT_SILENT_EPOCHS && cut->even > 0.95 && cut->evaluated > 0.8 &&
	       cut->epoch[0].steps >= SILENT_STEPS_MIN && a->body >= 2 &&
	       least_epoch_ns(cut) >= SILENT_LEAST_NS;
}

/* Into as many as there are equal sections, the more the better. */
static int divide_freely(const struct attempt *a, struct cut *best)
{
	uint64_t *weight = weights(a, BY_KERNELS), tried = UINT64_MAX;
	const uint64_t least = a->body / 4 ? a->body / 4 : 1;
	int error = -ENOENT;

	for (size_t i = 0; weight && i + 1 < a->atoms && weight[i] >= least; i++) {
		struct cut cut;

		if (weight[i] == tried)
			continue;
		tried = weight[i];
		if (divide(a, BY_KERNELS, weight[i], &cut)) {
			error = -ENOMEM;
			break;
		}
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
	const struct attempt *x = a, *y = b;

	return x->covered_ns < y->covered_ns ? 1 : x->covered_ns > y->covered_ns ? -1 : 0;
}

/* The bodies of a level that take the most time. Returns how many. */
static size_t candidates(const struct fold *fold, unsigned at, uint64_t from_ns, uint64_t to_ns,
			 struct attempt *try)
{
	const struct fold_level *level = &fold->level[at];
	size_t n = 0;

	for (size_t i = 0; i < level->items; i++) {
		const struct loop_item *item = &level->item[i];
		size_t k = 0;

		if (item->kind != LOOP_RUN || !item->body || !within(item, from_ns, to_ns))
			continue;
		while (k < n && (try[k].hash != item->hash || try[k].body != item->body))
			k++;
		if (k == 4 * CANDIDATES)
			continue;
		if (k == n)
			try[n++] = (struct attempt){.fold = fold,
						    .level = level,
						    .at_level = at,
						    .hash = item->hash,
						    .body = item->body,
						    .item = i};
		try[k].covered_ns += past(item->end_ns, item->start_ns);
	}
	qsort(try, n, sizeof(*try), by_cover);
	for (size_t k = 0; k < n; k++)
		try[k].covered_ns = 0;
	return n < CANDIDATES ? n : CANDIDATES;
}

/*
 * Steps cover most of the time between the first and the last; of loops in loops the innermost
 * that does so is the step. A whole epoch repeats, too, but then a step would be an epoch.
 */
static double score(const struct attempt *a, const struct cut *cut, bool silent)
{
	double score = cut->even * (0.5 + 0.5 * cut->marked);

	score *= cut->cover >= 0.5 ? 1 : cut->cover;
	if (cut->epoch[0].steps < 2)
		score *= 0.5;
	score *= 1 - 0.02 * a->at_level;
	/* Of two that take turns the longer body is the step: an evaluation has no way back. */
	return silent ? score * (1 + (double)a->body / ((double)a->body + 64)) : score;
}

static int attempt(struct attempt *a, size_t epochs, uint64_t from_ns, uint64_t to_ns,
		   struct cut *cut)
{
	int error = collect(a, from_ns, to_ns);

	if (!error && !a->atoms)
		error = -ENOENT;
	if (!error && !epochs)
		error = divide_freely(a, cut);
	if (!error && epochs) {
		error = divide_into(a, epochs, cut);
		if (error == -ENOENT || (!error && cut->even < 0.9)) {
			struct cut even;

			if (!divide_evenly(a, epochs, &even)) {
				if (error || even.even > cut->even) {
					if (!error)
						cut_free(cut);
					*cut = even;
					error = 0;
				} else {
					cut_free(&even);
				}
			}
		}
	}
	if (!error && cut->cover < COVER_LEAST) {
		cut_free(cut);
		error = -ENOENT;
	}
	if (!error)
		cut->score = score(a, cut, !epochs);
	free(a->atom);
	a->atom = NULL;
	return error;
}

int cut_make(const struct fold *fold, size_t epochs, uint64_t from_ns, uint64_t to_ns,
	     struct cut *cut)
{
	struct attempt *try = calloc(4 * CANDIDATES, sizeof(*try));
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
	return found ? 0 : -ENOENT;
}

void cut_free(struct cut *cut)
{
	free(cut->epoch);
	*cut = (struct cut){0};
}
