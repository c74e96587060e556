/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The object that `gramme show --json` prints: schema gramme.run/1. Pure.
 */
#ifndef GRAMME_LEDGER_SUMMARY_H
#define GRAMME_LEDGER_SUMMARY_H

#include <jansson.h>

#include "collector/ledger/reading.h"

/* What the files say beside their lines. */
struct summary_files {
	const struct chain *chain; /* behind the last whole line */
	size_t torn_bytes;	   /* of a last line that was cut off */
	const char *journal;	   /* "used", "stale", "damaged", or NULL: there is none */
	const json_t *secret;	   /* the private file, proved, or NULL */
};

/* A new object, or NULL for lack of memory. `reading` has its opening line. */
json_t *summary_make(const struct reading *reading, const struct summary_files *files);

#endif
