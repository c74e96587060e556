/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kernels that come once in each round, as seldom.h promises them. The first of them in a round and
 * the last one say where it begins and ends; where they lie close to each other they stand at one
 * of its ends: at that to which there is less else to do.
 */
#include "collector/phase/seldom.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "collector/saturate.h"

#define KERNELS 256u  /* a power of two: what falls upon another is not followed */
#define TIMES	8192u /* of all together */
#define UNEVEN	3u /* no round has more kernels than so many usual ones, or less than that part */
#define CLOSE	4u /* what follows the last one is less than that part of a round */

struct came {
	uint64_t event; /* so many kernels came before it */
	uint64_t start_ns;
	uint64_t end_ns;
};

struct kernel {
	uint32_t number;
	uint32_t n, room;
	bool often; /* not kept any more */
	struct came *time;
};

struct seldom {
	struct kernel kernel[KERNELS];
	size_t kept;
	uint64_t events;
	uint64_t first_ns, last_ns;
};

struct seldom *seldom_new(void)
{
	return calloc(1, sizeof(struct seldom));
}

void seldom_free(struct seldom *seldom)
{
	for (size_t i = 0; seldom && i < KERNELS; i++)
		free(seldom->kernel[i].time);
	free(seldom);
}

static void forget(struct seldom *seldom, struct kernel *kernel)
{
	seldom->kept -= kernel->room;
	free(kernel->time);
	*kernel = (struct kernel){.number = kernel->number, .often = true};
}

static struct kernel *most_frequent(struct seldom *seldom)
{
	struct kernel *most = &seldom->kernel[0];

	for (size_t i = 1; i < KERNELS; i++)
		if (seldom->kernel[i].n > most->n)
			most = &seldom->kernel[i];
	return most;
}

/* Returns whether there is room for one more time of it. */
static bool grow(struct seldom *seldom, struct kernel *kernel)
{
	const uint32_t room = kernel->room ? 2 * kernel->room : 8;
	struct came *more;

	while (seldom->kept + room - kernel->room > TIMES && !kernel->often)
		forget(seldom, most_frequent(seldom));
	if (kernel->often)
		return false;
	more = realloc(kernel->time, room * sizeof(*more));
	if (!more) {
		forget(seldom, kernel);
		return false;
	}
	seldom->kept += room - kernel->room;
	kernel->time = more;
	kernel->room = room;
	return true;
}

static __attribute__((noinline)) void keep(struct seldom *seldom, struct kernel *kernel,
					   uint32_t number, struct came came)
{
	if (!kernel->n)
		kernel->number = number;
	if (kernel->number != number || (kernel->n == kernel->room && !grow(seldom, kernel)))
		return;
	kernel->time[kernel->n++] = came;
}

void seldom_add(struct seldom *seldom, uint32_t number, uint64_t start_ns, uint64_t end_ns)
{
	struct kernel *kernel = &seldom->kernel[number & (KERNELS - 1)];
	const uint64_t event = seldom->events++;

	if (!event)
		seldom->first_ns = start_ns;
	seldom->last_ns = end_ns;
	if (!kernel->often) /* most are */
		keep(seldom, kernel, number, (struct came){event, start_ns, end_ns});
}

/* ---- rounds ---- */

static int rising(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x > y ? 1 : x < y ? -1 : 0;
}

enum by { BY_EVENTS, BY_TIME };

static uint64_t distance(const struct came *a, const struct came *b, enum by by)
{
	return by == BY_TIME ? saturate_sub(b->start_ns, a->start_ns) : b->event - a->event;
}

/* What is usual from one to the next, and the shortest and longest; 0 where memory is short. */
static uint64_t usual(const struct came *time, size_t n, enum by by, uint64_t *least,
		      uint64_t *most)
{
	uint64_t *each, middle;

	if (n < 2)
		return 0;
	each = calloc(n - 1, sizeof(*each));
	if (!each)
		return 0;
	for (size_t i = 1; i < n; i++)
		each[i - 1] = distance(&time[i - 1], &time[i], by);
	qsort(each, n - 1, sizeof(*each), rising);
	middle = each[(n - 1) / 2];
	*least = each[0];
	*most = each[n - 2];
	free(each);
	return middle;
}

/* Time is no measure of it: who shares the machine may keep a round waiting for seconds. */
static bool are_even(const struct seldom *seldom, const struct came *time, size_t n)
{
	uint64_t least, most;
	const uint64_t middle = usual(time, n, BY_EVENTS, &least, &most);

	return middle && least >= middle / UNEVEN && most <= middle * UNEVEN &&
	       2 * (time[n - 1].event - time[0].event) >= seldom->events;
}

/* The times of a kernel within a span. Returns how many; *first: the first of them. */
static size_t within(const struct kernel *kernel, uint64_t from_ns, uint64_t to_ns,
		     const struct came **first)
{
	size_t i = 0, n = 0;

	while (i < kernel->n && kernel->time[i].start_ns < from_ns)
		i++;
	while (i + n < kernel->n && kernel->time[i + n].end_ns <= to_ns)
		n++;
	*first = n ? &kernel->time[i] : NULL;
	return n;
}

struct marks {
	const struct came *first, *last; /* those that stand first and last in a round */
	size_t rounds;
};

static void find_marks(const struct seldom *seldom, uint64_t from_ns, uint64_t to_ns,
		       struct marks *marks)
{
	for (size_t i = 0; i < KERNELS; i++) {
		const struct came *time;
		const size_t n = within(&seldom->kernel[i], from_ns, to_ns, &time);

		if (!n || n != marks->rounds || !are_even(seldom, time, n))
			continue;
		if (!marks->first || time->start_ns < marks->first->start_ns)
			marks->first = time;
		if (!marks->last || time[n - 1].end_ns > marks->last[n - 1].end_ns)
			marks->last = time;
	}
}

/* In each round the last one comes behind the first one, and before the next round's. */
static bool take_turns(const struct marks *marks)
{
	for (size_t i = 0; i < marks->rounds; i++)
		if (marks->last[i].end_ns < marks->first[i].start_ns ||
		    (i + 1 < marks->rounds &&
		     marks->last[i].start_ns > marks->first[i + 1].start_ns))
			return false;
	return true;
}

/* From the first one's start to the last one's end; what is between two rounds is halved. */
static void span(const struct marks *marks, struct seldom_round *round)
{
	const size_t n = marks->rounds;

	for (size_t i = 0; i + 1 < n; i++) {
		const uint64_t end_ns = marks->last[i].end_ns;
		const uint64_t next_ns = marks->first[i + 1].start_ns;

		round[i].end_ns = round[i + 1].start_ns =
			end_ns + saturate_sub(next_ns, end_ns) / 2;
	}
	round[0].start_ns = marks->first[0].start_ns;
	round[n - 1].end_ns = marks->last[n - 1].end_ns;
}

/* All begin with such a kernel, or all end with one. */
static void line_up(const struct seldom *seldom, const struct marks *marks,
		    struct seldom_round *round)
{
	const size_t n = marks->rounds;
	const uint64_t before_ns = saturate_sub(marks->first->start_ns, seldom->first_ns);
	const uint64_t behind_ns = saturate_sub(seldom->last_ns, marks->last[n - 1].end_ns);
	const bool begin = behind_ns > before_ns;
	uint64_t least, most;
	const uint64_t usual_ns = usual(marks->first, n, BY_TIME, &least, &most);

	for (size_t i = 0; i + 1 < n; i++)
		round[i].end_ns = round[i + 1].start_ns =
			begin ? marks->first[i + 1].start_ns : marks->last[i].end_ns;
	if (begin)
		round[n - 1].end_ns =
			round[n - 1].start_ns + (behind_ns < usual_ns ? behind_ns : usual_ns);
	else
		round[0].start_ns = round[0].end_ns - (before_ns < usual_ns ? before_ns : usual_ns);
}

int seldom_rounds(const struct seldom *seldom, size_t rounds, uint64_t from_ns, uint64_t to_ns,
		  struct seldom_round *round)
{
	struct marks marks = {.rounds = rounds};

	if (rounds < 3)
		return -ENOENT;
	find_marks(seldom, from_ns, to_ns, &marks);
	if (!marks.first || !take_turns(&marks))
		return -ENOENT;
	span(&marks, round);
	const uint64_t events = marks.first[1].event - marks.first[0].event;
	if (marks.last->event - marks.first->event < events / CLOSE * (CLOSE - 1))
		line_up(seldom, &marks, round);
	return 0;
}
