/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What prints nothing: only what recurs at least three times with something between that training
 * has. A loop of kernels alone is no training, however regular.
 */
#include <errno.h>
#include <stdlib.h>

#include "collector/phase/fuse_part.h"

#include "collector/saturate.h"

#define SILENT_SAVES  3u
#define SILENT_PASSES 3u
#define SILENT_FITS   64u
#define UNTOLD	      0.35	/* how sure a counter is that comes without any metric, at most */
#define ENDS	      0.8	/* share of epochs whose end a smaller batch shows */
#define LEAST_NS      20000000u /* an epoch that nothing printed is not shorter */

/* Room for one more fit, beyond those that were printed. */
static bool make_room(struct fuse *fuse)
{
	struct fuse_fit *more = realloc(fuse->fit, (fuse->fits + 2) * sizeof(*more));

	if (more)
		fuse->fit = more;
	return more;
}

/*
 * A smaller batch at the end of each pass is no training yet: what is only looked at goes through
 * the data again and again, too. But something was counted as often, if nobody knows what.
 */
static bool is_counted(const struct fuse_told *told, const struct cut *cut)
{
	for (size_t i = 0; i < told->fits; i++)
		if (told->fit[i].epochs == cut->epochs)
			return true;
	return false;
}

/* When the steps of an epoch had ended: nothing is saved before. */
static uint64_t steps_ended(const struct cut_epoch *epoch)
{
	return epoch->train_ns < epoch->end_ns ? epoch->train_ns : epoch->end_ns;
}

/* Each of so many ends with a save, each of them, or each second one, and so on; and none else is.
 */
static bool is_saved(const struct fuse_told *told, const struct cut *cut)
{
	const struct pass_file *saves = pass_saves(told->pass);
	const size_t each = saves && saves->times ? cut->epochs / saves->times : 0;

	if (!each || saves->times < SILENT_SAVES || !saves->even ||
	    each * saves->times != cut->epochs)
		return false;
	for (size_t i = 0; i < saves->times; i++) {
		const size_t last = (i + 1) * each - 1;
		const struct pass_time *save = &saves->time[i];

		if (save->end_ns < steps_ended(&cut->epoch[last]) ||
		    (last + 1 < cut->epochs && save->begin_ns > cut->epoch[last + 1].start_ns))
			return false;
	}
	return true;
}

/* Intervals that people choose to print at; how often a batch fits into the data is no such. */
static bool is_round(uint32_t stride)
{
	return stride >= 5 && (stride % 5 == 0 || !(stride & (stride - 1)));
}

/*
 * Who counts all steps on and on, in round numbers that fit into the sections, says that these are
 * its interval for looking at what it has: a simulation's output, an evaluation every thousand
 * iterations.
 */
static bool counts_steps(const struct fuse_told *told, const struct cut *cut)
{
	uint64_t steps = 0;

	for (size_t i = 0; i < cut->epochs; i++)
		steps += cut->epoch[i].steps;
	for (size_t i = 0; i < told->fits; i++) {
		const struct printed_fit *p = &told->fit[i];
		const uint64_t counted = saturate_sub(p->epochs, 1);

		if ((p->unit == LINE_UNIT_STEP || p->unit == LINE_UNIT_NONE) && !p->bars &&
		    is_round(p->stride) && cut->epoch[1].steps % p->stride == 0 &&
		    saturate_sub(counted, steps) <= p->stride &&
		    saturate_sub(steps, counted) <= p->stride)
			return true;
	}
	return false;
}

/* Whether one of the last two steps before `end` had that kernel. */
static bool is_of_step(const struct cut *cut, uint64_t end, uint32_t kernel)
{
	const uint64_t back = 2 * cut->body;

	for (uint64_t i = end > back ? end - back : 0; i < end; i++)
		if (loop_kernel(cut->loop, i) == kernel)
			return true;
	return false;
}

/*
 * What follows the steps of an epoch, and how much of that the steps have not. False where that is
 * too long ago to be looked up.
 */
static bool look_behind(const struct cut *cut, const struct cut_epoch *epoch, uint64_t *strange)
{
	const uint64_t back = 2 * cut->body, end = epoch->after + epoch->other;
	uint64_t start_ns, end_ns;

	*strange = 0;
	if (epoch->after < back || end > loop_events(cut->loop) ||
	    !loop_recent(cut->loop, epoch->after - back, &start_ns, &end_ns))
		return false;
	for (uint64_t i = epoch->after; i < end; i++)
		*strange += !is_of_step(cut, epoch->after, loop_kernel(cut->loop, i));
	return true;
}

/*
 * An evaluation goes the way of a step, if only forth. Several other kernels, and none of the
 * step's, behind a number of steps that people choose, are what a simulation looks at its state
 * with. A single one may be an evaluation that was written apart.
 */
static bool looks_at_state(const struct cut *cut)
{
	if (cut->epoch[1].steps > UINT32_MAX || !is_round((uint32_t)cut->epoch[1].steps))
		return false;
	for (size_t i = cut->epochs; i-- > 0;) {
		const struct cut_epoch *epoch = &cut->epoch[i];
		uint64_t strange;

		/* Behind the last one may be anything. */
		if (!epoch->other || (i + 1 == cut->epochs && cut->epoch[i - 1].other))
			continue;
		return look_behind(cut, epoch, &strange) && strange > 1 && strange == epoch->other;
	}
	return false;
}

/* Factorisations and solves by the hundred: an eigenvalue problem, a chain of linear systems. */
static bool is_solver(const struct fuse_told *told, const struct cut *cut)
{
	for (size_t i = 0; i < told->lanes; i++)
		if (told->lane[i].fold.loop == cut->loop)
			return told->lane[i].solves;
	return false;
}

/* No training, whatever it repeats, unless a smaller batch shows that its data came to an end. */
static bool is_another_thing(const struct fuse_told *told, const struct cut *cut)
{
	if (cut->odd > ENDS)
		return false;
	return counts_steps(told, cut) || looks_at_state(cut) || is_solver(told, cut);
}

/* The clearest fit in a span of time; then what was before it, and what came after. */
static int by_kernels(const struct fuse_told *told, uint64_t from_ns, uint64_t to_ns,
		      struct fuse *fuse)
{
	struct cut cut;

	if (fuse->fits >= SILENT_FITS || from_ns >= to_ns ||
	    fuse_cut(told, told->lanes ? told->lane[0].process : 0, 0, from_ns, to_ns, &cut))
		return 0;
	if ((cut.unmarked && !is_counted(told, &cut) && !is_saved(told, &cut)) ||
	    is_another_thing(told, &cut)) {
		cut_free(&cut);
		return 0;
	}
	const uint64_t start_ns = cut.epoch[0].start_ns;
	struct fuse_fit *fit = make_room(fuse) ? fuse_add(fuse, 0, cut.epochs) : NULL;
	if (fit)
		fuse_take_epochs(told, fit, &cut, 0);
	/* Trimmed: another fit may be what followed the last one. */
	const uint64_t end_ns = cut.epoch[cut.epochs - 1].end_ns;
	cut_free(&cut);
	int error = fit ? by_kernels(told, from_ns, start_ns, fuse) : -ENOMEM;
	return error ? error : by_kernels(told, end_ns, to_ns, fuse);
}

/* Who counts iterations on and on, over the saves, says that none of them ends anything. */
static bool counts_across(const struct fuse_told *told, const struct pass_file *saves)
{
	for (size_t i = 0; i < told->fits; i++)
		if (told->fit[i].unit == LINE_UNIT_STEP && told->fit[i].process == saves->process &&
		    told->fit[i].epochs > saves->times)
			return true;
	return false;
}

/*
 * Who counts what is saved, up to a number that was announced, and says neither epoch nor how good
 * it is, works through things: each has its own result.
 */
static bool counts_things(const struct fuse_told *told, const struct pass_file *saves)
{
	for (size_t i = 0; i < told->fits; i++) {
		const struct printed_fit *p = &told->fit[i];

		if (p->process == saves->process && !p->drawn && p->sure < UNTOLD &&
		    p->of == saves->times && p->epochs == p->of &&
		    (p->unit == LINE_UNIT_NONE || p->unit == LINE_UNIT_OTHER))
			return true;
	}
	return false;
}

/* The same steps between one save and the next: the end of each is the end of an epoch. */
static int by_steps_and_saves(const struct fuse_told *told, struct fuse *fuse)
{
	const struct pass_file *saves = pass_saves(told->pass);
	struct cut cut;

	if (!saves || saves->times < SILENT_SAVES || !saves->even || !told->lanes ||
	    counts_across(told, saves) || counts_things(told, saves))
		return 0;
	if (fuse_cut(told, saves->process, saves->times, 0, saves->time[saves->times - 1].end_ns,
		     &cut))
		return 0;
	struct fuse_fit *fit =
		make_room(fuse) ? fuse_add(fuse, saves->process, saves->times) : NULL;
	if (!fit) {
		cut_free(&cut);
		return -ENOMEM;
	}
	for (size_t i = 0; i < fit->epochs; i++) {
		struct fuse_epoch *epoch = &fit->epoch[i];

		epoch->start_ns = i ? saves->time[i - 1].end_ns : cut.epoch[0].start_ns;
		epoch->train_ns = epoch->end_ns = saves->time[i].end_ns;
		epoch->evidence = PHASE_BY_CHECKPOINTS | PHASE_BY_KERNELS;
		epoch->confidence = 0.75;
	}
	const bool agree = cut.even > 0.9 && cut.cover > 0.5 && !is_solver(told, &cut) &&
			   fuse_take_steps(fit, &cut);
	if (!agree || saturate_sub(fit->epoch[1].end_ns, fit->epoch[1].start_ns) < LEAST_NS) {
		free(fit->epoch);
		fuse->fits--;
	}
	cut_free(&cut);
	return 0;
}

/* Whether something was printed or saved between the end of a round and the next one. */
static bool is_marked(const struct fuse_told *told, const struct pass_time *round)
{
	const uint64_t slack_ns = saturate_sub(round[0].end_ns, round[0].begin_ns) / 50;

	for (size_t i = 0; i < told->marks; i++)
		if (told->mark[i] + slack_ns >= round[0].end_ns &&
		    told->mark[i] <= round[1].begin_ns + slack_ns)
			return true;
	return false;
}

/*
 * The first pass may only count words, or sizes: then it is quicker than the others, and what was
 * counted is printed behind it, and behind no other.
 */
static size_t worked_rounds(const struct fuse_told *told, const struct pass_time *round, size_t n)
{
	const uint64_t first_ns = saturate_sub(round[1].begin_ns, round[0].begin_ns);
	const uint64_t usual_ns = saturate_sub(round[n - 1].begin_ns, round[1].begin_ns) / (n - 2);

	if (first_ns > usual_ns * 2 / 3 || !is_marked(told, round) || is_marked(told, round + 1))
		return n;
	return n - 1;
}

/* The data streams while it is worked on: a header that each compilation reads does not. */
static bool is_streamed(const struct pass_time *round, size_t n)
{
	const uint64_t all_ns = saturate_sub(round[n - 1].end_ns, round[0].begin_ns);
	uint64_t read_ns = 0;

	for (size_t i = 0; i < n; i++)
		read_ns += saturate_sub(round[i].end_ns, round[i].begin_ns);
	return all_ns / n >= LEAST_NS && read_ns >= all_ns / 2;
}

static int by_rounds(const struct fuse_told *told, struct fuse *fuse)
{
	struct pass_time *round = calloc(PASS_TIMES, sizeof(*round));
	bool alone;
	size_t n = round ? pass_rounds(told->pass, round, PASS_TIMES, &alone) : 0;
	struct fuse_fit *fit = NULL;

	if (!round)
		return -ENOMEM;
	n = n < PASS_TIMES ? n : PASS_TIMES;
	if (n >= SILENT_PASSES && (alone || told->lanes) && is_streamed(round, n) &&
	    make_room(fuse))
		fit = fuse_add(fuse, 0, worked_rounds(told, round, n));
	if (fit)
		fuse_by_passes(told, fit, told->now_ns);
	free(round);
	return 0;
}

/* Whether so many epochs were counted, one by one, each before the one behind the next was begun.
 */
static bool are_told(const struct fuse_fit *fit, const struct printed_fit *p)
{
	if (p->epochs != fit->epochs || p->told != p->epochs || p->before || p->twin ||
	    p->unit == LINE_UNIT_OTHER || p->unit == LINE_UNIT_PERCENT)
		return false;
	for (size_t i = 0; i < p->told; i++) {
		const struct printed_epoch *line = &p->epoch[i];

		if (!line->last_late &&
		    (line->last_ns < fit->epoch[i].start_ns ||
		     (i + 1 < p->told && line->last_ns > fit->epoch[i + 1].end_ns)))
			return false;
	}
	return true;
}

/*
 * "3: reconstruction error 0.24" names no epoch, and its metric may be anything's: no words prove
 * such a training. Where kernels do, and one counter goes with it, its lines tell the results.
 */
static void take_results(const struct fuse_told *told, struct fuse_fit *fit)
{
	const struct printed_fit *of = NULL;

	for (size_t i = 0; i < told->fits; i++) {
		if (!are_told(fit, &told->fit[i]))
			continue;
		if (of)
			return;
		of = &told->fit[i];
	}
	for (size_t i = 0; of && i < fit->epochs; i++)
		fit->epoch[i].printed = &of->epoch[i];
	if (of)
		fit->result = of->result;
}

int silent_fits(const struct fuse_told *told, struct fuse *fuse)
{
	int error = by_kernels(told, 0, told->now_ns, fuse);

	if (!error && !fuse->fits)
		error = by_steps_and_saves(told, fuse);
	if (!error && !fuse->fits)
		error = by_rounds(told, fuse);
	if (fuse->fits == 1)
		take_results(told, &fuse->fit[0]);
	return error;
}
