/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What pauses between kernels tell: the groups of a thread of few kernels, and where a first epoch
 * begins.
 */
#include <errno.h>
#include <stdlib.h>

#include "collector/phase/cut.h"

#include "collector/saturate.h"

/* Groups that take less of their epoch than this stand between epochs. */
#define BETWEEN 0.5

struct span {
	uint64_t start_ns;
	uint64_t end_ns;
	uint64_t pause_ns; /* before it */
};

/* The kernels within the times. Returns how many, 0 where that is not known; *span to be freed. */
static size_t collect(const struct loop *loop, uint64_t from_ns, uint64_t to_ns, struct span **span)
{
	const uint64_t n = loop_events(loop);
	size_t kept = 0;

	*span = n && n <= LOOP_RING ? calloc(n, sizeof(**span)) : NULL;
	for (uint64_t i = 0; *span && i < n; i++) {
		struct span one = {0};

		loop_recent(loop, i, &one.start_ns, &one.end_ns);
		if (one.start_ns < from_ns || one.end_ns > to_ns)
			continue;
		if (kept)
			one.pause_ns = saturate_sub(one.start_ns, (*span)[kept - 1].end_ns);
		(*span)[kept++] = one;
	}
	return kept;
}

static int falling(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? 1 : x > y ? -1 : 0;
}

/* The shortest of the so many longest pauses; 0 where the next one is as long. */
static uint64_t least_pause(const struct span *span, size_t n, size_t pauses)
{
	uint64_t *pause = calloc(n + 1, sizeof(*pause));
	uint64_t least_ns = 0;

	for (size_t i = 1; pause && i < n; i++)
		pause[i - 1] = span[i].pause_ns;
	if (pause) {
		qsort(pause, n - 1, sizeof(*pause), falling);
		if (pauses == n - 1 || pause[pauses - 1] > pause[pauses])
			least_ns = pause[pauses - 1];
	}
	free(pause);
	return least_ns;
}

/* Groups of kernels between pauses. False where they are not as many, or not alike. */
static bool divide(const struct span *span, size_t n, uint64_t least_ns, struct cut *cut,
		   size_t epochs)
{
	const size_t each = n / epochs;

	for (size_t i = 0; i < n; i++) {
		const bool begins = !i || span[i].pause_ns >= least_ns;

		if (begins != (i % each == 0))
			return false;
		if (begins)
			cut->epoch[cut->epochs++].start_ns = span[i].start_ns;
		cut->epoch[cut->epochs - 1].end_ns = span[i].end_ns;
	}
	return cut->epochs == epochs;
}

/* From one group's end to the next one's; the first takes as long as usual. */
static void stretch(struct cut *cut, uint64_t from_ns, uint64_t *length_ns)
{
	const size_t n = cut->epochs - 1;

	for (size_t i = n; i > 0; i--) {
		cut->epoch[i].start_ns = cut->epoch[i - 1].end_ns;
		length_ns[i - 1] = saturate_sub(cut->epoch[i].end_ns, cut->epoch[i].start_ns);
	}
	qsort(length_ns, n, sizeof(*length_ns), falling);
	const uint64_t begin_ns = saturate_sub(cut->epoch[0].end_ns, length_ns[n / 2]);
	cut->epoch[0].start_ns = begin_ns > from_ns ? begin_ns : from_ns;
}

int cut_groups(const struct loop *loop, size_t epochs, uint64_t from_ns, uint64_t to_ns,
	       struct cut *cut)
{
	struct span *span;
	const size_t n = collect(loop, from_ns, to_ns, &span);
	uint64_t busy_ns = 0;
	bool found = false, between = false;

	*cut = (struct cut){.loop = loop, .even = 1, .marked = 1, .score = 0.4};
	if (epochs > 1 && n && n % epochs == 0)
		cut->epoch = calloc(epochs + 1, sizeof(*cut->epoch));
	if (cut->epoch) {
		const uint64_t least_ns = least_pause(span, n, epochs - 1);

		found = least_ns && divide(span, n, least_ns, cut, epochs);
	}
	for (size_t i = 0; found && i < epochs; i++)
		busy_ns += saturate_sub(cut->epoch[i].end_ns, cut->epoch[i].start_ns);
	if (found &&
	    (double)busy_ns < BETWEEN * (double)saturate_sub(span[n - 1].end_ns, span[0].start_ns))
		between = true;
	uint64_t *length_ns = between ? calloc(epochs + 1, sizeof(*length_ns)) : NULL;
	if (length_ns)
		stretch(cut, from_ns, length_ns);
	cut->guessed = between;
	free(length_ns);
	for (size_t i = 0; found && i < epochs; i++)
		cut->epoch[i].train_ns = cut->epoch[i].end_ns;
	free(span);
	if (!found)
		cut_free(cut);
	return found ? 0 : -ENOENT;
}

/* Nine of ten pauses between kernels from `first` on are no longer. 0 where that means nothing. */
static uint64_t usual_pause(const struct loop *loop, uint64_t first)
{
	uint64_t pause[256], start_ns, end_ns, before_ns = 0;
	size_t n = 0;

	for (uint64_t i = first; n < 256 && loop_recent(loop, i, &start_ns, &end_ns); i++) {
		/* Asked for before the last one had ended: pauses are the queue's, not the
		 * program's. */
		if (before_ns > start_ns)
			return 0;
		if (before_ns)
			pause[n++] = start_ns - before_ns;
		before_ns = end_ns;
	}
	if (n < 10)
		return 0;
	qsort(pause, n, sizeof(*pause), falling);
	return pause[n / 10];
}

/* The stretch that ends where the first step begins, or NULL: what is repeated is another thing. */
static const struct loop_item *stretch_before(const struct fold *fold, uint64_t first)
{
	const struct fold_level *level = &fold->level[0];

	for (size_t i = 0; i < level->items; i++)
		if (level->item[i].kind == LOOP_STRETCH &&
		    level->item[i].first + level->item[i].events == first)
			return &level->item[i];
	return NULL;
}

void cut_settle_in(struct cut *cut, const struct fold *fold)
{
	struct cut_epoch *epoch = &cut->epoch[0];
	const struct loop_item *before = stretch_before(fold, epoch->first);
	const uint64_t most_ns = before ? 3 * usual_pause(fold->loop, epoch->first) : 0;
	uint64_t next_ns = epoch->start_ns, start_ns, end_ns;

	for (uint64_t i = epoch->first; most_ns && i-- > before->first;) {
		if (!loop_recent(fold->loop, i, &start_ns, &end_ns) || end_ns > next_ns ||
		    next_ns - end_ns > most_ns)
			break;
		next_ns = start_ns;
	}
	if (next_ns < epoch->start_ns)
		epoch->start_ns = next_ns;
}
