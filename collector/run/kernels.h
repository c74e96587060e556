/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of a run: every counted unit of work, by (api, kind, name, device). Pure.
 */
#ifndef GRAMME_KERNELS_H
#define GRAMME_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "collector/ledger/ledger.h"

#define KERNELS_MAX 16384u /* then one row per kind and device, named "(others)" */

struct kernels {
	struct ledger_kernel *row; /* append-only; names are owned, the rest is borrowed */
	size_t n;
	size_t room;
	uint32_t *slot; /* hash table of row index + 1 */
	size_t slots;
};

/*
 * Finds or makes a row. `api`, `kind`, `device` and `domain` must outlive the rows; `name` is
 * copied. Returns its index, which is below BUSY_KEYS_MAX and stays, or -ENOMEM.
 */
int kernels_row(struct kernels *kernels, const char *api, const char *kind, const char *name,
		const char *device, const char *domain);

void kernels_release(struct kernels *kernels);

#endif
