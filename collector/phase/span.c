/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Spans, as span.h promises them: bodies are taken one by one, the longest first, and their runs
 * put in the order of time.
 */
#include "collector/phase/span.h"

#include <stdbool.h>
#include <stdlib.h>

#define TRIED 32u
#define SHARE 50u /* less than one in so many of the longest is not a training of its own */

struct body {
	uint32_t hash;
	uint32_t events; /* of one round */
	uint64_t ns;	 /* that its runs take */
};

static bool is_of(const struct body *body, const struct loop_item *item)
{
	return item->kind == LOOP_RUN && item->body == body->events && item->hash == body->hash;
}

static int by_time(const void *a, const void *b)
{
	const struct body *x = a, *y = b;

	return x->ns < y->ns ? 1 : x->ns > y->ns ? -1 : 0;
}

/* The bodies of a level, those that take most time first. Returns how many. */
static size_t list(const struct fold_level *level, struct body *body)
{
	size_t n = 0;

	for (size_t i = 0; i < level->items; i++) {
		const struct loop_item *item = &level->item[i];
		size_t k = 0;

		if (item->kind != LOOP_RUN || !item->body)
			continue;
		while (k < n && !is_of(&body[k], item))
			k++;
		if (k == TRIED)
			continue;
		if (k == n)
			body[n++] = (struct body){.hash = item->hash, .events = item->body};
		body[k].ns += item->end_ns > item->start_ns ? item->end_ns - item->start_ns : 0;
	}
	qsort(body, n, sizeof(*body), by_time);
	return n;
}

/* Runs of one body after another are one span. Returns how many; most + 1: more than `most`. */
static size_t join(const struct fold_level *level, const struct body *body, size_t bodies,
		   size_t most, struct span *span)
{
	size_t spans = 0, last = SIZE_MAX;

	for (size_t i = 0; i < level->items; i++) {
		const struct loop_item *item = &level->item[i];
		size_t k = 0;

		while (k < bodies && !is_of(&body[k], item))
			k++;
		if (k == bodies)
			continue;
		if (k != last && spans == most)
			return most + 1;
		if (k != last)
			span[spans++] = (struct span){.start_ns = item->start_ns};
		span[spans - 1].end_ns = item->end_ns;
		span[spans - 1].steps += item->events / item->body;
		last = k;
	}
	return spans;
}

size_t span_find(const struct fold_level *level, size_t bodies, size_t most, struct span *span)
{
	struct body body[TRIED] = {0};
	const size_t n = list(level, body);
	size_t kept = 0;

	for (size_t i = 0; i < n && kept < bodies && body[i].ns >= body[0].ns / SHARE; i++) {
		body[kept] = body[i];
		if (join(level, body, kept + 1, most, span) <= most)
			kept++;
	}
	return kept == bodies ? join(level, body, kept, most, span) : 0;
}
