/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fits whose lines all came late, as fuse_part.h promises them: the lines prove how many epochs
 * there were, kernels, passes, saves or the clocks that the lines print say when.
 */
#include <errno.h>

#include "collector/phase/fuse_part.h"
#include "collector/saturate.h"

/* Evenly over the time that is left: the count is proved, the rest is a guess, and says so. */
static void spread(struct fuse_fit *fit, uint64_t from_ns, uint64_t to_ns)
{
	for (size_t i = 0; i < fit->epochs; i++) {
		struct fuse_epoch *epoch = &fit->epoch[i];
		const double each = (double)saturate_sub(to_ns, from_ns) / (double)fit->epochs;

		epoch->start_ns = from_ns + (uint64_t)(each * (double)i);
		epoch->train_ns = epoch->end_ns = from_ns + (uint64_t)(each * (double)(i + 1));
		epoch->confidence = 0.3;
	}
}

/*
 * All of them one after another, as if they were one. Returns how well that goes, or 0; *loose: its
 * steps are dealt out, and nothing but their number says where.
 */
static double together(struct fuse_late *late, bool *loose)
{
	const size_t epochs = apart_epochs(late);
	size_t done = 0;
	struct cut cut;

	*loose = true;
	if (fuse_cut(late->told, late->fuse->fit[late->first].process, epochs, late->from_ns,
		     late->to_ns, &cut))
		return 0;
	for (size_t i = late->first; i < late->fuse->fits; i++) {
		fuse_take_epochs(late->told, &late->fuse->fit[i], &cut, done);
		done += late->fuse->fit[i].epochs;
	}
	const double score = cut.score;
	late->guessed = cut.guessed;
	*loose = cut.marked < 0.5 && cut.epoch[0].steps > 1;
	cut_free(&cut);
	return score;
}

/*
 * Between what was loaded to begin with and the lines: they came late, but what they tell of was
 * over by then, where they tell results.
 */
static void bounds(struct fuse_late *late)
{
	const struct printed_fit *p = NULL;

	for (size_t i = late->begin; i < late->end; i++)
		if (fuse_trains(late->told, &late->told->fit[i]))
			p = &late->told->fit[i];
	if (!p || !p->told)
		return;
	const struct printed_epoch *last = &p->epoch[p->told - 1];
	if (last->ends && last->last_ns > late->from_ns && last->last_ns < late->to_ns)
		late->to_ns = last->last_ns;
	const uint64_t half_ns = late->from_ns + saturate_sub(late->to_ns, late->from_ns) / 2;
	const uint64_t loaded_ns = fuse_loaded_ns(late->told, p->process, half_ns);
	if (loaded_ns > late->from_ns)
		late->from_ns = loaded_ns;
}

/* By the clocks of all, the last one first: each was over when the next began, none by from_ns. */
static bool by_clocks(const struct fuse_late *late, uint64_t from_ns)
{
	uint64_t to_ns = late->to_ns;

	for (size_t i = late->end, k = late->fuse->fits; i-- > late->begin && k > late->first;) {
		const struct printed_fit *p = &late->told->fit[i];

		if (!fuse_trains(late->told, p))
			continue;
		if (!fuse_by_clock(p, &late->fuse->fit[--k], from_ns, late->from_ns, to_ns))
			return false;
		to_ns = late->fuse->fit[k].epoch[0].start_ns;
	}
	return true;
}

/* No kernels tell: passes or saves do, or clocks that are printed, or nothing. */
static void without_kernels(struct fuse_late *late)
{
	const uint64_t from_ns = late->from_ns;
	bounds(late);
	const double all = (double)apart_epochs(late);
	const double span_ns = (double)saturate_sub(late->to_ns, late->from_ns);
	const bool alone = late->fuse->fits - late->first == 1;
	double done = 0;

	if (alone && (fuse_by_passes(late->told, &late->fuse->fit[late->first], late->to_ns) ||
		      fuse_by_saves(late->told, &late->fuse->fit[late->first])))
		return;
	if (by_clocks(late, from_ns))
		return;
	for (size_t i = late->first; i < late->fuse->fits; i++) {
		struct fuse_fit *fit = &late->fuse->fit[i];
		const double next = done + (double)fit->epochs;

		spread(fit, late->from_ns + (uint64_t)(span_ns * done / all),
		       late->from_ns + (uint64_t)(span_ns * next / all));
		done = next;
	}
}

int late_fits(struct fuse_late *late)
{
	size_t fits = 0;

	late->first = late->fuse->fits;
	for (size_t i = late->begin; i < late->end; i++)
		fits += fuse_trains(late->told, &late->told->fit[i]);
	for (size_t i = late->begin; i < late->end; i++) {
		const struct printed_fit *p = &late->told->fit[i];

		if (!fuse_trains(late->told, p))
			continue;
		const size_t epochs =
			fits == 1 && late->told->over
				? beyond_epochs(late->told, p, late->from_ns, late->to_ns)
				: fuse_epochs_of(p);
		if (!fuse_add(late->fuse, p->process, epochs))
			return -ENOMEM;
	}
	bool loose;
	const double score = together(late, &loose);
	if (score < 0.9 && late->fuse->fits - late->first > 1)
		apart_take(late, score);
	if (loose && late->fuse->fits - late->first == 1 &&
	    fuse_by_kernels(late->told, &late->fuse->fit[late->first], late->from_ns, late->to_ns))
		;
	else if (score == 0)
		without_kernels(late);
	for (size_t i = late->begin, k = late->first; i < late->end; i++)
		if (fuse_trains(late->told, &late->told->fit[i])) {
			fuse_begin_by_clock(late, &late->told->fit[i], &late->fuse->fit[k]);
			fuse_attach(&late->fuse->fit[k++], &late->told->fit[i]);
		}
	return 0;
}
