/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What comes once a step, as once.h promises it. Kernels, and pairs of neighbours, that come at
 * irregular distances but strictly in turn with each other are a family. Moments of a sequence take
 * turns, too, but they follow each other at one distance until the sequence ends.
 */
#include "collector/phase/once.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "collector/phase/fold.h"
#include "collector/phase/place.h"

#define EVENTS	  64u
#define TIMES	  4u  /* that it must have come */
#define FAMILY	  32u /* members that are looked at */
#define FAMILIES  64u
#define TRIED	  256u /* kernels and pairs that may be members */
#define KEPT	  96u  /* kernels and pairs that are told */
#define SPREAD	  0.3  /* of all kernels are no further from one than usual, at least */
#define STEADY	  0.7  /* of the distances are the same, at least, ... */
#define FOLDED	  0.7  /* ... and less of its times are in what is repeated so */
#define IRREGULAR 8u   /* times that it must have come where they are not the same */
#define SHORTER	  0.05 /* of the distances are shorter than the usual one, at least, ... */
#define SAME	  0.5  /* ... or no more than so many are the same */
#define PERIOD	  16u  /* after so many distances, at most, the same ones come again ... */
#define AGAIN	  0.9  /* ... so often where steps have one length */
#define LATER	  0.5
#define MISSING	  16u  /* one of so many may be missed where two take turns */
#define RARE	  20u  /* what comes in one of so many steps is rare */
#define APART	  2u   /* times that an evaluation comes so many steps behind the last one ... */
#define EQUAL	  0.8  /* ... and the share of them that are as many */
#define PART	  0.6  /* of a step: fewer kernels than that are none */
#define SEEN	  256u /* kernels of the window that are remembered */

#define IS_KEPT	   1u
#define IS_OF_STEP 2u

struct once {
	uint32_t token[KEPT];
	size_t n;
	uint32_t seen[SEEN]; /* all kernels of the steps: others are told, too; or none */
	size_t of_steps;
	struct place place[PLACES];
	bool even;	       /* once_is_even() */
	uint32_t before;       /* the last kernel's symbol */
	struct loop_word word; /* of what is told next, when it is known where it ends */
	uint64_t start_ns, end_ns;
	bool told;
	/* What was left out since: it ends before the longest pause, and begins behind it. */
	uint64_t last_ns, pause_ns, resume_ns;
};

static uint32_t pair_of(uint32_t before, uint32_t symbol)
{
	const uint64_t both = (uint64_t)before << 32 | symbol;

	return (uint32_t)(((both ^ both >> 29) + 1) * 0xbf58476d1ce4e5b9ULL >> 32);
}

/* ---- what is told ---- */

static int rising(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x > y ? 1 : x < y ? -1 : 0;
}

/* What is kept, and what is in no step, where these have no more kernels to come. */
static bool is_told(const struct once *once, uint32_t symbol)
{
	const uint32_t is = place_is(once->place, symbol);

	return (is & IS_KEPT) || (once->of_steps && !(is & IS_OF_STEP));
}

void once_free(struct once *once)
{
	free(once);
}

static void tell(struct once *once, struct loop *loop)
{
	if (once->told)
		loop_add(loop, once->word.symbol, once->word.kernel, once->start_ns, once->end_ns);
}

/* It belongs to what is told before or behind it, whichever it is nearer to. */
static void leave_out(struct once *once, uint64_t start_ns, uint64_t end_ns)
{
	const uint64_t pause_ns = start_ns > once->last_ns ? start_ns - once->last_ns : 0;

	if (!once->resume_ns || pause_ns > once->pause_ns) {
		if (once->resume_ns && once->last_ns > once->end_ns)
			once->end_ns = once->last_ns;
		once->pause_ns = pause_ns;
		once->resume_ns = start_ns;
	}
	if (end_ns > once->last_ns)
		once->last_ns = end_ns;
}

void once_add(struct once *once, struct loop *loop, uint32_t symbol, uint32_t kernel,
	      uint64_t start_ns, uint64_t end_ns)
{
	const uint32_t pair = pair_of(once->before, symbol);
	const bool alone = is_told(once, symbol);

	once->before = symbol;
	leave_out(once, start_ns, end_ns);
	if (!alone && !(place_is(once->place, pair) & IS_KEPT))
		return;
	tell(once, loop);
	once->told = true;
	once->word = (struct loop_word){alone ? symbol : pair, kernel};
	once->start_ns = once->resume_ns;
	once->end_ns = once->last_ns = end_ns;
	once->resume_ns = once->pause_ns = 0;
}

void once_lost(struct once *once, struct loop *loop, uint64_t seen, uint64_t events)
{
	tell(once, loop);
	once->told = false;
	const double share = seen ? (double)loop_events(loop) / (double)seen : 0;
	loop_lost(loop, share < 1 ? (uint64_t)((double)events * share) : events);
}

/* ---- what comes when ---- */

struct came {
	uint32_t token;
	uint32_t event;
};

struct token {
	const struct came *came;
	size_t n;
	bool pair;
};

struct all {
	const struct loop *loop;
	struct fold fold;
	struct came *came;
	size_t events;
	struct token token[TRIED]; /* that may be members of a family */
	size_t tokens;
};

static int by_token(const void *a, const void *b)
{
	const struct came *x = a, *y = b;

	if (x->token != y->token)
		return x->token > y->token ? 1 : -1;
	return x->event > y->event ? 1 : x->event < y->event ? -1 : 0;
}

/* The first of `n` that is another's. */
static size_t end_of(const struct came *came, size_t i, size_t n)
{
	size_t end = i + 1;

	while (end < n && came[end].token == came[i].token)
		end++;
	return end;
}

/* The share of the distances that are as long as the one so many before. */
static double share_again(const uint32_t *distance, size_t n, size_t lag)
{
	size_t same = 0;

	for (size_t i = lag; i < n; i++)
		same += distance[i] == distance[i - lag];
	return (double)same / (double)(n - lag);
}

/*
 * Whether its distances come again after so many others, and still do so half of all later: what
 * comes a few times in each of some steps of one length.
 */
static bool is_periodic(const uint32_t *distance, size_t n)
{
	for (size_t lag = 1; lag <= PERIOD && 2 * lag <= n; lag++)
		if (share_again(distance, n, lag) >= AGAIN &&
		    share_again(distance, n, n / 2 / lag * lag) >= LATER)
			return true;
	return false;
}

/* How often it comes within runs of one level that have nearly so many kernels or more. */
static size_t times_folded(const struct fold_level *level, const struct token *t, uint32_t body)
{
	size_t k = 0, times = 0;

	for (size_t i = 0; i < level->items; i++) {
		const struct loop_item *item = &level->item[i];
		const bool run = item->kind == LOOP_RUN && item->body + item->body / 8 >= body;

		for (; k < t->n && t->came[k].event < item->first + item->events; k++)
			times += run;
	}
	return times;
}

static bool is_folded(const struct fold *fold, const struct token *t, uint32_t body)
{
	for (unsigned at = 0; at < fold->levels; at++)
		if ((double)times_folded(&fold->level[at], t, body) >= FOLDED * (double)t->n)
			return true;
	return false;
}

/*
 * Whether it comes throughout, at distances that are neither those of moments nor those of steps
 * that are repeated: irregular ones, or always the same if what is between is not.
 */
static bool is_candidate(const struct all *all, const struct token *t, uint32_t *distance)
{
	const size_t n = t->n - 1;
	size_t most = 0, same = 0, mode = 0, spread = 0;

	for (size_t i = 0; i < n; i++)
		distance[i] = t->came[i + 1].event - t->came[i].event;
	const bool periodic = is_periodic(distance, n);
	qsort(distance, n, sizeof(*distance), rising);
	for (size_t i = 0; i < n; i++) {
		same = i && distance[i] == distance[i - 1] ? same + 1 : 1;
		if (same > most) {
			most = same;
			mode = i + 1 - same;
		}
		const size_t far = distance[n / 2] + distance[n / 2] / 2;
		spread += distance[i] < far ? distance[i] : far;
	}
	if ((double)spread < SPREAD * (double)all->events || distance[n / 2] < 2)
		return false;
	if (!t->pair && !mode && (double)most >= STEADY * (double)n)
		return !is_folded(&all->fold, t, distance[0]);
	return !periodic && t->n >= IRREGULAR &&
	       ((double)mode >= SHORTER * (double)n || (double)most <= SAME * (double)n);
}

static void find_tokens(struct all *all)
{
	const size_t n = 2 * all->events - 1;
	uint32_t *distance = calloc(2 * all->events, sizeof(*distance));

	for (size_t i = 0, end; distance && i < n && all->tokens < TRIED; i = end) {
		end = end_of(all->came, i, n);
		const struct token t = {&all->came[i], end - i,
					loop_symbol(all->loop, all->came[i].event) !=
						all->came[i].token};

		if (t.n >= TIMES && is_candidate(all, &t, distance))
			all->token[all->tokens++] = t;
	}
	free(distance);
}

/* Between two of one comes one of the other, but for so many times that it does not. */
static bool take_turns(const struct token *a, const struct token *b, size_t but)
{
	size_t i = 0, k = 0, again = 0;
	unsigned was_a = 2;

	if (a->n > b->n + but + 1 || b->n > a->n + but + 1)
		return false; /* the others are too few to stand between */
	while (i < a->n && k < b->n && again <= but) {
		const uint32_t one = a->came[i].event, other = b->came[k].event;
		const unsigned is_a = one < other;

		if (one == other)
			return false;
		again += is_a == was_a;
		was_a = is_a;
		i += is_a;
		k += !is_a;
	}
	const size_t left = i < a->n ? a->n - i : b->n - k;

	return again + left - (left && was_a != (i < a->n)) <= but;
}

struct family {
	const struct token *member[FAMILY];
	size_t n;
};

/* A pair at the place of a kernel that is a member is no other. */
static bool stands_there(const struct family *family, const struct token *t)
{
	for (size_t i = 0; i < family->n; i++)
		if (family->member[i]->came[0].event == t->came[0].event)
			return true;
	return false;
}

static void gather(const struct all *all, const struct token *base, struct family *family)
{
	family->member[0] = base;
	family->n = 1;
	for (unsigned pairs = 0; pairs < 2; pairs++)
		for (size_t i = 0; i < all->tokens && family->n < FAMILY; i++) {
			const struct token *t = &all->token[i];

			if (t->pair == pairs && !stands_there(family, t) &&
			    take_turns(base, t, base->n / MISSING))
				family->member[family->n++] = t;
		}
}

/*
 * Behind the last step of an epoch comes another kernel than behind the others, so pairs are missed
 * there: they are told only where no kernels are, and then those that come most often.
 */
static void choose(struct family *family)
{
	const struct token *most = family->member[0];
	size_t alone = 0, n = 0;

	for (size_t i = 0; i < family->n; i++) {
		most = family->member[i]->n > most->n ? family->member[i] : most;
		alone += !family->member[i]->pair;
	}
	for (size_t i = 0; i < family->n; i++) {
		const struct token *t = family->member[i];

		if (alone > 1 ? !t->pair : t == most || take_turns(most, t, 0))
			family->member[n++] = t;
	}
	family->n = n;
}

/*
 * Whether a family is no more than a part of steps, or a kind of them, that another counts: from
 * its first member to its last the other's, `edge`, comes no more than once, each time.
 */
static bool is_part_of(const struct family *one, const struct token *edge)
{
	size_t k = 0;

	for (size_t i = 0; i < one->member[0]->n; i++) {
		uint32_t first = UINT32_MAX, last = 0;

		for (size_t m = 0; m < one->n && i < one->member[m]->n; m++) {
			const uint32_t event = one->member[m]->came[i].event;

			first = event < first ? event : first;
			last = event > last ? event : last;
		}
		while (k < edge->n && edge->came[k].event < first)
			k++;
		if (k + 1 < edge->n && edge->came[k + 1].event < last)
			return false;
	}
	return true;
}

/*
 * The largest family is the step's; but where it is part of what another one counts, it is what is
 * done after an epoch, or with batches of one size.
 */
static bool find_family(const struct all *all, struct family *best)
{
	struct family one;

	best->n = 0;
	for (size_t i = 0; i < all->tokens; i++) {
		const struct token *base = &all->token[i];

		if (base->pair && best->n > 1 && stands_there(best, base))
			continue;
		const bool counts =
			best->n && base->n > best->member[0]->n + 1 && is_part_of(best, base);
		if (best->n == FAMILY && !counts)
			continue; /* none is larger: 13 ms of 15 went into these (2026-11-22) */
		gather(all, base, &one);
		if (one.n < 2 || (one.n < 3 && base->n < IRREGULAR))
			continue;
		const bool seldom = best->n && base->n + 1 < best->member[0]->n;
		if (!best->n || counts ||
		    (one.n > best->n && !(seldom && is_part_of(&one, best->member[0]))))
			*best = one;
	}
	return best->n > 1;
}

/* ---- what stands between steps ---- */

static void keep(struct once *once, uint32_t token)
{
	if (once->n < KEPT)
		once->token[once->n++] = token;
}

/* In how many steps a kernel comes, and whether it is so many steps apart each time. */
struct presence {
	size_t steps;
	bool equal;
};

static void look_at(const struct token *t, const struct token *step, uint32_t *distance,
		    struct presence *presence)
{
	size_t k = 0, last = SIZE_MAX, n = 0, most = 0, same = 0;

	for (size_t i = 0; i < t->n; i++) {
		while (k < step->n && step->came[k].event < t->came[i].event)
			k++;
		if (k == last)
			continue;
		if (last != SIZE_MAX)
			distance[n++] = (uint32_t)(k - last);
		last = k;
	}
	if (n)
		qsort(distance, n, sizeof(*distance), rising);
	for (size_t i = 0; i < n; i++) {
		same = i && distance[i] == distance[i - 1] ? same + 1 : 1;
		most = same > most ? same : most;
	}
	presence->steps = n + 1;
	presence->equal = n >= APART && distance[0] > 1 && (double)most >= EQUAL * (double)n;
}

/* Kernels from one step to the next, on average. */
static double length_of(const struct token *step)
{
	return (double)(step->came[step->n - 1].event - step->came[0].event) /
	       (double)(step->n - 1);
}

static bool is_rare(const struct presence *presence, const struct token *step)
{
	return presence->steps <= 2 || presence->steps <= step->n / RARE;
}

/*
 * An evaluation's kernels come in few steps, so many apart each time. Where each of the others
 * comes in most steps, all that is rare is an evaluation's, and so is what comes only later: else
 * it may be of another size.
 */
static void keep_between(const struct all *all, const struct token *step, struct once *once)
{
	const size_t n = 2 * all->events - 1, own = once->n;
	uint32_t *distance = calloc(2 * all->events, sizeof(*distance));
	bool closed = true;
	double between = 0;

	for (unsigned turn = 0; distance && turn < 2; turn++) {
		once->n = own;
		once->of_steps = 0;
		between = 0;
		for (size_t i = 0, end; i < n; i = end) {
			struct presence presence;

			end = end_of(all->came, i, n);
			const struct token t = {&all->came[i], end - i, false};
			if (loop_symbol(all->loop, t.came->event) != t.came->token)
				continue;
			look_at(&t, step, distance, &presence);
			const bool rare = is_rare(&presence, step);
			if (presence.equal || (closed && turn && rare)) {
				keep(once, t.came->token);
				between += (double)t.n / (double)presence.steps;
			} else if (once->of_steps < SEEN) {
				once->seen[once->of_steps++] = t.came->token;
			} else {
				closed = false;
			}
			closed &= presence.equal || rare || 2 * presence.steps > step->n;
		}
	}
	if (!closed)
		once->of_steps = 0;
	once->even = between < PART * length_of(step);
	free(distance);
}

bool once_is_even(const struct once *once)
{
	return once->even;
}

/* ---- together ---- */

static bool collect(struct all *all)
{
	uint64_t start_ns, end_ns;

	all->events = (size_t)loop_events(all->loop);
	if (all->events < EVENTS || all->events > LOOP_RING ||
	    !loop_recent(all->loop, 0, &start_ns, &end_ns))
		return false;
	all->came = calloc(2 * all->events, sizeof(*all->came));
	if (!all->came)
		return false;
	for (size_t i = 0; i < all->events; i++) {
		const uint32_t symbol = loop_symbol(all->loop, i), event = (uint32_t)i;

		all->came[2 * i] = (struct came){symbol, event};
		if (i)
			all->came[2 * i - 1] = (struct came){
				pair_of(loop_symbol(all->loop, i - 1), symbol), event};
	}
	qsort(all->came, 2 * all->events - 1, sizeof(*all->came), by_token);
	return true;
}

static struct loop *tell_again(struct once *once, const struct all *all)
{
	struct loop *loop = loop_new(LOOP_OF_KERNELS);
	const struct fold_level *level = &all->fold.level[0];
	uint64_t start_ns, end_ns;
	size_t item = 0;

	for (uint64_t i = 0; loop && loop_recent(all->loop, i, &start_ns, &end_ns); i++) {
		for (; item < level->items && level->item[item].first <= i; item++)
			if (level->item[item].kind == LOOP_LOST)
				once_lost(once, loop, i, level->item[item].events);
		once_add(once, loop, loop_symbol(all->loop, i), loop_kernel(all->loop, i), start_ns,
			 end_ns);
	}
	return loop;
}

struct once *once_new(const struct loop *told, struct loop **loop)
{
	struct all *all = calloc(1, sizeof(*all));
	struct once *once = calloc(1, sizeof(*once));
	struct family family = {.n = 0};

	*loop = NULL;
	if (all && once) {
		all->loop = told;
		if (collect(all) && !fold_make(&all->fold, told))
			find_tokens(all);
	}
	if (all && once && find_family(all, &family)) {
		choose(&family);
		for (size_t i = 0; i < family.n; i++)
			keep(once, family.member[i]->came->token);
		keep_between(all, family.member[0], once);
		place_put(once->place, once->token, once->n, IS_KEPT);
		place_put(once->place, once->seen, once->of_steps, IS_OF_STEP);
		*loop = tell_again(once, all);
	}
	if (all) {
		fold_free(&all->fold);
		free(all->came);
	}
	free(all);
	if (*loop)
		return once;
	once_free(once);
	return NULL;
}
