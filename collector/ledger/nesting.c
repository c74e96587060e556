/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How phases nest.
 */
#include "collector/ledger/nesting.h"

#include <errno.h>
#include <inttypes.h>

#include "collector/ledger/problem.h"
#include "collector/saturate.h"

static struct nesting_group *top(struct nesting *nesting)
{
	return nesting->depth ? &nesting->group[nesting->depth - 1] : NULL;
}

/* That the group lies within the phase that it names as its parent. */
static int check_within(const struct nesting_group *group, const struct nesting_phase *phase,
			struct ledger_problem *problem)
{
	if (group->first_id <= phase->id)
		return problem_set(problem, 0, -EBADMSG,
				   "phase %" PRIu32 " lies within phase %" PRIu32
				   ", which has no lower number",
				   group->first_id, phase->id);
	if (group->start_ns < phase->start_ns || group->end_ns > phase->end_ns)
		return problem_set(problem, 0, -EBADMSG,
				   "phase %" PRIu32 " is shorter than what lies within it",
				   phase->id);
	for (size_t i = 0; i < NESTING_QUALITIES; i++)
		if (group->energy_uj[i] > phase->energy_uj[i])
			return problem_set(problem, 0, -EBADMSG,
					   "phase %" PRIu32
					   " has less energy than what lies within it",
					   phase->id);
	return 0;
}

/* That the phase may stand behind a group: its sibling, or what begins another level. */
static int check_behind(const struct nesting_group *group, const struct nesting_phase *phase,
			struct ledger_problem *problem)
{
	if (phase->id <= group->last_id)
		return problem_set(problem, 0, -EBADMSG,
				   "phase %" PRIu32 " comes after phase %" PRIu32
				   ": numbers do not rise with the start",
				   phase->id, group->last_id);
	if (phase->start_ns < group->end_ns)
		return problem_set(problem, 0, -EBADMSG,
				   "phase %" PRIu32 " overlaps the one before it", phase->id);
	if (phase->parent != group->parent && phase->parent <= group->last_id)
		return problem_set(problem, 0, -EBADMSG,
				   "phase %" PRIu32 " lies within phase %" PRIu32
				   ", which cannot come any more",
				   phase->id, phase->parent);
	return 0;
}

static void widen(struct nesting_group *group, const struct nesting_phase *phase, uint32_t last_id)
{
	group->last_id = last_id;
	group->end_ns = phase->end_ns;
	for (size_t i = 0; i < NESTING_QUALITIES; i++)
		group->energy_uj[i] = saturate_add(group->energy_uj[i], phase->energy_uj[i]);
}

static int push(struct nesting *nesting, const struct nesting_phase *phase, uint32_t last_id,
		struct ledger_problem *problem)
{
	struct nesting_group *before = top(nesting);

	if (!before || before->parent != phase->parent) {
		if (nesting->depth == NESTING_DEPTH)
			return problem_set(problem, 0, -EBADMSG,
					   "phases nest deeper than %u levels", NESTING_DEPTH);
		before = &nesting->group[nesting->depth++];
		*before = (struct nesting_group){.parent = phase->parent,
						 .first_id = phase->id,
						 .start_ns = phase->start_ns};
	}
	widen(before, phase, last_id);
	return 0;
}

int nesting_take(struct nesting *nesting, const struct nesting_phase *phase, bool *leaf,
		 struct ledger_problem *problem)
{
	const struct nesting_group *within = top(nesting);
	uint32_t last_id = phase->id;
	int error = 0;

	if (phase->id <= phase->parent || phase->end_ns < phase->start_ns)
		return problem_set(problem, 0, -EBADMSG,
				   "phase %" PRIu32 " ends before it starts, or lies within phase "
				   "%" PRIu32 ", which has no lower number",
				   phase->id, phase->parent);
	*leaf = !within || within->parent != phase->id;
	if (!*leaf) {
		error = check_within(within, phase, problem);
		last_id = within->last_id;
		nesting->depth--;
	}
	if (!error && nesting->depth)
		error = check_behind(top(nesting), phase, problem);
	if (!error)
		error = push(nesting, phase, last_id, problem);
	if (error)
		return error;
	nesting->count++;
	for (size_t i = 0; *leaf && i < NESTING_QUALITIES; i++) {
		nesting->leaf_uj[i] = saturate_add(nesting->leaf_uj[i], phase->energy_uj[i]);
		nesting->leaf_weighted +=
			(unsigned __int128)phase->energy_uj[i] * phase->ug_per_kwh;
	}
	return 0;
}

int nesting_whole(const struct nesting *nesting, struct ledger_problem *problem)
{
	const struct nesting_group *last =
		nesting->depth ? &nesting->group[nesting->depth - 1] : NULL;

	if (!last || !last->parent)
		return 0;
	return problem_set(problem, 0, -EBADMSG,
			   "phase %" PRIu32 " is missing, which others lie in", last->parent);
}

uint64_t nesting_energy_uj(const struct nesting *nesting, enum power_quality quality)
{
	uint64_t energy_uj = 0;

	for (size_t i = 0; i < nesting->depth; i++)
		energy_uj = saturate_add(energy_uj, nesting->group[i].energy_uj[quality]);
	return energy_uj;
}

uint32_t nesting_last_id(const struct nesting *nesting)
{
	return nesting->depth ? nesting->group[nesting->depth - 1].last_id : 0;
}

uint64_t nesting_end_ns(const struct nesting *nesting)
{
	return nesting->depth ? nesting->group[nesting->depth - 1].end_ns : 0;
}
