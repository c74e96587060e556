/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What no shim spoke for, by program and reason. Pure.
 */
#ifndef GRAMME_UNSEEN_H
#define GRAMME_UNSEEN_H

#include <stddef.h>
#include <stdint.h>

#include "collector/ledger/ledger.h"

#define UNSEEN_MAX 256 /* rows; what comes later is summed up in one named "(others)" */

struct unseen {
	struct ledger_uncovered *row; /* strings are owned */
	size_t n;
	size_t room;
	uint64_t cpu_ns; /* of all rows */
};

/* Adds a process. Returns the row's index, which stays, or -1 where memory is short. */
int unseen_add(struct unseen *unseen, const char *program, const char *why);

/* Adds CPU time to a row; nothing for -1. */
void unseen_used(struct unseen *unseen, int row, uint64_t cpu_ns);

void unseen_release(struct unseen *unseen);

#endif
