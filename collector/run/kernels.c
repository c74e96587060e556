/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of a run. A program that makes up names for ever cannot make the collector grow for
 * ever: from some number of rows on, new names share one.
 */
#include "collector/run/kernels.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collector/saturate.h"
#include "collector/symbol/place.h"

static uint64_t hash_text(uint64_t hash, const char *text)
{
	do
		hash = (hash ^ (unsigned char)*text) * 1099511628211ULL; /* FNV-1a */
	while (*text++);
	return hash;
}

/* What tells one row from another among those of an API: of code, its place. */
static const char *key_of(const char *api, const char *name)
{
	return strcmp(api, "openmp") ? name : place_of(name);
}

static uint64_t hash_row(const char *api, const char *kind, const char *name, const char *device)
{
	uint64_t hash = hash_text(14695981039346656037ULL, api);

	return hash_text(hash_text(hash_text(hash, kind), key_of(api, name)), device);
}

/* The slot that holds the row, or the free one where it belongs. */
static uint32_t *probe(const struct kernels *kernels, const char *api, const char *kind,
		       const char *name, const char *device)
{
	size_t at = (size_t)hash_row(api, kind, name, device) & (kernels->slots - 1);

	for (;; at = (at + 1) & (kernels->slots - 1)) {
		const struct ledger_kernel *row;
		if (!kernels->slot[at])
			return &kernels->slot[at];
		row = &kernels->row[kernels->slot[at] - 1];
		if (!strcmp(key_of(row->api, row->name), key_of(api, name)) &&
		    !strcmp(row->kind, kind) && !strcmp(row->api, api) &&
		    !strcmp(row->device, device))
			return &kernels->slot[at];
	}
}

/* Room for one more row, and a table that is at most half full. */
static int grow(struct kernels *kernels)
{
	if (kernels->n < kernels->room)
		return 0;
	size_t room = kernels->room ? kernels->room * 2 : 64;
	struct ledger_kernel *row = realloc(kernels->row, room * sizeof(*row));
	if (!row)
		return -ENOMEM;
	kernels->row = row;
	struct kernels_past *past = realloc(kernels->past, room * sizeof(*past));
	if (!past)
		return -ENOMEM;
	kernels->past = past;
	uint32_t *slot = calloc(room * 2, sizeof(*slot));
	if (!slot)
		return -ENOMEM;
	free(kernels->slot);
	kernels->slot = slot;
	kernels->slots = room * 2;
	kernels->room = room;
	for (size_t i = 0; i < kernels->n; i++) {
		const struct ledger_kernel *old = &row[i];
		*probe(kernels, old->api, old->kind, old->name, old->device) = (uint32_t)i + 1;
	}
	return 0;
}

int kernels_find(const struct kernels *kernels, const char *api, const char *kind, const char *name,
		 const char *device)
{
	const uint32_t *slot = kernels->slots ? probe(kernels, api, kind, name, device) : NULL;

	return slot && *slot ? (int)*slot - 1 : -ENOENT;
}

int kernels_row(struct kernels *kernels, const char *api, const char *kind, const char *name,
		const char *device, const char *domain)
{
	static const char others[] = "(others)";
	int known = kernels_find(kernels, api, kind, name, device);

	if (known >= 0)
		return known;
	if (kernels->n >= KERNELS_MAX && strcmp(name, others))
		return kernels_row(kernels, api, kind, others, device, domain);
	if (grow(kernels))
		return -ENOMEM;
	char *copy = strdup(name);
	if (!copy)
		return -ENOMEM;
	kernels->row[kernels->n] = (struct ledger_kernel){
		.api = api, .kind = kind, .name = copy, .device = device, .domain = domain};
	kernels->past[kernels->n] = (struct kernels_past){0};
	*probe(kernels, api, kind, name, device) = (uint32_t)kernels->n + 1;
	return (int)kernels->n++;
}

/* The row holds the larger of the two; of the ledger's, what is above `gone` comes again. */
static uint64_t settle(uint64_t ledger, uint64_t gone, uint64_t *owed)
{
	*owed = ledger > gone ? ledger - gone : 0;
	return ledger > gone ? ledger : gone;
}

int kernels_restore(struct kernels *kernels, const struct ledger_kernel *from,
		    const struct arena_total *gone)
{
	const size_t n = kernels->n;
	int row =
		kernels_row(kernels, from->api, from->kind, from->name, from->device, from->domain);

	if (row < 0)
		return row;
	/* Rows keep their numbers, and no two are the same. */
	if ((size_t)row != n)
		return -EBADMSG;
	struct ledger_kernel *to = &kernels->row[row];
	struct kernels_past *past = &kernels->past[row];
	past->gone = *gone;
	past->before = (struct busy_share){from->busy_ns, from->energy_uj};
	to->busy_ns = from->busy_ns;
	to->energy_uj = from->energy_uj;
	to->count = settle(from->count, gone->count, &past->owed.count);
	to->failed = settle(from->failed, gone->failed, &past->owed.failed);
	to->timed = settle(from->timed, gone->timed, &past->owed.timed);
	to->device_ns = settle(from->device_ns, gone->device_ns, &past->owed.device_ns);
	to->host_ns = settle(from->host_ns, gone->host_ns, &past->owed.host_ns);
	to->bytes = settle(from->bytes, gone->bytes, &past->owed.bytes);
	to->flop = settle(from->flop, gone->flop, &past->owed.flop);
	return 0;
}

uint64_t kernels_count(const struct kernels *kernels)
{
	uint64_t count = 0;

	for (size_t i = 0; i < kernels->n; i++)
		count = saturate_add(count, kernels->row[i].count);
	return count;
}

void kernels_release(struct kernels *kernels)
{
	for (size_t i = 0; i < kernels->n; i++)
		free((char *)kernels->row[i].name);
	free(kernels->row);
	free(kernels->past);
	free(kernels->slot);
	*kernels = (struct kernels){0};
}
