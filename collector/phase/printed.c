/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What all processes of a run print, as printed.h promises it: lines go to the voice of their
 * process and file; looking asks each process' best voice for its fits, and the others for what
 * they know of the same epochs.
 */
#include "collector/phase/printed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collector/phase/fit.h"
#include "collector/phase/voice.h"
#include "preload/wire.h"

#define TELLERS_MAX   128 /* processes that say something that counts or measures */
#define TELLER_VOICES 6
#define SETTLED_SLACK 2 /* epochs that ranks are apart */

/* One process. */
struct teller {
	uint32_t process;
	struct voice_budget budget;
	struct voice *voice;
	size_t voices;
};

struct printed {
	struct teller *teller;
	size_t tellers;
	uint64_t lines;
	struct fits fits;
	struct fits others; /* of the voices that are not the best of theirs */
	struct printed_settled settled;
	struct facts known; /* names of metrics that settled epochs have */
};

int printed_new(struct printed **printed)
{
	*printed = calloc(1, sizeof(**printed));
	return *printed ? 0 : -ENOMEM;
}

static void teller_free(struct teller *teller)
{
	for (size_t i = 0; i < teller->voices; i++)
		voice_free(&teller->voice[i]);
	free(teller->voice);
	facts_free(&teller->budget.facts);
}

void printed_free(struct printed *printed)
{
	if (!printed)
		return;
	for (size_t i = 0; i < printed->tellers; i++)
		teller_free(&printed->teller[i]);
	free(printed->teller);
	fits_free(&printed->fits);
	fits_free(&printed->others);
	free(printed);
}

/* ---- hearing ---- */

static bool counts_nothing(const struct teller *teller)
{
	for (size_t i = 0; i < teller->voices; i++)
		if (teller->voice[i].tales > 0)
			return false;
	return true;
}

/* Room for one more; of hundreds of processes that only talk, the one that did so first makes way.
 */
static struct teller *teller_room(struct printed *printed)
{
	struct teller *more;

	for (size_t i = 0; printed->tellers == TELLERS_MAX && i < TELLERS_MAX; i++) {
		if (!counts_nothing(&printed->teller[i]))
			continue;
		teller_free(&printed->teller[i]);
		memmove(&printed->teller[i], &printed->teller[i + 1],
			(TELLERS_MAX - 1 - i) * sizeof(*printed->teller));
		printed->tellers--;
	}
	if (printed->tellers == TELLERS_MAX)
		return NULL;
	more = realloc(printed->teller, (printed->tellers + 1) * sizeof(*more));
	if (!more)
		return NULL;
	printed->teller = more;
	return &more[printed->tellers++];
}

static struct teller *teller_of(struct printed *printed, uint32_t process)
{
	struct teller *teller;

	for (size_t i = printed->tellers; i-- > 0;)
		if (printed->teller[i].process == process)
			return &printed->teller[i];
	teller = teller_room(printed);
	if (!teller)
		return NULL;
	*teller = (struct teller){.process = process};
	teller->budget.epochs = VOICE_EPOCHS;
	teller->budget.others = VOICE_OTHERS;
	return teller;
}

static struct voice *voice_of(struct teller *teller, uint64_t file)
{
	struct voice *more;

	for (size_t i = 0; i < teller->voices; i++)
		if (teller->voice[i].file == file)
			return &teller->voice[i];
	if (teller->voices == TELLER_VOICES)
		return NULL;
	more = realloc(teller->voice, (teller->voices + 1) * sizeof(*more));
	if (!more)
		return NULL;
	teller->voice = more;
	more[teller->voices] = (struct voice){.file = file};
	return &more[teller->voices++];
}

/* Most lines of most programs say nothing, and must cost no memory. */
static bool says_something(const struct line *line)
{
	return line->counters > 0 || line->quality || line->tooks > 0;
}

void printed_line(struct printed *printed, const struct phase_line *line)
{
	const struct mark mark = {line->t_ns, ++printed->lines & INT64_MAX,
				  line->flags & WIRE_NOTE_LATE};
	struct teller *teller = teller_of(printed, line->process);
	struct voice *voice = teller ? voice_of(teller, line->file) : NULL;
	struct line read;

	if (!voice)
		return;
	if (!table_read(&voice->table, line->text, line->bytes, &read))
		line_read(line->text, line->bytes, &read);
	if (voice->file && again_told(&voice->again, line->text, line->bytes, &read))
		return;
	if (!read.testing && says_something(&read))
		voice_line(voice, &teller->budget, &read, &mark);
	voice_passing(voice, &read, &mark);
}

/* ---- looking ---- */

/* Whether a is told with times of its own, and b is not. */
static bool is_timelier(const struct tale *a, const struct tale *b)
{
	return !a->run[a->runs - 1].late && b->run[b->runs - 1].late;
}

/* The best voice of a process, with the tale that it is the best for. */
static const struct voice *lead_of(const struct teller *teller, const struct tale **tale)
{
	const struct voice *lead = NULL;

	*tale = NULL;
	for (size_t i = 0; i < teller->voices; i++) {
		const struct tale *other = voice_best(&teller->voice[i]);
		double sure, best;

		if (!other)
			continue;
		sure = voice_sure(other);
		best = *tale ? voice_sure(*tale) : 0;
		if (!*tale || sure > best + 0.1 ||
		    (sure >= PRINTED_TRAINS && sure >= best - 0.1 && is_timelier(other, *tale))) {
			*tale = other;
			lead = &teller->voice[i];
		}
	}
	return lead;
}

static struct printed_epoch *find_epoch(struct fits *fits, struct printed_fit *fit, uint32_t index)
{
	size_t low = 0, high = fit->told;
	struct printed_epoch *epoch = high > 0 ? &fits->epoch[fit->epoch - fits->epoch] : NULL;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (epoch[middle].index == index)
			return &epoch[middle];
		if (epoch[middle].index < index)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* What another voice of the process says of the same fit. */
static void add_metrics(struct printed *printed, struct printed_fit *fit,
			const struct printed_fit *other)
{
	for (size_t i = 0; i < other->told; i++) {
		struct printed_epoch *epoch =
			find_epoch(&printed->fits, fit, other->epoch[i].index);

		if (epoch)
			facts_join(&printed->fits.facts, &epoch->metric, &printed->others.facts,
				   other->epoch[i].metric, true);
	}
}

/* Of the fits from `first` on that one voice told. */
static struct printed_fit *nth_fit(const struct fits *fits, size_t first, uint32_t nth)
{
	const size_t skip = first < fits->n && nth >= fits->fit[first].nth
				    ? nth - fits->fit[first].nth
				    : fits->n;

	return skip < fits->n - first ? &fits->fit[first + skip] : NULL;
}

/* Fits that other voices tell, one by one, where they agree on how many epochs there were. */
static void hear_others(struct printed *printed, const struct teller *teller,
			const struct voice *lead, size_t first)
{
	for (size_t i = 0; i < teller->voices; i++) {
		const struct tale *tale = voice_best(&teller->voice[i]);
		struct fits *others = &printed->others;

		if (&teller->voice[i] == lead || !tale)
			continue;
		fits_clear(others);
		fits_add(others, teller->process, &teller->budget.facts, tale, 0);
		fits_settle(others);
		for (size_t k = 0; k < others->n; k++) {
			struct printed_fit *fit =
				nth_fit(&printed->fits, first, others->fit[k].nth);

			if (fit && others->fit[k].epochs == fit->epochs)
				add_metrics(printed, fit, &others->fit[k]);
		}
	}
}

/* How many epochs come before one of that index. */
static size_t before_index(const struct printed_fit *fit, uint32_t index)
{
	size_t n = 0;

	while (n < fit->told && fit->epoch[n].index < index)
		n++;
	return n;
}

/*
 * Both told the same epochs, and each before the other was at the next. Of what is settled the one
 * may have forgotten `slack` epochs more than the other.
 */
static bool in_step(const struct printed_fit *a, const struct printed_fit *b, size_t slack)
{
	size_t close = 0;

	if (a->process == b->process || a->unit != b->unit || a->epochs != b->epochs ||
	    a->told == 0 || b->told == 0)
		return false;
	const size_t of_a = before_index(a, b->epoch[0].index);
	const size_t of_b = before_index(b, a->epoch[0].index);
	const struct printed_epoch *x = a->epoch + of_a, *y = b->epoch + of_b;
	const size_t n = a->told - of_a;
	if (of_a > slack || of_b > slack || b->told - of_b != n)
		return false;
	for (size_t i = 0; i < n; i++) {
		const uint64_t low = i ? x[i - 1].last_ns : 0;
		const uint64_t high = i + 1 < n ? x[i + 1].last_ns : UINT64_MAX;

		close += y[i].last_ns >= low && y[i].last_ns <= high;
	}
	return n && close == n;
}

static void find_twins(struct fits *fits, size_t slack)
{
	for (size_t b = 1; b < fits->n; b++)
		for (size_t a = 0; a < b && !fits->fit[b].twin; a++)
			if (!fits->fit[a].twin && in_step(&fits->fit[a], &fits->fit[b], slack))
				fits->fit[b].twin = (uint32_t)a + 1;
}

static int by_line(const void *left, const void *right)
{
	const struct printed_fit *a = left, *b = right;

	return (a->first_line > b->first_line) - (a->first_line < b->first_line);
}

/* ---- what is settled ---- */

void printed_settle(struct printed *printed, const struct printed_settled *settled)
{
	printed->settled = *settled;
	facts_know(&printed->known, &printed->fits.facts);
	for (size_t i = 0; i < printed->tellers; i++) {
		struct teller *teller = &printed->teller[i];
		struct facts kept = {0};

		facts_know(&kept, &teller->budget.facts);
		for (size_t k = 0; k < teller->voices; k++) {
			voice_forget(&teller->voice[k], &teller->budget, settled->end_ns);
			voice_move(&teller->voice[k], &teller->budget.facts, &kept);
		}
		facts_free(&teller->budget.facts);
		teller->budget.facts = kept;
	}
}

static bool counts_much(const struct teller *teller)
{
	bool much = teller->budget.epochs < VOICE_EPOCHS / 2 ||
		    teller->budget.others < VOICE_OTHERS / 2 ||
		    teller->budget.facts.n > FACTS_MAX / 2;

	for (size_t i = 0; i < teller->voices; i++)
		for (size_t k = 0; k < teller->voice[i].tales; k++)
			much |= teller->voice[i].tale[k].runs > TALE_RUNS / 2;
	return much;
}

bool printed_crowded(const struct printed *printed)
{
	for (size_t i = printed->tellers; i-- > 0;)
		if (counts_much(&printed->teller[i]))
			return true;
	return false;
}

static void leave_out(struct printed_fit *fit)
{
	fit->told = 0;
	fit->epochs = 0;
}

/* Of the fit that goes on what is behind the settled epochs. */
static void leave_first(struct fits *fits, struct printed_fit *fit, uint32_t epochs)
{
	struct printed_epoch *epoch = &fits->epoch[fit->epoch - fits->epoch];
	size_t gone = 0;

	while (gone < fit->told && epoch[gone].index <= epochs)
		gone++;
	for (size_t i = gone; i < fit->told; i++)
		epoch[i].index -= epochs;
	fit->epoch = epoch + gone;
	fit->told -= gone;
	fit->before = epochs;
	fit->epochs -= epochs < fit->epochs ? epochs : fit->epochs;
	fit->of -= epochs < fit->of ? epochs : fit->of;
	if (!fit->epochs || !fit->told)
		leave_out(fit);
}

static void leave_out_settled(struct printed *printed)
{
	const struct printed_settled *settled = &printed->settled;

	for (size_t i = 0; i < printed->fits.n && settled->end_ns; i++) {
		struct printed_fit *fit = &printed->fits.fit[i];
		const bool before =
			fit->process == settled->process && fit->first_line < settled->first_line;

		if (!fit->told)
			continue;
		if (fit->process == settled->process && fit->first_line == settled->first_line)
			leave_first(&printed->fits, fit, settled->epochs);
		else if (before || fit->epoch[fit->told - 1].last_ns <= settled->end_ns)
			leave_out(fit);
	}
}

size_t printed_look(struct printed *printed, const struct printed_fit **fit)
{
	size_t first[TELLERS_MAX] = {0};

	fits_clear(&printed->fits);
	facts_know(&printed->fits.facts, &printed->known);
	for (size_t i = 0; i < printed->tellers; i++) {
		const struct teller *teller = &printed->teller[i];
		const struct tale *tale;

		first[i] = printed->fits.n;
		if (lead_of(teller, &tale))
			fits_add(&printed->fits, teller->process, &teller->budget.facts, tale,
				 voice_sure(tale));
	}
	fits_settle(&printed->fits);
	for (size_t i = 0; i < printed->tellers; i++) {
		const struct tale *tale;
		const struct voice *lead = lead_of(&printed->teller[i], &tale);

		if (lead && printed->teller[i].voices > 1)
			hear_others(printed, &printed->teller[i], lead, first[i]);
	}
	if (printed->fits.n > 0)
		qsort(printed->fits.fit, printed->fits.n, sizeof(*printed->fits.fit), by_line);
	find_twins(&printed->fits, printed->settled.end_ns ? SETTLED_SLACK : 0);
	leave_out_settled(printed);
	*fit = printed->fits.fit;
	return printed->fits.n;
}

/* Metrics of one name need their part told: those of epochs, and what is listed itself. */
static bool is_ambiguous(const struct facts *facts, const struct fact_name *name)
{
	for (size_t i = 0; i < facts->names; i++)
		if (facts->name[i].part != name->part && !strcmp(facts->name[i].text, name->text))
			return name->part != LINE_PART_NONE;
	return false;
}

static void spell(const struct fact_name *name, bool whole, char *text, size_t room)
{
	static const char *const part[] = {"", "train_", "val_", "test_"};
	const char *prefix = whole ? part[name->part] : "";
	size_t bytes = strlen(name->text), before = strlen(prefix);

	while (before + bytes >= room || (name->text[bytes] & 0xc0) == 0x80)
		bytes--; /* not within a character */
	memcpy(text, prefix, before);
	memcpy(text + before, name->text, bytes);
	text[before + bytes] = '\0';
}

/* A list of `facts`; returns how many are filled in, behind the first n. */
static size_t list_metrics(const struct printed *printed, const struct facts *facts, fact_list list,
			   struct phase_metric *metric, size_t n, size_t room)
{
	for (fact_list at = list; at; at = facts->fact[at - 1].next, n++) {
		const struct fact *fact = &facts->fact[at - 1];
		const struct fact_name *name = &facts->name[fact->name];
		const bool whole =
			is_ambiguous(facts, name) || is_ambiguous(&printed->fits.facts, name);

		if (n >= room)
			continue;
		spell(name, whole, metric[n].name, sizeof(metric[n].name));
		metric[n].value = fact->value;
		metric[n].part = name->part;
	}
	return n;
}

size_t printed_metrics(const struct printed *printed, const struct printed_epoch *epoch,
		       struct phase_metric *metric, size_t room)
{
	return list_metrics(printed, &printed->fits.facts, epoch->metric, metric, 0, room);
}

size_t printed_results(const struct printed *printed, uint32_t result, struct phase_metric *metric,
		       size_t room)
{
	return list_metrics(printed, &printed->fits.results, result, metric, 0, room);
}

size_t printed_said(const struct printed *printed, uint32_t process, uint64_t from_ns,
		    struct phase_metric *metric, size_t room)
{
	size_t n = 0;

	for (size_t i = 0; i < printed->tellers; i++) {
		const struct teller *teller = &printed->teller[i];

		if (process && teller->process != process)
			continue;
		for (size_t k = 0; k < teller->voices; k++)
			for (size_t b = 0; b < teller->voice[k].befores; b++)
				if (teller->voice[k].before[b].last.t_ns >= from_ns)
					n = list_metrics(printed, &teller->budget.facts,
							 teller->voice[k].before[b].list, metric, n,
							 room);
	}
	return n < room ? n : room;
}
