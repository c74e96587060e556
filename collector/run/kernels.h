/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of a run: every counted unit of work, by (api, kind, name, device). Pure.
 */
#ifndef GRAMME_KERNELS_H
#define GRAMME_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "collector/account/busy.h"
#include "collector/intake/arena.h"
#include "collector/ledger/ledger.h"

#define KERNELS_MAX 16384u /* then one row per kind and device, named "(others)" */

/* What else is to be known of a row where a run may be taken over by another collector. */
struct kernels_past {
	struct arena_total gone;  /* counted by arenas that were let go */
	struct arena_total owed;  /* in the row already, and will be counted once more */
	struct busy_share before; /* in the row before this collector took over */
};

struct kernels {
	struct ledger_kernel *row; /* append-only; names are owned, the rest is borrowed */
	struct kernels_past *past; /* one per row */
	size_t n;
	size_t room;
	uint32_t *slot; /* hash table of row index + 1 */
	size_t slots;
};

/* The index of a row, or -ENOENT. The place of code is what names it, whatever symbol was found. */
int kernels_find(const struct kernels *kernels, const char *api, const char *kind, const char *name,
		 const char *device);

/*
 * Finds or makes a row. `api`, `kind`, `device` and `domain` must outlive the rows; `name` is
 * copied. Returns its index, which is below BUSY_KEYS_MAX and stays, or -ENOMEM.
 */
int kernels_row(struct kernels *kernels, const char *api, const char *kind, const char *name,
		const char *device, const char *domain);

/*
 * Makes the row of a run that is taken over: `row` as its ledger has it, of which arenas that were
 * let go counted `gone`. What the others counted is in it already, and is counted again. Strings
 * but the name must outlive the rows. Returns 0, -ENOMEM, or -EBADMSG for one that is there.
 */
int kernels_restore(struct kernels *kernels, const struct ledger_kernel *row,
		    const struct arena_total *gone);

/* What was counted in all rows. */
uint64_t kernels_count(const struct kernels *kernels);

void kernels_release(struct kernels *kernels);

#endif
