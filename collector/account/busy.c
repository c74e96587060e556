/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The busy time of a device, as busy.h promises it. What is covered is a list of pieces, disjoint
 * and not touching, in order of time. A batch is sorted, cut into groups of overlapping intervals
 * and merged with the pieces that start after its first start; for a batch in order of time that
 * is an append. Energy comes from a curve, which knows how much of which time was booked.
 */
#include "collector/account/busy.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "collector/account/curve.h"
#include "collector/account/order.h"
#include "collector/units.h"

#define PIECES_MAX 4096

struct piece {
	uint64_t start_ns;
	uint64_t end_ns;
};

struct key {
	struct busy_share share;
	uint64_t weight_ns; /* in the group at hand; 0 outside of one */
};

struct busy {
	struct curve curve;
	struct busy_share total;

	struct piece *piece;
	size_t pieces, pieces_room;
	struct piece *old; /* pieces from the batch's first start on, while they are merged */
	size_t olds, olds_room, old_next;

	struct key *key; /* by key */
	size_t keys;

	struct busy_interval *batch; /* clipped, and in order */
	size_t batch_room;
	struct order order;
	uint32_t *member; /* the keys of the group at hand, once each, in order of start */
	uint64_t *weight; /* of the members, and their shares */
	uint64_t *share;
	size_t members, members_room;
};

int busy_new(uint64_t start_ns, struct busy **busy)
{
	*busy = calloc(1, sizeof(**busy));
	if (!*busy)
		return -ENOMEM;
	curve_init(&(*busy)->curve, start_ns);
	return 0;
}

void busy_free(struct busy *busy)
{
	if (!busy)
		return;
	curve_free(&busy->curve);
	free(busy->piece);
	free(busy->old);
	free(busy->key);
	free(busy->batch);
	order_free(&busy->order);
	free(busy->member);
	free(busy->weight);
	free(busy->share);
	free(busy);
}

int busy_energy(struct busy *busy, uint64_t t_ns, uint64_t cumulative_uj)
{
	return curve_point(&busy->curve, t_ns, cumulative_uj);
}

/* ---- covered time ---- */

/* Books time that was not covered before to a group. */
static void book(struct busy *busy, uint64_t start_ns, uint64_t end_ns, struct busy_share *group)
{
	group->busy_ns += end_ns - start_ns;
	group->energy_uj += curve_book(&busy->curve, start_ns, end_ns);
}

/* Closes the smallest gaps, until half of the room is free again. */
static void close_gaps(struct busy *busy)
{
	for (uint64_t gap_ns = 1; busy->pieces > PIECES_MAX / 2; gap_ns *= 2) {
		size_t last = 0;

		for (size_t i = 1; i < busy->pieces; i++) {
			const struct piece piece = busy->piece[i];

			if (piece.start_ns - busy->piece[last].end_ns <= gap_ns)
				busy->piece[last].end_ns = piece.end_ns;
			else
				busy->piece[++last] = piece;
		}
		busy->pieces = last + 1;
	}
}

/* Puts a piece that starts and ends no earlier than the last one behind it, or makes them one. */
static void put(struct busy *busy, struct piece piece)
{
	struct piece *last = busy->pieces ? &busy->piece[busy->pieces - 1] : NULL;

	if (last && last->end_ns >= piece.start_ns) {
		last->end_ns = piece.end_ns;
		return;
	}
	if (busy->pieces == PIECES_MAX)
		close_gaps(busy);
	busy->piece[busy->pieces++] = piece;
}

/* Takes the pieces that start at or after t_ns off the list, to be merged with what comes. */
static void set_aside(struct busy *busy, uint64_t t_ns)
{
	size_t low = 0;
	size_t high = busy->pieces;

	if (high && busy->piece[high - 1].start_ns < t_ns)
		low = high;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (busy->piece[middle].start_ns < t_ns)
			low = middle + 1;
		else
			high = middle;
	}
	busy->olds = busy->pieces - low;
	busy->old_next = 0;
	if (busy->olds)
		memcpy(busy->old, &busy->piece[low], busy->olds * sizeof(struct piece));
	busy->pieces = low;
}

static const struct piece *next_old(const struct busy *busy)
{
	return busy->old_next < busy->olds ? &busy->old[busy->old_next] : NULL;
}

static void put_old_before(struct busy *busy, uint64_t t_ns)
{
	for (const struct piece *old; (old = next_old(busy)) && old->start_ns < t_ns;
	     busy->old_next++)
		put(busy, *old);
}

/*
 * Covers a stretch that starts no earlier than the one before it in this batch; books what of it
 * was not covered. All pieces that start before it are on the list by then, and of those only the
 * last can reach into it; pieces that are still set aside start behind the list's end.
 */
static void cover(struct busy *busy, struct piece stretch, struct busy_share *group)
{
	uint64_t open_ns = stretch.start_ns; /* covered up to here */

	put_old_before(busy, stretch.start_ns);
	if (busy->pieces && busy->piece[busy->pieces - 1].end_ns > open_ns)
		open_ns = busy->piece[busy->pieces - 1].end_ns;
	for (const struct piece *old; (old = next_old(busy)) && old->start_ns < stretch.end_ns;
	     busy->old_next++) {
		if (old->start_ns > open_ns)
			book(busy, open_ns, old->start_ns, group);
		open_ns = old->end_ns;
	}
	if (stretch.end_ns > open_ns) {
		book(busy, open_ns, stretch.end_ns, group);
		open_ns = stretch.end_ns;
	}
	stretch.end_ns = open_ns;
	put(busy, stretch);
}

/* ---- keys ---- */

static void add(struct busy_share *sum, uint64_t busy_ns, uint64_t energy_uj)
{
	sum->busy_ns += busy_ns;
	sum->energy_uj += energy_uj;
}

uint32_t busy_nested(uint64_t nested_ns, uint64_t all_ns)
{
	unsigned __int128 part;

	if (!nested_ns)
		return 0;
	if (nested_ns >= all_ns)
		return UINT32_MAX;
	part = (((unsigned __int128)nested_ns << 32) + all_ns - 1) / all_ns;
	return part < UINT32_MAX ? (uint32_t)part : UINT32_MAX;
}

/* What an interval has for itself: at least 1 ns, since less than all of it is nested. */
static uint64_t own_ns(const struct busy_interval *interval)
{
	const uint64_t all_ns = interval->end_ns - interval->start_ns;

	if (__builtin_expect(!interval->nested, 1))
		return all_ns;
	return all_ns - (uint64_t)(((unsigned __int128)all_ns * interval->nested) >> 32);
}

/* Adds an interval's own time to its key's weight in the group at hand. */
static void enter(struct busy *busy, const struct busy_interval *interval)
{
	uint64_t *weight_ns = &busy->key[interval->key].weight_ns;

	if (!*weight_ns)
		busy->member[busy->members++] = interval->key;
	if (__builtin_add_overflow(*weight_ns, own_ns(interval), weight_ns))
		*weight_ns = UINT64_MAX;
}

/* Shares what the group newly covered between its members, and ends the group. */
static void share_out(struct busy *busy, const struct busy_share *group)
{
	const size_t n = busy->members;

	for (size_t i = 0; i < n; i++) {
		struct key *key = &busy->key[busy->member[i]];

		busy->weight[i] = key->weight_ns;
		key->weight_ns = 0;
	}
	busy->members = 0;
	if (n == 1) { /* the common case, without a division */
		add(&busy->key[busy->member[0]].share, group->busy_ns, group->energy_uj);
		return;
	}
	units_apportion(group->busy_ns, busy->weight, n, busy->share);
	for (size_t i = 0; i < n; i++)
		add(&busy->key[busy->member[i]].share, busy->share[i], 0);
	units_apportion(group->energy_uj, busy->weight, n, busy->share);
	for (size_t i = 0; i < n; i++)
		add(&busy->key[busy->member[i]].share, 0, busy->share[i]);
}

/* ---- batches ---- */

/* The room to ask for where `need` elements must fit into what holds `room`: half as much again. */
static size_t roomier(size_t room, size_t need)
{
	size_t more = room + room / 2 + 16;

	return more > need ? more : need;
}

static int room_for_keys(struct busy *busy, size_t keys)
{
	size_t room = roomier(busy->keys, keys);
	struct key *key;

	if (keys <= busy->keys)
		return 0;
	room = room < BUSY_KEYS_MAX ? room : BUSY_KEYS_MAX;
	key = reallocarray(busy->key, room, sizeof(*key));
	if (!key)
		return -ENOMEM;
	memset(&key[busy->keys], 0, (room - busy->keys) * sizeof(*key));
	busy->key = key;
	busy->keys = room;
	return 0;
}

/* The arrays that a group's members need: as many as there are keys. */
static int room_for_members(struct busy *busy)
{
	const size_t n = busy->keys;

	if (n == busy->members_room)
		return 0;
	free(busy->member);
	free(busy->weight);
	free(busy->share);
	busy->members_room = 0;
	busy->member = calloc(n, sizeof(*busy->member));
	busy->weight = calloc(n, sizeof(*busy->weight));
	busy->share = calloc(n, sizeof(*busy->share));
	if (!busy->member || !busy->weight || !busy->share)
		return -ENOMEM;
	busy->members_room = n;
	return 0;
}

static int room_for_batch(struct busy *busy, size_t n)
{
	size_t room = roomier(busy->batch_room, n);
	struct busy_interval *batch;

	if (n <= busy->batch_room)
		return 0;
	batch = reallocarray(busy->batch, room, sizeof(*batch));
	if (!batch)
		return -ENOMEM;
	busy->batch = batch;
	busy->batch_room = room;
	return 0;
}

static int room_for_pieces(struct piece **piece, size_t *have, size_t need)
{
	size_t room = roomier(*have, need);
	struct piece *more;

	if (need <= *have || *have == PIECES_MAX)
		return 0;
	room = room < PIECES_MAX ? room : PIECES_MAX;
	more = reallocarray(*piece, room, sizeof(*more));
	if (!more)
		return -ENOMEM;
	*piece = more;
	*have = room;
	return 0;
}

/* Clips an interval to what is known; false if nothing is left of it. */
static bool clip(const struct busy *busy, struct busy_interval *interval)
{
	if (interval->start_ns < busy->curve.start_ns)
		interval->start_ns = busy->curve.start_ns;
	if (interval->end_ns > busy->curve.end_ns)
		interval->end_ns = busy->curve.end_ns;
	return interval->start_ns < interval->end_ns;
}

/*
 * Lays what counts of the intervals into busy->batch. Returns how many these are, with
 * their highest key in *top and whether one had a key out of range in *refused.
 */
static size_t fill_batch(struct busy *busy, const struct busy_interval *interval, size_t n,
			 uint32_t *top, bool *refused)
{
	struct busy_interval *batch = busy->batch;
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		batch[count] = interval[i];
		if (interval[i].key >= BUSY_KEYS_MAX) {
			*refused = true;
			continue;
		}
		if (!clip(busy, &batch[count]))
			continue;
		if (batch[count].key > *top)
			*top = batch[count].key;
		count++;
	}
	return count;
}

/* Covers the batch group by group: a group is what overlaps, so its union is one stretch. */
static void cover_batch(struct busy *busy, size_t n)
{
	const struct busy_interval *batch = busy->batch;

	set_aside(busy, batch[0].start_ns);
	for (size_t i = 0; i < n;) {
		struct piece stretch = {batch[i].start_ns, batch[i].end_ns};
		struct busy_share group = {0, 0};

		do {
			if (batch[i].end_ns > stretch.end_ns)
				stretch.end_ns = batch[i].end_ns;
			enter(busy, &batch[i]);
			i++;
		} while (i < n && batch[i].start_ns < stretch.end_ns);
		cover(busy, stretch, &group);
		add(&busy->total, group.busy_ns, group.energy_uj);
		share_out(busy, &group);
	}
	for (const struct piece *old; (old = next_old(busy)); busy->old_next++)
		put(busy, *old);
}

int busy_cover(struct busy *busy, const struct busy_interval *interval, size_t n)
{
	uint32_t top = 0;
	bool refused = false;
	size_t count;

	if (room_for_batch(busy, n))
		return -ENOMEM;
	count = fill_batch(busy, interval, n, &top, &refused);
	if (count) {
		if (order_intervals(&busy->order, busy->batch, count) ||
		    room_for_keys(busy, (size_t)top + 1) || room_for_members(busy) ||
		    room_for_pieces(&busy->old, &busy->olds_room, busy->pieces) ||
		    room_for_pieces(&busy->piece, &busy->pieces_room, busy->pieces + count))
			return -ENOMEM;
		cover_batch(busy, count);
	}
	return refused ? -EINVAL : 0;
}

uint64_t busy_time_ns(const struct busy *busy)
{
	return busy->total.busy_ns;
}

uint64_t busy_energy_uj(const struct busy *busy)
{
	return busy->total.energy_uj;
}

struct busy_share busy_share(const struct busy *busy, uint32_t key)
{
	return key < busy->keys ? busy->key[key].share : (struct busy_share){0, 0};
}
