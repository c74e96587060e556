/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Steps beside epochs, as steps.h promises them.
 */
#include "collector/phase/steps.h"

#include <math.h>

static bool reaches_end(const struct tick *tick)
{
	return tick->step_of > 0 &&
	       (tick->step == tick->step_of || tick->step + 1 == tick->step_of);
}

void steps_add(struct printed_epoch *epoch, const struct tick *tick)
{
	if (!tick->steps || (!tick->counted && !reaches_end(tick)) || tick->step > STEPS_INDEX_MAX)
		return;
	epoch->step = (uint64_t)tick->step;
	epoch->steps = tick->step_of <= STEPS_INDEX_MAX ? (uint64_t)tick->step_of : 0;
}

void steps_before(struct printed_epoch *epoch, const struct tick *before, const struct aside *aside)
{
	const struct tick first = {.step = aside->step, .step_of = aside->step_of, .steps = true};

	if (aside->step <= 0 || aside->step * 2 < aside->step_of)
		return; /* its own lines go on with what began before */
	epoch->step = epoch->steps = 0;
	steps_add(epoch, before ? before : &first);
}

/* The next tick from `i` on that steps were told with, or NULL. */
static const struct tick *with_steps(const struct tale *tale, const struct run *run, size_t i)
{
	while (i < run->first + run->ticks && !tale->tick[i].steps)
		i++;
	return i < run->first + run->ticks ? &tale->tick[i] : NULL;
}

bool steps_go_on(const struct tale *tale, const struct run *run)
{
	const struct tick *a = with_steps(tale, run, run->first), *b;
	size_t on = 0, pairs = 0;

	for (; a; a = b) {
		b = with_steps(tale, run, (size_t)(a - tale->tick) + 1);
		if (!b || a->step_of != b->step_of)
			continue;
		pairs++;
		on += b->step_first >= a->step && (a->step_of == 0 || a->step < a->step_of);
	}
	return on > 0 && on * 2 >= pairs;
}

void steps_share(const struct printed_fit *fit, struct printed_epoch *epoch,
		 const struct tale *tale, const struct run *run)
{
	const uint32_t epochs = fit->of ? fit->of : fit->epochs;
	const struct tick *first = with_steps(tale, run, run->first);
	const double of = first ? first->step_of : 0;
	uint64_t each = 0, before = 0;

	if (of > 0 && of <= STEPS_INDEX_MAX && epochs > 0 && (uint64_t)of % epochs == 0)
		each = (uint64_t)of / epochs;
	for (size_t i = 0; i < fit->told; i++) {
		const uint64_t step = epoch[i].step;

		epoch[i].steps = each;
		epoch[i].step = step > before ? step - before : 0;
		before = step > before ? step : before;
	}
}

void steps_agree(struct printed_fit *fit, const struct printed_epoch *epoch)
{
	if (!fit->told)
		return;
	for (size_t i = 1; i < fit->told; i++)
		if (epoch[i].steps != epoch[0].steps)
			return;
	fit->steps = epoch[0].steps;
}

void steps_by_pace(const struct printed_fit *fit, struct printed_epoch *epoch,
		   const struct tale *tale, const struct run *run)
{
	const struct tick *a = &tale->tick[run->first], *b = a + (run->ticks - 1);
	double each;

	if (run->ticks < 2 || !a->counted || !b->counted)
		return;
	each = (b->step_first - a->step_first) / (b->value - a->value);
	if (each < 0.9 || each > STEPS_INDEX_MAX || fabs(each - round(each)) > 0.1)
		return;
	for (size_t i = 0; i < fit->told && epoch[i].index <= b->value; i++)
		epoch[i].steps = (uint64_t)round(each);
}
