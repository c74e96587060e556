/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Several trainings of one run whose lines all came late, told apart by the bodies of kernels that
 * take turns (span.h).
 */
#include <math.h>
#include <stdlib.h>

#include "collector/phase/fuse_part.h"
#include "collector/phase/span.h"

size_t apart_epochs(const struct fuse_late *late)
{
	size_t epochs = 0;

	for (size_t i = late->first; i < late->fuse->fits; i++)
		epochs += late->fuse->fit[i].epochs;
	return epochs;
}

/*
 * How many of the fits, from `first` on, a span holds: one, where there are as many spans as fits;
 * else, since the data is the same for all, as many as its share of the steps has epochs for.
 * 0: the epochs of no number of them.
 */
static size_t fits_in(const struct fuse_late *late, const struct span *span, size_t spans,
		      size_t at, size_t first, size_t *epochs)
{
	const size_t end = late->fuse->fits;
	double steps = 0, share;

	*epochs = late->fuse->fit[first].epochs;
	if (spans == end - late->first)
		return 1;
	for (size_t i = 0; i < spans; i++)
		steps += (double)span[i].steps;
	share = (double)span[at].steps / steps * (double)apart_epochs(late);
	*epochs = 0;
	for (size_t i = first; i < end; i++) {
		*epochs += late->fuse->fit[i].epochs;
		if (fabs((double)*epochs - share) < 0.2)
			return i + 1 - first;
	}
	return 0;
}

/* One training is over when the next begins. */
static bool follows(const struct cut *before, const struct cut *cut)
{
	return cut->epoch[0].start_ns >= before->epoch[before->epochs - 1].train_ns;
}

/* What is made of each span in turn; all of it to be freed, whatever is returned: how well it goes.
 */
static double cut_apart(const struct fuse_late *late, const struct span *span, size_t spans,
			struct cut *cut)
{
	size_t fit = late->first, epochs;
	double score = 0;

	for (size_t i = 0; i < spans; i++) {
		const uint64_t from_ns = i ? span[i - 1].end_ns : late->from_ns;
		const uint64_t to_ns = i + 1 < spans ? span[i + 1].start_ns : late->to_ns;
		size_t n;

		if (fit == late->fuse->fits)
			return 0;
		n = fits_in(late, span, spans, i, fit, &epochs);
		if (!n || fuse_cut(late->told, late->fuse->fit[fit].process, epochs, from_ns, to_ns,
				   &cut[i]))
			return 0;
		if (i && !follows(&cut[i - 1], &cut[i]))
			return 0;
		score += cut[i].score / (double)spans;
		fit += n;
	}
	return fit == late->fuse->fits ? score : 0;
}

static void take_apart(const struct fuse_late *late, struct cut *cut)
{
	size_t done = 0;

	for (size_t i = late->first; i < late->fuse->fits; i++) {
		struct fuse_fit *fit = &late->fuse->fit[i];

		if (done == cut->epochs) {
			cut++;
			done = 0;
		}
		fuse_take_epochs(late->told, fit, cut, done);
		done += fit->epochs;
	}
}

/* By the bodies of one level of a lane, if that goes better. */
static void by_level(const struct fuse_late *late, const struct fold_level *level, double *best)
{
	const size_t n = late->fuse->fits - late->first;
	struct span *span = calloc(n + 1, sizeof(*span));
	struct cut *cut = calloc(n, sizeof(*cut));

	for (size_t bodies = 2; span && cut && bodies <= SPAN_BODIES; bodies++) {
		const size_t spans = span_find(level, bodies, n, span);
		const double score = spans > 1 ? cut_apart(late, span, spans, cut) : 0;

		if (score > *best) {
			take_apart(late, cut);
			*best = score;
		}
		for (size_t i = 0; i < spans; i++)
			cut_free(&cut[i]);
		if (!spans)
			break;
	}
	free(cut);
	free(span);
}

void apart_take(const struct fuse_late *late, double better_than)
{
	for (size_t i = 0; i < late->told->lanes; i++) {
		const struct fold *fold = &late->told->lane[i].fold;

		for (unsigned at = 0; at < fold->levels; at++)
			by_level(late, &fold->level[at], &better_than);
	}
}
