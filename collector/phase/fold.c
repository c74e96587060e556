/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A level's items are told to a loop as if each were a kernel, which finds the repetitions among
 * them.
 */
#include "collector/phase/fold.h"

#include <errno.h>
#include <stdlib.h>

uint64_t fold_rounds(const struct loop_item *item)
{
	return item->kind == LOOP_RUN && item->body ? item->events / item->body : 1;
}

/* Two items are the same where they did the same as often. */
static uint32_t symbol_of(const struct loop_item *item)
{
	uint64_t hash = ((uint64_t)item->hash << 32 | item->kind) ^ item->events << 3;

	return (uint32_t)(hash * 0x9e3779b97f4a7c15ULL >> 32);
}

static int room_for(struct fold_level *level, size_t n)
{
	level->item = calloc(n + 1, sizeof(*level->item));
	level->child = calloc(n + 1, sizeof(*level->child));
	level->children = calloc(n + 1, sizeof(*level->children));
	return level->item && level->child && level->children ? 0 : -ENOMEM;
}

static void put(struct fold_level *level, const struct loop_item *item, uint32_t child,
		uint32_t children)
{
	level->item[level->items] = *item;
	level->child[level->items] = child;
	level->children[level->items++] = children;
}

static uint64_t events_of(const struct fold_level *level, uint64_t first, uint64_t n)
{
	uint64_t sum = 0;

	for (uint64_t i = first; i < first + n; i++)
		sum += level->item[i].events;
	return sum;
}

/* `folded`: a run among the items of `below`, where first, events and body count items. */
static void put_run(struct fold_level *level, const struct fold_level *below,
		    const struct loop_item *folded)
{
	struct loop_item run = *folded;
	/* What is left over of a last round stays as it is. */
	const uint64_t whole = folded->events - folded->events % folded->body;

	run.first = below->item[folded->first].first;
	run.events = events_of(below, folded->first, whole);
	run.body = (uint32_t)events_of(below, folded->first, folded->body);
	run.end_ns = below->item[folded->first + whole - 1].end_ns;
	run.text = 0;
	run.turn = 0;
	put(level, &run, (uint32_t)folded->first, folded->body);
	for (uint64_t i = folded->first + whole; i < folded->first + folded->events; i++)
		put(level, &below->item[i], (uint32_t)i, 1);
}

/* Returns 1 where something was folded, 0 where not, or -ENOMEM. */
static int fold_once(struct fold_level *level, const struct fold_level *below)
{
	struct loop *loop = loop_new(LOOP_OF_ITEMS);
	struct loop_item *folded = NULL;
	size_t n = 0;
	bool any = false;

	if (!loop || room_for(level, below->items)) {
		loop_free(loop);
		return -ENOMEM;
	}
	for (size_t i = 0; i < below->items; i++)
		loop_add(loop, symbol_of(&below->item[i]), (uint32_t)i, below->item[i].start_ns,
			 below->item[i].end_ns);
	if (below->items)
		n = loop_items(loop, &folded);
	for (size_t i = 0; i < n; i++) {
		if (folded[i].kind == LOOP_RUN) {
			put_run(level, below, &folded[i]);
			any = true;
			continue;
		}
		for (uint64_t k = folded[i].first; k < folded[i].first + folded[i].events; k++)
			put(level, &below->item[k], (uint32_t)k, 1);
	}
	free(folded);
	loop_free(loop);
	return n || !below->items ? any : -ENOMEM;
}

int fold_make(struct fold *fold, const struct loop *loop)
{
	struct fold_level *level = fold->level;
	int more = 1;

	*fold = (struct fold){.loop = loop, .levels = 1};
	level->items = loop_items(loop, &level->item);
	if (!level->item)
		return -ENOMEM;
	while (more > 0 && fold->levels < FOLD_LEVELS) {
		more = fold_once(&level[fold->levels], &level[fold->levels - 1]);
		if (more)
			fold->levels++;
	}
	return more < 0 ? more : 0;
}

void fold_free(struct fold *fold)
{
	for (unsigned i = 0; i < FOLD_LEVELS; i++) {
		free(fold->level[i].item);
		free(fold->level[i].child);
		free(fold->level[i].children);
	}
	*fold = (struct fold){0};
}

size_t fold_words(const struct fold *fold, unsigned level, size_t item, struct loop_word *word,
		  size_t room)
{
	const struct fold_level *at = &fold->level[level];
	size_t n = 0;

	if (!level)
		return loop_words(fold->loop, &at->item[item], word, room);
	for (uint32_t i = 0; i < at->children[item] && n < room; i++) {
		const uint32_t child = at->child[item] + i;
		const size_t begin = n;
		const size_t once = fold_words(fold, level - 1, child, word + n, room - n);
		uint64_t rounds = fold_rounds(&fold->level[level - 1].item[child]);

		n += once;
		/* A run that was only handed up from below stands for one of its rounds. */
		if (at->children[item] == 1)
			rounds = 1;
		for (uint64_t r = 1; once && r < rounds && n < room; r++)
			for (size_t k = 0; k < once && n < room; k++)
				word[n++] = word[begin + k];
	}
	return n;
}
