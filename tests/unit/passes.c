/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How far files were read: what is told, when, and that no byte is told twice or lost.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "preload/passes.h"
#include "preload/wire.h"

#define MS   UINT64_C(1000000)
#define SIZE UINT64_C(1000000)
#define BOTH (WIRE_NOTE_FROM_START | WIRE_NOTE_TO_END)

/* One reader of one file, and what was told of it. */
struct story {
	struct passes p;
	uint32_t slot;
	uint64_t now_ns;
	unsigned told;
	unsigned starts, ends;
	uint64_t bytes;
	struct passes_part last;
};

static void begin(struct story *s, uint64_t size)
{
	memset(s, 0, sizeof(*s));
	s->now_ns = 1000 * MS;
	s->slot = passes_admit(&s->p, 77, size, "data");
	assert_int_not_equal(s->slot, PASSES_NONE);
}

static void take(struct story *s, const struct passes_part *part, unsigned parts)
{
	for (unsigned i = 0; i < parts; i++) {
		s->told++;
		s->bytes += part[i].bytes;
		s->starts += !!(part[i].flags & WIRE_NOTE_FROM_START);
		s->ends += !!(part[i].flags & WIRE_NOTE_TO_END);
		assert_true(part[i].begin_ns <= part[i].end_ns);
		assert_string_equal(part[i].name, "data");
		s->last = part[i];
	}
}

static void read_at(struct story *s, uint64_t offset, uint64_t bytes, uint64_t ns)
{
	struct passes_part part[PASSES_PARTS];
	const uint64_t from_ns = s->now_ns;

	s->now_ns += ns;
	take(s, part, passes_read(&s->p, s->slot, offset, bytes, from_ns, s->now_ns, part));
}

/* From end to end in so many pieces, each of so long. */
static void read_through(struct story *s, unsigned pieces, uint64_t ns)
{
	const uint64_t size = atomic_load(&s->p.file[s->slot].size);

	for (unsigned i = 0; i < pieces; i++)
		read_at(s, size * i / pieces, size * (i + 1) / pieces - size * i / pieces, ns);
	read_at(s, size, 0, 10);
}

static void test_a_pass_is_one_part(void **state)
{
	struct story s;

	(void)state;
	begin(&s, SIZE);
	for (unsigned i = 1; i <= 5; i++) {
		const uint64_t from_ns = s.now_ns;

		read_through(&s, 10, 1000);
		assert_int_equal(s.told, i);
		assert_int_equal(s.last.flags, BOTH);
		assert_int_equal(s.last.bytes, SIZE);
		assert_int_equal(s.last.begin_ns, from_ns);
		assert_int_equal(s.last.end_ns, from_ns + 10 * 1000);
	}
}

static void test_a_pass_that_ends_early_is_told_by_the_next(void **state)
{
	struct story s;

	(void)state;
	begin(&s, SIZE);
	read_at(&s, 0, SIZE / 3, 1000);
	assert_int_equal(s.told, 0);
	s.now_ns += 1000 * MS;
	read_at(&s, 0, SIZE / 3, 1000);
	assert_int_equal(s.told, 1);
	assert_int_equal(s.last.bytes, SIZE / 3);
	assert_int_equal(s.last.flags, WIRE_NOTE_FROM_START);
	assert_true(s.last.end_ns < s.now_ns - 1000 * MS);
}

static void test_a_header_belongs_to_its_pass(void **state)
{
	struct story s;

	(void)state;
	begin(&s, SIZE);
	for (unsigned i = 1; i <= 3; i++) {
		read_at(&s, 0, 100, 1000);
		read_at(&s, 100, 28, 1000);
		s.now_ns += 500 * MS; /* and the pass begins where it does */
		read_through(&s, 10, 1000);
		assert_int_equal(s.told, i);
		assert_int_equal(s.last.flags, BOTH);
		assert_int_equal(s.last.bytes, SIZE + 128);
		assert_int_equal(s.last.begin_ns, s.now_ns - 10 * 1000 - 10);
	}
}

static void test_the_end_of_an_archive_is_none(void **state)
{
	struct story s;

	(void)state;
	begin(&s, SIZE);
	read_at(&s, SIZE - 22, 22, 1000);
	read_at(&s, SIZE - 3000, 3000, 1000);
	assert_int_equal(s.told, 0);
	read_through(&s, 10, 1000);
	assert_int_equal(s.told, 1);
	assert_int_equal(s.last.flags, BOTH);
}

static void test_a_long_pass_is_told_in_pieces(void **state)
{
	struct story s;

	(void)state;
	begin(&s, SIZE);
	read_through(&s, 1000, 1 * MS); /* a second: an eighth of it takes longer than 100 ms */
	assert_in_range(s.told, 10, 11);
	assert_int_equal(s.starts, 1);
	assert_int_equal(s.ends, 1);
	assert_int_equal(s.bytes, SIZE);

	begin(&s, SIZE);
	read_through(&s, 1000, MS / 10);
	assert_int_equal(s.told, 8);
	assert_int_equal(s.bytes, SIZE);
}

/* However fast it goes: a piece shortly before the end takes the end along. */
static void test_a_pass_at_any_pace_has_its_end(void **state)
{
	struct story s;

	(void)state;
	for (uint64_t ns = 20000; ns < 200000; ns += 100) {
		begin(&s, SIZE);
		for (unsigned i = 1; i <= 3; i++) {
			read_through(&s, 100, ns);
			assert_int_equal(s.starts, i);
			assert_int_equal(s.ends, i);
			assert_int_equal(s.bytes, i * SIZE);
		}
	}
}

static void test_small_files_are_told_from_the_second_time(void **state)
{
	struct passes_part part;
	struct story s;

	(void)state;
	begin(&s, 5000);
	read_through(&s, 2, 1000);
	assert_int_equal(passes_close(&s.p, s.slot, s.now_ns, &part), 0);
	assert_int_equal(s.told, 0);
	s.now_ns += 1000 * MS;
	read_at(&s, 0, 5000, 1000);
	assert_int_equal(s.told, 2);
	assert_int_equal(s.bytes, 10000);
	read_through(&s, 1, 1000);
	assert_int_equal(s.told, 3);

	begin(&s, 5000);
	passes_forget_unread(&s.p); /* in a forked child */
	read_through(&s, 2, 1000);
	assert_int_equal(s.told, 1);
}

static void test_closing_tells_what_was_read(void **state)
{
	struct passes_part part;
	struct story s;

	(void)state;
	begin(&s, SIZE);
	read_at(&s, SIZE / 2, SIZE / 4, 1000);
	take(&s, &part, passes_close(&s.p, s.slot, s.now_ns, &part));
	assert_int_equal(s.told, 1);
	assert_int_equal(s.bytes, SIZE / 4);
	assert_int_equal(s.last.flags, 0);
	assert_int_equal(passes_close(&s.p, s.slot, s.now_ns, &part), 0);
}

static void test_the_rate_is_bounded_and_nothing_lost(void **state)
{
	struct story s;
	unsigned passes = 0;

	(void)state;
	begin(&s, SIZE);
	while (s.now_ns < 11000 * MS) { /* ten seconds */
		read_through(&s, 4, 20000);
		passes++;
	}
	assert_in_range(s.told, 700, 240 + 10 * 58 + 1);
	s.now_ns += 100 * MS;
	read_through(&s, 4, 20000);
	assert_int_equal(s.bytes, (passes + 1) * SIZE);
	assert_true(s.last.flags & WIRE_NOTE_TO_END);
}

static void test_a_file_may_grow(void **state)
{
	struct story s;

	(void)state;
	begin(&s, SIZE);
	read_at(&s, 0, SIZE + 1000, 1000);
	assert_int_equal(s.last.size, SIZE + 1000);
	assert_int_equal(s.last.flags, BOTH);
}

#define MANY 5000u

static int by_key(const void *one, const void *other)
{
	const uint64_t a = *(const uint64_t *)one, b = *(const uint64_t *)other;

	return a < b ? -1 : a > b;
}

/* Which of so many files stay, offered from `first` on, round and round. */
static void sample(unsigned first, uint64_t kept[PASSES_FILES])
{
	static struct passes p;

	memset(&p, 0, sizeof(p));
	for (unsigned i = 0; i < MANY; i++) {
		const uint64_t key = (uint64_t)((i + first) % MANY + 1) * 2 + 1;
		const uint64_t size = 1000 + key % 7;

		if (passes_wants(&p, key, size))
			passes_admit(&p, key, size, "data");
	}
	for (unsigned i = 0; i < PASSES_FILES; i++) {
		kept[i] = atomic_load(&p.key[i]);
		assert_int_equal(passes_find(&p, kept[i]), i);
	}
	qsort(kept, PASSES_FILES, sizeof(*kept), by_key);
}

static void test_all_processes_choose_the_same(void **state)
{
	uint64_t one[PASSES_FILES], other[PASSES_FILES];
	unsigned half = 0;

	(void)state;
	sample(0, one);
	sample(MANY / 3, other);
	assert_memory_equal(one, other, sizeof(one));
	for (unsigned i = 0; i < PASSES_FILES; i++)
		half += one[i] < MANY;
	assert_in_range(half, PASSES_FILES / 3, PASSES_FILES * 2 / 3); /* not the first ones */
}

static void test_large_files_stay(void **state)
{
	static struct passes p;

	(void)state;
	memset(&p, 0, sizeof(p));
	assert_int_not_equal(passes_admit(&p, 1, UINT64_C(1) << 40, "large"), PASSES_NONE);
	for (uint64_t key = 3; key < 20000; key += 2)
		(void)passes_admit(&p, key, 1000, "small");
	assert_int_not_equal(passes_find(&p, 1), PASSES_NONE);
}

static void test_the_lock_of_a_parent_is_void(void **state)
{
	static struct passes p;

	(void)state;
	memset(&p, 0, sizeof(p));
	assert_true(passes_take(&p, 1));
	assert_false(passes_take(&p, 1));
	assert_true(passes_take(&p, 2));
	passes_leave(&p);
	assert_true(passes_take(&p, 2));
}

#define THREADS 4u
#define ROUNDS	50000u

static struct story shared;
static _Atomic uint64_t told_bytes;

/* Each at a time of its own: what matters is that no byte is told twice or not at all. */
static void *read_along(void *arg)
{
	struct passes_part part[PASSES_PARTS];
	uint64_t now_ns = 1000 * MS;

	(void)arg;
	for (unsigned i = 0; i < ROUNDS; i++) {
		unsigned n = passes_read(&shared.p, shared.slot, i % 10 * (SIZE / 10), SIZE / 10,
					 now_ns, now_ns + MS, part);

		now_ns += MS;
		while (n--)
			atomic_fetch_add(&told_bytes, part[n].bytes);
	}
	return NULL;
}

static void test_threads_share_a_file(void **state)
{
	pthread_t thread[THREADS];

	(void)state;
	begin(&shared, SIZE);
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, read_along, NULL), 0);
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	assert_int_equal(told_bytes + atomic_load(&shared.p.file[shared.slot].bytes),
			 (uint64_t)THREADS * ROUNDS * (SIZE / 10));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_pass_is_one_part),
		cmocka_unit_test(test_a_pass_that_ends_early_is_told_by_the_next),
		cmocka_unit_test(test_a_header_belongs_to_its_pass),
		cmocka_unit_test(test_the_end_of_an_archive_is_none),
		cmocka_unit_test(test_a_long_pass_is_told_in_pieces),
		cmocka_unit_test(test_a_pass_at_any_pace_has_its_end),
		cmocka_unit_test(test_small_files_are_told_from_the_second_time),
		cmocka_unit_test(test_closing_tells_what_was_read),
		cmocka_unit_test(test_the_rate_is_bounded_and_nothing_lost),
		cmocka_unit_test(test_a_file_may_grow),
		cmocka_unit_test(test_all_processes_choose_the_same),
		cmocka_unit_test(test_large_files_stay),
		cmocka_unit_test(test_the_lock_of_a_parent_is_void),
		cmocka_unit_test(test_threads_share_a_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
