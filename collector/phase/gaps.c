/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is idle between two epochs: whose it is.
 */
#include <stdlib.h>

#include "collector/phase/fuse_part.h"

#include "collector/saturate.h"

#define GAPS 255u /* that are looked at */

/* The last save that ended in a span, or 0. */
static uint64_t saved_in(const struct pass *pass, uint64_t from_ns, uint64_t to_ns)
{
	const struct pass_file *file;
	const size_t n = pass_files(pass, &file);
	uint64_t last_ns = 0;

	for (size_t i = 0; i < n; i++)
		for (uint32_t k = 0; file[i].saved && k < file[i].times; k++) {
			const uint64_t end_ns = file[i].time[k].end_ns;

			if (end_ns >= from_ns && end_ns <= to_ns && end_ns > last_ns)
				last_ns = end_ns;
		}
	return last_ns;
}

/* When the save ended that comes behind the last epoch as its like behind each, or 0. */
static uint64_t saved_at_end(const struct pass_file *file, const struct fuse_fit *fit,
			     uint64_t to_ns)
{
	uint32_t k = 0;

	for (size_t i = 0; file->saved && i < fit->epochs; i++) {
		const bool last = i + 1 == fit->epochs;
		const uint64_t before_ns = last ? to_ns : fit->epoch[i + 1].start_ns;

		while (k < file->times && file->time[k].end_ns < fit->epoch[i].end_ns)
			k++;
		if (k == file->times || file->time[k].end_ns > before_ns)
			return 0;
	}
	return file->saved ? file->time[k].end_ns : 0;
}

static void close_last(const struct pass *pass, struct fuse_fit *fit, uint64_t to_ns)
{
	const struct pass_file *file;
	const size_t n = fit->epochs > 2 ? pass_files(pass, &file) : 0;
	struct fuse_epoch *last = &fit->epoch[fit->epochs - 1];
	uint64_t edge_ns = 0;

	for (size_t i = 0; i < n; i++) {
		const uint64_t end_ns = saved_at_end(&file[i], fit, to_ns);

		edge_ns = end_ns > edge_ns ? end_ns : edge_ns;
	}
	if (!edge_ns)
		return;
	if (last->train_ns == last->end_ns && !last->evaluated)
		last->train_ns = edge_ns;
	last->end_ns = edge_ns;
}

struct idle {
	uint64_t usual_ns; /* between epochs: half of the gaps are no longer */
	uint64_t tail_ns;  /* behind the last one, where that tells how epochs end; else 0 */
	bool always;	   /* all epochs begin with much that no kernel tells of */
};

static uint64_t idle_behind(const struct fuse_fit *fit, size_t i)
{
	return saturate_sub(fit->epoch[i + 1].start_ns, fit->epoch[i].end_ns);
}

static int rising(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x > y ? 1 : x < y ? -1 : 0;
}

/* All are as the last one, but for what a machine that others use adds to some. */
static struct idle look_at(const struct fuse_fit *fit)
{
	uint64_t ns[GAPS] = {0};
	size_t n = 0;

	for (; n < GAPS && n + 1 < fit->epochs; n++)
		ns[n] = idle_behind(fit, n);
	if (!n)
		return (struct idle){0};
	qsort(ns, n, sizeof(*ns), rising);
	const uint64_t usual_ns = ns[(n - 1) / 2];
	const bool tells = fit->tail_ns && fit->tail_ns < usual_ns;
	return (struct idle){
		.usual_ns = usual_ns,
		.tail_ns = tells ? fit->tail_ns : 0,
		.always = tells && fit->tail_ns < ns[0] / 2 && ns[0] >= ns[n - 1] / 2,
	};
}

/* How much of what is idle behind an epoch is its own. */
static uint64_t own_idle(const struct idle *idle, uint64_t ns)
{
	if (!idle->tail_ns)
		return ns / 2;
	return (idle->tail_ns < ns ? idle->tail_ns : ns) + saturate_sub(ns, idle->usual_ns) / 2;
}

/*
 * Each epoch but the first begins with its round over the data: behind what the one before
 * computed, and long before its own end. What is read in rounds of threads that are ahead is not
 * so.
 */
static bool begin_with(const struct fuse_fit *fit, const struct pass_time *round)
{
	for (size_t i = 1; i < fit->epochs; i++) {
		const struct fuse_epoch *epoch = &fit->epoch[i];
		const uint64_t width_ns = saturate_sub(epoch->end_ns, epoch->start_ns);

		if (round[i].begin_ns + width_ns / 50 < epoch[-1].end_ns ||
		    round[i].begin_ns > epoch->start_ns + width_ns / 4)
			return false;
	}
	return true;
}

/* The rounds over the data that epochs begin with, one each, or NULL; to be freed. */
static struct pass_time *rounds_of(const struct pass *pass, const struct fuse_fit *fit)
{
	struct pass_time *round = NULL;
	bool alone;

	if (fit->epochs > 2 && fit->epochs <= PASS_TIMES)
		round = calloc(PASS_TIMES, sizeof(*round));
	if (round && (pass_rounds(pass, round, PASS_TIMES, &alone) != fit->epochs ||
		      !begin_with(fit, round))) {
		free(round);
		round = NULL;
	}
	return round;
}

/* Where in what is idle behind an epoch the next one begins for certain, or 0. */
static uint64_t edge_in(const struct pass *pass, const struct pass_time *round,
			const struct fuse_fit *fit, size_t i)
{
	const uint64_t from_ns = fit->epoch[i].end_ns, to_ns = fit->epoch[i + 1].start_ns;
	const uint64_t saved_ns = from_ns < to_ns ? saved_in(pass, from_ns, to_ns) : 0;

	if (saved_ns || !round || from_ns >= to_ns)
		return saved_ns;
	return round[i + 1].begin_ns >= from_ns && round[i + 1].begin_ns <= to_ns
		       ? round[i + 1].begin_ns
		       : 0;
}

/* What all others begin with, the first does: reading the data, or at least so long a time. */
static void begin_first(struct fuse_epoch *first, const struct pass_time *round, uint64_t from_ns,
			uint64_t lead_ns)
{
	const uint64_t read_ns = round ? saturate_sub(first->start_ns, round[0].begin_ns) : 0;

	if (read_ns && round[0].begin_ns > from_ns &&
	    read_ns < saturate_sub(first->end_ns, first->start_ns))
		first->start_ns = round[0].begin_ns;
	else if (saturate_sub(first->start_ns, from_ns) > lead_ns)
		first->start_ns -= lead_ns;
}

void gaps_close(const struct pass *pass, struct fuse_fit *fit, uint64_t from_ns, uint64_t to_ns)
{
	uint64_t lead_ns = fit->epochs > 2 ? UINT64_MAX : 0;
	const struct idle idle = look_at(fit);
	struct pass_time *round = rounds_of(pass, fit);

	if (fit->epochs)
		close_last(pass, fit, to_ns);
	for (size_t i = 0; i + 1 < fit->epochs; i++) {
		struct fuse_epoch *one = &fit->epoch[i], *next = &fit->epoch[i + 1];
		const uint64_t idle_ns = idle_behind(fit, i);
		const bool steps_to_end = one->train_ns == one->end_ns;

		uint64_t edge_ns = edge_in(pass, round, fit, i);
		if (!idle_ns || (idle_ns > saturate_sub(one->end_ns, one->start_ns) / 2 &&
				 !idle.always && !edge_ns)) {
			lead_ns = 0;
			continue;
		}
		if (!edge_ns)
			edge_ns = one->end_ns + own_idle(&idle, idle_ns);
		if (saturate_sub(next->start_ns, edge_ns) < lead_ns)
			lead_ns = saturate_sub(next->start_ns, edge_ns);
		one->end_ns = next->start_ns = edge_ns;
		if (steps_to_end && !one->evaluated)
			one->train_ns = edge_ns;
	}
	if (fit->epochs)
		begin_first(&fit->epoch[0], round, from_ns, lead_ns);
	free(round);
}
