/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How even a cut is, as judge.h promises it.
 */
#include "collector/phase/judge.h"

#include "collector/saturate.h"

static uint64_t steps_most_have(const struct cut *cut, size_t *how_many)
{
	uint64_t most = 0;

	*how_many = 0;
	for (size_t i = 0; i < cut->epochs && i < 256; i++) {
		size_t same = 0;

		for (size_t k = 0; k < cut->epochs; k++)
			same += cut->epoch[k].steps == cut->epoch[i].steps;
		if (same > *how_many) {
			*how_many = same;
			most = cut->epoch[i].steps;
		}
	}
	return most;
}

/*
 * The data is the same in every epoch: where most have as many steps, one that seems to have one
 * more or one less was only hidden at an edge.
 */
static void even_out(struct cut *cut, uint64_t usual, size_t *same)
{
	for (size_t i = 0; i < cut->epochs && 2 * *same >= cut->epochs; i++) {
		const uint64_t steps = cut->epoch[i].steps;

		if (steps + 1 == usual || steps == usual + 1) {
			cut->epoch[i].steps = usual;
			++*same;
		}
	}
}

/*
 * How much of the time is steps; the first epoch apart, where others tell: it may compile, or tune,
 * for longer than all of them take.
 */
static double share_covered(const struct beat *a, const struct cut *cut)
{
	const uint64_t first_ns = cut->epochs > JUDGE_OTHERS ? cut->epoch[1].start_ns : 0;
	const uint64_t from_ns = first_ns > a->run[0].start_ns ? first_ns : a->run[0].start_ns;
	const uint64_t span_ns = saturate_sub(a->run[a->runs - 1].gap_end_ns, from_ns);
	uint64_t covered_ns = 0;

	for (const struct beat_run *run = a->run; run < a->run + a->runs; run++)
		covered_ns += saturate_sub(run->end_ns,
					   run->start_ns > from_ns ? run->start_ns : from_ns);
	return span_ns ? (double)covered_ns / (double)span_ns : 0;
}

void judge_cut(const struct beat *a, struct cut *cut)
{
	size_t same;

	const uint64_t usual = steps_most_have(cut, &same);
	cut->steps = 0;
	for (size_t i = 0; i < cut->epochs; i++)
		cut->steps += cut->epoch[i].steps;
	if (usual > 8)
		even_out(cut, usual, &same);
	cut->even = (double)same / (double)cut->epochs;
	cut->body = a->body;
	cut->cover = share_covered(a, cut);
}

double judge_evaluated(const struct beat *a, const struct cut *cut)
{
	const uint64_t other = cut->epoch[cut->epochs / 2].other;
	size_t alike = 0;

	for (size_t i = 0; i < cut->epochs; i++) {
		const uint64_t one = cut->epoch[i].other;

		/* A test may follow the last one. */
		alike += one + a->body >= other && one > 0 &&
			 (one <= other + a->body || i + 1 == cut->epochs);
	}
	return other ? (double)alike / (double)cut->epochs : 0;
}
