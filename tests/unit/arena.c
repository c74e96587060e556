/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading arenas: what is written is read once and in order, what is overwritten or torn is
 * counted as lost, and no content whatsoever leads the reader out of its bounds.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "collector/intake/arena.h"
#include "collector/saturate.h"

struct seen {
	size_t n;
	struct arena_event last;
	uint64_t sum; /* of the start times */
	uint64_t lost;
};

static void see(void *arg, const struct arena_event *event)
{
	struct seen *seen = arg;

	seen->n++;
	seen->last = *event;
	seen->sum += event->start_ns;
	seen->lost += event->lost;
}

static int set_up(void **state)
{
	struct wire_layout *layout = mmap(NULL, WIRE_ARENA_BYTES, PROT_READ | PROT_WRITE,
					  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (layout == MAP_FAILED)
		return -1;
	layout->arena = (struct wire_arena){
		WIRE_GEOMETRY,
		.lanes_used = 2,
		.entries_used = 3,
	};
	*state = layout;
	return 0;
}

static int tear_down(void **state)
{
	return munmap(*state, WIRE_ARENA_BYTES);
}

/* As the shim does it: the sequence number is taken away first and given back last. */
static void push(struct wire_lane *lane, const struct wire_event *event)
{
	struct wire_event *slot = &lane->ring[lane->head % WIRE_RING_SLOTS];

	__atomic_store_n(&slot->seq, 0, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	__atomic_store_n(&slot->start_ns, event->start_ns, __ATOMIC_RELAXED);
	__atomic_store_n(&slot->end_ns, event->end_ns, __ATOMIC_RELAXED);
	__atomic_store_n(&slot->entry, event->entry, __ATOMIC_RELAXED);
	__atomic_store_n(&slot->flags, event->flags, __ATOMIC_RELAXED);
	__atomic_store_n(&slot->nested_ns, event->nested_ns, __ATOMIC_RELAXED);
	__atomic_store_n(&slot->seq, lane->head + 1, __ATOMIC_RELEASE);
	__atomic_store_n(&lane->head, lane->head + 1, __ATOMIC_RELEASE);
}

static void push_n(struct wire_lane *lane, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++) {
		const struct wire_event event = {.start_ns = lane->head + 1,
						 .end_ns = lane->head + 2,
						 .entry = 1,
						 .flags = WIRE_EVENT_TIMED};
		push(lane, &event);
	}
}

static struct seen drain(struct arena_reader *reader, bool final)
{
	struct seen seen = {0};

	arena_drain(reader, 0, UINT64_MAX, final, see, &seen);
	return seen;
}

static void check_refuses_every_other_geometry(void **state)
{
	struct wire_layout *layout = *state;
	uint32_t *const field[] = {&layout->arena.version, &layout->arena.devices,
				   &layout->arena.entries, &layout->arena.name_bytes,
				   &layout->arena.lanes,   &layout->arena.ring_slots};

	assert_int_equal(arena_check(layout), 0);
	for (size_t i = 0; i < sizeof(field) / sizeof(*field); i++) {
		(*field[i])++;
		assert_int_equal(arena_check(layout), -EPROTONOSUPPORT);
		(*field[i])--;
	}
	layout->arena.magic ^= 1;
	assert_int_equal(arena_check(layout), -EPROTO);
}

static void events_are_read_once_and_in_order(void **state)
{
	struct wire_layout *layout = *state;
	struct arena_reader reader;

	arena_begin(&reader, layout);
	push_n(&layout->lane[0], 10);
	push_n(&layout->lane[1], 5);
	struct seen seen = drain(&reader, false);
	assert_int_equal(seen.n, 15);
	assert_int_equal(seen.sum, 55 + 15);
	assert_int_equal(seen.last.entry, 1);
	assert_true(seen.last.timed);
	assert_int_equal(drain(&reader, false).n, 0);
	push_n(&layout->lane[1], 1);
	seen = drain(&reader, true);
	assert_int_equal(seen.n, 1);
	assert_int_equal(seen.last.start_ns, 6);
	assert_int_equal(reader.read, 16);
	assert_int_equal(reader.lost, 0);
}

static void lanes_out_of_use_are_not_read(void **state)
{
	struct wire_layout *layout = *state;
	struct arena_reader reader;

	arena_begin(&reader, layout);
	push_n(&layout->lane[2], 3);
	assert_int_equal(drain(&reader, false).n, 0);
	layout->arena.lanes_used = UINT32_MAX;
	assert_int_equal(drain(&reader, false).n, 3);
}

static void overwritten_events_are_lost_and_counted(void **state)
{
	struct wire_layout *layout = *state;
	struct arena_reader reader;

	arena_begin(&reader, layout);
	push_n(&layout->lane[0], WIRE_RING_SLOTS + 100);
	struct seen seen = drain(&reader, false);
	assert_int_equal(seen.n, WIRE_RING_SLOTS);
	assert_int_equal(seen.last.start_ns, WIRE_RING_SLOTS + 100);
	assert_int_equal(reader.lost, 100);
	assert_int_equal(seen.lost, 100);
	push_n(&layout->lane[0], WIRE_RING_SLOTS);
	assert_int_equal(drain(&reader, false).n, WIRE_RING_SLOTS);
	assert_int_equal(reader.lost, 100);
}

/* Who reads where it is being written holds up the program; a dead one writes no more. */
static void a_writer_that_passes_is_given_a_lead(void **state)
{
	struct wire_layout *layout = *state;
	struct arena_reader reader;

	push_n(&layout->lane[0], WIRE_RING_SLOTS + 100);
	layout->lane[0].ring[100].seq +=
		WIRE_RING_SLOTS; /* the next one, before its head says so */
	arena_begin(&reader, layout);
	assert_int_equal(drain(&reader, true).n, WIRE_RING_SLOTS - 1);
	assert_int_equal(reader.lost, 100 + 1);
	arena_begin(&reader, layout);
	struct seen seen = drain(&reader, false);
	assert_true(seen.n > WIRE_RING_SLOTS / 2 && seen.n < WIRE_RING_SLOTS - 1000);
	assert_int_equal(seen.last.start_ns, WIRE_RING_SLOTS + 100);
	assert_int_equal(seen.n + reader.lost, WIRE_RING_SLOTS + 100);
}

static void an_unfinished_slot_is_waited_for_once(void **state)
{
	struct wire_layout *layout = *state;
	struct wire_lane *lane = &layout->lane[0];
	struct arena_reader reader;

	arena_begin(&reader, layout);
	push_n(lane, 3);
	lane->ring[1].seq = 0;
	assert_int_equal(drain(&reader, false).n, 1);
	assert_int_equal(reader.lost, 0);
	lane->ring[1].seq = 2;
	assert_int_equal(drain(&reader, false).n, 2);
	assert_int_equal(reader.lost, 0);

	push_n(lane, 3);
	lane->ring[4].seq = 0;
	assert_int_equal(drain(&reader, false).n, 1);
	assert_int_equal(drain(&reader, false).n, 1);
	assert_int_equal(reader.lost, 1);
}

static void a_torn_slot_of_a_dead_writer_is_lost_at_once(void **state)
{
	struct wire_layout *layout = *state;
	struct arena_reader reader;

	arena_begin(&reader, layout);
	push_n(&layout->lane[0], 4);
	layout->lane[0].ring[3].seq = 0;
	assert_int_equal(drain(&reader, true).n, 3);
	assert_int_equal(reader.lost, 1);
}

/* Whoever follows a lane has to know where in it something is missing. */
static void losses_are_told_with_the_next_event_of_their_lane(void **state)
{
	struct wire_layout *layout = *state;
	struct arena_reader reader;

	arena_begin(&reader, layout);
	push_n(&layout->lane[0], 2);
	push_n(&layout->lane[1], 3);
	layout->lane[1].ring[2].seq = 0;
	assert_int_equal(drain(&reader, true).lost, 0);
	push_n(&layout->lane[0], 1);
	assert_int_equal(drain(&reader, true).lost, 0);
	push_n(&layout->lane[1], 1);
	struct seen seen = drain(&reader, true);
	assert_int_equal(seen.lost, 1);
	assert_int_equal(seen.last.lane, 1);
	push_n(&layout->lane[1], 1);
	assert_int_equal(drain(&reader, true).lost, 0);
}

static void times_are_clipped_and_judged(void **state)
{
	struct wire_layout *layout = *state;
	static const struct {
		struct wire_event event;
		bool timed;
		uint64_t start_ns, end_ns;
	} row[] = {
		{{.start_ns = 150, .end_ns = 160, .flags = WIRE_EVENT_TIMED}, true, 150, 160},
		{{.start_ns = 50, .end_ns = 160, .flags = WIRE_EVENT_TIMED}, true, 100, 160},
		{{.start_ns = 150, .end_ns = 999, .flags = WIRE_EVENT_TIMED}, true, 150, 200},
		{{.start_ns = 10, .end_ns = 20, .flags = WIRE_EVENT_TIMED}, false, 0, 0},
		{{.start_ns = 300, .end_ns = 400, .flags = WIRE_EVENT_TIMED}, false, 0, 0},
		{{.start_ns = 160, .end_ns = 150, .flags = WIRE_EVENT_TIMED}, false, 0, 0},
		{{.start_ns = 150, .end_ns = 160}, false, 0, 0},
		{{.end_ns = UINT64_MAX, .flags = WIRE_EVENT_TIMED}, true, 100, 200},
	};
	struct arena_reader reader;

	arena_begin(&reader, layout);
	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		struct seen seen = {0};
		push(&layout->lane[0], &row[i].event);
		arena_drain(&reader, 100, 200, true, see, &seen);
		assert_int_equal(seen.n, 1);
		assert_int_equal(seen.last.timed, row[i].timed);
		if (!row[i].timed)
			continue;
		assert_int_equal(seen.last.start_ns, row[i].start_ns);
		assert_int_equal(seen.last.end_ns, row[i].end_ns);
	}
}

/* It was launched while the reader was on its way from the clock to the ring. */
static void what_came_since_keeps_its_times(void **state)
{
	struct wire_layout *layout = *state;
	const struct wire_event event = {
		.host_ns = 240, .start_ns = 250, .end_ns = 260, .flags = WIRE_EVENT_TIMED};
	struct arena_reader reader;
	struct seen seen = {0};

	arena_begin(&reader, layout);
	push(&layout->lane[0], &event);
	arena_drain(&reader, 100, 200, false, see, &seen);
	assert_int_equal(seen.n, 0);
	arena_drain(&reader, 100, 300, false, see, &seen);
	assert_int_equal(seen.n, 1);
	assert_true(seen.last.timed);
	assert_int_equal(seen.last.end_ns, 260);

	/* One that is always ahead is told without times, and holds nobody up. */
	push(&layout->lane[0], &event);
	arena_drain(&reader, 100, 200, false, see, &seen);
	arena_drain(&reader, 100, 201, false, see, &seen);
	assert_int_equal(seen.n, 2);
	assert_false(seen.last.timed);
	assert_int_equal(reader.lost, 0);
}

/* Who has a clock of his own (a time namespace) is ahead with all he says. */
static void all_that_is_ahead_is_waited_for_at_once(void **state)
{
	struct wire_layout *layout = *state;
	const struct wire_event event = {
		.start_ns = 9000, .end_ns = 9001, .flags = WIRE_EVENT_TIMED};
	struct arena_reader reader;
	struct seen seen = {0};

	arena_begin(&reader, layout);
	for (uint64_t i = 0; i < 4 * WIRE_RING_SLOTS; i++) {
		push(&layout->lane[0], &event);
		if (i % (WIRE_RING_SLOTS / 4) == 0)
			arena_drain(&reader, 100, 200 + i % 7, false, see, &seen);
	}
	arena_drain(&reader, 100, 300, true, see, &seen);
	assert_int_equal(seen.n, 4 * WIRE_RING_SLOTS);
	assert_int_equal(reader.lost, 0);
}

/* No more can lie within a command than what is left of it; of one without times, nothing does. */
static void what_is_nested_is_bounded(void **state)
{
	struct wire_layout *layout = *state;
	static const struct {
		struct wire_event event;
		uint64_t nested_ns;
	} row[] = {
		{{.start_ns = 150, .end_ns = 160, .nested_ns = 7, .flags = WIRE_EVENT_TIMED}, 7},
		{{.start_ns = 150, .end_ns = 160, .nested_ns = 11, .flags = WIRE_EVENT_TIMED}, 10},
		{{.start_ns = 50, .end_ns = 110, .nested_ns = 20, .flags = WIRE_EVENT_TIMED}, 10},
		{{.start_ns = 150, .end_ns = 160, .nested_ns = 7}, 0},
	};
	struct arena_reader reader;

	arena_begin(&reader, layout);
	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		struct seen seen = {0};
		push(&layout->lane[0], &row[i].event);
		arena_drain(&reader, 100, 200, true, see, &seen);
		assert_int_equal(seen.last.nested_ns, row[i].nested_ns);
	}
}

static void an_event_of_no_entry_is_lost(void **state)
{
	struct wire_layout *layout = *state;
	const struct wire_event event = {.entry = WIRE_ENTRIES};
	struct arena_reader reader;

	arena_begin(&reader, layout);
	push(&layout->lane[0], &event);
	assert_int_equal(drain(&reader, false).n, 0);
	assert_int_equal(reader.lost, 1);
}

static void a_head_that_lies_is_bounded(void **state)
{
	struct wire_layout *layout = *state;
	struct arena_reader reader;

	arena_begin(&reader, layout);
	layout->lane[0].head = UINT64_MAX;
	layout->lane[1].head = UINT64_MAX - 5;
	assert_int_equal(drain(&reader, true).n, 0);
	assert_true(reader.lost == SATURATE_MAX);
	/* And one that falls back stops its lane, for good. */
	layout->lane[0].head = 7;
	assert_int_equal(drain(&reader, false).n, 0);
	assert_true(reader.lost == SATURATE_MAX);
}

static void entries_are_copied_within_bounds(void **state)
{
	struct wire_layout *layout = *state;
	const struct arena_reader reader = {.layout = layout};
	struct arena_entry entry;

	memcpy(layout->names, "saxpy\xff\x1b", 7);
	layout->entry[1] = (struct wire_entry){.ready = 1,
					       .name_bytes = 7,
					       .api = WIRE_API_OPENCL,
					       .kind = WIRE_KIND_KERNEL,
					       .device = 3};
	assert_false(arena_entry(&reader, 0, &entry));
	assert_false(arena_entry(&reader, WIRE_ENTRIES, &entry));
	assert_true(arena_entry(&reader, 1, &entry));
	assert_string_equal(entry.name, "saxpy??");
	assert_int_equal(entry.device, 3);

	/* Whatever an entry says, its name is read inside of the names. */
	memset(layout->names, 'x', WIRE_NAME_BYTES);
	layout->entry[2] = (struct wire_entry){.ready = 1,
					       .name = WIRE_NAME_BYTES - 4,
					       .name_bytes = UINT16_MAX,
					       .device = UINT8_MAX,
					       .flags = WIRE_ENTRY_CUT};
	assert_true(arena_entry(&reader, 2, &entry));
	assert_string_equal(entry.name, "xxxx...");
	assert_true(entry.device < WIRE_DEVICES);
	layout->entry[2].name = UINT32_MAX;
	assert_true(arena_entry(&reader, 2, &entry));
	assert_string_equal(entry.name, "...");
	layout->entry[2].name = 0;
	assert_true(arena_entry(&reader, 2, &entry));
	assert_int_equal(strlen(entry.name), WIRE_NAME_MAX + 3);

	assert_int_equal(arena_entries(&reader), 3);
	layout->arena.entries_used = UINT32_MAX;
	assert_int_equal(arena_entries(&reader), WIRE_ENTRIES);
}

static void devices_are_copied_and_cleaned(void **state)
{
	struct wire_layout *layout = *state;
	const struct arena_reader reader = {.layout = layout};
	struct arena_device device;

	assert_false(arena_device(&reader, 0, &device));
	assert_false(arena_device(&reader, WIRE_DEVICES, &device));
	layout->device[4].ready = 1;
	layout->device[4].type = WIRE_DEVICE_GPU;
	/* Neither name is terminated. */
	memset(layout->device[4].name, 'n', sizeof(layout->device[4].name));
	memset(layout->device[4].bus_id, '\n', sizeof(layout->device[4].bus_id));
	assert_true(arena_device(&reader, 4, &device));
	assert_int_equal(strlen(device.name), sizeof(device.name) - 1);
	assert_int_equal(strlen(device.bus_id), sizeof(device.bus_id) - 1);
	assert_int_equal(device.bus_id[0], '?');
	assert_int_equal(device.type, WIRE_DEVICE_GPU);
}

static void totals_add_up_over_lanes_and_saturate(void **state)
{
	struct wire_layout *layout = *state;
	const struct arena_reader reader = {.layout = layout};
	struct arena_total total;

	layout->lane[0].totals[1] =
		(struct wire_total){.count = 5, .timed = 4, .device_ns = 30, .bytes = UINT64_MAX};
	layout->lane[1].totals[1] = (struct wire_total){
		.count = 7, .failed = 2, .device_ns = 12, .host_ns = 9, .bytes = 1};
	layout->lane[2].totals[1].count = 1000; /* nobody uses it */
	arena_total(&reader, 1, &total);
	assert_int_equal(total.count, 12);
	assert_int_equal(total.failed, 2);
	assert_int_equal(total.timed, 4);
	assert_int_equal(total.device_ns, 42);
	assert_int_equal(total.host_ns, 9);
	assert_true(total.bytes == SATURATE_MAX);
	layout->lane[0].totals[2] = (struct wire_total){.count = 2, .timed = 3};
	arena_total(&reader, 2, &total);
	assert_int_equal(total.timed, 2); /* its count is not to be seen yet */
	arena_total(&reader, WIRE_ENTRIES, &total);
	assert_int_equal(total.count, 0);
}

static void every_number_has_a_name(void **state)
{
	(void)state;
	assert_string_equal(arena_api_name(WIRE_API_OPENCL), "opencl");
	assert_string_equal(arena_api_name(WIRE_API_OPENMP), "openmp");
	assert_string_equal(arena_api_name(WIRE_API_BLAS), "blas");
	assert_string_equal(arena_api_name(UINT32_MAX), "other");
	assert_string_equal(arena_kind_name(WIRE_KIND_KERNEL), "kernel");
	for (unsigned kind = WIRE_KIND_NONE + 1; kind < WIRE_KIND_COUNT; kind++)
		assert_string_not_equal(arena_kind_name(kind), "other");
	assert_string_equal(arena_kind_name(WIRE_KIND_COUNT), "other");
	assert_false(arena_kind_occupies(WIRE_KIND_SYNC));
	assert_true(arena_kind_occupies(WIRE_KIND_COPY));
}

#define RACE_EVENTS 2000000u

static void *write_all(void *arg)
{
	for (uint64_t i = 0; i < RACE_EVENTS; i++) {
		const struct wire_event event = {.start_ns = i * 2,
						 .end_ns = i * 2 + 1,
						 .entry = (uint16_t)(i % WIRE_ENTRIES),
						 .flags = WIRE_EVENT_TIMED};
		push(arg, &event);
	}
	return NULL;
}

/* An event that was put together from two would not fit itself. */
static void see_fitting(void *arg, const struct arena_event *event)
{
	uint64_t *next = arg;

	assert_true(event->timed);
	assert_int_equal(event->end_ns, event->start_ns + 1);
	assert_int_equal(event->entry, event->start_ns / 2 % WIRE_ENTRIES);
	assert_true(event->start_ns / 2 >= *next);
	*next = event->start_ns / 2 + 1;
}

static void a_writer_that_never_waits_is_read_whole_or_lost(void **state)
{
	struct wire_layout *layout = *state;
	struct arena_reader reader;
	uint64_t next = 0;
	pthread_t writer;

	arena_begin(&reader, layout);
	assert_int_equal(pthread_create(&writer, NULL, write_all, &layout->lane[0]), 0);
	while (reader.read + reader.lost < RACE_EVENTS / 2)
		arena_drain(&reader, 0, UINT64_MAX, false, see_fitting, &next);
	pthread_join(writer, NULL);
	arena_drain(&reader, 0, UINT64_MAX, true, see_fitting, &next);
	assert_int_equal(reader.read + reader.lost, RACE_EVENTS);
	assert_int_equal(next, RACE_EVENTS);
	assert_true(reader.read >= WIRE_RING_SLOTS);
}

static void what_a_process_is_called_is_cleaned_and_bounded(void **state)
{
	struct wire_layout *layout = *state;
	struct arena_name name;

	arena_name(layout, &name);
	assert_string_equal(name.project, "");
	assert_int_equal(name.argument_bytes, 0);
	memset(layout->arena.project, 'p', sizeof(layout->arena.project));
	memcpy(layout->arena.experiment, "e\033[2J", 6);
	memcpy(layout->arena.arguments, "python\0a\nb\0\0c", 14);
	arena_name(layout, &name);
	assert_int_equal(strlen(name.project), WIRE_LABEL_BYTES);
	assert_string_equal(name.experiment, "e?[2J");
	assert_string_equal(name.arguments + 7, "a?b");
	assert_int_equal(name.argument_bytes, 11);
	/* One that was cut off ends where the place does. */
	memset(layout->arena.arguments, 'x', sizeof(layout->arena.arguments));
	arena_name(layout, &name);
	assert_int_equal(strlen(name.arguments), WIRE_ARGUMENTS);
	assert_int_equal(name.argument_bytes, WIRE_ARGUMENTS + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(check_refuses_every_other_geometry, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(events_are_read_once_and_in_order, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(lanes_out_of_use_are_not_read, set_up, tear_down),
		cmocka_unit_test_setup_teardown(overwritten_events_are_lost_and_counted, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_writer_that_passes_is_given_a_lead, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(an_unfinished_slot_is_waited_for_once, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(losses_are_told_with_the_next_event_of_their_lane,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_torn_slot_of_a_dead_writer_is_lost_at_once,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(times_are_clipped_and_judged, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_came_since_keeps_its_times, set_up, tear_down),
		cmocka_unit_test_setup_teardown(all_that_is_ahead_is_waited_for_at_once, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(what_is_nested_is_bounded, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_event_of_no_entry_is_lost, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_head_that_lies_is_bounded, set_up, tear_down),
		cmocka_unit_test_setup_teardown(entries_are_copied_within_bounds, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(devices_are_copied_and_cleaned, set_up, tear_down),
		cmocka_unit_test_setup_teardown(totals_add_up_over_lanes_and_saturate, set_up,
						tear_down),
		cmocka_unit_test(every_number_has_a_name),
		cmocka_unit_test_setup_teardown(what_a_process_is_called_is_cleaned_and_bounded,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_writer_that_never_waits_is_read_whole_or_lost,
						set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
