/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of fusion share (fuse.c, late.c, timed.c, silent.c): not for others.
 */
#ifndef GRAMME_PHASE_FUSE_PART_H
#define GRAMME_PHASE_FUSE_PART_H

#include "collector/phase/cut.h"
#include "collector/phase/fuse.h"

/* The best cut of any lane, those of `process` before others. As cut_make(). */
int fuse_cut(const struct fuse_told *told, uint32_t process, size_t epochs, uint64_t from_ns,
	     uint64_t to_ns, struct cut *cut);

/*
 * As fuse_cut(), of the process's own lanes alone: to try some numbers of epochs with all lanes of
 * a hundred processes took 14 s (2026-11-22).
 */
int fuse_cut_own(const struct fuse_told *told, uint32_t process, size_t epochs, uint64_t from_ns,
		 uint64_t to_ns, struct cut *cut);

/* Adds a fit with room for so many epochs, all zero. NULL where memory is short. */
struct fuse_fit *fuse_add(struct fuse *fuse, uint32_t process, size_t epochs);

/* Does it train, and count epochs? Boosting rounds and iterations do where that is all it counts.
 */
bool fuse_trains(const struct fuse_told *told, const struct printed_fit *p);

/* How many epochs of it are told. */
size_t fuse_epochs_of(const struct printed_fit *p);

/* Adds to a fit, whose epochs have their times, what was printed of it. */
void fuse_attach(struct fuse_fit *fit, const struct printed_fit *p);

/* Intersection over union of two spans. */
double fuse_overlap(uint64_t a_start, uint64_t a_end, uint64_t b_start, uint64_t b_end);

/*
 * When the last file was loaded that a process read once and for all before then, or 0: its modules
 * and its data come before what it trains.
 */
uint64_t fuse_loaded_ns(const struct fuse_told *told, uint32_t process, uint64_t before_ns);

/* Takes steps, and where training ended, from a cut of as many epochs that lie where these do. */
bool fuse_take_steps(struct fuse_fit *fit, const struct cut *cut);

/*
 * Epochs of a fit whose lines have times of their own, between from_ns and to_ns, where the fits
 * before and behind it are. `goes_on`: one of its epochs is under way; `fit` has room for one more.
 */
void timed_epochs(const struct fuse_told *told, const struct printed_fit *printed, uint64_t from_ns,
		  uint64_t to_ns, bool goes_on, struct fuse_fit *fit);

/* Epochs of a fit, from those of a cut from `first` on. */
void fuse_take_epochs(const struct fuse_told *told, struct fuse_fit *fit, struct cut *cut,
		      size_t first);

/* From passes over the data: as many as epochs, or one more to learn the words before. */
bool fuse_by_passes(const struct fuse_told *told, struct fuse_fit *fit, uint64_t to_ns);

/* When the first of as many passes began (or the second, of one more), or 0. */
uint64_t fuse_first_pass(const struct fuse_told *told, size_t epochs);

/* Saves: as many as epochs, each at the end of one. */
bool fuse_by_saves(const struct fuse_told *told, struct fuse_fit *fit);

/*
 * By the clock that its lines print, all of them, behind from_ns; moved so that the last one is
 * over at to_ns. Where the clock does not say how long the first one took, that began behind
 * loaded_ns, if that is no later than its end: later ones load files, too.
 */
bool fuse_by_clock(const struct printed_fit *p, struct fuse_fit *fit, uint64_t from_ns,
		   uint64_t loaded_ns, uint64_t to_ns);

/*
 * When the first epoch began, by the clock that its lines print and by where each was over; 0 where
 * that clock does not go with the epochs behind the first.
 */
uint64_t fuse_clock_start(const struct printed_fit *p, const uint64_t *end_ns);

/* The first thing that was printed or saved after a moment, or `to_ns`. */
uint64_t fuse_next_mark(const struct fuse_told *told, uint64_t after_ns, uint64_t to_ns);

/* From kernels that came once in each, as many times as there are epochs. */
bool fuse_by_kernels(const struct fuse_told *told, struct fuse_fit *fit, uint64_t from_ns,
		     uint64_t to_ns);

/* Fits whose lines all came late: those of the told ones that train, from `first` in the fuse. */
struct fuse_late {
	const struct fuse_told *told;
	struct fuse *fuse;
	size_t begin, end; /* of the printed ones */
	size_t first;
	uint64_t from_ns, to_ns;
	bool guessed; /* no kernel tells when the first epoch began */
};

/* Adds them to the fuse, with their epochs. Returns 0 or -ENOMEM. */
int late_fits(struct fuse_late *late);

/*
 * The first epoch begins by the clock, where that goes with what was computed: no later than its
 * first kernel, if that is known.
 */
void fuse_begin_by_clock(const struct fuse_late *late, const struct printed_fit *p,
			 struct fuse_fit *fit);

/*
 * Its epochs, with those behind the last one that was printed, where every so many are; of a fit
 * that is over, between from_ns and to_ns.
 */
size_t beyond_epochs(const struct fuse_told *told, const struct printed_fit *p, uint64_t from_ns,
		     uint64_t to_ns);

/* How many epochs these have together. */
size_t apart_epochs(const struct fuse_late *late);

/* Each fit where a body of its own is repeated, or some in turn, if that goes better than so well.
 */
void apart_take(const struct fuse_late *late, double better_than);

/*
 * One epoch follows the other. What is idle between is the end of one (it prints, it saves) or the
 * beginning of the next (it shuffles, it starts workers): behind a save, else as long behind its
 * kernels as the last epoch ended, else in the middle. What takes longer than half an epoch is
 * neither, unless all of them begin so, or a save is in it: then it is the end of one. Where a file
 * is saved behind each of them, the last one ends behind it, too. Between from_ns and to_ns.
 */
void gaps_close(const struct pass *pass, struct fuse_fit *fit, uint64_t from_ns, uint64_t to_ns);

/* Fits of a run that printed nothing of any. Returns 0 or -ENOMEM. */
int silent_fits(const struct fuse_told *told, struct fuse *fuse);

#endif
