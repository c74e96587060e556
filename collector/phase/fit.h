/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the story of a counter (tale.h) to fits and their epochs as printed.h promises them. Pure.
 */
#ifndef GRAMME_PHASE_FIT_H
#define GRAMME_PHASE_FIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collector/phase/fact.h"
#include "collector/phase/printed.h"
#include "collector/phase/tale.h"

/* What was found at one look; cleared before the next. */
struct fits {
	struct printed_fit *fit; /* their `epoch` is not set before fits_settle() */
	size_t n, room;
	struct printed_epoch *epoch; /* of all fits, one after the other */
	size_t epochs, epoch_room;
	struct facts facts;   /* printed_epoch.metric is a list in it */
	struct facts results; /* and printed_fit.result in this */
};

void fits_clear(struct fits *fits);
void fits_free(struct fits *fits);

/* Adds the fits of a tale; where memory is short, some. */
void fits_add(struct fits *fits, uint32_t process, const struct facts *facts,
	      const struct tale *tale, double sure);

/* Lets fits point at their epochs; nothing may be added after it. */
void fits_settle(struct fits *fits);

#endif
