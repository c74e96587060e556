/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Merging runs, as order.h promises it. Of the runs that are not merged yet each is at least twice
 * as long as the one behind it, so there are few, and an interval is moved only by merges that
 * double its run or nearly so.
 */
#include "collector/account/order.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define RUNS_MAX 64 /* each twice as long as the next */

void order_free(struct order *order)
{
	free(order->spare);
	*order = (struct order){0};
}

static int room_for(struct order *order, size_t n)
{
	struct busy_interval *spare;

	if (n <= order->room)
		return 0;
	spare = reallocarray(NULL, n, sizeof(*spare));
	if (!spare)
		return -ENOMEM;
	free(order->spare);
	order->spare = spare;
	order->room = n;
	return 0;
}

/* How many of the first `n`, which are in order, may stay before `next`. */
static size_t before(const struct busy_interval *interval, size_t n,
		     const struct busy_interval *next)
{
	size_t low = 0, high = n;

	if (n && !order_after(&interval[n - 1], next))
		return n;
	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (order_after(&interval[middle], next))
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* Two runs of n and m intervals, one behind the other, become one. */
static int merge(struct order *order, struct busy_interval *interval, size_t n, size_t m)
{
	const struct busy_interval *second = interval + n, *const end = second + m;
	const size_t stay = before(interval, n, second);
	const size_t moved = n - stay;
	struct busy_interval *to = interval + stay;
	const int error = room_for(order, moved);

	if (!moved || error)
		return error;
	memcpy(order->spare, to, moved * sizeof(*to));
	const struct busy_interval *first = order->spare, *const first_end = first + moved;

	while (first < first_end && second < end)
		*to++ = order_after(first, second) ? *second++ : *first++;
	/* What is left of the second run stands there already. */
	memcpy(to, first, (size_t)(first_end - first) * sizeof(*to));
	return 0;
}

static size_t run_length(const struct busy_interval *interval, size_t n)
{
	size_t i = 1;

	while (i < n && !order_after(&interval[i - 1], &interval[i]))
		i++;
	return i;
}

int order_intervals(struct order *order, struct busy_interval *interval, size_t n)
{
	size_t run[RUNS_MAX], runs = 0, at = 0;

	while (at < n || runs > 1) {
		const bool more = at < n;

		if (more) {
			run[runs] = run_length(interval + at, n - at);
			at += run[runs++];
		}
		while (runs > 1 && (!more || run[runs - 2] < 2 * run[runs - 1])) {
			const size_t last = run[--runs];
			struct busy_interval *from = interval + at - last - run[runs - 1];

			if (merge(order, from, run[runs - 1], last))
				return -ENOMEM;
			run[runs - 1] += last;
		}
	}
	return 0;
}
