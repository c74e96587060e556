/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One stream of lines, as voice.h promises it. Each line goes to the tales of its counters, and
 * past all others.
 */
#include "collector/phase/voice.h"

#include <string.h>

#define PRELUDE_TICKS 8 /* what did not come again until then was an announcement */

void voice_free(struct voice *voice)
{
	for (size_t i = 0; i < voice->tales; i++)
		tale_free(&voice->tale[i]);
	again_free(&voice->again);
}

/* ---- lines to tales ---- */

/* Counters of one kind are one tale: by their word; where none was said, by the look of the line.
 */
static uint64_t key_of(const struct line *line, size_t i)
{
	const struct line_counter *counter = &line->counter[i];
	uint64_t key = ((uint64_t)counter->unit << 1 | counter->bar) << 56;

	if (counter->unit == LINE_UNIT_EPOCH)
		return key ^ counter->said; /* rounds of a game are not epochs of a chain */
	if (counter->unit == LINE_UNIT_PERCENT)
		return key;
	key ^= (uint64_t)counter->of << 12;
	if (counter->bar)
		return key;
	if (counter->unit == LINE_UNIT_NONE)
		key ^= (uint64_t)line->shape << 24;
	return key ^ i;
}

/* A tale that came to nothing makes way for a new one. */
static struct tale *tale_room(struct voice *voice)
{
	struct tale *least = NULL;

	if (voice->tales < VOICE_TALES)
		return &voice->tale[voice->tales++];
	for (size_t i = 0; i < voice->tales; i++) {
		struct tale *tale = &voice->tale[i];

		if (tale->unit != LINE_UNIT_EPOCH && tale->runs == 1 && tale->run[0].lines <= 2 &&
		    !tale->gone.runs && (!least || tale->latest < least->latest))
			least = tale;
	}
	if (least)
		tale_free(least);
	return least;
}

static struct tale *tale_of(struct voice *voice, uint64_t key, const struct line_counter *counter)
{
	struct tale *tale;

	for (size_t i = 0; i < voice->tales; i++)
		if (voice->tale[i].key == key)
			return &voice->tale[i];
	tale = tale_room(voice);
	if (!tale)
		return NULL;
	*tale = (struct tale){.key = key, .unit = counter->unit, .bar = counter->bar};
	memcpy(tale->prelude, voice->recent, sizeof(tale->prelude));
	if (counter->unit == LINE_UNIT_EPOCH)
		tale_before(tale, voice->before, voice->befores);
	return tale;
}

static bool names_epochs(const struct line *line)
{
	for (size_t i = 0; i < line->counters; i++)
		if (line->counter[i].unit == LINE_UNIT_EPOCH)
			return true;
	return false;
}

/* "Fold 2/5": what follows is another training. */
static void hear_fit(struct voice *voice, const struct line *line, const struct mark *mark)
{
	for (size_t i = 0; i < line->counters; i++) {
		const struct line_counter *counter = &line->counter[i];
		const uint32_t number = counter->value < 1e9 ? (uint32_t)counter->value : 0;

		if (counter->unit != LINE_UNIT_FIT || counter->fractional)
			continue;
		if (line->quality && !line->begins && !names_epochs(line))
			continue; /* a result, or one of two models in one epoch */
		if (number != voice->fit || voice->fit_line == 0)
			voice->fit_line = mark->line;
		voice->fit = number;
		return;
	}
}

static struct told told_to(const struct voice *voice, const struct tale *tale,
			   const struct line *line, const struct mark *mark)
{
	return (struct told){
		.line = line,
		.mark = *mark,
		.fit = voice->fit,
		.fit_changed = voice->fit_line > tale->latest && tale->runs > 0,
	};
}

static size_t *purse(struct voice_budget *budget, const struct tale *tale)
{
	return tale->unit == LINE_UNIT_EPOCH ? &budget->epochs : &budget->others;
}

static void hear_counters(struct voice *voice, struct voice_budget *budget, const struct line *line,
			  const struct mark *mark)
{
	for (size_t i = 0; i < line->counters; i++) {
		const uint64_t key = key_of(line, i);
		struct tale *tale;
		struct told told;

		if (line->counter[i].unit == LINE_UNIT_FIT)
			continue;
		tale = tale_of(voice, key, &line->counter[i]);
		if (!tale || tale->latest == mark->line)
			continue; /* the first of a kind in a line is the one */
		told = told_to(voice, tale, line, mark);
		tale_own(tale, &budget->facts, purse(budget, tale), &told, &line->counter[i]);
		tale->latest = mark->line;
	}
}

/* Where nothing is counted, lines that look the same and carry training's metrics are. */
static void hear_again(struct voice *voice, struct voice_budget *budget, const struct line *line,
		       const struct mark *mark)
{
	struct line_counter counter = {.unit = LINE_UNIT_NONE};
	struct tale *tale;
	struct told told;

	for (size_t i = 0; i < voice->tales; i++)
		if (voice->tale[i].unit == LINE_UNIT_EPOCH)
			return;
	tale = tale_of(voice, line->shape, &counter);
	if (!tale)
		return;
	counter.value = tale->runs ? tale->run[0].end + 1 : 1;
	told = told_to(voice, tale, line, mark);
	tale_own(tale, &budget->facts, purse(budget, tale), &told, &counter);
	tale->latest = mark->line;
}

/*
 * Room for one more kind of line that came before; who told nothing but steps makes way for who
 * told results, and for others like it.
 */
static struct aside *before_room(struct voice *voice)
{
	struct aside *least = NULL;

	if (voice->befores < VOICE_BEFORE)
		return &voice->before[voice->befores++];
	for (size_t i = 0; i < voice->befores; i++)
		if (!voice->before[i].list &&
		    (!least || voice->before[i].last.line < least->last.line))
			least = &voice->before[i];
	return least;
}

/*
 * A result before anything was counted: where epochs follow it may be the first one's. A loop that
 * went on is one result, and began with its first line.
 */
static void hear_before(struct voice *voice, struct voice_budget *budget, const struct line *line,
			const struct mark *mark)
{
	const struct line_counter *steps = tale_steps(LINE_UNIT_EPOCH, line);
	const uint32_t shape = tale_shape(line, steps);
	struct aside *before;
	size_t i = 0;

	if (!line->quality && !(steps && steps->value > 0))
		return; /* a bar that is empty may be of any loop */
	for (size_t t = 0; t < voice->tales; t++)
		if (voice->tale[t].unit == LINE_UNIT_EPOCH)
			return;
	while (i < voice->befores && voice->before[i].shape != shape)
		i++;
	const bool again = i < voice->befores;
	before = again ? &voice->before[i] : before_room(voice);
	if (!before)
		return;
	const bool goes_on = again && steps && before->step < steps->value;
	*before = (struct aside){
		.shape = shape,
		.tick = SIZE_MAX,
		.latest = SIZE_MAX,
		.ends = line->ends,
		.trains = line->trains,
		.step = steps ? steps->value : 0,
		.step_of = steps ? steps->of : 0,
		.first = goes_on ? before->first : *mark,
		.last = *mark,
	};
	facts_add(&budget->facts, &before->list, line, false);
}

static void hear_again_of(struct tale *tale, uint32_t shape)
{
	for (size_t i = 0; i < TALE_PRELUDES; i++)
		tale->prelude[i].again |= tale->prelude[i].shape == shape;
}

void voice_passing(struct voice *voice, const struct line *line, const struct mark *mark)
{
	size_t i = 0;

	for (size_t t = 0; t < voice->tales; t++)
		if (voice->tale[t].gone.ticks + voice->tale[t].ticks < PRELUDE_TICKS)
			hear_again_of(&voice->tale[t], line->shape);
	while (i < TALE_PRELUDES && voice->recent[i].shape != line->shape)
		i++;
	if (i == TALE_PRELUDES)
		i = voice->recents++ % TALE_PRELUDES;
	voice->recent[i] = (struct prelude){.shape = line->shape, .mark = *mark};
}

void voice_line(struct voice *voice, struct voice_budget *budget, const struct line *line,
		const struct mark *mark)
{
	hear_fit(voice, line, mark);
	hear_counters(voice, budget, line, mark);
	if (!names_epochs(line))
		hear_before(voice, budget, line, mark);
	if (line->counters == 0 && line->trains)
		hear_again(voice, budget, line, mark);
	for (size_t i = 0; i < voice->tales; i++) {
		struct told told = told_to(voice, &voice->tale[i], line, mark);

		if (voice->tale[i].latest != mark->line)
			tale_beside(&voice->tale[i], &budget->facts, &told);
	}
}

/* ---- what is settled ---- */

void voice_forget(struct voice *voice, struct voice_budget *budget, uint64_t until_ns)
{
	for (size_t i = 0; i < voice->tales; i++)
		tale_forget(&voice->tale[i], until_ns, purse(budget, &voice->tale[i]));
}

static void move(fact_list *list, const struct facts *from, struct facts *to)
{
	fact_list moved = 0;

	facts_join(to, &moved, from, *list, false);
	*list = moved;
}

static void move_tale(struct tale *tale, const struct facts *from, struct facts *to)
{
	for (size_t i = 0; i < tale->ticks; i++) {
		move(&tale->tick[i].own, from, to);
		move(&tale->tick[i].aside, from, to);
	}
	for (size_t i = 0; i < tale->runs; i++) {
		move(&tale->run[i].result, from, to);
		move(&tale->run[i].after, from, to);
	}
	for (size_t i = 0; i < tale->asides; i++)
		move(&tale->aside[i].list, from, to);
}

void voice_move(struct voice *voice, const struct facts *from, struct facts *to)
{
	for (size_t i = 0; i < voice->tales; i++)
		move_tale(&voice->tale[i], from, to);
	for (size_t i = 0; i < voice->befores; i++)
		move(&voice->before[i].list, from, to);
}

/* ---- which counts epochs ---- */

struct weight {
	uint64_t lines, good, quality;
	double values; /* steps up, over all runs */
	bool announced;
	bool beside; /* metrics came regularly beside it ... */
	bool trains; /* ... and such as training's */
};

static struct weight weigh(const struct tale *tale)
{
	struct weight weight = {.lines = tale->gone.lines,
				.good = tale->gone.good,
				.quality = tale->gone.quality,
				.values = (double)tale->gone.rising,
				.announced = tale->gone.announced};

	for (size_t i = 0; i < tale->runs; i++) {
		const struct run *run = &tale->run[i];

		weight.lines += run->lines;
		weight.good += run->good;
		weight.quality += run->quality;
		weight.values += run->end > run->begin;
		weight.announced |= run->of > 0;
	}
	for (size_t i = 0; i < tale->asides; i++) {
		const struct aside *aside = &tale->aside[i];
		const bool beside = aside->regular && aside->list && !aside->things;

		weight.beside |= beside;
		weight.trains |= beside && aside->trains;
	}
	return weight;
}

/*
 * It goes on from far away: neither from the first nor by strides, as a training that is resumed
 * does, which tells how good it is or how long it has to go; a chain's or a clock's epochs do not.
 */
static bool from_nowhere(const struct tale *tale)
{
	const struct run *run = tale->run;

	return !tale->gone.runs && run->begin > 1 && run->ticks > 1 &&
	       tale->tick[run->first + 1].value - run->begin < run->begin;
}

/*
 * "Epoch" is hardly said but in training; a metric of training makes it sure. A number that nobody
 * named is training's only if metrics come with it, more than twice.
 */
double voice_sure(const struct tale *tale)
{
	const struct weight weight = weigh(tale);
	const bool good = weight.good * 2 >= weight.lines && weight.good > 0;

	if (tale->unit == LINE_UNIT_EPOCH && tale->said)
		return weight.good || weight.beside		 ? 0.97
		       : !weight.announced && from_nowhere(tale) ? 0.4
		       : weight.values > 0			 ? 0.8
		       : weight.announced			 ? 0.7
								 : 0.4;
	if (tale->unit == LINE_UNIT_EPOCH)
		return weight.good || weight.beside ? 0.9 : 0.3;
	if (tale->unit == LINE_UNIT_OTHER)
		return 0.05;
	if (tale->unit == LINE_UNIT_PERCENT)
		return good ? 0.5 : 0.05;
	if (weight.lines < 3 && tale->gone.runs + tale->runs < 2)
		return good ? 0.3 : 0.05;
	if (tale->key <= UINT32_MAX) /* counted by us */
		return 0.35;
	if (good && tale->unit == LINE_UNIT_NONE && !tale->bar)
		return tale->run[0].fractions ? 0.8
					      : 0.75; /* what passes whole numbers is a share */
	if (good)
		return 0.6;
	if (weight.trains)
		return 0.55;
	return weight.quality * 2 >= weight.lines ? 0.4 : 0.1;
}

/* Of two that are alike, the outer loop is the one whose values hold a whole run of the other. */
static bool is_outer(const struct tale *outer, const struct tale *inner)
{
	const size_t ticks = outer->gone.ticks + outer->ticks;
	const size_t runs = inner->gone.runs + inner->runs;

	return runs > 1 && ticks > 0 && ticks <= runs + 1 && outer->gone.runs + outer->runs < runs;
}

const struct tale *voice_best(const struct voice *voice)
{
	const struct tale *best = NULL;
	double best_sure = 0;

	for (size_t i = 0; i < voice->tales; i++) {
		const struct tale *tale = &voice->tale[i];
		const double sure = tale->runs ? voice_sure(tale) : 0;

		if (sure <= 0)
			continue;
		if (!best || sure > best_sure + 0.2 ||
		    (sure > best_sure && !is_outer(best, tale)) ||
		    (sure > best_sure - 0.2 && is_outer(tale, best))) {
			best = tale;
			best_sure = sure;
		}
	}
	return best;
}
