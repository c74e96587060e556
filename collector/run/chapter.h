/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the recogniser's judgement to what the ledger gets: final phases in the order of their end,
 * each once, with what it drew and what was computed in it; and those under way, with what they
 * have so far. Pure.
 *
 * What a phase is booked with stands, whatever is recognised later. So phases are booked in order:
 * one that is final waits until everything before it is. And nothing is taken for granted: a
 * judgement that does not nest, or comes back to a time that is booked, is cut until it fits.
 */
#ifndef GRAMME_CHAPTER_H
#define GRAMME_CHAPTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collector/account/timeline.h"
#include "collector/ledger/nesting.h"
#include "collector/run/rates.h"
#include "collector/run/window.h"

#define CHAPTER_DEPTH  8u
#define CHAPTERS_MAX   16384u /* that wait for a disk; then the recogniser keeps what follows */
#define CHAPTERS_AHEAD 256u   /* not final, and told nevertheless: the last ones */

/* A domain may have two books: of what is measured, and of what is derived of that. */
#define CHAPTER_BOOKS (2 * POWER_DOMAINS_MAX)

/* What phases are measured by. Times are since the run's start. */
struct chapter_books {
	struct timeline energy[CHAPTER_BOOKS]; /* of the domains that are within nothing */
	enum power_quality quality[CHAPTER_BOOKS];
	size_t domains;
	struct rates rates; /* none where the intensity of the grid stays the same */
	struct window window;
};

/* What was drawn up to a moment, by quality, and that energy x intensity (rates.h). */
struct chapter_drawn {
	uint64_t energy_uj[POWER_MODELLED + 1];
	unsigned __int128 weighted;
};

/* A phase that others were booked in, and that is not final itself. */
struct chapter_frame {
	uint32_t seen; /* its number in the judgement */
	struct phase phase;
	struct chapter_drawn before; /* drawn before it began */
};

struct chapters {
	struct ledger_phase *phase; /* booked, and not forgotten */
	size_t n;
	size_t room;
	uint64_t before;	   /* booked and forgotten */
	struct ledger_phase *open; /* as of the last look */
	size_t opens;
	struct chapter_frame frame[CHAPTER_DEPTH];
	size_t frames;
	struct nesting nesting; /* of all that was ever booked */
	uint32_t last_id;
	uint64_t cursor_ns; /* booked up to here */
	bool *booked;	    /* by number in the judgement */
	size_t booked_room;
	struct ledger_phase_kernel *credit; /* per row, what phases have of it */
	size_t credits;
};

/* Begins at t_ns with the numbers behind last_id. To be closed. */
void chapters_open(struct chapters *chapters, uint64_t t_ns, uint32_t last_id);
void chapters_close(struct chapters *chapters);

/* Says that phases have so much of the row already. Returns 0 or -ENOMEM. */
int chapters_credit(struct chapters *chapters, const struct ledger_phase_kernel *kernel);

/*
 * Books what is final of a judgement (phases_look) as of now_ns, all of it if the run is `over`.
 * Of a row no more is given to phases than `row` says that there is. Where memory is short a phase
 * waits for the next look, or goes without kernels and metrics.
 */
void chapters_take(struct chapters *chapters, const struct phase *phase, size_t n, uint64_t now_ns,
		   bool over, struct chapter_books *books, const struct ledger_kernel *row,
		   size_t rows);

/*
 * Of the judgement that was just taken, the id up to which everything final is booked: of that
 * nobody needs to be told again.
 */
uint32_t chapters_booked(const struct chapters *chapters, const struct phase *phase, size_t n);

/* The first `n` that were ever booked need not be kept. */
void chapters_forget(struct chapters *chapters, uint64_t n);

#endif
