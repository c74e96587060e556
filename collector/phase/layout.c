/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Phases in the order of their start, parents before their children, ids counted from one.
 */
#include "collector/phase/layout.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define METRICS_MAX 64u /* of one epoch */

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t sooner(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Counted among its siblings, those that were forgotten included. */
static uint32_t next_index(const struct layout *layout, enum phase_kind kind, uint32_t parent)
{
	for (size_t i = layout->phases; i-- > 0 && layout->phase[i].id != parent;)
		if (layout->phase[i].parent == parent && layout->phase[i].kind == kind)
			return layout->phase[i].index + 1;
	return parent ? 1 : layout->settled.index[kind] + 1;
}

static void drop_metrics(struct layout *layout, struct phase *phase)
{
	free((void *)(uintptr_t)phase->metric);
	layout->metrics -= phase->metrics;
	phase->metric = NULL;
	phase->metrics = 0;
}

/* Returns the new phase, or NULL where memory is short. Later ones move it. */
static struct phase *add(struct layout *layout, enum phase_kind kind, uint32_t parent,
			 uint64_t start_ns, uint64_t end_ns)
{
	if (layout->phases == layout->room) {
		size_t room = layout->room ? 2 * layout->room : 64;
		struct phase *more = realloc(layout->phase, room * sizeof(*more));

		if (!more)
			return NULL;
		layout->phase = more;
		layout->room = room;
	}
	const uint32_t index = next_index(layout, kind, parent);
	struct phase *phase = &layout->phase[layout->phases];
	*phase = (struct phase){
		.id = layout->settled.ids + (uint32_t)(++layout->phases - layout->settled.phases),
		.parent = parent,
		.kind = kind,
		.index = index,
		.start_ns = start_ns,
		.end_ns = later(start_ns, end_ns),
	};
	return phase;
}

/* Gives a phase metrics of its own, in place of those that it has. */
static void set_metrics(struct layout *layout, size_t at, const struct phase_metric *metric,
			size_t n)
{
	struct phase *to = &layout->phase[at];
	struct phase_metric *own = NULL;

	drop_metrics(layout, to);
	if (n && layout->metrics + n <= LAYOUT_METRICS)
		own = malloc(n * sizeof(*own));
	if (!own)
		return;
	memcpy(own, metric, n * sizeof(*own));
	to->metric = own;
	to->metrics = n;
	layout->metrics += n;
}

static void add_metrics(struct layout *layout, const struct layout_told *told, size_t at,
			const struct fuse_epoch *epoch)
{
	struct phase_metric metric[METRICS_MAX];
	size_t n = epoch->printed
			   ? printed_metrics(told->printed, epoch->printed, metric, METRICS_MAX)
			   : 0;

	set_metrics(layout, at, metric, n < METRICS_MAX ? n : METRICS_MAX);
}

/*
 * What was said of a fit when it was over. A fit that printed nothing else is the last one's, if
 * something was said behind it.
 */
static void add_results(struct layout *layout, const struct layout_told *told, size_t at,
			const struct fuse_fit *fit, bool last)
{
	struct phase_metric metric[METRICS_MAX];
	size_t n = 0;

	if (layout->phase[at].open)
		; /* not yet */
	else if (fit->result)
		n = printed_results(told->printed, fit->result, metric, METRICS_MAX);
	else if (last)
		n = printed_said(told->printed, fit->process, layout->phase[at].end_ns, metric,
				 METRICS_MAX);
	set_metrics(layout, at, metric, n < METRICS_MAX ? n : METRICS_MAX);
}

/* ---- the parts of an epoch ---- */

/* The next save that begins in a span and has ended in it, or NULL. */
static const struct pass_time *next_save(const struct layout_told *told, uint64_t start_ns,
					 uint64_t end_ns)
{
	const struct pass_file *file;
	const struct pass_time *best = NULL;
	size_t n = pass_files(told->pass, &file);

	for (size_t i = 0; i < n; i++) {
		if (!file[i].saved || pass_is_output(file[i].name))
			continue;
		for (uint32_t k = 0; k < file[i].times; k++) {
			const struct pass_time *time = &file[i].time[k];

			if (time->begin_ns >= start_ns && time->end_ns <= end_ns &&
			    time->end_ns > time->begin_ns &&
			    (!best || time->begin_ns < best->begin_ns))
				best = time;
		}
	}
	return best;
}

struct part {
	enum phase_kind kind;
	uint32_t parent;
	uint64_t start_ns;
	uint64_t end_ns;
	uint64_t steps;
	const struct fuse_epoch *epoch;
};

static int add_part(struct layout *layout, const struct part *part, uint64_t start_ns,
		    uint64_t end_ns, enum phase_kind kind)
{
	if (start_ns >= end_ns)
		return 0;
	struct phase *phase = add(layout, kind, part->parent, start_ns, end_ns);
	if (!phase)
		return -ENOMEM;
	phase->steps = kind == PHASE_TRAIN ? part->steps : 0;
	phase->evidence = kind == PHASE_CHECKPOINT ? PHASE_BY_CHECKPOINTS : part->epoch->evidence;
	phase->confidence = part->epoch->confidence;
	phase->open = part->epoch->open && end_ns == part->epoch->end_ns;
	return 0;
}

/* A part, with the saves in it cut out. Steps go to its first piece. */
static int add_parts(struct layout *layout, const struct layout_told *told, struct part part)
{
	uint64_t at_ns = part.start_ns;
	const struct pass_time *save;
	int error = 0;

	while (!error && (save = next_save(told, at_ns, part.end_ns))) {
		error = add_part(layout, &part, at_ns, save->begin_ns, part.kind);
		if (save->begin_ns > at_ns)
			part.steps = 0;
		if (!error)
			error = add_part(layout, &part, save->begin_ns, save->end_ns,
					 PHASE_CHECKPOINT);
		at_ns = save->end_ns;
	}
	return error ? error : add_part(layout, &part, at_ns, part.end_ns, part.kind);
}

static int add_epoch(struct layout *layout, const struct layout_told *told, uint32_t id_of_fit,
		     const struct fuse_fit *fit, const struct fuse_epoch *epoch)
{
	const size_t at = layout->phases;
	struct phase *phase = add(layout, PHASE_EPOCH, id_of_fit, epoch->start_ns, epoch->end_ns);
	int error;

	if (!phase)
		return -ENOMEM;
	const uint32_t id = phase->id;
	phase->index = fit->before + epoch->index;
	phase->of = fit->of ? fit->before + fit->of : 0;
	phase->steps = epoch->steps;
	phase->evidence = epoch->evidence;
	phase->confidence = epoch->confidence;
	phase->open = epoch->open;
	add_metrics(layout, told, at, epoch);
	struct part part = {.kind = PHASE_TRAIN,
			    .parent = id,
			    .start_ns = epoch->start_ns,
			    .end_ns = epoch->evaluated ? epoch->train_ns : epoch->end_ns,
			    .steps = epoch->steps,
			    .epoch = epoch};
	error = add_parts(layout, told, part);
	part.kind = PHASE_EVALUATE;
	part.start_ns = part.end_ns;
	part.end_ns = epoch->end_ns;
	return error ? error : add_parts(layout, told, part);
}

/* ---- fits, and what lies beside them ---- */

static int by_start(const void *a, const void *b)
{
	const struct fuse_fit *x = *(const struct fuse_fit *const *)a;
	const struct fuse_fit *y = *(const struct fuse_fit *const *)b;
	const uint64_t x_ns = x->epoch[0].start_ns, y_ns = y->epoch[0].start_ns;

	return x_ns > y_ns ? 1 : x_ns < y_ns ? -1 : 0;
}

/* Notes who a fit is. */
static int know_fit(struct layout *layout, size_t at, const struct fuse_fit *fit)
{
	if (layout->fits == layout->fit_room) {
		const size_t room = layout->fit_room ? 2 * layout->fit_room : 8;
		struct layout_fit *more = realloc(layout->fit, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		layout->fit = more;
		layout->fit_room = room;
	}
	layout->fit[layout->fits++] =
		(struct layout_fit){at, fit->process, fit->first_line, fit->timed};
	return 0;
}

/* The epochs of a fit from `first` on. */
static int add_epochs(struct layout *layout, const struct layout_told *told, size_t at,
		      const struct fuse_fit *fit, size_t first)
{
	const uint32_t id = layout->phase[at].id;
	int error = know_fit(layout, at, fit);

	for (size_t i = first; i < fit->epochs && !error; i++)
		error = add_epoch(layout, told, id, fit, &fit->epoch[i]);
	return error;
}

static uint64_t steps_of(const struct fuse_fit *fit, size_t first)
{
	uint64_t steps = 0;

	for (size_t i = first; i < fit->epochs; i++)
		steps += fit->epoch[i].steps;
	return steps;
}

static int add_fit(struct layout *layout, const struct layout_told *told,
		   const struct fuse_fit *fit)
{
	const size_t last = fit->epochs - 1, at = layout->phases;
	struct phase *phase =
		add(layout, PHASE_FIT, 0, fit->epoch[0].start_ns, fit->epoch[last].end_ns);

	if (!phase)
		return -ENOMEM;
	phase->evidence = fit->evidence;
	phase->confidence = fit->confidence;
	phase->open = fit->epoch[last].open;
	phase->steps = steps_of(fit, 0);
	add_results(layout, told, at, fit, false);
	return add_epochs(layout, told, at, fit, 0);
}

/* More of the fit that is settled in part: its epochs from `first` on. `fit` NULL: no more came. */
static int continue_fit(struct layout *layout, const struct layout_told *told,
			const struct fuse_fit *fit, size_t first)
{
	const struct layout_settled *settled = &layout->settled;
	struct phase *phase = &layout->phase[settled->fit.at];
	const double more = fit ? (double)(fit->epochs - first) : 0;

	phase->end_ns = settled->end_ns;
	phase->beside = 0;
	phase->open = false;
	phase->steps = settled->steps;
	phase->evidence = settled->evidence;
	phase->confidence = (settled->confidence + (fit ? fit->confidence * more : 0)) /
			    ((double)settled->epochs + more);
	if (!fit)
		return 0;
	phase->end_ns = fit->epoch[fit->epochs - 1].end_ns;
	phase->open = fit->epoch[fit->epochs - 1].open;
	phase->steps += steps_of(fit, first);
	phase->evidence |= fit->evidence;
	add_results(layout, told, settled->fit.at, fit, false);
	return add_epochs(layout, told, settled->fit.at, fit, first);
}

static int add_beside(struct layout *layout, enum phase_kind kind, uint64_t start_ns,
		      uint64_t end_ns, const struct fuse_fit *by)
{
	if (start_ns >= end_ns)
		return 0;
	struct phase *phase = add(layout, kind, 0, start_ns, end_ns);
	if (!phase)
		return -ENOMEM;
	phase->evidence = by->evidence;
	phase->confidence = by->confidence;
	return 0;
}

/* Fits that ran side by side cannot both be laid out: the first stands for them. */
static bool is_beside(const struct fuse_fit *fit, uint64_t free_ns)
{
	const uint64_t start_ns = fit->epoch[0].start_ns;
	const uint64_t end_ns = fit->epoch[fit->epochs - 1].end_ns;

	return start_ns < free_ns &&
	       (end_ns <= free_ns || free_ns - start_ns > (end_ns - start_ns) / 10);
}

/*
 * Those of other processes that lie in the last fit's time, mostly. What is settled and judged
 * again lies before it.
 */
static void count_beside(struct layout *layout, const struct fuse_fit *fit)
{
	const struct layout_fit *last = layout->fits ? &layout->fit[layout->fits - 1] : NULL;

	if (!last || last->process == fit->process)
		return;
	struct phase *phase = &layout->phase[last->at];
	const uint64_t start_ns = fit->epoch[0].start_ns;
	const uint64_t end_ns = fit->epoch[fit->epochs - 1].end_ns;
	const uint64_t from_ns = later(start_ns, phase->start_ns);
	const uint64_t to_ns = sooner(end_ns, phase->end_ns);
	if (to_ns > from_ns && to_ns - from_ns > (end_ns - start_ns) / 10)
		phase->beside++;
}

static void clip(struct fuse_fit *fit, uint64_t from_ns)
{
	for (size_t i = 0; i < fit->epochs; i++) {
		fit->epoch[i].start_ns = later(fit->epoch[i].start_ns, from_ns);
		fit->epoch[i].train_ns = later(fit->epoch[i].train_ns, from_ns);
		fit->epoch[i].end_ns = later(fit->epoch[i].end_ns, from_ns);
	}
}

/* The fit that goes on behind the settled part of it, `first` on, or NULL. */
static struct fuse_fit *take_more(const struct layout_settled *settled, struct fuse_fit **fit,
				  size_t n, size_t *first)
{
	for (size_t i = 0; settled->goes_on && i < n; i++) {
		const struct fuse_fit *one = fit[i];

		if (!one->first_line || one->process != settled->fit.process ||
		    one->first_line != settled->fit.first_line)
			continue;
		*first = settled->told - one->before;
		return one->before <= settled->told && *first < one->epochs ? fit[i] : NULL;
	}
	return NULL;
}

static int lay_out(struct layout *layout, const struct layout_told *told, struct fuse_fit **fit,
		   size_t n)
{
	const struct layout_settled *settled = &layout->settled;
	size_t first = 0;
	struct fuse_fit *const more = take_more(settled, fit, n, &first);
	const struct fuse_fit *last = NULL;
	uint64_t free_ns = settled->end_ns;
	int error = 0;

	if (settled->goes_on) {
		if (more)
			clip(more, free_ns);
		error = continue_fit(layout, told, more, first);
		last = more;
		free_ns = layout->phase[settled->fit.at].end_ns;
	}
	for (size_t i = 0; i < n && !error; i++) {
		if (fit[i] == more)
			continue;
		if (is_beside(fit[i], free_ns)) {
			count_beside(layout, fit[i]);
			continue;
		}
		clip(fit[i], free_ns);
		error = add_beside(layout, last || settled->end_ns ? PHASE_PAUSE : PHASE_STARTUP,
				   free_ns, fit[i]->epoch[0].start_ns, fit[i]);
		if (!error)
			error = add_fit(layout, told, fit[i]);
		last = fit[i];
		free_ns = last->epoch[last->epochs - 1].end_ns;
	}
	if (!error && layout->fits && last)
		add_results(layout, told, layout->fit[layout->fits - 1].at, last, true);
	if (!error && last && told->over)
		error = add_beside(layout, PHASE_TEARDOWN, free_ns, told->now_ns, last);
	return error;
}

int layout_make(struct layout *layout, const struct layout_told *told)
{
	struct fuse_fit **fit = calloc(told->fuse->fits + 1, sizeof(struct fuse_fit *));
	size_t n = 0;
	int error;

	if (!fit)
		return -ENOMEM;
	while (layout->phases > layout->settled.phases)
		drop_metrics(layout, &layout->phase[--layout->phases]);
	layout->fits = 0;
	layout->computed = told->computed;
	for (size_t i = 0; i < told->fuse->fits; i++)
		if (told->fuse->fit[i].epochs)
			fit[n++] = &told->fuse->fit[i];
	qsort(fit, n, sizeof(struct fuse_fit *), by_start);
	error = lay_out(layout, told, fit, n);
	free(fit);
	for (size_t i = 0; i < layout->phases; i++) {
		struct phase *phase = &layout->phase[i];

		phase->end_ns = sooner(phase->end_ns, later(told->now_ns, phase->start_ns));
		phase->final |= told->over;
	}
	return error;
}

void layout_free(struct layout *layout)
{
	while (layout->phases)
		drop_metrics(layout, &layout->phase[--layout->phases]);
	free(layout->phase);
	free(layout->fit);
	free(layout->seen);
	*layout = (struct layout){0};
}

/* ---- what is settled (settle.c), and known to who asked ---- */

static void forget_one(struct layout_settled *settled, const struct phase *phase)
{
	settled->phases--;
	if (!phase->parent)
		settled->index[phase->kind] = phase->index;
}

void layout_forget(struct layout *layout, uint32_t id)
{
	struct layout_settled *settled = &layout->settled;
	const size_t before = settled->phases;
	size_t kept = 0;

	for (size_t i = 0; i < layout->phases; i++) {
		struct phase *phase = &layout->phase[i];

		if (i < before && phase->final && phase->id <= id) {
			forget_one(settled, phase);
			drop_metrics(layout, phase);
			continue;
		}
		if (settled->goes_on && settled->fit.at == i)
			settled->fit.at = kept;
		layout->phase[kept++] = *phase;
	}
	layout->phases = kept;
}
