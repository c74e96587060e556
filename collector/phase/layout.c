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
	struct phase *phase = &layout->phase[layout->phases++];
	*phase = (struct phase){
		.id = (uint32_t)layout->phases,
		.parent = parent,
		.kind = kind,
		.index = 1,
		.start_ns = start_ns,
		.end_ns = later(start_ns, end_ns),
	};
	/* Counted among its siblings. */
	for (size_t i = layout->phases - 1; i-- > parent;)
		if (layout->phase[i].parent == parent && layout->phase[i].kind == kind) {
			phase->index = layout->phase[i].index + 1;
			break;
		}
	return phase;
}

static void add_metrics(struct layout *layout, const struct layout_told *told, size_t phase,
			const struct fuse_epoch *epoch)
{
	struct phase *to = &layout->phase[phase];

	if (!epoch->printed || layout->metrics + METRICS_MAX > LAYOUT_METRICS)
		return;
	if (layout->metrics + METRICS_MAX > layout->metric_room) {
		size_t room = 2 * layout->metric_room + METRICS_MAX;
		struct phase_metric *more = realloc(layout->metric, room * sizeof(*more));

		if (!more)
			return;
		layout->metric = more;
		layout->metric_room = room;
	}
	size_t n = printed_metrics(told->printed, epoch->printed, layout->metric + layout->metrics,
				   METRICS_MAX);
	to->metrics = n < METRICS_MAX ? n : METRICS_MAX;
	layout->metrics += to->metrics;
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

static int add_epoch(struct layout *layout, const struct layout_told *told, uint32_t fit,
		     const struct fuse_epoch *epoch)
{
	struct phase *phase = add(layout, PHASE_EPOCH, fit, epoch->start_ns, epoch->end_ns);
	int error;

	if (!phase)
		return -ENOMEM;
	const uint32_t id = phase->id;
	phase->index = epoch->index;
	phase->steps = epoch->steps;
	phase->evidence = epoch->evidence;
	phase->confidence = epoch->confidence;
	phase->open = epoch->open;
	add_metrics(layout, told, id - 1, epoch);
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

static int add_fit(struct layout *layout, const struct layout_told *told,
		   const struct fuse_fit *fit)
{
	const size_t last = fit->epochs - 1;
	struct phase *phase =
		add(layout, PHASE_FIT, 0, fit->epoch[0].start_ns, fit->epoch[last].end_ns);
	int error = 0;

	if (!phase)
		return -ENOMEM;
	const uint32_t id = phase->id;
	phase->of = 0;
	phase->evidence = fit->evidence;
	phase->confidence = fit->confidence;
	phase->open = fit->epoch[last].open;
	for (size_t i = 0; i <= last; i++)
		phase->steps += fit->epoch[i].steps;
	for (size_t i = 0; i <= last && !error; i++) {
		const size_t epoch = layout->phases;

		error = add_epoch(layout, told, id, &fit->epoch[i]);
		if (!error)
			layout->phase[epoch].of = fit->of;
	}
	return error;
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

static void clip(struct fuse_fit *fit, uint64_t from_ns)
{
	for (size_t i = 0; i < fit->epochs; i++) {
		fit->epoch[i].start_ns = later(fit->epoch[i].start_ns, from_ns);
		fit->epoch[i].train_ns = later(fit->epoch[i].train_ns, from_ns);
		fit->epoch[i].end_ns = later(fit->epoch[i].end_ns, from_ns);
	}
}

static int lay_out(struct layout *layout, const struct layout_told *told, struct fuse_fit **fit,
		   size_t n)
{
	uint64_t free_ns = 0;
	const struct fuse_fit *last = NULL;
	int error = 0;

	for (size_t i = 0; i < n && !error; i++) {
		if (is_beside(fit[i], free_ns))
			continue;
		clip(fit[i], free_ns);
		error = add_beside(layout, last ? PHASE_PAUSE : PHASE_STARTUP, free_ns,
				   fit[i]->epoch[0].start_ns, fit[i]);
		if (!error)
			error = add_fit(layout, told, fit[i]);
		last = fit[i];
		free_ns = last->epoch[last->epochs - 1].end_ns;
	}
	if (!error && last && told->over)
		error = add_beside(layout, PHASE_TEARDOWN, free_ns, told->now_ns, last);
	return error;
}

int layout_make(struct layout *layout, const struct layout_told *told)
{
	struct fuse_fit **fit = calloc(told->fuse->fits + 1, sizeof(struct fuse_fit *));
	size_t n = 0, metric = 0;
	int error;

	if (!fit)
		return -ENOMEM;
	layout->phases = layout->metrics = 0;
	for (size_t i = 0; i < told->fuse->fits; i++)
		if (told->fuse->fit[i].epochs)
			fit[n++] = &told->fuse->fit[i];
	qsort(fit, n, sizeof(struct fuse_fit *), by_start);
	error = lay_out(layout, told, fit, n);
	free(fit);
	for (size_t i = 0; i < layout->phases; i++) {
		struct phase *phase = &layout->phase[i];

		phase->end_ns = sooner(phase->end_ns, later(told->now_ns, phase->start_ns));
		phase->final = told->over;
		phase->metric = phase->metrics ? &layout->metric[metric] : NULL;
		metric += phase->metrics;
	}
	return error;
}

void layout_free(struct layout *layout)
{
	free(layout->phase);
	free(layout->metric);
	*layout = (struct layout){0};
}
