/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Call paths by name and by what they consist of.
 */
#include "collector/run/paths.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collector/saturate.h"

static uint64_t hash(uint64_t seed, const void *bytes, size_t n)
{
	const unsigned char *at = bytes;
	uint64_t hash = seed ^ 14695981039346656037ULL;

	for (; n; n--)
		hash = (hash ^ *at++) * 1099511628211ULL; /* FNV-1a */
	return hash;
}

/* ---- numbers by key ---- */

/* The next slot from *at on that has the key, or the free one behind those. */
static struct paths_slot *next_slot(const struct paths_table *table, uint64_t key, size_t *at)
{
	for (;; (*at)++) {
		struct paths_slot *slot = &table->slot[*at & (table->slots - 1)];

		if (!slot->number || slot->key == key) {
			(*at)++;
			return slot;
		}
	}
}

static void put(struct paths_table *table, uint64_t key, size_t number)
{
	size_t at = (size_t)key;
	struct paths_slot *slot;

	do
		slot = next_slot(table, key, &at);
	while (slot->number);
	*slot = (struct paths_slot){key, (uint32_t)number + 1};
	table->used++;
}

/* Room for one more, at most half full. */
static int make_room(struct paths_table *table)
{
	struct paths_table more = {.slots = table->slots ? 2 * table->slots : 256};

	if (2 * (table->used + 1) <= table->slots)
		return 0;
	more.slot = calloc(more.slots, sizeof(*more.slot));
	if (!more.slot)
		return -ENOMEM;
	for (size_t i = 0; i < table->slots; i++)
		if (table->slot[i].number)
			put(&more, table->slot[i].key, table->slot[i].number - 1);
	free(table->slot);
	*table = more;
	return 0;
}

/* ---- functions ---- */

int paths_known(const struct paths *paths, uint64_t place)
{
	size_t at = (size_t)place;
	const struct paths_slot *slot =
		paths->by_place.slots ? next_slot(&paths->by_place, place, &at) : NULL;

	return slot && slot->number ? (int)slot->number - 1 : -ENOENT;
}

static int find_function(const struct paths *paths, uint64_t key, const char *name)
{
	const struct paths_slot *slot;
	size_t at = (size_t)key;

	if (!paths->by_name.slots)
		return -ENOENT;
	while ((slot = next_slot(&paths->by_name, key, &at))->number)
		if (!strcmp(paths->function[slot->number - 1], name))
			return (int)slot->number - 1;
	return -ENOENT;
}

static int add_function(struct paths *paths, uint64_t key, const char *name)
{
	char **more;
	char *copy;

	if (make_room(&paths->by_name))
		return -ENOMEM;
	more = reallocarray(paths->function, paths->functions + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	paths->function = more;
	copy = strdup(name);
	if (!copy)
		return -ENOMEM;
	paths->function[paths->functions] = copy;
	put(&paths->by_name, key, paths->functions);
	return (int)paths->functions++;
}

int paths_function(struct paths *paths, uint64_t place, const char *name)
{
	uint64_t key = hash(0, name, strlen(name));
	int number = find_function(paths, key, name);

	if (number < 0 && paths->functions >= PATHS_FUNCTIONS_MAX) {
		name = "(others)";
		key = hash(0, name, strlen(name));
		number = find_function(paths, key, name);
	}
	if (number < 0)
		number = add_function(paths, key, name);
	if (number < 0 || !place || paths->by_place.used >= PATHS_PLACES_MAX)
		return number;
	if (make_room(&paths->by_place))
		return -ENOMEM;
	put(&paths->by_place, place, (size_t)number);
	return number;
}

/* ---- paths ---- */

static uint64_t key_of(size_t row, const uint32_t *frame, uint32_t frames, bool cut)
{
	return hash(2 * row + cut, frame, frames * sizeof(*frame));
}

static struct ledger_path *find_path(const struct paths *paths, size_t row, const uint32_t *frame,
				     uint32_t frames, bool cut)
{
	const uint64_t key = key_of(row, frame, frames, cut);
	const struct paths_slot *slot;
	size_t at = (size_t)key;

	if (!paths->by_frames.slots)
		return NULL;
	while ((slot = next_slot(&paths->by_frames, key, &at))->number) {
		struct ledger_path *path = &paths->path[slot->number - 1];

		if (path->row == row && path->frames == frames && path->cut == cut &&
		    (!frames || !memcmp(path->frame, frame, frames * sizeof(*frame))))
			return path;
	}
	return NULL;
}

static struct ledger_path *add_path(struct paths *paths, size_t row, const uint32_t *frame,
				    uint32_t frames, bool cut)
{
	struct ledger_path *more;
	uint32_t *copy;

	if (make_room(&paths->by_frames))
		return NULL;
	more = reallocarray(paths->path, paths->n + 1, sizeof(*more));
	if (!more)
		return NULL;
	paths->path = more;
	copy = calloc(frames + 1u, sizeof(*copy));
	if (!copy)
		return NULL;
	if (frames)
		memcpy(copy, frame, frames * sizeof(*copy));
	paths->path[paths->n] =
		(struct ledger_path){.row = row, .frame = copy, .frames = frames, .cut = cut};
	put(&paths->by_frames, key_of(row, frame, frames, cut), paths->n);
	return &paths->path[paths->n++];
}

int paths_add(struct paths *paths, size_t row, const uint32_t *frame, uint32_t frames, bool cut,
	      uint64_t samples)
{
	struct ledger_path *path = find_path(paths, row, frame, frames, cut);

	if (!path && paths->n >= PATHS_MAX) {
		frames = 0;
		cut = true;
		path = find_path(paths, row, frame, frames, cut);
	}
	if (!path)
		path = add_path(paths, row, frame, frames, cut);
	if (!path)
		return -ENOMEM;
	path->samples = saturate_add(path->samples, samples);
	return 0;
}

int paths_restore(struct paths *paths, const struct ledger_paths *from)
{
	for (size_t i = 0; i < from->functions; i++)
		if (paths_function(paths, 0, from->function[i]) < 0)
			return -ENOMEM;
	for (size_t i = 0; i < from->n; i++) {
		const struct ledger_path *path = &from->path[i];

		if (paths_add(paths, path->row, path->frame, path->frames, path->cut,
			      path->samples))
			return -ENOMEM;
	}
	return 0;
}

struct ledger_paths paths_state(const struct paths *paths)
{
	return (struct ledger_paths){.path = paths->path,
				     .n = paths->n,
				     .function = (const char *const *)paths->function,
				     .functions = paths->functions};
}

void paths_release(struct paths *paths)
{
	for (size_t i = 0; i < paths->functions; i++)
		free(paths->function[i]);
	for (size_t i = 0; i < paths->n; i++)
		free((void *)(uintptr_t)paths->path[i].frame);
	free(paths->function);
	free(paths->path);
	free(paths->by_name.slot);
	free(paths->by_frames.slot);
	free(paths->by_place.slot);
	*paths = (struct paths){0};
}
