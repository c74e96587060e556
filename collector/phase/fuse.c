/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fusion: text first, since it proves; then what kernels, passes and saves say alone.
 */
#include "collector/phase/fuse.h"

#include <errno.h>
#include <stdlib.h>

#include "collector/phase/fuse_part.h"
#include "collector/saturate.h"

#define STEPS_FEW 4u
#define MOMENT	  50u /* what takes less of all epochs than one in so many took no time */

/*
 * Where all kernels tell of epochs, that is worth more than what those tell that come once a step;
 * where they tell of none, there were steps of their own lengths, which only these can count.
 */
#define THIN 0.95

double fuse_overlap(uint64_t a_start, uint64_t a_end, uint64_t b_start, uint64_t b_end)
{
	const uint64_t start = a_start > b_start ? a_start : b_start;
	const uint64_t end = a_end < b_end ? a_end : b_end;
	const uint64_t first = a_start < b_start ? a_start : b_start;
	const uint64_t last = a_end > b_end ? a_end : b_end;

	return last > first ? (double)saturate_sub(end, start) / (double)(last - first) : 0;
}

uint64_t fuse_loaded_ns(const struct fuse_told *told, uint32_t process, uint64_t before_ns)
{
	const struct pass_file *file;
	const size_t n = pass_files(told->pass, &file);
	uint64_t last_ns = 0;

	for (size_t i = 0; i < n; i++) {
		const bool once =
			!file[i].saved && file[i].times == 1 && !file[i].over && !file[i].before;

		if (once && file[i].process == process && file[i].time[0].end_ns <= before_ns &&
		    file[i].time[0].end_ns > last_ns)
			last_ns = file[i].time[0].end_ns;
	}
	return last_ns;
}

/* Where kernels do not tell when the first epoch began, it was after what was loaded before. */
static void begin_loaded(const struct fuse_told *told, uint32_t process, struct cut *cut)
{
	struct cut_epoch *first = &cut->epoch[0];
	uint64_t shortest_ns = saturate_sub(first->end_ns, first->start_ns);

	for (size_t i = 1; i < cut->epochs; i++) {
		const uint64_t ns = saturate_sub(cut->epoch[i].end_ns, cut->epoch[i].start_ns);

		shortest_ns = ns < shortest_ns ? ns : shortest_ns;
	}
	const uint64_t loaded_ns =
		fuse_loaded_ns(told, process, saturate_sub(first->end_ns, shortest_ns));
	if (loaded_ns > first->start_ns)
		first->start_ns = loaded_ns;
}

/* No epoch has as many kernels of a kind as steps come in. */
static bool has_few_steps(const struct cut *cut)
{
	for (size_t i = 0; i < cut->epochs; i++)
		if (cut->epoch[i].steps >= STEPS_FEW)
			return false;
	return true;
}

/*
 * A lane by its loops, else by its pauses. Loops of a few kernels with long pauses between are
 * what follows the training of an epoch that no kernel tells of.
 */
static int cut_lane(const struct fuse_lane *lane, size_t epochs, uint64_t from_ns, uint64_t to_ns,
		    struct cut *cut)
{
	struct cut groups;
	const int error = cut_make(&lane->fold, epochs, from_ns, to_ns, cut);

	if (lane->thin || (!error && !has_few_steps(cut)) ||
	    cut_groups(lane->fold.loop, epochs, from_ns, to_ns, &groups))
		return error;
	if (!error && !groups.guessed) {
		cut_free(&groups);
		return 0;
	}
	if (!error)
		cut_free(cut);
	*cut = groups;
	return 0;
}

/* `alone`: no other process's lanes. */
static int cut_best(const struct fuse_told *told, uint32_t process, bool alone, size_t epochs,
		    uint64_t from_ns, uint64_t to_ns, struct cut *cut)
{
	bool found = false;

	*cut = (struct cut){0};
	for (size_t i = 0; i < told->lanes; i++) {
		const struct fuse_lane *lane = &told->lane[i];
		struct cut one;

		if (alone && lane->process != process)
			continue;
		if (cut_lane(lane, epochs, from_ns, to_ns, &one))
			continue;
		if (lane->thin)
			one.score *= one.marked > 0 ? THIN : 1 / THIN;
		/* Who prints need not be who computes, but mostly is. */
		if (lane->process != process)
			one.score *= 0.9;
		if (found && one.score <= cut->score) {
			cut_free(&one);
			continue;
		}
		if (found)
			cut_free(cut);
		*cut = one;
		found = true;
	}
	if (found && cut->guessed)
		begin_loaded(told, process, cut);
	return found ? 0 : -ENOENT;
}

int fuse_cut(const struct fuse_told *told, uint32_t process, size_t epochs, uint64_t from_ns,
	     uint64_t to_ns, struct cut *cut)
{
	return cut_best(told, process, false, epochs, from_ns, to_ns, cut);
}

int fuse_cut_own(const struct fuse_told *told, uint32_t process, size_t epochs, uint64_t from_ns,
		 uint64_t to_ns, struct cut *cut)
{
	return cut_best(told, process, true, epochs, from_ns, to_ns, cut);
}

struct fuse_fit *fuse_add(struct fuse *fuse, uint32_t process, size_t epochs)
{
	struct fuse_fit *fit = &fuse->fit[fuse->fits];

	*fit = (struct fuse_fit){.process = process, .epochs = epochs};
	fit->epoch = calloc(epochs + 1, sizeof(*fit->epoch));
	if (!fit->epoch)
		return NULL;
	for (size_t i = 0; i < epochs; i++)
		fit->epoch[i].index = (uint32_t)i + 1;
	fuse->fits++;
	return fit;
}

static void take(struct fuse_epoch *to, const struct cut_epoch *from)
{
	to->steps = from->steps;
	to->other = from->other;
	to->evaluated = from->other > 0;
	if (from->train_ns > to->start_ns && from->train_ns < to->end_ns)
		to->train_ns = from->train_ns;
}

bool fuse_take_steps(struct fuse_fit *fit, const struct cut *cut)
{
	double sum = 0;

	if (cut->epochs != fit->epochs)
		return false;
	for (size_t i = 0; i < fit->epochs; i++)
		sum += fuse_overlap(fit->epoch[i].start_ns, fit->epoch[i].end_ns,
				    cut->epoch[i].start_ns, cut->epoch[i].end_ns);
	if (sum < 0.5 * (double)fit->epochs)
		return false;
	for (size_t i = 0; i < fit->epochs; i++)
		take(&fit->epoch[i], &cut->epoch[i]);
	return true;
}

uint64_t fuse_next_mark(const struct fuse_told *told, uint64_t after_ns, uint64_t to_ns)
{
	for (size_t i = 0; i < told->marks; i++)
		if (told->mark[i] > after_ns && told->mark[i] < to_ns)
			to_ns = told->mark[i];
	return to_ns;
}

/*
 * The first thing that was printed or saved after a moment, or UINT64_MAX; lines that came late,
 * too: what they tell of was over by then.
 */
static uint64_t next_sign(const struct fuse_told *told, uint64_t after_ns)
{
	uint64_t next_ns = fuse_next_mark(told, after_ns, UINT64_MAX);

	for (size_t i = 0; i < told->fits; i++) {
		const struct printed_fit *p = &told->fit[i];
		const uint64_t t_ns = p->told ? p->epoch[p->told - 1].last_ns : 0;

		if (p->sure >= PRINTED_TRAINS && t_ns > after_ns && t_ns < next_ns)
			next_ns = t_ns;
	}
	return next_ns;
}

/*
 * After the last kernel of the last epoch its results are fetched and looked at, until something is
 * printed or saved, or other kernels begin.
 */
static void end_last(const struct fuse_told *told, struct fuse_epoch *last, uint64_t next_ns)
{
	const uint64_t until_ns = last->end_ns + saturate_sub(last->end_ns, last->start_ns) / 4;
	const uint64_t mark_ns = fuse_next_mark(told, last->end_ns, until_ns);

	if (mark_ns < until_ns && mark_ns <= next_ns)
		last->end_ns = next_sign(told, last->end_ns);
}

void fuse_take_epochs(const struct fuse_told *told, struct fuse_fit *fit, struct cut *cut,
		      size_t first)
{
	const size_t end = first + fit->epochs;
	const bool trimmed = cut_trim(cut, first, fit->epochs);
	const uint64_t end_ns = cut->epoch[end - 1].end_ns;
	const uint64_t sign_ns = next_sign(told, end_ns);

	for (size_t i = 0; i < fit->epochs; i++) {
		const struct cut_epoch *from = &cut->epoch[first + i];
		struct fuse_epoch *to = &fit->epoch[i];

		to->start_ns = from->start_ns;
		to->train_ns = to->end_ns = from->end_ns;
		take(to, from);
		to->evidence |= PHASE_BY_KERNELS;
		to->confidence = cut->even * (0.75 + 0.2 * cut->marked);
	}
	if (!trimmed && end == cut->epochs && sign_ns < UINT64_MAX)
		fit->tail_ns = sign_ns - end_ns;
	if (!trimmed)
		end_last(told, &fit->epoch[fit->epochs - 1],
			 end < cut->epochs ? cut->epoch[end].start_ns : told->now_ns);
}

/* ---- what was printed ---- */

/* Boosting rounds and iterations are epochs where they are what the program counts. */
bool fuse_trains(const struct fuse_told *told, const struct printed_fit *p)
{
	if (p->sure < PRINTED_TRAINS || p->twin || !p->epochs || !p->told)
		return false;
	/* "[100/1000]", "[200/1000]": more likely batches than every hundredth epoch. */
	const bool strides = p->unit == LINE_UNIT_NONE && !p->bars && p->stride > 1 && p->of;
	if ((p->unit != LINE_UNIT_STEP && !strides) || p->before)
		return true;
	/* Iterations with loops inside are passes over the data, others are single steps. */
	struct cut cut;
	bool loops = false;
	if (p->stride > 1 && !strides)
		return false;
	if (!fuse_cut(told, p->process, p->epochs, told->from_ns, told->now_ns, &cut)) {
		loops = cut.even > 0.8 && cut.epoch[0].steps > 1;
		cut_free(&cut);
	}
	return loops || (p->iterates && !told->lanes);
}

static bool came_late(const struct printed_fit *p)
{
	if (p->late)
		return true;
	for (size_t i = 0; i < p->told; i++)
		if (p->epoch[i].last_late)
			return true;
	return false;
}

/* When the training before it in that process was over, by lines that came in time; or the start.
 */
static uint64_t told_before(const struct fuse_told *told, const struct printed_fit *p)
{
	for (const struct printed_fit *one = p; one-- > told->fit;)
		if (one->process == p->process && one->sure >= PRINTED_TRAINS && one->told &&
		    !came_late(one) && one->epoch[one->told - 1].last_ns <= p->epoch[0].first_ns)
			return one->epoch[one->told - 1].last_ns;
	return told->from_ns;
}

/* The lines of both came in a moment, against what was there before. */
static bool at_once(const struct fuse_told *told, const struct printed_fit *p,
		    const struct printed_fit *last)
{
	const uint64_t first_ns = p->epoch[0].first_ns;

	return saturate_sub(last->epoch[last->told - 1].last_ns, first_ns) <=
	       saturate_sub(first_ns, told_before(told, p)) / MOMENT;
}

/*
 * A history that is printed when all is over: its lines came in a moment, and as many rounds were
 * computed before. Such lines are as good as late ones.
 */
static bool is_history(const struct fuse_told *told, const struct printed_fit *p)
{
	const uint64_t from_ns = told_before(told, p), first_ns = p->epoch[0].first_ns;
	const uint64_t all_ns = saturate_sub(p->epoch[p->told - 1].last_ns, first_ns);
	struct cut cut;

	if (p->before || p->told < 3 || p->told != p->epochs || !at_once(told, p, p) ||
	    fuse_cut(told, p->process, p->epochs, from_ns, first_ns, &cut))
		return false;
	const uint64_t cut_ns =
		saturate_sub(cut.epoch[cut.epochs - 1].end_ns, cut.epoch[0].start_ns);
	const bool even = cut.epochs == p->epochs && cut.even > 0.8 && !cut.guessed;
	cut_free(&cut);
	return even && all_ns <= cut_ns / MOMENT;
}

static bool is_late(const struct fuse_told *told, const struct printed_fit *p)
{
	return came_late(p) || is_history(told, p);
}

size_t fuse_epochs_of(const struct printed_fit *p)
{
	return p->epochs < FUSE_EPOCHS ? p->epochs : FUSE_EPOCHS;
}

static const struct printed_fit *next_training(const struct fuse_told *told, size_t after)
{
	for (size_t i = after + 1; i < told->fits; i++)
		if (fuse_trains(told, &told->fit[i]))
			return &told->fit[i];
	return NULL;
}

/*
 * A bar for all of an epoch counts the batches of its evaluation, too: in most epochs as many
 * kernels for each.
 */
static bool counts_evaluation(const struct fuse_fit *fit, uint64_t steps)
{
	size_t n = 0;

	for (size_t i = 0; i < fit->epochs; i++) {
		const struct fuse_epoch *epoch = &fit->epoch[i];
		const uint64_t more = saturate_sub(steps, epoch->steps);

		n += epoch->steps && more > 1 && more < epoch->steps && epoch->other >= 2 * more &&
		     epoch->other % more == 0;
	}
	return 2 * n > fit->epochs;
}

/* Steps of a few epochs only may be all steps so far: where kernels told of them, they are right.
 */
static bool tells_few(const struct printed_fit *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->told; i++)
		n += p->epoch[i].steps > 0;
	return 2 * n < p->told;
}

void fuse_attach(struct fuse_fit *fit, const struct printed_fit *p)
{
	const bool counts = counts_evaluation(fit, p->steps), few = tells_few(p);

	fit->of = p->of;
	fit->before = p->before;
	fit->result = p->result;
	fit->first_line = p->first_line;
	for (size_t i = 0; i < p->told; i++)
		if (p->epoch[i].index && p->epoch[i].index <= fit->epochs)
			fit->epoch[p->epoch[i].index - 1].printed = &p->epoch[i];
	for (size_t i = 0; i < fit->epochs; i++) {
		struct fuse_epoch *epoch = &fit->epoch[i];
		uint64_t steps = epoch->printed ? epoch->printed->steps : 0;

		epoch->evidence |= PHASE_BY_TEXT;
		epoch->confidence *= 0.5 + 0.5 * p->sure;
		if (!steps)
			steps = p->steps;
		if (steps && !counts && !(few && epoch->steps))
			epoch->steps = steps;
	}
}

/* When the first so many fits had ended. */
static uint64_t end_of(const struct fuse_told *told, const struct fuse *fuse, size_t fits)
{
	const struct fuse_fit *last = fits ? &fuse->fit[fits - 1] : NULL;

	return last && last->epochs ? last->epoch[last->epochs - 1].end_ns : told->from_ns;
}

/* Are there epochs of no length? Then their lines were left out, as quick bars do. */
static bool has_holes(const struct fuse_fit *fit)
{
	for (size_t i = 0; i < fit->epochs; i++)
		if (fit->epoch[i].end_ns <= fit->epoch[i].start_ns)
			return true;
	return false;
}

/* As many even rounds of kernels tell the times better than lines of which some were left out. */
static void mend_holes(const struct fuse_told *told, struct fuse_fit *fit, uint64_t from_ns,
		       uint64_t to_ns)
{
	struct cut cut;

	if (fit->epochs < 3 || !has_holes(fit) ||
	    fuse_cut(told, fit->process, fit->epochs, from_ns, to_ns, &cut))
		return;
	if (cut.epochs == fit->epochs && cut.even > 0.9 && cut.cover > 0.5)
		fuse_take_epochs(told, fit, &cut, 0);
	cut_free(&cut);
}

static int timed_fit(const struct fuse_told *told, size_t i, struct fuse *fuse)
{
	const struct printed_fit *p = &told->fit[i], *next = next_training(told, i);
	uint64_t from_ns = end_of(told, fuse, fuse->fits), to_ns = told->now_ns;
	struct fuse_fit *fit;

	const bool followed = next && next->process == p->process;

	if (followed && next->told && !is_late(told, next))
		to_ns = next->epoch[0].first_ns;
	if (from_ns >= p->epoch[0].first_ns || p->before)
		from_ns = told->from_ns;
	/* The next one's first line may stand at the end of its first epoch. */
	fit = fuse_add(fuse, p->process,
		       !followed && (told->over || next) ? beyond_epochs(told, p, from_ns, to_ns)
							 : fuse_epochs_of(p));
	if (!fit)
		return -ENOMEM;
	timed_epochs(told, p, from_ns, to_ns, !told->over && !next, fit);
	if (told->over)
		mend_holes(told, fit, from_ns, to_ns);
	fit->timed = true;
	fuse_attach(fit, p);
	return 0;
}

static bool computes(const struct fuse_told *told, uint32_t process)
{
	for (size_t i = 0; i < told->lanes; i++)
		if (told->lane[i].process == process)
			return true;
	return false;
}

/*
 * Fits that came late are looked at together, as far as they follow one another: those of one
 * process, or of processes whose kernels are others'. Two that both compute may do so side by side;
 * a history tells when what it is of was over, with all that are printed at once with it.
 */
static bool goes_with(const struct fuse_told *told, const struct printed_fit *p,
		      const struct printed_fit *next)
{
	if (!fuse_trains(told, next))
		return true;
	if (came_late(p) ? !is_late(told, next) : came_late(next) || !at_once(told, p, next))
		return false;
	return next->process == p->process || !computes(told, p->process) ||
	       !computes(told, next->process);
}

/* When the last one of those that a process told had ended, of all where it computes nothing. */
static uint64_t end_before(const struct fuse_told *told, const struct fuse *fuse, uint32_t process)
{
	size_t n = fuse->fits;

	while (n && computes(told, process) && fuse->fit[n - 1].process != process &&
	       computes(told, fuse->fit[n - 1].process))
		n--;
	return end_of(told, fuse, n);
}

/* What is printed in time, all at once, tells of what was before. */
static uint64_t late_until(const struct fuse_told *told, const struct printed_fit *p)
{
	return came_late(p) ? told->now_ns : p->epoch[0].first_ns;
}

static int by_text(const struct fuse_told *told, struct fuse *fuse)
{
	int error = 0;

	for (size_t i = 0; i < told->fits && !error; i++) {
		size_t end = i + 1;

		if (!fuse_trains(told, &told->fit[i]))
			continue;
		if (!is_late(told, &told->fit[i])) {
			error = timed_fit(told, i, fuse);
			continue;
		}
		while (end < told->fits && goes_with(told, &told->fit[i], &told->fit[end]))
			end++;
		struct fuse_late late = {.told = told,
					 .fuse = fuse,
					 .begin = i,
					 .end = end,
					 .from_ns = end_before(told, fuse, told->fit[i].process),
					 .to_ns = late_until(told, &told->fit[i])};
		error = late_fits(&late);
		i = end - 1;
	}
	return error;
}

/* ---- together ---- */

/* Threads' clocks and strangers' times may contradict each other: none goes back. */
static void put_in_order(struct fuse_fit *fit, uint64_t now_ns)
{
	uint64_t least_ns = 0;

	for (size_t i = 0; i < fit->epochs; i++) {
		uint64_t *const at[] = {&fit->epoch[i].start_ns, &fit->epoch[i].train_ns,
					&fit->epoch[i].end_ns};

		for (size_t k = 0; k < 3; k++) {
			if (*at[k] > now_ns)
				*at[k] = now_ns;
			if (*at[k] < least_ns)
				*at[k] = least_ns;
			least_ns = *at[k];
		}
	}
}

static void sum_up(struct fuse_fit *fit)
{
	double confidence = 0;

	for (size_t i = 0; i < fit->epochs; i++) {
		fit->evidence |= fit->epoch[i].evidence;
		confidence += fit->epoch[i].confidence;
	}
	fit->confidence = fit->epochs ? confidence / (double)fit->epochs : 0;
}

int fuse_make(struct fuse *fuse, const struct fuse_told *told)
{
	int error;

	*fuse = (struct fuse){0};
	fuse->fit = calloc(told->fits + 1, sizeof(*fuse->fit));
	if (!fuse->fit)
		return -ENOMEM;
	error = by_text(told, fuse);
	if (!error && !fuse->fits && !told->from_ns)
		error = silent_fits(told, fuse);
	for (size_t i = 0; i < fuse->fits; i++) {
		const bool more = i + 1 < fuse->fits && fuse->fit[i + 1].epochs;

		gaps_close(told->pass, &fuse->fit[i], end_of(told, fuse, i),
			   more ? fuse->fit[i + 1].epoch[0].start_ns : told->now_ns);
		put_in_order(&fuse->fit[i], told->now_ns);
		sum_up(&fuse->fit[i]);
	}
	return error;
}

void fuse_free(struct fuse *fuse)
{
	for (size_t i = 0; i < fuse->fits; i++)
		free(fuse->fit[i].epoch);
	free(fuse->fit);
	*fuse = (struct fuse){0};
}
