/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is printed of steps beside a counter of epochs: how many each has, whether they are counted
 * anew in each or on and on. Pure. `epoch` are the epochs of a fit that spoke, fit->told of them.
 */
#ifndef GRAMME_PHASE_STEPS_H
#define GRAMME_PHASE_STEPS_H

#include "collector/phase/printed.h"
#include "collector/phase/tale.h"

#define STEPS_INDEX_MAX 1e9 /* what counts higher counts no epochs or steps */

/* Steps of an epoch that were told with a tick. */
void steps_add(struct printed_epoch *epoch, const struct tick *tick);

/*
 * Where what is printed before an epoch's own line counts its steps, they were told behind the tick
 * before, or (NULL) by the first such lines.
 */
void steps_before(struct printed_epoch *epoch, const struct tick *before,
		  const struct aside *aside);

/* Steps are counted on from epoch to epoch. */
bool steps_go_on(const struct tale *tale, const struct run *run);

/* Then what each has of them, and how many of each there are if their sum is told. */
void steps_share(const struct printed_fit *fit, struct printed_epoch *epoch,
		 const struct tale *tale, const struct run *run);

/* Steps of an epoch by how fast both counted, where that is nearly a whole number. */
void steps_by_pace(const struct printed_fit *fit, struct printed_epoch *epoch,
		   const struct tale *tale, const struct run *run);

/* Of the fit as a whole, where all epochs have as many. */
void steps_agree(struct printed_fit *fit, const struct printed_epoch *epoch);

#endif
