/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Epochs by the clock that their lines print (took.h), where lines came late and nothing that was
 * computed, read or saved tells better; and when the first one began, of which no line tells.
 */
#include <stdlib.h>

#include "collector/phase/fuse_part.h"

#include "collector/saturate.h"

#define CLOCK_SLACK 0.15 /* epochs by a clock are as long as they were, but for so much in most */
#define CLOCK_SHARE                                                                                \
	1.35 /* and so much longer at most, where it stands still for a part of each               \
	      */

static bool has_clock(const struct printed_fit *p, const struct fuse_fit *fit)
{
	return p->told > 1 && p->told == fit->epochs && p->epoch[0].said_ns;
}

bool fuse_by_clock(const struct printed_fit *p, struct fuse_fit *fit, uint64_t from_ns,
		   uint64_t loaded_ns, uint64_t to_ns)
{
	if (!has_clock(p, fit))
		return false;
	const uint64_t last_ns = p->epoch[p->told - 1].said_ns;
	const uint64_t late_ns = saturate_sub(last_ns, to_ns);
	const uint64_t usual_ns = saturate_sub(last_ns, p->epoch[0].said_ns) / (p->told - 1);
	const uint64_t took_ns = p->epoch[0].took_ns ? p->epoch[0].took_ns : usual_ns;
	const uint64_t first_ns = saturate_sub(p->epoch[0].said_ns, late_ns);
	uint64_t start_ns = saturate_sub(first_ns, took_ns);

	if (first_ns <= from_ns)
		return false;
	if (!p->epoch[0].took_ns && loaded_ns > from_ns && loaded_ns < first_ns)
		from_ns = loaded_ns;
	start_ns = start_ns > from_ns ? start_ns : from_ns;
	for (size_t i = 0; i < fit->epochs; i++) {
		struct fuse_epoch *epoch = &fit->epoch[i];

		epoch->start_ns = start_ns;
		start_ns = saturate_sub(p->epoch[i].said_ns, late_ns);
		epoch->train_ns = epoch->end_ns = start_ns;
		epoch->confidence = 0.6;
	}
	return true;
}

/* What the clock says epoch i took, which is not the first one. */
static double clock_ns(const struct printed_fit *p, size_t i)
{
	return (double)saturate_sub(p->epoch[i].said_ns, p->epoch[i - 1].said_ns);
}

static double usual_clock_ns(const struct printed_fit *p)
{
	return (double)saturate_sub(p->epoch[p->told - 1].said_ns, p->epoch[0].said_ns) /
	       (double)(p->told - 1);
}

static int rising(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/*
 * How much longer epochs usually were than the clock says, `end_ns` being where each was over; 0
 * where three quarters of them do not agree on it.
 */
static double usual_share(const struct printed_fit *p, const uint64_t *end_ns)
{
	double share[255] = {0};
	size_t n = 0, alike = 0;

	for (size_t i = 1; i < p->told && n < sizeof(share) / sizeof(*share); i++)
		if (clock_ns(p, i) > 0)
			share[n++] =
				(double)saturate_sub(end_ns[i], end_ns[i - 1]) / clock_ns(p, i);
	if (!n)
		return 0;
	qsort(share, n, sizeof(*share), rising);
	const double usual = share[n / 2];
	for (size_t i = 0; i < n; i++)
		alike += share[i] > usual * (1 - CLOCK_SLACK) &&
			 share[i] < usual * (1 + CLOCK_SLACK);
	return 4 * alike >= 3 * n ? usual : 0;
}

uint64_t fuse_clock_start(const struct printed_fit *p, const uint64_t *end_ns)
{
	if (p->told < 3 || p->told != p->epochs || p->before || !p->epoch[0].took_ns)
		return 0;
	const double share = usual_share(p, end_ns);
	if (share < 1 - CLOCK_SLACK || share > CLOCK_SHARE)
		return 0;
	/* What it stands still for is an evaluation, say: no longer in an epoch that compiles. */
	const double took = (double)p->epoch[0].took_ns, usual = usual_clock_ns(p);
	const double still = (share - 1) * (took < usual ? took : usual);
	return saturate_sub(end_ns[0], (uint64_t)(took + still));
}

static uint64_t end_of(const struct fuse_fit *fit)
{
	return fit->epochs ? fit->epoch[fit->epochs - 1].end_ns : 0;
}

void fuse_begin_by_clock(const struct fuse_late *late, const struct printed_fit *p,
			 struct fuse_fit *fit)
{
	const size_t before = (size_t)(fit - late->fuse->fit);
	const uint64_t from_ns = before ? end_of(fit - 1) : late->from_ns;
	uint64_t *end_ns = calloc(fit->epochs + 1, sizeof(*end_ns)), start_ns = 0;

	for (size_t i = 0; end_ns && i < fit->epochs; i++)
		end_ns[i] = fit->epoch[i].end_ns;
	if (end_ns && p->told == fit->epochs)
		start_ns = fuse_clock_start(p, end_ns);
	free(end_ns);
	if (start_ns > from_ns && (late->guessed || start_ns < fit->epoch[0].start_ns))
		fit->epoch[0].start_ns = start_ns;
}
