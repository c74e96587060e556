/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The chain: what makes a line of JSON a line of the ledger, and what tells a line that was cut
 * off from one that was changed. Pure.
 *
 * A line is {"seq":N,"prev":"HEX","type":...,"sum":"HEX"} and a newline: `prev` is SHA-256 of the
 * whole line before (zeros in the first), `sum` is SHA-256 of the bytes before ,"sum". Both are
 * over raw bytes, so that nothing about a line can change unseen.
 */
#ifndef GRAMME_LEDGER_CHAIN_H
#define GRAMME_LEDGER_CHAIN_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collector/ledger/ledger.h"

#define CHAIN_HEX 64 /* letters of a hash */

/* No line is longer: 16384 kernels with the longest names stay below. */
#define CHAIN_LINE_MAX (64u << 20)

/* Where the next line goes. */
struct chain {
	uint64_t seq;
	char prev[CHAIN_HEX + 1];
};

/* The place of the first line. */
void chain_start(struct chain *chain);

/*
 * Makes the next line of `body`, an object without seq, prev and sum. Returns 0 with *line (to be
 * freed; zero-terminated, newline included) and its *length, -ENOMEM, or -EMSGSIZE.
 */
int chain_seal(const struct chain *chain, const json_t *body, char **line, size_t *length);

/* Goes on behind a line, whose length includes the newline. */
void chain_advance(struct chain *chain, const char *line, size_t length);

/*
 * Proves that a line (newline included) is whole, unchanged and the next one. Returns 0, or
 * -EBADMSG with the problem's text.
 */
int chain_check(const struct chain *chain, const char *line, size_t length,
		struct ledger_problem *problem);

/*
 * True if `tail`, which has no newline, can be the beginning of the next line and nothing more:
 * what a crash, a full disk or a power cut leaves. Anything else at the end is damage.
 */
bool chain_is_torn(const struct chain *chain, const char *tail, size_t length);

/* True if a line (newline included) is whole and unchanged, wherever in a chain it belongs. */
bool chain_is_whole(const char *line, size_t length);

/* SHA-256 of some bytes, in lower-case hex. */
void chain_hash(const char *bytes, size_t length, char hex[CHAIN_HEX + 1]);

#endif
