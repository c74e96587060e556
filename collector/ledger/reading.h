/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ledger while it is read: its lines, already proved by the chain, taken in order and added up
 * again. Pure.
 */
#ifndef GRAMME_LEDGER_READING_H
#define GRAMME_LEDGER_READING_H

#include <jansson.h>

#include "collector/ledger/chain.h"
#include "collector/account/draw.h"
#include "collector/ledger/tally.h"

struct reading {
	json_t *open;	   /* the opening line */
	json_t *close;	   /* the closing line, or NULL */
	json_t *rows;	   /* who the kernels are: array of objects */
	json_t *anchors;   /* array of {t_ns, utc_unix_ns, reason} */
	json_t *phases;	   /* those that are final, in the order of their end */
	json_t *functions; /* names of those in call paths */
	json_t *paths;	   /* array of {row, frames, cut} */
	json_t *under_way; /* array of phases, as of the last line */
	struct draw draw;
	int64_t utc_ns; /* of t_ns 0, as the last anchor has it */
	struct tally_terms terms;
	struct tally now;
	struct tally then; /* as of the line before */
};

/* Returns 0 or -ENOMEM; to be freed in both cases. */
int reading_init(struct reading *reading);
void reading_free(struct reading *reading);

/*
 * Takes the next line: the opening first, then intervals and anchors, the closing last. Returns
 * 0, -EBADMSG with the problem where the line is no such line or does not balance,
 * -EPROTONOSUPPORT with the problem for another version, or -ENOMEM.
 */
int reading_take(struct reading *reading, json_t *line, struct ledger_problem *problem);

#endif
