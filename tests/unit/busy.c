/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Busy time and energy of a device, against numbers worked out by hand, against a reference that
 * keeps one flag per nanosecond, and at the bounds of its memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "collector/account/busy.h"
#include "collector/account/curve.h"
#include "collector/units.h"

static struct busy *fresh(uint64_t start_ns)
{
	struct busy *busy = NULL;

	assert_int_equal(busy_new(start_ns, &busy), 0);
	return busy;
}

static void cover(struct busy *busy, uint64_t start_ns, uint64_t end_ns, uint32_t key)
{
	const struct busy_interval one = {start_ns, end_ns, key, 0};

	assert_int_equal(busy_cover(busy, &one, 1), 0);
}

static void assert_totals(const struct busy *busy, uint64_t busy_ns, uint64_t energy_uj)
{
	assert_int_equal(busy_time_ns(busy), busy_ns);
	assert_int_equal(busy_energy_uj(busy), energy_uj);
}

static void assert_share(const struct busy *busy, uint32_t key, uint64_t busy_ns,
			 uint64_t energy_uj)
{
	assert_int_equal(busy_share(busy, key).busy_ns, busy_ns);
	assert_int_equal(busy_share(busy, key).energy_uj, energy_uj);
}

static void time_is_covered_once(void **state)
{
	struct busy *busy = fresh(100);

	(void)state;
	assert_totals(busy, 0, 0);
	assert_int_equal(busy_energy(busy, 200, 1000), 0);
	cover(busy, 110, 130, 0);
	cover(busy, 120, 140, 1);
	cover(busy, 110, 140, 2);
	assert_totals(busy, 30, 300);
	assert_share(busy, 0, 20, 200);
	assert_share(busy, 1, 10, 100);
	assert_share(busy, 2, 0, 0);
	busy_free(busy);
	busy_free(NULL);
}

/* 10 alone; then 20 and 30 overlapping over 40: 40 is shared 2 : 3. */
static void what_overlaps_is_shared_by_device_time(void **state)
{
	const struct busy_interval batch[] = {{130, 160, 2, 0}, {120, 140, 1, 0}, {100, 110, 0, 0}};
	struct busy *busy = fresh(0);

	(void)state;
	assert_int_equal(busy_energy(busy, 100, 5), 0);
	assert_int_equal(busy_energy(busy, 200, 1005), 0);
	assert_int_equal(busy_cover(busy, batch, 3), 0);
	assert_totals(busy, 50, 500);
	assert_share(busy, 0, 10, 100);
	assert_share(busy, 1, 16, 160);
	assert_share(busy, 2, 24, 240);
	busy_free(busy);
}

static void late_arrivals_fill_what_is_open(void **state)
{
	struct busy *busy = fresh(0);

	(void)state;
	assert_int_equal(busy_energy(busy, 100, 1000), 0);
	assert_int_equal(busy_energy(busy, 200, 1000), 0);
	assert_int_equal(busy_energy(busy, 300, 4000), 0);
	cover(busy, 250, 260, 0);
	cover(busy, 50, 60, 1);
	cover(busy, 90, 270, 2); /* 10 at 10, 100 at 0, 50 + 10 at 30 uJ per ns */
	assert_totals(busy, 190, 300 + 100 + 1900);
	assert_share(busy, 2, 170, 1900);
	busy_free(busy);
}

static void a_full_cover_books_all_energy(void **state)
{
	struct busy *busy = fresh(7);

	(void)state;
	assert_int_equal(busy_energy(busy, 7 + 997, 1000003), 0);
	assert_int_equal(busy_energy(busy, 7 + 1999, 1000010), 0);
	for (uint64_t t = 7; t < 2006; t += 3)
		cover(busy, t, t + 2, (uint32_t)(t % 5));
	cover(busy, 0, UINT64_MAX, 5);
	assert_totals(busy, 1999, 1000010);
	busy_free(busy);
}

static void what_is_not_known_is_clipped(void **state)
{
	struct busy *busy = fresh(100);

	(void)state;
	cover(busy, 100, 200, 0); /* no energy is known at all */
	assert_totals(busy, 0, 0);
	assert_int_equal(busy_energy(busy, 200, 100), 0);
	cover(busy, 0, 110, 0);
	cover(busy, 190, 300, 1);
	cover(busy, 0, 100, 2);
	cover(busy, 200, 300, 2);
	cover(busy, 150, 150, 2); /* nothing */
	cover(busy, 160, 150, 2); /* ends before it starts */
	assert_totals(busy, 20, 20);
	assert_share(busy, 2, 0, 0);
	assert_int_equal(busy_energy(busy, 300, 100), 0);
	cover(busy, 190, 300, 3);
	assert_share(busy, 3, 100, 0);
	busy_free(busy);
}

static void bad_keys_are_left_out_alone(void **state)
{
	const struct busy_interval batch[] = {{10, 20, 0, 0},
					      {30, 40, BUSY_KEYS_MAX, 0},
					      {50, 60, BUSY_KEYS_MAX - 1, 0},
					      {70, 80, UINT32_MAX, 0}};
	struct busy *busy = fresh(0);

	(void)state;
	assert_int_equal(busy_energy(busy, 100, 100), 0);
	assert_int_equal(busy_cover(busy, batch, 4), -EINVAL);
	assert_totals(busy, 20, 20);
	assert_share(busy, 0, 10, 10);
	assert_share(busy, BUSY_KEYS_MAX - 1, 10, 10);
	assert_share(busy, BUSY_KEYS_MAX, 0, 0);
	assert_int_equal(busy_cover(busy, NULL, 0), 0);
	busy_free(busy);
}

static void energy_only_rises(void **state)
{
	struct busy *busy = fresh(100);

	(void)state;
	assert_int_equal(busy_energy(busy, 100, 0), 0);
	assert_int_equal(busy_energy(busy, 100, 1), -EINVAL);
	assert_int_equal(busy_energy(busy, 99, 1), -EINVAL);
	assert_int_equal(busy_energy(busy, 200, 50), 0);
	assert_int_equal(busy_energy(busy, 200, 50), 0);
	assert_int_equal(busy_energy(busy, 300, 49), -EINVAL);
	assert_int_equal(busy_energy(busy, 150, 60), -EINVAL);
	cover(busy, 0, 1000, 0);
	assert_totals(busy, 100, 50);
	busy_free(busy);
}

/* 0.4 uJ each: rounded one by one, all would be lost; and neither key is preferred. */
static void stretches_below_a_microjoule_lose_nothing(void **state)
{
	enum { PAIRS = 50000 };
	struct busy *busy = fresh(0);

	(void)state;
	assert_int_equal(busy_energy(busy, PAIRS * 20, PAIRS * 8 / 10), 0);
	for (uint64_t i = 0; i < PAIRS; i++) {
		const struct busy_interval pair[] = {{i * 20, i * 20 + 10, 0, 0},
						     {i * 20 + 10, i * 20 + 20, 1, 0}};

		assert_int_equal(busy_cover(busy, pair, 2), 0);
	}
	assert_totals(busy, PAIRS * 20, PAIRS * 8 / 10);
	assert_int_equal(busy_share(busy, 0).busy_ns, PAIRS * 10);
	assert_in_range(busy_share(busy, 0).energy_uj, PAIRS * 3 / 10, PAIRS * 5 / 10);
	busy_free(busy);
}

static void extreme_figures_do_not_overflow(void **state)
{
	const struct busy_interval batch[] = {
		{0, UINT64_MAX, 0, 0}, {0, UINT64_MAX, 0, 0}, {1, UINT64_MAX, 1, 0}};
	struct busy *busy = fresh(0);

	(void)state;
	assert_int_equal(busy_energy(busy, UINT64_MAX - 1, UINT64_MAX), 0);
	assert_int_equal(busy_cover(busy, batch, 3), 0);
	assert_totals(busy, UINT64_MAX - 1, UINT64_MAX);
	assert_int_equal(busy_share(busy, 0).energy_uj + busy_share(busy, 1).energy_uj, UINT64_MAX);
	assert_int_equal(busy_share(busy, 0).busy_ns + busy_share(busy, 1).busy_ns, UINT64_MAX - 1);
	busy_free(busy);
}

/* The device time of key 0 is more than 64 bits hold: it must not count as none. */
static void extreme_weights_do_not_wrap(void **state)
{
	const uint64_t half = 1ULL << 63;
	const struct busy_interval batch[] = {{0, half, 0, 0}, {0, half, 0, 0}, {0, half, 1, 0}};
	struct busy *busy = fresh(0);

	(void)state;
	assert_int_equal(busy_energy(busy, half, 3000), 0);
	assert_int_equal(busy_cover(busy, batch, 3), 0);
	assert_totals(busy, half, 3000);
	assert_int_equal(busy_share(busy, 0).energy_uj, 2000);
	assert_int_equal(busy_share(busy, 1).energy_uj, 1000);
	busy_free(busy);
}

static void points_are_bounded(void **state)
{
	struct curve curve;

	(void)state;
	curve_init(&curve, 0);
	for (uint64_t i = 1; i <= 100000; i++) {
		assert_int_equal(curve_point(&curve, i * 10, i * 3), 0);
		assert_true(curve.parts <= 1024);
	}
	assert_int_equal(curve_book(&curve, 0, 1000000), 300000);
	curve_free(&curve);
}

/* Points far beyond the bound: what is covered before and after thinning adds up all the same. */
static void thinned_points_keep_their_energy(void **state)
{
	enum { POINTS = 50000 };
	struct busy *busy = fresh(0);
	uint64_t energy_uj = 0;

	(void)state;
	for (uint64_t i = 0; i < POINTS; i++) {
		energy_uj += i * 7919 % 1013;
		assert_int_equal(busy_energy(busy, (i + 1) * 100, energy_uj), 0);
		if (i % 3 == 0)
			cover(busy, i * 100 + 30, i * 100 + 90, 0);
	}
	assert_true(busy_energy_uj(busy) < energy_uj);
	for (uint64_t i = POINTS; i-- > 0;)
		cover(busy, i * 100 + (i % 2) * 50, i * 100 + 80, 1);
	assert_true(busy_energy_uj(busy) < energy_uj);
	cover(busy, 0, POINTS * 100, 2);
	/* Of the pieces, gaps of some ns were closed on the way: they book neither. */
	assert_true(busy_time_ns(busy) <= POINTS * 100);
	assert_true(busy_energy_uj(busy) <= energy_uj);
	busy_free(busy);
}

/* The same without a closed gap: few pieces, and to the microjoule. */
static void thinned_points_are_exact(void **state)
{
	enum { POINTS = 50000 };
	struct busy *busy = fresh(0);
	uint64_t energy_uj = 0;

	(void)state;
	for (uint64_t i = 0; i < POINTS; i++) {
		energy_uj += i * 7919 % 1013;
		assert_int_equal(busy_energy(busy, (i + 1) * 100, energy_uj), 0);
		if (i % 100 == 0)
			cover(busy, i * 100 + 30, i * 100 + 5021, (uint32_t)(i / 100));
	}
	cover(busy, 0, POINTS * 100, BUSY_KEYS_MAX - 1);
	assert_totals(busy, POINTS * 100, energy_uj);
	busy_free(busy);
}

/*
 * A million short commands with as many gaps, and one long pause. In order, all of it counts.
 * A command that arrives late still counts in the pause in full, and nowhere more than wall time.
 */
static void pieces_are_bounded(void **state)
{
	enum { COMMANDS = 1000000, PAUSE = 100000000 };
	struct busy *busy = fresh(0);
	const uint64_t end_ns = COMMANDS * 10 + PAUSE;
	uint64_t covered_ns;

	(void)state;
	assert_int_equal(busy_energy(busy, end_ns, end_ns * 3), 0);
	for (uint64_t i = 0; i < COMMANDS; i++) {
		uint64_t start_ns = i * 10 + (i < COMMANDS / 2 ? 0 : PAUSE);

		cover(busy, start_ns, start_ns + 4 + i % 4, 0);
	}
	covered_ns = COMMANDS / 4 * (4 + 5 + 6 + 7);
	assert_totals(busy, covered_ns, covered_ns * 3);
	cover(busy, COMMANDS * 5 + 100, COMMANDS * 5 + PAUSE - 100, 1);
	assert_share(busy, 1, PAUSE - 200, 3 * (PAUSE - 200));
	cover(busy, 0, end_ns, 2);
	assert_true(busy_time_ns(busy) <= end_ns);
	assert_int_equal(busy_energy_uj(busy), busy_time_ns(busy) * 3);
	busy_free(busy);
}

/* ---- against a reference ---- */

#define RANGE 256
#define KEYS  5
#define BATCH 12

/* Flags per ns, and parts of the energy: all that busy.h promises, in the slowest way. */
struct reference {
	uint64_t base_ns;
	uint64_t known; /* ns since base up to which energy is known */
	bool covered[RANGE];
	unsigned part[RANGE];					 /* of each ns */
	uint64_t energy_uj[RANGE], length[RANGE], booked[RANGE]; /* of each part */
	unsigned parts;
	struct busy_share total, share[KEYS];
};

static uint64_t draw(uint64_t *random)
{
	*random ^= *random << 13;
	*random ^= *random >> 7;
	*random ^= *random << 17;
	return *random;
}

static void reference_point(struct reference *ref, uint64_t length, uint64_t energy_uj)
{
	for (uint64_t i = 0; i < length; i++)
		ref->part[ref->known + i] = ref->parts;
	ref->energy_uj[ref->parts] = energy_uj;
	ref->length[ref->parts] = length;
	ref->booked[ref->parts] = 0;
	ref->parts++;
	ref->known += length;
}

static uint64_t booked_uj(const struct reference *ref, unsigned part)
{
	uint64_t twice = 2 * ref->length[part];

	return (2 * ref->energy_uj[part] * ref->booked[part] + ref->length[part]) / twice;
}

static void reference_book(struct reference *ref, uint64_t at, struct busy_share *group)
{
	unsigned part = ref->part[at];
	uint64_t before_uj = booked_uj(ref, part);

	ref->covered[at] = true;
	ref->booked[part]++;
	group->busy_ns++;
	group->energy_uj += booked_uj(ref, part) - before_uj;
}

static bool meets(const struct reference *ref, const struct busy_interval *interval, uint64_t at)
{
	return at < ref->known && interval->start_ns <= ref->base_ns + at &&
	       ref->base_ns + at < interval->end_ns;
}

/* Shares a group's time and energy: [first, last] is one stretch, and `batch` is in order. */
static void reference_group(struct reference *ref, const struct busy_interval *batch, size_t n,
			    uint64_t first, uint64_t last)
{
	struct busy_share group = {0, 0};
	uint64_t weight[KEYS] = {0}, share[KEYS];
	uint32_t member[KEYS] = {0};
	size_t members = 0;

	for (uint64_t at = first; at <= last; at++)
		if (!ref->covered[at])
			reference_book(ref, at, &group);
	for (size_t i = 0; i < n; i++) {
		size_t slot = 0;
		uint64_t own_ns = 0;

		for (uint64_t at = first; at <= last; at++)
			own_ns += meets(ref, &batch[i], at);
		if (!own_ns)
			continue;
		while (slot < members && member[slot] != batch[i].key)
			slot++;
		if (slot == members)
			member[members++] = batch[i].key;
		weight[slot] += own_ns - (own_ns * batch[i].nested >> 32);
	}
	ref->total.busy_ns += group.busy_ns;
	ref->total.energy_uj += group.energy_uj;
	assert_int_equal(units_apportion(group.busy_ns, weight, members, share), 0);
	for (size_t i = 0; i < members; i++)
		ref->share[member[i]].busy_ns += share[i];
	assert_int_equal(units_apportion(group.energy_uj, weight, members, share), 0);
	for (size_t i = 0; i < members; i++)
		ref->share[member[i]].energy_uj += share[i];
}

static int by_all(const void *left, const void *right)
{
	const struct busy_interval *a = left;
	const struct busy_interval *b = right;

	if (a->start_ns != b->start_ns)
		return a->start_ns < b->start_ns ? -1 : 1;
	if (a->end_ns != b->end_ns)
		return a->end_ns < b->end_ns ? -1 : 1;
	return (a->key > b->key) - (a->key < b->key);
}

/* A group ends where no interval holds both a nanosecond and the one after it. */
static void reference_cover(struct reference *ref, const struct busy_interval *given, size_t n)
{
	struct busy_interval batch[BATCH];
	uint64_t first = 0;
	bool within = false;

	memcpy(batch, given, n * sizeof(*batch));
	for (size_t i = 0; i < n; i++)
		if (batch[i].start_ns < ref->base_ns)
			batch[i].start_ns = ref->base_ns;
	for (size_t i = 0; i < n; i++)
		if (batch[i].end_ns > ref->base_ns + ref->known)
			batch[i].end_ns = ref->base_ns + ref->known;
	qsort(batch, n, sizeof(*batch), by_all);
	for (uint64_t at = 0; at < ref->known; at++) {
		bool here = false, goes_on = false;

		for (size_t i = 0; i < n; i++) {
			here = here || meets(ref, &batch[i], at);
			goes_on = goes_on ||
				  (meets(ref, &batch[i], at) && meets(ref, &batch[i], at + 1));
		}
		if (here && !within)
			first = at;
		within = goes_on;
		if (here && !goes_on)
			reference_group(ref, batch, n, first, at);
	}
}

static void assert_same(const struct reference *ref, const struct busy *busy)
{
	struct busy_share sum = {0, 0};

	assert_totals(busy, ref->total.busy_ns, ref->total.energy_uj);
	for (uint32_t key = 0; key < KEYS; key++) {
		assert_share(busy, key, ref->share[key].busy_ns, ref->share[key].energy_uj);
		sum.busy_ns += busy_share(busy, key).busy_ns;
		sum.energy_uj += busy_share(busy, key).energy_uj;
	}
	assert_totals(busy, sum.busy_ns, sum.energy_uj);
}

static void random_batch(uint64_t *random, uint64_t base_ns, struct busy_interval *batch, size_t n)
{
	const uint64_t longest = 1 + draw(random) % 60;

	for (size_t i = 0; i < n; i++) {
		uint64_t start_ns = base_ns - 20 + draw(random) % (RANGE + 40);

		batch[i].start_ns = start_ns;
		batch[i].end_ns = start_ns + draw(random) % longest;
		batch[i].key = (uint32_t)(draw(random) % KEYS);
		batch[i].nested = draw(random) % 2 ? 0 : (uint32_t)draw(random);
	}
}

/* One history of points and batches; at its end all is covered, and all energy is booked. */
static void compare(uint64_t *random)
{
	struct reference ref = {.base_ns = 20 + draw(random) % 1000000};
	struct busy *busy = fresh(ref.base_ns);
	struct busy_interval batch[BATCH];
	uint64_t energy_uj = 0;

	while (ref.known < RANGE) {
		uint64_t length = 1 + draw(random) % (RANGE - ref.known);
		uint64_t used_uj = draw(random) % 2 ? draw(random) % 40 : draw(random) % 1000000;

		reference_point(&ref, length, used_uj);
		energy_uj += used_uj;
		assert_int_equal(busy_energy(busy, ref.base_ns + ref.known, energy_uj), 0);
		for (uint64_t batches = draw(random) % 8; batches; batches--) {
			size_t n = draw(random) % (BATCH + 1);

			random_batch(random, ref.base_ns, batch, n);
			reference_cover(&ref, batch, n);
			assert_int_equal(busy_cover(busy, batch, n), 0);
			assert_same(&ref, busy);
		}
	}
	cover(busy, ref.base_ns, ref.base_ns + RANGE, 0);
	assert_totals(busy, RANGE, energy_uj);
	busy_free(busy);
}

static void the_reference_agrees(void **state)
{
	(void)state;
	for (uint64_t history = 1; history <= 2000; history++) {
		uint64_t random = history * 0x9e3779b97f4a7c15u;

		compare(&random);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(time_is_covered_once),
		cmocka_unit_test(what_overlaps_is_shared_by_device_time),
		cmocka_unit_test(late_arrivals_fill_what_is_open),
		cmocka_unit_test(a_full_cover_books_all_energy),
		cmocka_unit_test(what_is_not_known_is_clipped),
		cmocka_unit_test(bad_keys_are_left_out_alone),
		cmocka_unit_test(energy_only_rises),
		cmocka_unit_test(stretches_below_a_microjoule_lose_nothing),
		cmocka_unit_test(extreme_figures_do_not_overflow),
		cmocka_unit_test(extreme_weights_do_not_wrap),
		cmocka_unit_test(points_are_bounded),
		cmocka_unit_test(thinned_points_keep_their_energy),
		cmocka_unit_test(thinned_points_are_exact),
		cmocka_unit_test(pieces_are_bounded),
		cmocka_unit_test(the_reference_agrees),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
