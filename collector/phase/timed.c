/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines that came when they were printed say when an epoch was; whether they stand at its start or
 * at its end is seen from the kernels around, or else from what the lines say.
 */
#include <stdlib.h>
#include <string.h>

#include "collector/phase/fuse_part.h"

#include "collector/saturate.h"

#define BEHIND 3u   /* lines that came behind the next epoch's steps, ... */
#define EVEN   0.95 /* ... and how even the epochs by kernels are */

static int rising(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x > y ? 1 : x < y ? -1 : 0;
}

/* What epochs take, from one line's last to the next one's, the shortest first. Returns how many.
 */
static size_t lengths(const struct printed_fit *p, uint64_t *ns, size_t room)
{
	size_t n = 0;

	for (size_t i = 1; i < p->told && n < room; i++) {
		const uint32_t steps = p->epoch[i].index - p->epoch[i - 1].index;

		ns[n++] = saturate_sub(p->epoch[i].last_ns, p->epoch[i - 1].last_ns) /
			  (steps ? steps : 1);
	}
	if (n)
		qsort(ns, n, sizeof(*ns), rising);
	return n;
}

static uint64_t usual_ns(const struct printed_fit *p)
{
	uint64_t ns[255] = {0};
	const size_t n = lengths(p, ns, 255);

	return n ? ns[n / 2] : 0;
}

/* The boundaries of all epochs: at[i] is where epoch i begins and i - 1 ends. */
struct edges {
	uint64_t *at;
	size_t epochs;
};

/* What no line told lies where the kernels say, else evenly between what was told. */
static void fill_in(struct edges *edges, const struct cut *cut)
{
	size_t known = 0;

	for (size_t i = 1; cut && cut->epochs == edges->epochs && i < edges->epochs; i++)
		if (!edges->at[i])
			edges->at[i] = cut->epoch[i].start_ns;

	for (size_t i = 1; i <= edges->epochs; i++) {
		if (!edges->at[i])
			continue;
		for (size_t k = known + 1; k < i; k++)
			edges->at[k] =
				edges->at[known] + saturate_sub(edges->at[i], edges->at[known]) *
							   (k - known) / (i - known);
		known = i;
	}
}

/*
 * Where nothing tells when the first epoch began: it takes as long as usual, but begins behind what
 * was loaded before; and what loads nothing begins at once, if then it is none of the longest.
 */
static uint64_t guess_start(const struct fuse_told *told, const struct printed_fit *p,
			    uint64_t from_ns)
{
	uint64_t ns[255] = {0};
	const size_t n = lengths(p, ns, 255);
	const uint64_t end_ns = p->epoch[0].last_ns, epochs = p->epoch[0].index;

	if (!n)
		return from_ns;
	/* Even the shortest came after what was loaded. */
	const uint64_t loaded_ns =
		fuse_loaded_ns(told, p->process, saturate_sub(end_ns, ns[0] * epochs));
	if (loaded_ns <= from_ns && saturate_sub(end_ns, from_ns) <= ns[n - 1 - n / 8] * epochs)
		return from_ns;
	const uint64_t least_ns = loaded_ns > from_ns ? loaded_ns : from_ns;
	const uint64_t guess_ns = saturate_sub(end_ns, ns[(n - 1) / 2] * epochs);
	return guess_ns > least_ns ? guess_ns : least_ns;
}

/* The first event at or after a moment, from `event` on; the number of all where there is none. */
static uint64_t event_at(const struct loop *loop, uint64_t event, uint64_t t_ns)
{
	uint64_t start_ns, end_ns;

	while (loop_recent(loop, event, &start_ns, &end_ns) && start_ns < t_ns)
		event++;
	return event;
}

static size_t count(const struct loop *loop, uint64_t event, uint64_t end, uint32_t symbol)
{
	size_t n = 0;

	for (; event < end; event++)
		n += loop_symbol(loop, event) == symbol;
	return n;
}

/*
 * Where epochs begin with a kernel that comes but once in each, right behind the line before, the
 * first one begins with it, too. 0 where three quarters of them do not, or kernels are too many.
 */
static uint64_t start_alike(const struct loop *loop, const struct printed_fit *p)
{
	const uint64_t first = event_at(loop, 0, p->epoch[0].last_ns);
	uint64_t event = first, start_ns, end_ns;
	uint32_t symbol = 0;
	size_t alike = 0;

	if (loop_events(loop) > LOOP_RING || p->told < 4)
		return 0;
	for (size_t i = 1; i < p->told; i++) {
		const uint64_t begin_ns = p->epoch[i - 1].last_ns, ns = p->epoch[i].last_ns;
		const uint64_t next = event_at(loop, event, ns);

		if (event < next && loop_recent(loop, event, &start_ns, &end_ns)) {
			symbol = alike ? symbol : loop_symbol(loop, event);
			alike += loop_symbol(loop, event) == symbol &&
				 saturate_sub(start_ns, begin_ns) <=
					 saturate_sub(ns, begin_ns) / 20 &&
				 count(loop, event, next, symbol) == 1;
		}
		event = next;
	}
	if (4 * alike < 3 * (p->told - 1))
		return 0;
	for (uint64_t i = first; i-- > 0;)
		if (loop_symbol(loop, i) == symbol && loop_recent(loop, i, &start_ns, &end_ns))
			return start_ns;
	return 0;
}

static uint64_t any_start_alike(const struct fuse_told *told, const struct printed_fit *p,
				uint64_t from_ns)
{
	for (size_t i = 0; i < told->lanes && p->epoch[0].index == 1; i++) {
		const struct fuse_lane *lane = &told->lane[i];
		const uint64_t start_ns = lane->process == p->process && !lane->thin
						  ? start_alike(lane->fold.loop, p)
						  : 0;

		if (start_ns > from_ns)
			return start_ns;
	}
	return 0;
}

/* By the clock that is printed, which must go with the moments of the lines. */
static uint64_t start_by_clock(const struct printed_fit *p, uint64_t from_ns)
{
	uint64_t *end_ns = calloc(p->told, sizeof(*end_ns));
	uint64_t start_ns = 0;

	for (size_t i = 0; end_ns && i < p->told; i++)
		end_ns[i] = p->epoch[i].last_ns;
	if (end_ns)
		start_ns = fuse_clock_start(p, end_ns);
	free(end_ns);
	return start_ns > from_ns ? start_ns : 0;
}

static uint64_t first_start(const struct fuse_told *told, const struct cut *cut,
			    const struct printed_fit *p, uint64_t from_ns)
{
	const uint64_t end_ns = p->epoch[0].last_ns;
	const uint64_t alike_ns = any_start_alike(told, p, from_ns);
	const uint64_t clock_ns = start_by_clock(p, from_ns);

	if (alike_ns && (!cut || cut->guessed || alike_ns < cut->epoch[0].start_ns))
		return alike_ns;
	if (cut && !cut->guessed && cut->epoch[0].start_ns < end_ns &&
	    !(clock_ns && clock_ns < cut->epoch[0].start_ns))
		return cut->epoch[0].start_ns;
	if (clock_ns)
		return clock_ns;
	if (p->epoch[0].guessed && !p->epoch[0].first_late && p->epoch[0].first_ns < end_ns)
		return p->epoch[0].first_ns; /* fractions say how far it was when */
	const uint64_t pass_ns = fuse_first_pass(told, p->epochs);
	if (pass_ns > from_ns && pass_ns < end_ns)
		return pass_ns;
	return guess_start(told, p, from_ns);
}

static uint64_t last_end(const struct cut *cut, const struct printed_fit *p, uint64_t start_ns,
			 uint64_t to_ns)
{
	const uint64_t usual = usual_ns(p);

	if (cut && cut->epoch[cut->epochs - 1].end_ns > start_ns)
		return cut->epoch[cut->epochs - 1].end_ns;
	return usual && start_ns + usual + usual / 2 < to_ns ? start_ns + usual : to_ns;
}

/*
 * An epoch starts workers and shuffles before its first step: at least so long in each of those
 * that began with a line.
 */
static uint64_t least_lead_ns(const struct edges *edges, const struct cut *cut)
{
	uint64_t least_ns = UINT64_MAX;

	for (size_t i = 1; cut->epochs == edges->epochs && i < edges->epochs; i++) {
		const uint64_t lead_ns = saturate_sub(cut->epoch[i].start_ns, edges->at[i]);

		/* What takes nearly all of an epoch is none: these are other sections. */
		if (edges->at[i] && edges->at[i + 1] &&
		    lead_ns > saturate_sub(edges->at[i + 1], edges->at[i]) * 7 / 8)
			return 0;
		if (edges->at[i] && lead_ns < least_ns)
			least_ns = lead_ns;
	}
	return least_ns < UINT64_MAX ? least_ns : 0;
}

/* Its line, unless there are more epochs than were printed. */
static uint64_t end_of_last(const struct printed_fit *p, const struct cut *cut,
			    const struct edges *edges)
{
	return cut && edges->epochs > p->epochs ? cut->epoch[cut->epochs - 1].end_ns
						: p->epoch[p->told - 1].last_ns;
}

static void at_end(const struct fuse_told *told, const struct printed_fit *p, const struct cut *cut,
		   uint64_t from_ns, struct edges *edges)
{
	edges->at[0] = p->before ? from_ns : first_start(told, cut, p, from_ns);
	for (size_t i = 0; i < p->told; i++)
		if (p->epoch[i].index <= edges->epochs)
			edges->at[p->epoch[i].index] = p->epoch[i].last_ns;
	if (!edges->at[edges->epochs])
		edges->at[edges->epochs] = end_of_last(p, cut, edges);
	if (cut && !cut->guessed && edges->at[0] == cut->epoch[0].start_ns &&
	    edges->at[0] > from_ns) {
		const uint64_t lead_ns = least_lead_ns(edges, cut);
		const uint64_t room_ns = edges->at[0] - from_ns;

		edges->at[0] -= lead_ns < room_ns ? lead_ns : room_ns;
	}
	fill_in(edges, cut);
}

static void at_start(const struct printed_fit *p, const struct cut *cut, uint64_t from_ns,
		     uint64_t to_ns, struct edges *edges)
{
	for (size_t i = 0; i < p->told; i++)
		if (p->epoch[i].index <= edges->epochs)
			edges->at[p->epoch[i].index - 1] = p->epoch[i].first_ns;
	if (!edges->at[0])
		edges->at[0] = p->epoch[0].first_ns;
	if (p->before)
		edges->at[0] = from_ns;
	edges->at[edges->epochs] = last_end(cut, p, p->epoch[p->told - 1].first_ns, to_ns);
	fill_in(edges, cut);
}

/* Somewhere between the last line of an epoch and the first one of the next. */
static uint64_t between(const struct printed_fit *p, const struct cut *cut, size_t i)
{
	const struct printed_epoch *one = &p->epoch[i], *next = &p->epoch[i + 1];

	/* A step of the next one may come before its first line, but not before its beginning. */
	if (cut && next->index <= cut->epochs) {
		const uint64_t start_ns = cut->epoch[next->index - 1].start_ns;

		if (start_ns >= one->last_ns && start_ns <= next->first_ns)
			return one->ends && !p->bars ? one->last_ns : start_ns;
	}
	if (next->begins || p->bars)
		return next->first_ns;
	if (one->ends)
		return one->last_ns;
	return one->last_ns + saturate_sub(next->first_ns, one->last_ns) / 2;
}

/* Most compute behind their last line, before the next one's first: so does the last. */
static bool go_on_behind(const struct printed_fit *p, const struct cut *cut)
{
	size_t n = 0;

	for (size_t i = 0; cut->epochs == p->told && i + 1 < p->told; i++)
		n += cut->epoch[i].other && cut->epoch[i].end_ns > p->epoch[i].last_ns;
	return p->told > 2 && 4 * n >= 3 * (p->told - 1);
}

static uint64_t lesser(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static void around(const struct fuse_told *told, const struct printed_fit *p, const struct cut *cut,
		   uint64_t from_ns, uint64_t to_ns, struct edges *edges)
{
	const struct printed_epoch *first = &p->epoch[0], *last = &p->epoch[p->told - 1];
	const uint64_t usual = usual_ns(p);

	edges->at[0] = first->first_ns;
	if (cut && cut->epoch[0].start_ns < first->first_ns)
		edges->at[0] = cut->epoch[0].start_ns;
	else if (!cut && !first->begins && first->ends && !p->before)
		edges->at[0] = lesser(first_start(told, cut, p, from_ns), first->first_ns);
	if (edges->at[0] < from_ns || p->before)
		edges->at[0] = from_ns;
	for (size_t i = 0; i + 1 < p->told; i++)
		if (p->epoch[i + 1].index <= edges->epochs)
			edges->at[p->epoch[i + 1].index - 1] = between(p, cut, i);
	edges->at[edges->epochs] = end_of_last(p, cut, edges);
	if (cut && edges->epochs == p->epochs && (!last->ends || go_on_behind(p, cut))) {
		const uint64_t end_ns = cut->epoch[cut->epochs - 1].end_ns;

		if (end_ns > last->last_ns && end_ns <= to_ns && end_ns - last->last_ns < usual)
			edges->at[edges->epochs] = end_ns;
	}
	fill_in(edges, cut);
}

static double agreement(const struct edges *edges, const struct cut *cut)
{
	double sum = 0;

	for (size_t i = 0; i < edges->epochs && i < cut->epochs; i++)
		sum += fuse_overlap(edges->at[i], edges->at[i + 1], cut->epoch[i].start_ns,
				    cut->epoch[i].end_ns);
	return sum / (double)edges->epochs;
}

/* Whether all that each epoch printed came at one moment: it is as good as one line. */
static bool are_blocks(const struct printed_fit *p, uint64_t usual)
{
	for (size_t i = 0; i < p->told; i++)
		if (saturate_sub(p->epoch[i].last_ns, p->epoch[i].first_ns) > usual / 100)
			return false;
	return usual > 0;
}

/* Half an epoch and more was computed before the first line: that stands at an end. */
static bool computes_before(const struct printed_fit *p, const struct cut *cut, uint64_t usual)
{
	return p->epoch[0].index == 1 && cut->epoch[0].start_ns + usual / 2 < p->epoch[0].first_ns;
}

/* One line an epoch: before it or after it? */
static enum printed_reading decide(const struct fuse_told *told, const struct printed_fit *p,
				   const struct cut *cut, uint64_t from_ns, uint64_t to_ns,
				   struct edges *edges)
{
	const uint64_t usual = usual_ns(p);
	const uint64_t before_ns = saturate_sub(p->epoch[0].first_ns, from_ns);
	const uint64_t behind_ns = saturate_sub(to_ns, p->epoch[p->told - 1].last_ns);

	if (p->reading == PRINTED_AROUND && !are_blocks(p, usual))
		return PRINTED_AROUND;
	if (cut) {
		at_start(p, cut, from_ns, to_ns, edges);
		const double start = agreement(edges, cut);
		memset(edges->at, 0, (edges->epochs + 1) * sizeof(*edges->at));
		at_end(told, p, cut, from_ns, edges);
		const double end = agreement(edges, cut);
		memset(edges->at, 0, (edges->epochs + 1) * sizeof(*edges->at));
		if (start > end + 0.2 &&
		    !(p->reading == PRINTED_AT_END && computes_before(p, cut, usual)))
			return PRINTED_AT_START;
		if (end > start + 0.2)
			return PRINTED_AT_END;
	}
	if (p->reading == PRINTED_AT_START || p->reading == PRINTED_AT_END)
		return p->reading;
	return behind_ns > usual * 6 / 10 && before_ns < behind_ns ? PRINTED_AT_START
								   : PRINTED_AT_END;
}

static enum printed_reading read_edges(const struct fuse_told *told, const struct printed_fit *p,
				       const struct cut *cut, uint64_t from_ns, uint64_t to_ns,
				       struct edges *edges)
{
	const enum printed_reading reading = decide(told, p, cut, from_ns, to_ns, edges);

	switch (reading) {
	case PRINTED_AT_START:
		at_start(p, cut, from_ns, to_ns, edges);
		break;
	case PRINTED_AROUND:
		around(told, p, cut, from_ns, to_ns, edges);
		break;
	default:
		at_end(told, p, cut, from_ns, edges);
	}
	for (size_t i = 1; i <= edges->epochs; i++)
		if (edges->at[i] < edges->at[i - 1])
			edges->at[i] = edges->at[i - 1];
	return reading;
}

/*
 * The run goes on, and with it an epoch: the last one told, or the one behind it if that was told
 * when it ended.
 */
static void go_on(const struct fuse_told *told, const struct printed_fit *p,
		  enum printed_reading reading, struct fuse_fit *fit)
{
	struct fuse_epoch *last = &fit->epoch[fit->epochs - 1];
	const bool ended = reading == PRINTED_AROUND ? p->epoch[p->told - 1].ends
						     : reading != PRINTED_AT_START;

	if (ended && p->of && fit->epochs >= p->of)
		return;
	if (ended) {
		fit->epoch[fit->epochs] = (struct fuse_epoch){.index = last->index + 1,
							      .start_ns = last->end_ns,
							      .evidence = PHASE_BY_TEXT,
							      .confidence = 0.5};
		last = &fit->epoch[fit->epochs++];
	}
	last->train_ns = last->end_ns = told->now_ns;
	last->evaluated = false;
	last->open = true;
}

/*
 * Python empties its buffers before it forks: where only the validation has workers, the line of an
 * epoch comes when the next one's steps are over. Kernels that tell each epoch's bounds are right.
 */
static bool came_behind(const struct printed_fit *p, const struct cut *cut)
{
	if (p->told < BEHIND || p->told != p->epochs || cut->epochs < p->told || cut->even < EVEN ||
	    cut->marked < EVEN)
		return false;
	for (size_t i = 1; i < p->told; i++) {
		const struct cut_epoch *next = &cut->epoch[i];
		const uint64_t steps_ns = saturate_sub(next->train_ns, next->start_ns);
		const uint64_t line_ns = p->epoch[i - 1].last_ns;

		if (line_ns <= next->start_ns + steps_ns / 2 || line_ns > next->end_ns)
			return false;
	}
	return true;
}

/* Of a run that goes on there are the steps of one epoch more, of which nothing is printed yet. */
static bool came_behind_so_far(const struct fuse_told *told, const struct printed_fit *p,
			       uint64_t from_ns, uint64_t to_ns, struct cut *cut)
{
	struct cut more;

	if (p->told < BEHIND || p->told != p->epochs ||
	    fuse_cut(told, p->process, p->epochs + 1, from_ns, to_ns, &more))
		return false;
	if (!came_behind(p, &more)) {
		cut_free(&more);
		return false;
	}
	cut_free(cut);
	*cut = more;
	return true;
}

void timed_epochs(const struct fuse_told *told, const struct printed_fit *printed, uint64_t from_ns,
		  uint64_t to_ns, bool goes_on, struct fuse_fit *fit)
{
	enum printed_reading reading = PRINTED_ANYWHERE;
	struct edges edges = {calloc(fit->epochs + 1, sizeof(uint64_t)), fit->epochs};
	const struct printed_epoch *last = &printed->epoch[printed->told - 1];
	const bool beyond = fit->epochs > printed->epochs;
	const bool ended = !beyond && ((last->ends && printed->reading != PRINTED_AROUND) ||
				       printed->reading == PRINTED_AT_END);
	const uint64_t until_ns = ended ? last->last_ns : to_ns;
	const uint32_t of = printed->process;
	struct cut cut;
	const bool seen = beyond ? !fuse_cut_own(told, of, fit->epochs, from_ns, until_ns, &cut)
				 : !fuse_cut(told, of, fit->epochs, from_ns, until_ns, &cut);

	if (seen && (came_behind(printed, &cut) ||
		     (goes_on && cut.marked < EVEN &&
		      came_behind_so_far(told, printed, from_ns, to_ns, &cut)))) {
		fuse_take_epochs(told, fit, &cut, 0);
		if (goes_on)
			go_on(told, printed, PRINTED_AT_END, fit);
		goto out;
	}
	if (seen)
		cut_trim(&cut, 0, cut.epochs);
	if (!edges.at)
		fit->epochs = 0;
	else
		reading = read_edges(told, printed, seen ? &cut : NULL, from_ns, to_ns, &edges);
	for (size_t i = 0; i < fit->epochs; i++) {
		fit->epoch[i].start_ns = edges.at[i];
		fit->epoch[i].train_ns = fit->epoch[i].end_ns = edges.at[i + 1];
		fit->epoch[i].evidence = PHASE_BY_TEXT;
		fit->epoch[i].confidence = 0.8;
	}
	if (seen && fuse_take_steps(fit, &cut)) {
		for (size_t i = 0; i < fit->epochs; i++) {
			fit->epoch[i].evidence |= PHASE_BY_KERNELS;
			fit->epoch[i].confidence = 0.95;
		}
	}
	if (goes_on && fit->epochs)
		go_on(told, printed, reading, fit);
out:
	if (seen)
		cut_free(&cut);
	free(edges.at);
}
