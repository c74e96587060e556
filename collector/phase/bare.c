/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kernels without their sizes, as bare.h promises it.
 */
#include "collector/phase/bare.h"

#include <stdbool.h>
#include <stdlib.h>

#include "collector/phase/fold.h"

#define EVENTS	 64u
#define TORN	 0.7 /* no more than this share of the kernels is in runs ... */
#define REPEATED 0.9 /* ... and without sizes at least this */
#define STEADY	 8u  /* times that sizes must come again, ... */
#define EQUAL	 0.4 /* ... and the share of the distances between that are the same */

static int rising(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x > y ? 1 : x < y ? -1 : 0;
}

uint32_t bare_symbol(const struct bare *bare, uint32_t symbol, uint32_t kernel)
{
	if (bare->n && bsearch(&symbol, bare->steady, bare->n, sizeof(symbol), rising))
		return symbol;
	return (kernel + 1) * 0x9e3779b1u;
}

/* ---- which sizes are steady ---- */

struct seen {
	uint32_t symbol;
	uint32_t event;
};

static int by_symbol(const void *a, const void *b)
{
	const struct seen *x = a, *y = b;

	if (x->symbol != y->symbol)
		return x->symbol > y->symbol ? 1 : -1;
	return x->event > y->event ? 1 : -1;
}

/* Whether most of the distances between the `n` times that a symbol came are the same. */
static bool is_steady(const struct seen *seen, size_t n, uint32_t *distance)
{
	size_t most = 0, same = 0;

	for (size_t i = 1; i < n; i++)
		distance[i - 1] = seen[i].event - seen[i - 1].event;
	qsort(distance, n - 1, sizeof(*distance), rising);
	for (size_t i = 0; i + 1 < n; i++) {
		same = i && distance[i] == distance[i - 1] ? same + 1 : 1;
		most = same > most ? same : most;
	}
	return (double)most >= EQUAL * (double)(n - 1);
}

static void find_steady(const struct loop *loop, struct bare *bare)
{
	const size_t n = (size_t)loop_events(loop);
	struct seen *seen = calloc(n, sizeof(*seen));
	uint32_t *distance = calloc(n, sizeof(*distance));

	bare->n = 0;
	for (size_t i = 0; seen && i < n; i++)
		seen[i] = (struct seen){loop_symbol(loop, i), (uint32_t)i};
	if (seen && distance)
		qsort(seen, n, sizeof(*seen), by_symbol);
	for (size_t i = 0, end; seen && distance && i < n; i = end) {
		for (end = i + 1; end < n && seen[end].symbol == seen[i].symbol;)
			end++;
		if (end - i > STEADY && bare->n < BARE_STEADY &&
		    is_steady(seen + i, end - i, distance))
			bare->steady[bare->n++] = seen[i].symbol;
	}
	free(distance);
	free(seen);
}

/* ---- told again ---- */

/* The share of a loop's kernels that is repeated, loops of loops too; -1: it cannot be said. */
static double share_repeated(const struct loop *loop)
{
	const uint64_t n = loop_events(loop);
	const struct fold_level *top;
	struct fold fold;
	uint64_t events = 0;
	bool whole = !fold_make(&fold, loop);

	top = &fold.level[fold.levels ? fold.levels - 1 : 0];
	for (size_t i = 0; whole && i < top->items; i++) {
		events += top->item[i].kind == LOOP_RUN ? top->item[i].events : 0;
		whole = top->item[i].kind != LOOP_LOST;
	}
	fold_free(&fold);
	return whole && n ? (double)events / (double)n : -1;
}

static struct loop *tell_again(const struct loop *loop, const struct bare *bare)
{
	struct loop *again = loop_new(LOOP_OF_KERNELS);
	uint64_t start_ns, end_ns;

	for (uint64_t i = 0; again && loop_recent(loop, i, &start_ns, &end_ns); i++) {
		const uint32_t kernel = loop_kernel(loop, i);

		loop_add(again, bare_symbol(bare, loop_symbol(loop, i), kernel), kernel, start_ns,
			 end_ns);
	}
	if (again && share_repeated(again) >= REPEATED)
		return again;
	loop_free(again);
	return NULL;
}

struct loop *bare_loop(const struct loop *loop, struct bare *bare)
{
	const uint64_t n = loop_events(loop);
	const double share = n >= EVENTS && n <= LOOP_RING ? share_repeated(loop) : -1;
	struct loop *again = NULL;

	if (share < 0 || share > TORN)
		return NULL;
	find_steady(loop, bare);
	again = tell_again(loop, bare);
	if (again || !bare->n)
		return again;
	bare->n = 0;
	return tell_again(loop, bare);
}
