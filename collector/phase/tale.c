/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The story of one counter, as tale.h promises it. Nothing is judged here beyond what a line does
 * to the tick at hand, so that looking changes nothing.
 */
#include "collector/phase/tale.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void tale_free(struct tale *tale)
{
	free(tale->run);
	free(tale->tick);
	*tale = (struct tale){0};
}

static struct run *current_run(struct tale *tale)
{
	return tale->runs ? &tale->run[tale->runs - 1] : NULL;
}

static struct tick *current_tick(struct tale *tale)
{
	return tale->open ? &tale->tick[tale->ticks - 1] : NULL;
}

/* The array with room for one more element, moved where it must be, or NULL. */
static void *grow(void *array, size_t n, size_t *room, size_t bytes)
{
	const size_t more = *room ? *room * 2 : 8;
	void *moved;

	if (n < *room)
		return array;
	moved = realloc(array, more * bytes);
	if (moved)
		*room = more;
	return moved;
}

/* ---- runs and ticks ---- */

/* What came after the tick before was no end of everything: it belongs to ticks, or to bars. */
static void asides_are_regular(struct tale *tale)
{
	for (size_t i = 0; i < tale->asides; i++)
		if (tale->aside[i].latest == tale->ticks - 1)
			tale->aside[i].regular = true;
}

static struct run *run_new(struct tale *tale, const struct told *told, double value)
{
	struct run *array;

	if (tale->runs == TALE_RUNS)
		return NULL;
	array = grow(tale->run, tale->runs, &tale->run_room, sizeof(*array));
	if (!array)
		return NULL;
	tale->run = array;
	if (tale->open && tale->bar)
		asides_are_regular(tale);
	tale->run[tale->runs] = (struct run){
		.first = tale->ticks,
		.begin = value,
		.end = value,
		.first_mark = told->mark,
		.last_mark = told->mark,
		.fit = told->fit,
		.late = true,
	};
	tale->open = false;
	return &tale->run[tale->runs++];
}

static struct tick *tick_new(struct tale *tale, size_t *budget, const struct told *told,
			     double value)
{
	struct run *run = current_run(tale);
	struct tick *array;

	if (tale->open)
		asides_are_regular(tale);
	tale->open = false;
	if (*budget == 0 || (tale->unit != LINE_UNIT_EPOCH && run->ticks == TALE_DENSE))
		return NULL;
	array = grow(tale->tick, tale->ticks, &tale->tick_room, sizeof(*array));
	if (!array)
		return NULL;
	tale->tick = array;
	tale->tick[tale->ticks] = (struct tick){.value = value, .first = told->mark};
	tale->tick[tale->ticks].begins = told->line->begins;
	tale->open = true;
	run->ticks++;
	--*budget;
	return &tale->tick[tale->ticks++];
}

/* ---- the lines of a tick ---- */

/* The counter of steps in a line beside `own`: by its word, or a bar, or a pair. */
static const struct line_counter *steps_in(enum line_unit unit, const struct line *line,
					   const struct line_counter *own)
{
	const struct line_counter *best = NULL;

	for (size_t i = 0; i < line->counters; i++) {
		const struct line_counter *counter = &line->counter[i];

		if (counter == own || (unit == LINE_UNIT_STEP && !counter->bar))
			continue;
		if (counter->unit == LINE_UNIT_STEP && !counter->fractional)
			return counter;
		if ((counter->unit == LINE_UNIT_NONE || counter->unit == LINE_UNIT_OTHER) &&
		    !best && (counter->of > 0 || (own && own->fractional && !counter->fractional)))
			best = counter; /* beside a share of the data: what was done of it */
	}
	return best;
}

static void tick_steps(struct tick *tick, const struct line_counter *counter)
{
	if (!counter)
		return;
	if (!tick->steps) {
		tick->steps = true;
		tick->step_first = tick->step = counter->value;
		tick->step_of = counter->of;
		tick->counted = counter->unit == LINE_UNIT_STEP || counter->bar || counter->of == 0;
		if (tick->lines <= 1 && counter->value <= 1 && counter->of > 1)
			tick->begins = true;
	} else if (counter->of == tick->step_of && counter->value > tick->step) {
		tick->step = counter->value;
	}
}

/* A mark that is the first, or follows others. */
static void extend(struct mark *first, struct mark *last, uint32_t lines, const struct mark *mark)
{
	if (lines == 0)
		*first = *mark;
	*last = *mark;
}

static bool is_reset(const struct tale *tale, const struct run *run, const struct told *told,
		     double value)
{
	const struct tick *tick = tale->open ? &tale->tick[tale->ticks - 1] : NULL;
	const double at = tick ? tick->value : run->end;

	if (told->fit_changed && value <= at && value <= run->begin + 1)
		return true;
	return value < at && (value <= run->begin || value <= 1);
}

static void run_add(struct run *run, const struct told *told, const struct line_counter *counter)
{
	if (counter->value > run->end)
		run->end = counter->value;
	if (counter->of > 0)
		run->of = counter->of;
	run->last_mark = told->mark;
	run->late &= told->mark.late;
	run->lines++;
	run->good += told->line->trains;
	run->quality += told->line->quality;
}

/* A bar shows the next value's beginning and its own end at once: its first line has the result. */
static bool adds_metrics(const struct tale *tale, const struct tick *tick)
{
	return !tale->bar || tick->lines == 0;
}

void tale_own(struct tale *tale, struct facts *facts, size_t *budget, const struct told *told,
	      const struct line_counter *counter)
{
	struct run *run = current_run(tale);
	struct tick *tick;

	if (!run || is_reset(tale, run, told, counter->value))
		run = run_new(tale, told, counter->value);
	if (!run)
		return;
	tick = current_tick(tale);
	if (!tick || counter->value > tick->value) {
		if (!tick && run->ticks > 0 && counter->value <= run->end)
			return; /* of a value that found no room */
		tick = tick_new(tale, budget, told, counter->value);
	} else if (counter->value < tick->value) {
		return;
	}
	tale->latest = told->mark.line;
	tale->said |= counter->said;
	run->after = 0;
	run_add(run, told, counter);
	if (tale->bar && told->line->metrics > 0) {
		if (counter->of > 0 && counter->value >= counter->of)
			facts_add(facts, &run->result, told->line, false);
	}
	if (!tick)
		return;
	extend(&tick->first, &tick->last, tick->lines, &told->mark);
	if (adds_metrics(tale, tick))
		facts_add(facts, &tick->own, told->line, false);
	run->fractions += tick->lines == 0 && counter->value != floor(counter->value);
	tick->lines++;
	/* Of iterations, not of batches: these are never the whole. */
	tick->ends |= told->line->ends || ((counter->said || counter->unit != LINE_UNIT_STEP) &&
					   line_has_result(told->line, counter));
	took_hear(&tick->took, told->line);
	tick_steps(tick, steps_in(tale->unit, told->line, counter));
}

/* ---- what stands between ---- */

static struct aside *aside_of(struct tale *tale, uint32_t shape)
{
	for (size_t i = 0; i < tale->asides; i++)
		if (tale->aside[i].shape == shape)
			return &tale->aside[i];
	return NULL;
}

/* Room for one more; a kind of line that came once, long ago, makes way. */
static struct aside *aside_room(struct tale *tale)
{
	if (tale->asides < TALE_ASIDES)
		return &tale->aside[tale->asides++];
	for (size_t i = 0; i < tale->asides; i++)
		if (!tale->aside[i].regular && tale->aside[i].latest + 2 < tale->ticks)
			return &tale->aside[i];
	return NULL;
}

static bool names_things(const struct line *line)
{
	bool things = false;

	for (size_t i = 0; i < line->counters; i++) {
		if (line->counter[i].unit == LINE_UNIT_EPOCH)
			return false;
		things |= line->counter[i].unit == LINE_UNIT_OTHER && !line->counter[i].bar;
	}
	return things;
}

static void aside_new(struct tale *tale, struct facts *facts, const struct told *told,
		      uint32_t shape)
{
	struct aside *aside = aside_room(tale);

	if (!aside)
		return;
	*aside = (struct aside){
		.shape = shape,
		.run = (uint32_t)tale->runs,
		.tick = tale->open ? tale->ticks - 1 : SIZE_MAX,
		.latest = tale->open ? tale->ticks - 1 : SIZE_MAX,
		.count = tale->open,
		.ends = told->line->ends,
		.trains = told->line->trains,
		.things = names_things(told->line),
		.first = told->mark,
		.last = told->mark,
	};
	facts_add(facts, &aside->list, told->line, false);
}

/* A second loop in an epoch, such as validation, may use the same names: the first one's stay. */
static void tick_beside(struct tick *tick, struct facts *facts, const struct told *told,
			const struct line_counter *steps)
{
	const bool second = steps && tick->steps && steps->of != tick->step_of;

	extend(&tick->aside_first, &tick->aside_last, tick->asides, &told->mark);
	facts_add(facts, &tick->aside, told->line, second);
	tick->asides++;
	tick->aside_ends |= told->line->ends;
}

static void aside_again(struct tale *tale, struct aside *aside, struct facts *facts,
			const struct told *told, const struct line_counter *steps)
{
	struct tick *tick = current_tick(tale);
	const size_t at = tick ? tale->ticks - 1 : SIZE_MAX;

	if (at == aside->tick) { /* still the first appearance */
		aside->last = told->mark;
		aside->ends |= told->line->ends;
		facts_add(facts, &aside->list, told->line, false);
		return;
	}
	if (!tick)
		return;
	if (aside->latest != at)
		aside->count++;
	aside->latest = at;
	if (aside->regular || aside->tick == SIZE_MAX || tale->run[tale->runs - 1].ticks == 1)
		tick_beside(tick, facts, told, steps);
}

uint32_t tale_shape(const struct line *line, const struct line_counter *steps)
{
	return steps ? line->shape ^ (uint32_t)(fmod(steps->of, 4294967296.0)) : line->shape;
}

const struct line_counter *tale_steps(enum line_unit unit, const struct line *line)
{
	return steps_in(unit, line, NULL);
}

void tale_beside(struct tale *tale, struct facts *facts, const struct told *told)
{
	const struct line_counter *steps = tale_steps(tale->unit, told->line);
	struct tick *tick = current_tick(tale);
	struct aside *aside;
	uint32_t shape;

	if (tick)
		tick_steps(tick, steps);
	if (tick)
		took_hear(&tick->took, told->line);
	if (!told->line->quality && !steps)
		return;
	shape = tale_shape(told->line, steps);
	aside = aside_of(tale, shape);
	if (tale->runs && !(aside && aside->regular))
		facts_add(facts, &tale->run[tale->runs - 1].after, told->line, false);
	if (aside)
		aside_again(tale, aside, facts, told, steps);
	else
		aside_new(tale, facts, told, shape);
}

void tale_before(struct tale *tale, const struct aside *aside, size_t n)
{
	for (size_t i = 0; i < n && tale->asides < TALE_ASIDES; i++)
		tale->aside[tale->asides++] = aside[i];
}

/* ---- what is settled ---- */

uint64_t tale_first_line(const struct tale *tale)
{
	return tale->gone.runs ? tale->gone.first_line : tale->run[0].first_mark.line;
}

/* Places of ticks are counted from the first that is left; one that is gone is nobody's place. */
static void move_asides(struct tale *tale, size_t ticks)
{
	for (size_t i = 0; i < tale->asides; i++) {
		struct aside *aside = &tale->aside[i];

		if (aside->tick != SIZE_MAX)
			aside->tick = aside->tick < ticks ? SIZE_MAX - 1 : aside->tick - ticks;
		if (aside->latest != SIZE_MAX)
			aside->latest = aside->latest < ticks ? 0 : aside->latest - ticks;
		aside->count = aside->count > ticks ? aside->count - ticks : 0;
	}
}

static void take_ticks(struct tale *tale, struct run *run, size_t ticks)
{
	for (size_t i = 0; i < ticks; i++) {
		const double value = tale->tick[run->first + i].value;

		run->fractions -= run->fractions > 0 && value != floor(value);
	}
	run->ticks -= ticks;
	run->gone += ticks;
}

static void forget_ticks(struct tale *tale, size_t ticks)
{
	size_t first = 0, left = ticks;

	for (size_t i = 0; i < tale->runs; i++) {
		struct run *run = &tale->run[i];
		const size_t some = run->ticks < left ? run->ticks : left;

		take_ticks(tale, run, some);
		left -= some;
		run->first = first;
		first += run->ticks;
	}
	move_asides(tale, ticks);
	tale->ticks -= ticks;
	tale->gone.ticks += ticks;
	memmove(tale->tick, tale->tick + ticks, tale->ticks * sizeof(*tale->tick));
}

static void forget_run(struct tale *tale)
{
	const struct run *run = &tale->run[0];
	struct tale_gone *gone = &tale->gone;

	gone->first_line = tale_first_line(tale);
	gone->runs++;
	gone->lines += run->lines;
	gone->good += run->good;
	gone->quality += run->quality;
	gone->rising += run->end > run->begin;
	gone->announced |= run->of > 0;
	gone->from_zero |= run->begin == 0;
	gone->cut_short |= run->of == 0 || run->end < run->of;
	tale->runs--;
	memmove(tale->run, tale->run + 1, tale->runs * sizeof(*tale->run));
}

void tale_forget(struct tale *tale, uint64_t until_ns, size_t *budget)
{
	size_t ticks = 0;

	while (ticks + 2 < tale->ticks && tale->tick[ticks + 2].first.t_ns <= until_ns)
		ticks++;
	if (ticks)
		forget_ticks(tale, ticks);
	*budget += ticks;
	while (tale->runs > 2 && !tale->run[0].ticks && tale->run[2].first_mark.t_ns <= until_ns)
		forget_run(tale);
}
