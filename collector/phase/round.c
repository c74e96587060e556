/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Epochs whose lines came late and whose kernels are no loop of steps: rounds over the data's
 * files, saves, or rounds that some kernel began, or ended, once each (seldom.h).
 */
#include <stdlib.h>

#include "collector/phase/fuse_part.h"
#include "collector/phase/seldom.h"

#include "collector/saturate.h"

#define CONFIDENCE 0.75

/*
 * What is read at once is worked on afterwards, for as long as usual, unless something is printed
 * or saved before.
 */
static uint64_t end_of_rounds(const struct fuse_told *told, const struct pass_time *round, size_t n,
			      uint64_t to_ns)
{
	const struct pass_time *last = &round[n - 1];
	uint64_t end_ns = last->end_ns;

	if (n > 1)
		end_ns = last->begin_ns + saturate_sub(last->begin_ns, round[0].begin_ns) / (n - 1);
	if (end_ns > to_ns)
		end_ns = to_ns;
	return end_ns > last->end_ns ? fuse_next_mark(told, last->end_ns, end_ns) : last->end_ns;
}

/* Passes over the data: as many as epochs, or one more to learn the words before. Else 0. */
static size_t rounds_of(const struct fuse_told *told, size_t epochs, struct pass_time *round)
{
	bool alone;
	const size_t n = round ? pass_rounds(told->pass, round, PASS_TIMES, &alone) : 0;

	return n <= PASS_TIMES && (n == epochs || n == epochs + 1) ? n : 0;
}

bool fuse_by_passes(const struct fuse_told *told, struct fuse_fit *fit, uint64_t to_ns)
{
	struct pass_time *round = calloc(PASS_TIMES, sizeof(*round));
	const size_t n = rounds_of(told, fit->epochs, round);

	for (size_t i = 0; n && i < fit->epochs; i++) {
		const size_t k = i + n - fit->epochs;
		struct fuse_epoch *epoch = &fit->epoch[i];

		epoch->start_ns = round[k].begin_ns;
		epoch->end_ns =
			k + 1 < n ? round[k + 1].begin_ns : end_of_rounds(told, round, n, to_ns);
		epoch->train_ns = epoch->end_ns;
		epoch->evidence |= PHASE_BY_FILES;
		epoch->confidence = 0.7;
	}
	free(round);
	return n;
}

bool fuse_by_saves(const struct fuse_told *told, struct fuse_fit *fit)
{
	const struct pass_file *saves = pass_saves(told->pass);

	if (!saves || saves->times != fit->epochs || fit->epochs < 2)
		return false;
	const uint64_t usual_ns =
		saturate_sub(saves->time[fit->epochs - 1].end_ns, saves->time[0].end_ns) /
		(fit->epochs - 1);
	for (size_t i = 0; i < fit->epochs; i++) {
		struct fuse_epoch *epoch = &fit->epoch[i];

		epoch->start_ns = i ? saves->time[i - 1].end_ns
				    : saturate_sub(saves->time[0].end_ns, usual_ns);
		epoch->train_ns = epoch->end_ns = saves->time[i].end_ns;
		epoch->evidence |= PHASE_BY_CHECKPOINTS;
		epoch->confidence = 0.6;
	}
	return true;
}

uint64_t fuse_first_pass(const struct fuse_told *told, size_t epochs)
{
	struct pass_time *round = calloc(PASS_TIMES, sizeof(*round));
	const size_t n = rounds_of(told, epochs, round);
	const uint64_t begin_ns = n ? round[n - epochs].begin_ns : 0;

	free(round);
	return begin_ns;
}

static void take(struct fuse_fit *fit, const struct seldom_round *round)
{
	for (size_t i = 0; i < fit->epochs; i++) {
		struct fuse_epoch *epoch = &fit->epoch[i];

		epoch->start_ns = round[i].start_ns;
		epoch->train_ns = epoch->end_ns = round[i].end_ns;
		epoch->steps = 0;
		epoch->other = 0;
		epoch->evaluated = false;
		epoch->evidence |= PHASE_BY_KERNELS;
		epoch->confidence = CONFIDENCE;
	}
}

bool fuse_by_kernels(const struct fuse_told *told, struct fuse_fit *fit, uint64_t from_ns,
		     uint64_t to_ns)
{
	struct seldom_round *round = calloc(fit->epochs, sizeof(*round));
	bool found = false;

	for (size_t i = 0; round && !found && i < told->lanes; i++)
		found = told->lane[i].seldom &&
			!seldom_rounds(told->lane[i].seldom, fit->epochs, from_ns, to_ns, round);
	if (found)
		take(fit, round);
	free(round);
	return found;
}
