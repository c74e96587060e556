/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The open end of a ledger: where the next line goes, and how it gets there whole or not at all.
 */
#ifndef GRAMME_LEDGER_WRITER_H
#define GRAMME_LEDGER_WRITER_H

#include <stdbool.h>
#include <sys/types.h>

#include "collector/ledger/chain.h"
#include "collector/ledger/file.h"
#include "collector/ledger/tally.h"

struct ledger {
	struct file_place place;
	int fd;
	off_t size; /* of the whole lines */
	bool fresh; /* it gets its name with the opening line, if it has none yet */
	bool torn;  /* there are bytes behind them that could not be cut off yet */
	bool loose; /* some of the whole lines are not on the disk yet */
	struct chain chain;
	struct tally_terms terms;
	struct tally written; /* what the lines add up to */
	size_t found;	      /* of the findings that this writer was told, those in them */
	uint64_t phases;      /* final ones of this writer that stand in them */
	json_t *cut;	      /* phases whose end nobody saw, for the next line; or NULL */
};

/* An empty one, at the place of the first line. Returns 0, -ENOMEM or -EIO. */
int writer_new(struct ledger **ledger);

/* Seals `body` as the next line and appends it; `durable` waits for the disk. 0 or -errno. */
int writer_append(struct ledger *ledger, const json_t *body, bool durable);

/* Waits until all lines are on the disk. Returns 0 or -errno. */
int writer_sync(struct ledger *ledger);

/* Appends a line that is sealed already. As above. */
int writer_append_line(struct ledger *ledger, const char *line, size_t length, bool durable);

#endif
