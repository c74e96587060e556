/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a line says of the grid, where its intensity changes while a run goes on: the mean over what
 * the run drew in that line, weighed by energy and rounded to a microgram per kWh. The total is
 * derived from these and nothing else, so that whoever has the lines can prove it. Pure.
 */
#ifndef GRAMME_LEDGER_INTENSITY_H
#define GRAMME_LEDGER_INTENSITY_H

#include <jansson.h>

#include "collector/ledger/tally.h"

#define INTENSITY_MAX 10000000000ULL /* 10 kg per kWh: no grid emits that */

/* Decimal digits of a 128-bit number, zero included. */
#define INTENSITY_DIGITS 40

/*
 * Books what `now` holds beyond `then` at one intensity: sets now->grid.booked. `now` has its
 * postings.
 */
void intensity_book(const struct tally_terms *terms, const struct tally *then, struct tally *now);

/* Puts what `now` adds to `then` into a line. Returns 0 or -ENOMEM. */
int intensity_put(json_t *body, const struct tally_terms *terms, const struct tally *then,
		  const struct tally *now);

/*
 * Takes that from a line; the postings of `now` are that line's, and proved. Returns 0, or -EBADMSG
 * with the problem.
 */
int intensity_take(const json_t *line, const struct tally_terms *terms, const struct tally *then,
		   struct tally *now, struct ledger_problem *problem);

/* What the run drew from `then` to `now`, and the intensity at which that is booked. */
uint64_t intensity_added_uj(const struct tally_terms *terms, const struct tally *then,
			    const struct tally *now);
uint64_t intensity_of(const struct tally_terms *terms, const struct tally *then,
		      const struct tally *now);

/* A sum as text, for a snapshot, and back. Returns 0 or -EINVAL. */
void intensity_text(unsigned __int128 value, char text[INTENSITY_DIGITS]);
int intensity_parse(const char *text, unsigned __int128 *value);

#endif
