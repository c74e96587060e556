/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of a layout nothing can change any more (layout.h): told often enough, told alike, and with
 * enough behind it.
 */
#include <stdlib.h>
#include <string.h>

#include "collector/phase/layout.h"

static bool is_alike(const struct layout_seen *seen, const struct phase *phase)
{
	const uint64_t slack_ns = (phase->end_ns - phase->start_ns) / 100;

	return seen->index == phase->index && seen->steps == phase->steps &&
	       seen->start_ns <= phase->start_ns + slack_ns &&
	       phase->start_ns <= seen->start_ns + slack_ns &&
	       seen->end_ns <= phase->end_ns + slack_ns && phase->end_ns <= seen->end_ns + slack_ns;
}

/*
 * Counts for how many judgements in a row each epoch has been the same. While a run goes on they
 * differ now and then: an epoch is half seen, or an evaluation for the first time. Returns how many
 * epochs there are that are not settled; where memory is short all of them are new.
 */
static size_t compare(struct layout *layout)
{
	struct layout_seen *seen = calloc(layout->phases + 1, sizeof(*seen));
	size_t n = 0;

	for (size_t i = layout->settled.phases; i < layout->phases; i++) {
		const struct phase *phase = &layout->phase[i];

		if (phase->kind != PHASE_EPOCH)
			continue;
		const bool alike = n < layout->seens && is_alike(&layout->seen[n], phase);
		if (seen)
			seen[n] =
				(struct layout_seen){.index = phase->index,
						     .alike = alike ? layout->seen[n].alike + 1 : 1,
						     .start_ns = phase->start_ns,
						     .end_ns = phase->end_ns,
						     .steps = phase->steps};
		n++;
	}
	free(layout->seen);
	layout->seen = seen;
	layout->seens = seen ? n : 0;
	return n;
}

/*
 * The last epoch that enough came behind, and those before it; the number of phases where there is
 * none.
 */
static size_t last_sure(const struct layout *layout, const struct layout_patience *patience,
			size_t epochs, uint64_t now_ns)
{
	size_t last = layout->phases, n = 0;

	for (size_t i = layout->settled.phases; i < layout->phases; i++) {
		const struct phase *phase = &layout->phase[i];
		const size_t behind = epochs - n - 1;

		if (phase->kind != PHASE_EPOCH)
			continue;
		const bool poor = layout->computed && !(phase->evidence & PHASE_BY_KERNELS);
		const bool alike = n < layout->seens && layout->seen[n].alike >= LAYOUT_ALIKE;
		const size_t least = (size_t)patience->epochs * (poor ? LAYOUT_POOR : 1);
		if (phase->open ||
		    (behind < patience->many &&
		     (!alike || behind < least || phase->end_ns + patience->ns > now_ns)))
			break;
		last = i;
		n++;
	}
	return last;
}

/* The last epoch up to `at` that no fit begins before whose lines did not come in time. */
static size_t before_untimed(const struct layout *layout, size_t at)
{
	size_t end = at + 1;

	for (size_t i = 0; i < layout->fits; i++)
		if (!layout->fit[i].timed && layout->fit[i].at < end)
			end = layout->fit[i].at;
	while (end-- > layout->settled.phases)
		if (layout->phase[end].kind == PHASE_EPOCH)
			return end;
	return layout->phases;
}

static const struct layout_fit *fit_at(const struct layout *layout, size_t at)
{
	for (size_t i = 0; i < layout->fits; i++)
		if (layout->fit[i].at == at)
			return &layout->fit[i];
	return &layout->settled.fit;
}

static size_t parent_of(const struct layout *layout, size_t at)
{
	size_t i = at;

	while (i > 0 && layout->phase[i].id != layout->phase[at].parent)
		i--;
	return i;
}

/* Adds up the epochs of the fit that are settled now. */
static void add_up(struct layout *layout, size_t fit, size_t from, size_t end)
{
	struct layout_settled *settled = &layout->settled;

	if (!settled->goes_on || fit != settled->fit.at) {
		settled->epochs = 0;
		settled->steps = 0;
		settled->evidence = 0;
		settled->confidence = 0;
	}
	for (size_t i = from; i < end; i++) {
		const struct phase *phase = &layout->phase[i];

		if (phase->kind != PHASE_EPOCH || phase->parent != layout->phase[fit].id)
			continue;
		settled->epochs++;
		settled->steps += phase->steps;
		settled->evidence |= phase->evidence;
		settled->confidence += phase->confidence;
	}
}

static void forget_seen(struct layout *layout, size_t from, size_t end)
{
	size_t n = 0;

	for (size_t i = from; i < end; i++)
		n += layout->phase[i].kind == PHASE_EPOCH;
	n = n < layout->seens ? n : layout->seens;
	layout->seens -= n;
	if (n)
		memmove(layout->seen, layout->seen + n, layout->seens * sizeof(*layout->seen));
}

bool layout_settle(struct layout *layout, const struct layout_patience *patience, uint64_t now_ns,
		   struct printed_settled *told)
{
	struct layout_settled *settled = &layout->settled;
	const size_t sure = last_sure(layout, patience, compare(layout), now_ns);
	const size_t epoch = sure < layout->phases ? before_untimed(layout, sure) : sure;
	size_t end = epoch + 1;

	if (epoch >= layout->phases)
		return false;
	while (end < layout->phases && layout->phase[end].parent == layout->phase[epoch].id)
		end++;
	const size_t fit = parent_of(layout, epoch);
	const struct layout_fit who = *fit_at(layout, fit);
	add_up(layout, fit, settled->phases, end);
	forget_seen(layout, settled->phases, end);
	for (size_t i = 0; i < end; i++)
		layout->phase[i].final = true;
	settled->goes_on =
		end < layout->phases && layout->phase[end].parent == layout->phase[fit].id;
	layout->phase[fit].final = !settled->goes_on;
	settled->fit = who;
	settled->fit.at = fit;
	settled->ids += (uint32_t)(end - settled->phases);
	settled->phases = end;
	settled->end_ns = layout->phase[epoch].end_ns;
	settled->told = layout->phase[epoch].index;
	*told = (struct printed_settled){.process = who.process,
					 .first_line = who.first_line,
					 .epochs = settled->told,
					 .end_ns = settled->end_ns};
	return true;
}
