/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fits and epochs from a counter's story, as fit.h promises it. There are three ways to count: a
 * number that names the epoch at work ("Epoch 3/10"), a bar that shows how many are done, and a
 * fraction that passes whole numbers now and then. A bar that is drawn anew for each epoch is the
 * fourth: then whole bars are counted.
 */
#include "collector/phase/fit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "collector/phase/steps.h"

#define INDEX_MAX     STEPS_INDEX_MAX
#define FRACTIONS_MAX 10000 /* epochs that fractions make; more are only counted */

void fits_clear(struct fits *fits)
{
	fits->n = fits->epochs = 0;
	facts_clear(&fits->facts);
	facts_clear(&fits->results);
}

void fits_free(struct fits *fits)
{
	free(fits->fit);
	free(fits->epoch);
	facts_free(&fits->facts);
	facts_free(&fits->results);
}

void fits_settle(struct fits *fits)
{
	size_t at = 0;

	for (size_t i = 0; i < fits->n; i++) {
		fits->fit[i].epoch = fits->epochs ? &fits->epoch[at] : NULL;
		at += fits->fit[i].told;
	}
}

static struct printed_fit *fit_new(struct fits *fits, uint32_t process, const struct tale *tale,
				   const struct run *run, double sure)
{
	if (fits->n == fits->room) {
		const size_t room = fits->room ? fits->room * 2 : 8;
		struct printed_fit *more = realloc(fits->fit, room * sizeof(*more));

		if (!more)
			return NULL;
		fits->fit = more;
		fits->room = room;
	}
	fits->fit[fits->n] = (struct printed_fit){
		.process = process,
		.number = run->fit,
		.unit = tale->unit,
		.drawn = tale->bar,
		.iterates = tale->unit == LINE_UNIT_STEP && tale->said,
		.sure = sure,
		.of = run->of <= INDEX_MAX ? (uint32_t)run->of : 0,
		.stride = 1,
		.late = run->late,
		.over = run + 1 < tale->run + tale->runs,
		.first_line = run->first_mark.line,
	};
	return &fits->fit[fits->n++];
}

static struct printed_epoch *epoch_new(struct fits *fits, struct printed_fit *fit, double index)
{
	if (index < 1 || index > INDEX_MAX)
		return NULL;
	if (fits->epochs == fits->epoch_room) {
		const size_t room = fits->epoch_room ? fits->epoch_room * 2 : 64;
		struct printed_epoch *more = realloc(fits->epoch, room * sizeof(*more));

		if (!more)
			return NULL;
		fits->epoch = more;
		fits->epoch_room = room;
	}
	fits->epoch[fits->epochs] = (struct printed_epoch){.index = (uint32_t)index};
	fit->told++;
	return &fits->epoch[fits->epochs++];
}

/* Of the fit that was begun last. */
static struct printed_epoch *epochs_of(const struct fits *fits, const struct printed_fit *fit)
{
	return fit->told ? &fits->epoch[fits->epochs - fit->told] : NULL;
}

static void set_first(struct printed_epoch *epoch, const struct mark *mark)
{
	epoch->first_ns = mark->t_ns;
	epoch->first_late = mark->late;
	epoch->first_line = mark->line;
}

static void set_last(struct printed_epoch *epoch, const struct mark *mark)
{
	epoch->last_ns = mark->t_ns;
	epoch->last_late = mark->late;
	epoch->last_line = mark->line;
}

static void join(struct fits *fits, struct printed_epoch *epoch, const struct facts *from,
		 fact_list list)
{
	facts_join(&fits->facts, &epoch->metric, from, list, false);
}

/* ---- a number that names the epoch at work ---- */

/* What most neighbouring values differ by (Boyer and Moore 1981: the majority, if there is one). */
static double stride_of(const struct tale *tale, const struct run *run)
{
	double stride = 1;
	size_t votes = 0;

	for (size_t i = run->first + 1; i < run->first + run->ticks; i++) {
		const double step = tale->tick[i].value - tale->tick[i - 1].value;

		if (votes == 0)
			stride = step;
		if (step == stride)
			votes++;
		else
			votes--;
	}
	return stride >= 1 && stride <= INDEX_MAX ? stride : 1;
}

/* The value of the first epoch: 0, 1, or where a training that was resumed goes on. */
static double base_of(const struct tale *tale, const struct run *run, double stride)
{
	for (size_t i = 0; i < tale->runs; i++)
		if (tale->run[i].begin == 0)
			return 0;
	if (tale->gone.from_zero)
		return 0;
	if (run->begin == 1)
		return 1;
	if (stride > 1 && fmod(run->begin, stride) == 0)
		return 1; /* 10, 20, 30 */
	if (stride > 1 && fmod(run->begin + 1, stride) == 0)
		return 0; /* 9, 19, 29 */
	return run->begin;
}

/* An aside that belongs to the tick after it: it came before the first, and not after the last. */
static const struct aside *leading_aside(const struct tale *tale)
{
	for (size_t i = 0; i < tale->asides; i++) {
		const struct aside *aside = &tale->aside[i];

		if (aside->tick == SIZE_MAX && aside->regular && tale->ticks >= 2 &&
		    aside->count == tale->ticks - 1)
			return aside;
	}
	return NULL;
}

/*
 * What came behind tick `at` and belongs to it. Where its own line has the result, a bar of all
 * steps that goes on behind it (`goes_on`) is about the next one.
 */
static void add_asides(struct fits *fits, struct printed_epoch *epoch, const struct facts *facts,
		       const struct tale *tale, const struct run *run, size_t at, bool goes_on)
{
	const struct tick *tick = &tale->tick[at];
	const bool over = goes_on && tick->ends;

	for (size_t i = 0; i < tale->asides; i++) {
		const struct aside *aside = &tale->aside[i];

		if (aside->tick != at || (!aside->regular && run->ticks > 1))
			continue;
		join(fits, epoch, facts, aside->list);
		if (aside->last.line > epoch->last_line && (!over || aside->ends))
			set_last(epoch, &aside->last);
		epoch->ends |= aside->ends;
	}
	if (tick->asides == 0)
		return;
	join(fits, epoch, facts, tick->aside);
	if (tick->aside_last.line > epoch->last_line && (!over || tick->aside_ends))
		set_last(epoch, &tick->aside_last);
	epoch->ends |= tick->aside_ends;
}

/* What came before tick `at` and belongs to it. */
static void add_leading(struct fits *fits, struct printed_epoch *epoch, const struct facts *facts,
			const struct tale *tale, const struct aside *aside, size_t at)
{
	const struct tick *before = at > 0 ? &tale->tick[at - 1] : NULL;

	if (before && before->asides == 0)
		return;
	join(fits, epoch, facts, before ? before->aside : aside->list);
	set_first(epoch, before ? &before->aside_first : &aside->first);
	epoch->begins = false;
	steps_before(epoch, before, aside);
}

/* One word for all epochs but the last, which may be under way. */
static enum printed_reading reading_of(const struct printed_epoch *epoch, size_t n)
{
	size_t begins = 0, ends = 0, wide = 0;
	const size_t judged = n > 1 ? n - 1 : n;

	for (size_t i = 0; i < judged; i++) {
		begins += epoch[i].begins;
		ends += epoch[i].ends;
		wide += epoch[i].last_line > epoch[i].first_line;
	}
	if (wide * 2 > judged)
		return PRINTED_AROUND;
	if (begins * 2 > judged)
		return PRINTED_AT_START;
	return ends * 2 > judged ? PRINTED_AT_END : PRINTED_ANYWHERE;
}

/* The end that was announced, counted from the first epoch of the run. */
static void set_end(struct printed_fit *fit, const struct run *run, double base)
{
	if (fit->of == 0)
		return;
	if (base == 0 && run->end == run->of)
		fit->of++; /* "Epoch 0/9" is the first of ten */
	else if (base > 1)
		fit->of = run->of >= base ? (uint32_t)(run->of - base + 1) : 0;
	fit->over |= fit->of > 0 && fit->epochs == fit->of;
}

static void add_named(struct fits *fits, struct printed_fit *fit, const struct facts *facts,
		      const struct tale *tale, const struct run *run)
{
	const double stride = stride_of(tale, run);
	const double base = base_of(tale, run, stride);
	const struct aside *leading = leading_aside(tale);
	const bool goes_on = steps_go_on(tale, run);

	for (size_t i = run->first; i < run->first + run->ticks; i++) {
		const struct tick *tick = &tale->tick[i];
		struct printed_epoch *epoch;

		if (i > run->first && floor(tick->value - base) == floor(tick[-1].value - base))
			continue; /* a fraction among whole numbers */
		epoch = epoch_new(fits, fit, floor(tick->value - base) + 1);
		if (!epoch)
			continue;
		epoch->told = tick->value;
		epoch->begins = tick->begins;
		epoch->ends = tick->ends;
		set_first(epoch, &tick->first);
		set_last(epoch, &tick->last);
		steps_add(epoch, tick);
		if (leading)
			add_leading(fits, epoch, facts, tale, leading, i);
		else
			add_asides(fits, epoch, facts, tale, run, i, goes_on);
		join(fits, epoch, facts, tick->own);
	}
	fit->stride = (uint32_t)stride;
	fit->epochs = run->end - base + 1 <= INDEX_MAX ? (uint32_t)(run->end - base + 1) : 0;
	set_end(fit, run, base);
	if (goes_on)
		steps_share(fit, epochs_of(fits, fit), tale, run);
	steps_agree(fit, epochs_of(fits, fit));
	took_agree(fit, epochs_of(fits, fit), tale, run);
	fit->reading = reading_of(epochs_of(fits, fit), fit->told);
}

/* ---- a bar that shows how many are done ---- */

static void add_done(struct fits *fits, struct printed_fit *fit, const struct facts *facts,
		     const struct tale *tale, const struct run *run)
{
	for (size_t i = run->first; i < run->first + run->ticks; i++) {
		const struct tick *tick = &tale->tick[i];
		const struct tick *before = i > run->first ? tick - 1 : NULL;
		struct printed_epoch *epoch = epoch_new(fits, fit, tick->value);

		if (!epoch)
			continue;
		epoch->told = tick->value;
		epoch->begins = before && before->value + 1 == tick->value;
		epoch->guessed = !epoch->begins;
		epoch->ends = true;
		set_first(epoch, before ? &before->first : &run->first_mark);
		set_last(epoch, &tick->first);
		join(fits, epoch, facts, tick->own);
	}
	fit->epochs = run->end <= INDEX_MAX ? (uint32_t)run->end : 0;
	fit->over |= fit->of > 0 && fit->epochs == fit->of;
	fit->reading = PRINTED_AROUND;
}

/* ---- whole bars ---- */

/* Every bar but the last went to its end. */
static bool are_whole(const struct tale *tale)
{
	for (size_t i = 0; i + 1 < tale->runs; i++)
		if (tale->run[i].of == 0 || tale->run[i].end < tale->run[i].of)
			return false;
	if (tale->gone.runs)
		return !tale->gone.cut_short;
	return tale->runs > 1 || (tale->unit == LINE_UNIT_STEP && tale->runs == 1);
}

static void add_bars(struct fits *fits, struct printed_fit *fit, const struct facts *facts,
		     const struct tale *tale)
{
	for (size_t i = 0; i < tale->runs; i++) {
		const struct run *run = &tale->run[i];
		const double index = (double)(tale->gone.runs + i + 1);
		struct printed_epoch *epoch = epoch_new(fits, fit, index);

		if (!epoch)
			return;
		epoch->told = index;
		epoch->begins = true;
		epoch->ends = run->of > 0 && run->end >= run->of;
		set_first(epoch, &run->first_mark);
		set_last(epoch, &run->last_mark);
		epoch->steps = run->of <= INDEX_MAX ? (uint64_t)run->of : 0;
		epoch->step = run->end <= INDEX_MAX ? (uint64_t)run->end : 0;
		join(fits, epoch, facts, run->result);
		if (run->ticks > 0)
			add_asides(fits, epoch, facts, tale, run, run->first + run->ticks - 1,
				   false);
		fit->late &= run->late;
	}
	fit->bars = true;
	fit->of = 0;
	fit->over = false;
	fit->first_line = tale_first_line(tale);
	fit->epochs = (uint32_t)(tale->gone.runs + tale->runs);
	fit->reading = PRINTED_AROUND;
	steps_agree(fit, epochs_of(fits, fit));
}

/* ---- fractions ---- */

/* When the count passed `value`: at a line, or between two on a straight line. */
static bool passed_at(const struct tale *tale, const struct run *run, double value,
		      struct mark *mark)
{
	const struct tick *tick = &tale->tick[run->first];

	for (size_t i = 0; i < run->ticks; i++, tick++) {
		if (tick->value < value)
			continue;
		*mark = tick->first;
		if (tick->value == value)
			return true;
		if (i > 0 && mark->t_ns > tick[-1].first.t_ns) {
			const double part =
				(value - tick[-1].value) / (tick->value - tick[-1].value);
			const double width = (double)(mark->t_ns - tick[-1].first.t_ns);

			mark->t_ns = tick[-1].first.t_ns + (uint64_t)(part * width);
		}
		return false;
	}
	*mark = run->last_mark;
	return false;
}

/* The last line that came before all of the tale and never again. */
static uint64_t announced_ns(const struct tale *tale)
{
	uint64_t t_ns = 0;

	for (size_t i = 0; i < TALE_PRELUDES; i++) {
		const struct prelude *prelude = &tale->prelude[i];

		if (prelude->shape && !prelude->again && !prelude->mark.late &&
		    prelude->mark.t_ns > t_ns)
			t_ns = prelude->mark.t_ns;
	}
	return t_ns;
}

/*
 * When the first epoch began: by the pace of what followed, but where something was announced
 * shortly before, then; the first share of an epoch takes longer than the others, up to thrice.
 */
static void begin_before(const struct tale *tale, const struct run *run, struct mark *mark)
{
	const struct tick *a = &tale->tick[run->first], *b = a + 1;
	const uint64_t t_ns = mark->t_ns, announced = announced_ns(tale);
	double width;

	if (run->ticks < 2 || a->value <= 0 || a->first.late || b->first.t_ns <= t_ns)
		return;
	width = (double)(b->first.t_ns - t_ns) * a->value / (b->value - a->value);
	if (run == tale->run && announced <= t_ns && (double)(t_ns - announced) <= 3 * width)
		mark->t_ns = announced;
	else
		mark->t_ns = width < (double)t_ns ? t_ns - (uint64_t)width : 0;
}

static void add_fractions(struct fits *fits, struct printed_fit *fit, const struct facts *facts,
			  const struct tale *tale, const struct run *run)
{
	const double epochs = ceil(run->end);
	const double before = run->gone ? floor(tale->tick[run->first].value) : 0;
	size_t at = run->first;

	for (size_t n = 1; before + (double)n <= epochs && n <= FRACTIONS_MAX; n++) {
		const double k = before + (double)n;
		struct printed_epoch *epoch = epoch_new(fits, fit, k);
		struct mark begin, end;

		if (!epoch)
			break;
		epoch->told = k;
		epoch->guessed = !passed_at(tale, run, k - 1, &begin);
		epoch->guessed |= !passed_at(tale, run, k, &end);
		if (k == 1)
			begin_before(tale, run, &begin);
		set_first(epoch, &begin);
		set_last(epoch, &end);
		epoch->ends = end.line > begin.line;
		for (; at < run->first + run->ticks && tale->tick[at].value <= k; at++) {
			join(fits, epoch, facts, tale->tick[at].own);
			steps_add(epoch, &tale->tick[at]);
		}
	}
	fit->epochs = epochs <= INDEX_MAX ? (uint32_t)epochs : 0;
	if (steps_go_on(tale, run))
		steps_share(fit, epochs_of(fits, fit), tale, run);
	if (fit->told > 0 && epochs_of(fits, fit)->steps == 0)
		steps_by_pace(fit, epochs_of(fits, fit), tale, run);
	steps_agree(fit, epochs_of(fits, fit));
	fit->reading = PRINTED_AT_END;
}

/* ---- all of them ---- */

static bool has_value(const struct facts *facts, fact_list list, double value)
{
	for (; list; list = facts->fact[list - 1].next)
		if (facts->fact[list - 1].value == value)
			return true;
	return false;
}

/* All that is told with one tick was told with the other. */
static bool repeats(const struct facts *facts, const struct tick *tick, const struct tick *of)
{
	if (!tick->own || tick->value != of->value)
		return false;
	for (fact_list at = tick->own; at; at = facts->fact[at - 1].next) {
		const double value = facts->fact[at - 1].value;

		if (!has_value(facts, of->own, value) && !has_value(facts, of->aside, value))
			return false;
	}
	return true;
}

/* A run that tells the one before it again, in no time: the history that many print at the end. */
static bool is_recap(const struct tale *tale, const struct facts *facts, size_t i)
{
	const struct run *run = &tale->run[i], *before = run - 1;
	const uint64_t ns = run->last_mark.t_ns - run->first_mark.t_ns;

	if (i == 0 || run->ticks < 2 || tale->bar ||
	    run->gone + run->ticks > before->gone + before->ticks ||
	    ns > (before->last_mark.t_ns - before->first_mark.t_ns) / 20)
		return false;
	for (size_t k = 0; k < run->ticks; k++) {
		const size_t n = run->gone + k;

		if (n >= before->gone && !repeats(facts, &tale->tick[run->first + k],
						  &tale->tick[before->first + n - before->gone]))
			return false;
	}
	return true;
}

void fits_add(struct fits *fits, uint32_t process, const struct facts *facts,
	      const struct tale *tale, double sure)
{
	const bool whole = tale->bar && tale->unit != LINE_UNIT_EPOCH && are_whole(tale);
	uint32_t nth = (uint32_t)tale->gone.runs;

	for (size_t i = 0; i < (whole ? 1 : tale->runs); i++) {
		const struct run *run = &tale->run[i];
		struct printed_fit *fit;

		if (is_recap(tale, facts, i))
			continue;
		fit = fit_new(fits, process, tale, run, sure);
		if (!fit)
			return;
		fit->nth = whole ? 0 : nth++;
		facts_join(&fits->results, &fit->result, facts,
			   whole ? tale->run[tale->runs - 1].after : run->after, false);
		if (whole)
			add_bars(fits, fit, facts, tale);
		else if (tale->unit == LINE_UNIT_PERCENT)
			continue;
		else if (tale->bar)
			add_done(fits, fit, facts, tale, run);
		else if (run->fractions * 3 >= run->ticks && run->fractions > 0)
			add_fractions(fits, fit, facts, tale, run);
		else
			add_named(fits, fit, facts, tale, run);
		if (fit->of < fit->epochs)
			fit->of = 0; /* nobody keeps to it */
		if (!fit->epochs) {  /* counted up to what no training reaches */
			fits->epochs -= fit->told;
			fit->told = 0;
		}
	}
}
