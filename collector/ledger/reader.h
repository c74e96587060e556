/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ledger's lines from open descriptors: proved by the chain, taken in order and added up. What
 * ledger_read shows and what ledger_resume goes on from is read here.
 */
#ifndef GRAMME_LEDGER_READER_H
#define GRAMME_LEDGER_READER_H

#include <stddef.h>
#include <stdint.h>

#include "collector/ledger/reading.h"

struct reader {
	struct reading reading;
	struct chain chain;   /* behind the last whole line of the file */
	uint64_t whole_bytes; /* up to there */
	size_t torn_bytes;    /* of a last line that was cut off */
	const char *journal;  /* "used", "stale", "damaged", or NULL: there is none */
};

/* Returns 0 or -ENOMEM; to be freed in both cases. */
int reader_init(struct reader *reader);
void reader_free(struct reader *reader);

/*
 * Reads the file to its end. Returns 0, or -errno with the problem: -EBADMSG damaged, -ENODATA
 * cut off within its opening line, -EPROTONOSUPPORT another version.
 */
int reader_chain(struct reader *reader, int fd, struct ledger_problem *problem);

/*
 * Reads the journal of a ledger that is not closed. If it continues the chain, it is added up as
 * one more line, and *line (may be NULL), of *length bytes, gets it, to be freed. The chain stays
 * where the file ends. Returns 0, or -errno with the problem.
 */
int reader_journal(struct reader *reader, int fd, char **line, size_t *length,
		   struct ledger_problem *problem);

#endif
