/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of a run. A program that makes up names for ever cannot make the collector grow for
 * ever: from some number of rows on, new names share one.
 */
#include "collector/run/kernels.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static uint64_t hash_text(uint64_t hash, const char *text)
{
	do
		hash = (hash ^ (unsigned char)*text) * 1099511628211ULL; /* FNV-1a */
	while (*text++);
	return hash;
}

static uint64_t hash_row(const char *api, const char *kind, const char *name, const char *device)
{
	uint64_t hash = hash_text(14695981039346656037ULL, api);

	return hash_text(hash_text(hash_text(hash, kind), name), device);
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
		if (!strcmp(row->name, name) && !strcmp(row->kind, kind) &&
		    !strcmp(row->api, api) && !strcmp(row->device, device))
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

int kernels_row(struct kernels *kernels, const char *api, const char *kind, const char *name,
		const char *device, const char *domain)
{
	static const char others[] = "(others)";
	uint32_t *slot = kernels->slots ? probe(kernels, api, kind, name, device) : NULL;

	if (slot && *slot)
		return (int)*slot - 1;
	if (kernels->n >= KERNELS_MAX && strcmp(name, others))
		return kernels_row(kernels, api, kind, others, device, domain);
	if (grow(kernels))
		return -ENOMEM;
	char *copy = strdup(name);
	if (!copy)
		return -ENOMEM;
	kernels->row[kernels->n] = (struct ledger_kernel){
		.api = api, .kind = kind, .name = copy, .device = device, .domain = domain};
	*probe(kernels, api, kind, name, device) = (uint32_t)kernels->n + 1;
	return (int)kernels->n++;
}

void kernels_release(struct kernels *kernels)
{
	for (size_t i = 0; i < kernels->n; i++)
		free((char *)kernels->row[i].name);
	free(kernels->row);
	free(kernels->slot);
	*kernels = (struct kernels){0};
}
