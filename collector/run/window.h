/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was computed since the last phase that is booked: commands by time and row, to be counted
 * into the phases that are recognised later. Pure.
 *
 * Memory is bounded: single commands are kept up to 65536 of them. Beyond that neighbours become
 * one, row by row: the time falls into at most 2048 stretches, fewer where each has many rows,
 * divided at the widest gaps in compute, where phases mostly end. A stretch that does not end where
 * a phase does is divided in proportion to time, and the count is told to be rough.
 */
#ifndef GRAMME_WINDOW_H
#define GRAMME_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collector/ledger/ledger.h"

#define WINDOW_ENTRIES	 65536u
#define WINDOW_STRETCHES 2048u

/* One command, or several of a row. */
struct window_entry {
	uint64_t start_ns;
	uint64_t end_ns; /* of the stretch, where it is several */
	uint64_t device_ns;
	uint32_t row;
	uint32_t count;
};

struct window {
	struct window_entry *entry; /* NULL where memory was short: then nothing is counted */
	struct window_entry *other; /* as large: what is sorted goes to and fro */
	size_t first;
	size_t n;
	size_t room;
	bool sorted;
};

void window_close(struct window *window);

/* A command of `row`. What finds no memory is not counted. */
void window_add(struct window *window, uint32_t row, uint64_t start_ns, uint64_t end_ns);

/*
 * Counts what started in [from_ns, to_ns), and forgets everything that started before to_ns.
 * Returns 0 with *kernel, to be freed, by rising row, and *rough, or -ENOMEM.
 */
int window_take(struct window *window, uint64_t from_ns, uint64_t to_ns,
		struct ledger_phase_kernel **kernel, size_t *kernels, bool *rough);

#endif
