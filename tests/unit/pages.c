/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arenas with holes: what their owner never wrote is not made by reading it, what he writes later
 * is seen, and no arena is taken twice or without its seals.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "collector/intake/arena.h"
#include "collector/intake/memfd.h"

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

#define SIZE_SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

struct owner {
	int fd;
	struct wire_layout *layout;
};

static int set_up(void **state)
{
	static struct owner owner;

	owner.fd = memfd_create("arena", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (owner.fd < 0 || ftruncate(owner.fd, (off_t)WIRE_ARENA_BYTES))
		return -1;
	owner.layout =
		mmap(NULL, WIRE_ARENA_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, owner.fd, 0);
	if (owner.layout == MAP_FAILED)
		return -1;
	owner.layout->arena = (struct wire_arena){WIRE_GEOMETRY, .entries_used = WIRE_ENTRIES,
						  .lanes_used = WIRE_LANES};
	*state = &owner;
	return fcntl(owner.fd, F_ADD_SEALS, SIZE_SEALS | F_SEAL_FUTURE_WRITE);
}

static int tear_down(void **state)
{
	struct owner *owner = *state;

	munmap(owner->layout, WIRE_ARENA_BYTES);
	return close(owner->fd);
}

static struct arena_reader map(const struct owner *owner)
{
	const struct wire_layout *layout;
	struct arena_reader reader;

	assert_int_equal(memfd_map(owner->fd, &layout), 0);
	arena_begin(&reader, layout);
	reader.pages = memfd_pages(layout);
	return reader;
}

static blkcnt_t blocks(const struct owner *owner)
{
	struct stat st;

	assert_int_equal(fstat(owner->fd, &st), 0);
	return st.st_blocks;
}

static void count(void *arg, const struct arena_event *event)
{
	(void)event;
	++*(unsigned *)arg;
}

/* Everything that can be asked of an arena. */
static unsigned read_all(struct arena_reader *reader)
{
	struct arena_device device;
	struct arena_entry entry;
	struct arena_total total;
	unsigned events = 0;

	arena_drain(reader, 0, UINT64_MAX, true, count, &events);
	for (uint32_t i = 0; i < WIRE_ENTRIES; i++) {
		arena_entry(reader, i, &entry);
		arena_total(reader, i, &total);
	}
	for (uint32_t i = 0; i < WIRE_DEVICES; i++)
		arena_device(reader, i, &device);
	return events;
}

static void reading_makes_no_page(void **state)
{
	const struct owner *owner = *state;
	struct arena_reader reader;
	blkcnt_t before;

	for (int i = 0; i < (int)WIRE_LANES; i += 2)
		owner->layout->lane[i].head = WIRE_RING_SLOTS - 5;
	owner->layout->entry[WIRE_ENTRIES - 1] =
		(struct wire_entry){.ready = 1, .name = 100000, .name_bytes = 1000};
	before = blocks(owner);
	reader = map(owner);
	assert_int_equal(read_all(&reader), 0);
	assert_int_equal(reader.lost, WIRE_LANES / 2 * (WIRE_RING_SLOTS - 5));
	assert_int_equal(blocks(owner), before);
	memfd_unmap(reader.layout);
}

static void what_is_written_later_is_seen(void **state)
{
	const struct owner *owner = *state;
	struct wire_lane *lane = &owner->layout->lane[3];
	struct arena_reader reader = map(owner);
	struct arena_total total;

	assert_int_equal(read_all(&reader), 0);
	for (uint64_t n = 0; n < 200; n++)
		lane->ring[n].seq = n + 1;
	lane->head = 200;
	lane->totals[WIRE_ENTRIES - 1].count = 7;
	assert_int_equal(read_all(&reader), 200);
	assert_int_equal(reader.lost, 0);
	arena_total(&reader, WIRE_ENTRIES - 1, &total);
	assert_int_equal(total.count, 7);
	memfd_unmap(reader.layout);
}

static void an_arena_is_taken_once(void **state)
{
	const struct owner *owner = *state;
	struct arena_reader reader = map(owner);
	const struct wire_layout *layout;

	assert_int_equal(memfd_map(owner->fd, &layout), -EEXIST);
	memfd_unmap(reader.layout);
	assert_int_equal(memfd_map(owner->fd, &layout), -EEXIST);
}

static void a_missing_seal_is_refused(void **state)
{
	static const int seals[] = {0, SIZE_SEALS, F_SEAL_FUTURE_WRITE | F_SEAL_SHRINK,
				    F_SEAL_FUTURE_WRITE | F_SEAL_SHRINK | F_SEAL_GROW};
	const struct wire_layout *layout;

	(void)state;
	for (size_t i = 0; i < sizeof(seals) / sizeof(seals[0]); i++) {
		int fd = memfd_create("arena", MFD_CLOEXEC | MFD_ALLOW_SEALING);

		assert_int_equal(ftruncate(fd, (off_t)WIRE_ARENA_BYTES), 0);
		assert_int_equal(fcntl(fd, F_ADD_SEALS, seals[i]), 0);
		assert_int_equal(memfd_map(fd, &layout), -EPERM);
		close(fd);
	}
}

/* Sealed as it should be, but nothing was ever written. */
static void an_empty_arena_is_none(void **state)
{
	const struct wire_layout *layout;
	int fd = memfd_create("arena", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	(void)state;
	assert_int_equal(ftruncate(fd, (off_t)WIRE_ARENA_BYTES), 0);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, SIZE_SEALS | F_SEAL_FUTURE_WRITE), 0);
	assert_int_equal(memfd_map(fd, &layout), -EPROTO);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(reading_makes_no_page, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_written_later_is_seen, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_arena_is_taken_once, set_up, tear_down),
		cmocka_unit_test(a_missing_seal_is_refused),
		cmocka_unit_test(an_empty_arena_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
