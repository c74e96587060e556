/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was computed since the last phase that is booked.
 */
#include "collector/run/window.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collector/saturate.h"
#include "collector/units.h"

#define GAP_CLASSES 256u

void window_close(struct window *window)
{
	free(window->entry);
	free(window->other);
	*window = (struct window){0};
}

/* ---- in order of start ---- */

static void change_places(struct window *window)
{
	struct window_entry *entry = window->other;

	window->other = window->entry;
	window->entry = entry;
}

static void to_the_front(struct window *window)
{
	memmove(window->entry, window->entry + window->first, window->n * sizeof(*window->entry));
	window->first = 0;
}

static size_t run_length(const struct window_entry *entry, size_t n)
{
	size_t length = 1;

	while (length < n && entry[length].start_ns >= entry[length - 1].start_ns)
		length++;
	return n ? length : 0;
}

static void merge(const struct window_entry *a, size_t na, const struct window_entry *b, size_t nb,
		  struct window_entry *to)
{
	while (na && nb) {
		bool first = a->start_ns <= b->start_ns;

		*to++ = first ? *a : *b;
		a += first;
		na -= first;
		b += !first;
		nb -= !first;
	}
	memcpy(to, na ? a : b, (na + nb) * sizeof(*to));
}

/*
 * Threads are read one after the other, each in order: there are few runs to merge. The buffers
 * change places.
 */
static void sort(struct window *window)
{
	if (!window->sorted && window->first)
		to_the_front(window);
	while (!window->sorted) {
		const struct window_entry *from = window->entry;
		size_t done = 0;

		window->sorted = run_length(from, window->n) == window->n;
		while (!window->sorted && done < window->n) {
			size_t na = run_length(from + done, window->n - done);
			size_t nb = run_length(from + done + na, window->n - done - na);

			merge(from + done, na, from + done + na, nb, window->other + done);
			done += na + nb;
		}
		if (done)
			change_places(window);
	}
}

/* ---- where it is too much ---- */

/* Wider gaps have higher classes: four to every power of two. */
static unsigned gap_class(uint64_t gap_ns)
{
	if (gap_ns < 4)
		return (unsigned)gap_ns;
	unsigned bits = 63 - (unsigned)__builtin_clzll(gap_ns);
	return bits * 4 + (unsigned)(gap_ns >> (bits - 2) & 3);
}

/* Which gaps stay: all above a class, and every so many of that class. */
struct sieve {
	unsigned class;
	size_t every;
	size_t seen;
};

static struct sieve make_sieve(const struct window *window, size_t stretches)
{
	size_t gaps[GAP_CLASSES] = {0};
	struct sieve sieve = {.class = GAP_CLASSES - 1};
	uint64_t end_ns = window->entry[0].end_ns;
	size_t kept = 1;

	for (size_t i = 1; i < window->n; i++) {
		const struct window_entry *entry = &window->entry[i];
		if (entry->start_ns > end_ns)
			gaps[gap_class(entry->start_ns - end_ns)]++;
		if (entry->end_ns > end_ns)
			end_ns = entry->end_ns;
	}
	while (sieve.class > 0 && kept + gaps[sieve.class] <= stretches)
		kept += gaps[sieve.class --];
	size_t left = stretches > kept ? stretches - kept : 0;
	sieve.every = left ? (gaps[sieve.class] + left - 1) / left : 0;
	return sieve;
}

static bool divides(struct sieve *sieve, uint64_t gap_ns)
{
	unsigned class = gap_class(gap_ns);

	if (class != sieve->class)
		return class > sieve->class;
	return sieve->every && ++sieve->seen % sieve->every == 0;
}

/* The stretch that is being put together. */
struct stretch {
	struct window_entry *entry;
	size_t n;
	uint64_t number;
	uint64_t
		*where; /* by row: the number of the stretch that it was in last, and where there */
};

static void add_to_stretch(struct stretch *stretch, const struct window_entry *from)
{
	uint64_t *where = &stretch->where[from->row];

	if (*where >> 32 != stretch->number) {
		*where = stretch->number << 32 | stretch->n;
		stretch->entry[stretch->n++] = *from;
		return;
	}
	struct window_entry *to = &stretch->entry[(uint32_t)*where];
	to->device_ns = saturate_add(to->device_ns, from->device_ns);
	to->count = to->count > UINT32_MAX - from->count ? UINT32_MAX : to->count + from->count;
}

/* What is several stands for the whole stretch. */
static void end_stretch(struct stretch *stretch, uint64_t start_ns, uint64_t end_ns)
{
	for (size_t i = 0; i < stretch->n; i++) {
		struct window_entry *entry = &stretch->entry[i];
		if (entry->count > 1) {
			entry->start_ns = start_ns;
			entry->end_ns = end_ns;
		}
	}
	stretch->entry += stretch->n;
	stretch->n = 0;
	stretch->number++;
}

static uint64_t *by_any_row(const struct window *window)
{
	uint32_t most = 0;

	for (size_t i = 0; i < window->n; i++)
		if (window->entry[i].row > most)
			most = window->entry[i].row;
	return calloc((size_t)most + 1, sizeof(uint64_t));
}

static void join(struct window *window, size_t stretches)
{
	struct sieve sieve = make_sieve(window, stretches);
	struct stretch stretch = {.entry = window->other, .number = 1, .where = by_any_row(window)};
	uint64_t start_ns = window->entry[0].start_ns, end_ns = start_ns;

	for (size_t i = 0; i < window->n && stretch.where; i++) {
		const struct window_entry *entry = &window->entry[i];
		if (entry->start_ns > end_ns && divides(&sieve, entry->start_ns - end_ns)) {
			end_stretch(&stretch, start_ns, end_ns);
			start_ns = entry->start_ns;
		}
		add_to_stretch(&stretch, entry);
		if (entry->end_ns > end_ns)
			end_ns = entry->end_ns;
	}
	if (!stretch.where)
		return;
	end_stretch(&stretch, start_ns, end_ns);
	free(stretch.where);
	window->n = (size_t)(stretch.entry - window->other);
	change_places(window);
	window->sorted = false; /* single commands stand where their row was first seen */
}

/* Joins neighbours until half of the room is free; where rows are that many, time is one. */
static void shrink(struct window *window)
{
	for (size_t n = WINDOW_STRETCHES; n && window->n > WINDOW_ENTRIES / 2; n /= 2) {
		sort(window);
		join(window, n);
	}
}

static bool grow(struct window *window)
{
	size_t room = window->room ? window->room * 2 : 1024;
	struct window_entry *entry = realloc(window->entry, room * sizeof(*entry));

	if (!entry)
		return false;
	window->entry = entry;
	struct window_entry *other = realloc(window->other, room * sizeof(*other));
	if (!other)
		return false;
	window->other = other;
	window->room = room;
	return true;
}

static bool make_room(struct window *window)
{
	if (window->first) {
		to_the_front(window);
		return true;
	}
	if (window->room < WINDOW_ENTRIES)
		return grow(window);
	shrink(window);
	return window->n < window->room;
}

void window_add(struct window *window, uint32_t row, uint64_t start_ns, uint64_t end_ns)
{
	if (window->first + window->n == window->room && !make_room(window))
		return;
	window->entry[window->first + window->n++] =
		(struct window_entry){start_ns, end_ns, end_ns - start_ns, row, 1};
	window->sorted = false;
}

/* ---- counting ---- */

/* What lies before t_ns is cut off an entry; the rest begins there. Returns the piece. */
static struct window_entry cut(struct window_entry *entry, uint64_t t_ns)
{
	struct window_entry piece = *entry;
	const uint64_t all_ns = entry->end_ns - entry->start_ns;
	const uint64_t part_ns = t_ns - entry->start_ns;

	piece.end_ns = t_ns;
	piece.count = (uint32_t)units_mul_div(entry->count, part_ns, all_ns);
	piece.device_ns = units_mul_div(entry->device_ns, part_ns, all_ns);
	entry->start_ns = t_ns;
	entry->count -= piece.count;
	entry->device_ns -= piece.device_ns;
	return piece;
}

static bool straddles(const struct window_entry *entry, uint64_t t_ns)
{
	return entry->count > 1 && entry->start_ns < t_ns && entry->end_ns > t_ns;
}

static int by_row(const void *a, const void *b)
{
	const struct ledger_phase_kernel *x = a, *y = b;

	return (x->row > y->row) - (x->row < y->row);
}

/* Sums of a row stand together once sorted. */
static size_t unite(struct ledger_phase_kernel *kernel, size_t n)
{
	size_t rows = 0;

	qsort(kernel, n, sizeof(*kernel), by_row);
	for (size_t i = 0; i < n; i++) {
		if (!rows || kernel[rows - 1].row != kernel[i].row) {
			kernel[rows++] = kernel[i];
			continue;
		}
		kernel[rows - 1].count += kernel[i].count;
		kernel[rows - 1].device_ns =
			saturate_add(kernel[rows - 1].device_ns, kernel[i].device_ns);
	}
	return rows;
}

/* The part of an entry in [from_ns, to_ns); what is behind stays in `entry`. */
static struct window_entry part(struct window_entry *entry, uint64_t from_ns, uint64_t to_ns,
				bool *rough)
{
	struct window_entry piece;

	if (straddles(entry, from_ns)) {
		cut(entry, from_ns);
		*rough = true;
	}
	if (straddles(entry, to_ns)) {
		piece = cut(entry, to_ns);
		*rough = true;
		return piece;
	}
	piece = *entry;
	entry->count = 0;
	return piece;
}

int window_take(struct window *window, uint64_t from_ns, uint64_t to_ns,
		struct ledger_phase_kernel **kernel, size_t *kernels, bool *rough)
{
	size_t taken = 0, stay = 0, n = 0;

	*rough = false;
	sort(window);
	struct window_entry *entry = window->entry + window->first;
	while (taken < window->n && entry[taken].start_ns < to_ns)
		taken++;
	struct ledger_phase_kernel *list = malloc((taken + 1) * sizeof(*list));
	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < taken; i++) {
		const struct window_entry piece = part(&entry[i], from_ns, to_ns, rough);
		if (piece.start_ns >= from_ns && piece.count)
			list[n++] = (struct ledger_phase_kernel){piece.row, piece.count,
								 piece.device_ns};
		if (entry[i].count)
			entry[stay++] = entry[i];
	}
	/* What stays goes right before what was not looked at. */
	if (stay)
		memmove(entry + taken - stay, entry, stay * sizeof(*entry));
	window->first += taken - stay;
	window->n -= taken - stay;
	*kernel = list;
	*kernels = unite(list, n);
	return 0;
}
