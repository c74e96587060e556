/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading notes: what a program printed, read and saved is read once and in order, what was
 * overwritten or torn is counted as lost, and no content leads the reader out of its bounds.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "collector/intake/arena.h"
#include "collector/saturate.h"

struct seen {
	size_t n;
	struct arena_note last;
};

static void see(void *arg, const struct arena_note *note)
{
	struct seen *seen = arg;

	seen->n++;
	seen->last = *note;
}

static int set_up(void **state)
{
	struct wire_layout *layout = mmap(NULL, WIRE_ARENA_BYTES, PROT_READ | PROT_WRITE,
					  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	*state = layout;
	return layout == MAP_FAILED ? -1 : 0;
}

static int tear_down(void **state)
{
	return munmap(*state, WIRE_ARENA_BYTES);
}

/* As the shim does it: the sequence number is taken away first and given back last. */
static void say(struct wire_layout *layout, const struct wire_note *note)
{
	const uint64_t number = layout->arena.notes_head;
	struct wire_note *slot = &layout->note[number % WIRE_NOTES];
	const uint64_t *from = (const uint64_t *)(const void *)note;
	uint64_t *to = (uint64_t *)(void *)slot;

	__atomic_store_n(&layout->arena.notes_head, number + 1, __ATOMIC_RELEASE);
	__atomic_store_n(&slot->seq, 0, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	for (size_t i = 1; i < sizeof(*note) / sizeof(*to); i++)
		__atomic_store_n(&to[i], from[i], __ATOMIC_RELAXED);
	__atomic_store_n(&slot->seq, number + 1, __ATOMIC_RELEASE);
}

static void say_line(struct wire_layout *layout, uint64_t t_ns, const char *text)
{
	struct wire_note note = {.kind = WIRE_NOTE_LINE,
				 .begin_ns = t_ns,
				 .t_ns = t_ns,
				 .text_bytes = (uint32_t)strlen(text)};

	memcpy(note.text, text, strlen(text));
	say(layout, &note);
}

static struct seen drain(struct arena_reader *reader, bool final)
{
	struct seen seen = {0};

	arena_notes(reader, 0, UINT64_MAX, final, see, &seen);
	return seen;
}

static void notes_are_read_once_and_in_order(void **state)
{
	struct arena_reader reader;
	struct seen seen;

	arena_begin(&reader, *state);
	assert_int_equal(drain(&reader, false).n, 0);
	say_line(*state, 10, "epoch 1");
	say_line(*state, 20, "epoch 2, loss 0.25");
	seen = drain(&reader, false);
	assert_int_equal(seen.n, 2);
	assert_int_equal(seen.last.kind, WIRE_NOTE_LINE);
	assert_int_equal(seen.last.t_ns, 20);
	assert_string_equal(seen.last.text, "epoch 2, loss 0.25");
	assert_int_equal(seen.last.text_bytes, 18);
	assert_int_equal(drain(&reader, true).n, 0);
	assert_int_equal(reader.notes_lost, 0);
}

static void a_file_keeps_its_figures(void **state)
{
	struct wire_note note = {.kind = WIRE_NOTE_SAVE,
				 .flags = UINT16_MAX,
				 .begin_ns = 5,
				 .t_ns = 7,
				 .file = UINT64_MAX,
				 .bytes = 1000,
				 .size = UINT64_MAX,
				 .tid = 42,
				 .text_bytes = 8,
				 .text = "model.pt"};
	struct arena_reader reader;
	struct seen seen;

	arena_begin(&reader, *state);
	say(*state, &note);
	seen = drain(&reader, false);
	assert_int_equal(seen.n, 1);
	assert_int_equal(seen.last.kind, WIRE_NOTE_SAVE);
	assert_int_equal(seen.last.flags, 0x3f);
	assert_int_equal(seen.last.begin_ns, 5);
	assert_int_equal(seen.last.bytes, 1000);
	assert_true(seen.last.size == SATURATE_MAX);
	assert_true(seen.last.file == UINT64_MAX);
	assert_int_equal(seen.last.tid, 42);
	assert_string_equal(seen.last.text, "model.pt");
}

static void overwritten_notes_are_lost_and_counted(void **state)
{
	struct arena_reader reader;
	struct seen seen;

	arena_begin(&reader, *state);
	for (uint64_t i = 1; i <= WIRE_NOTES + 7; i++)
		say_line(*state, i, "12%");
	seen = drain(&reader, false);
	assert_int_equal(seen.n, WIRE_NOTES);
	assert_int_equal(seen.last.t_ns, WIRE_NOTES + 7);
	assert_int_equal(reader.notes_lost, 7);
}

static void an_unfinished_note_is_waited_for_once(void **state)
{
	struct wire_layout *layout = *state;
	struct arena_reader reader;

	arena_begin(&reader, layout);
	for (uint64_t i = 1; i <= 3; i++)
		say_line(layout, i, "step 1");
	layout->note[1].seq = 0;
	assert_int_equal(drain(&reader, false).n, 1);
	assert_int_equal(reader.notes_lost, 0);
	assert_int_equal(drain(&reader, false).n, 1);
	assert_int_equal(reader.notes_lost, 1);
	/* Of a dead writer nothing is waited for. */
	say_line(layout, 4, "step 4");
	layout->note[3].seq = 0;
	assert_int_equal(drain(&reader, true).n, 0);
	assert_int_equal(reader.notes_lost, 2);
}

static void times_are_clipped(void **state)
{
	static const struct {
		uint64_t begin_ns, t_ns, clipped_begin_ns, clipped_ns;
	} row[] = {
		{150, 160, 150, 160}, {50, 160, 100, 160},  {150, 999, 150, 200},
		{10, 20, 100, 100},   {300, 400, 200, 200}, {160, 150, 150, 150},
	};
	struct arena_reader reader;

	arena_begin(&reader, *state);
	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		const struct wire_note note = {
			.kind = WIRE_NOTE_READ, .begin_ns = row[i].begin_ns, .t_ns = row[i].t_ns};
		struct seen seen = {0};

		say(*state, &note);
		arena_notes(&reader, 100, 200, true, see, &seen);
		assert_int_equal(seen.n, 1);
		assert_int_equal(seen.last.begin_ns, row[i].clipped_begin_ns);
		assert_int_equal(seen.last.t_ns, row[i].clipped_ns);
	}
}

/* It was said while the reader was on its way from the clock to the ring. */
static void what_was_said_since_keeps_its_time(void **state)
{
	const struct wire_note note = {.kind = WIRE_NOTE_READ, .t_ns = 250};
	struct arena_reader reader;
	struct seen seen = {0};

	arena_begin(&reader, *state);
	say(*state, &note);
	arena_notes(&reader, 100, 200, false, see, &seen);
	assert_int_equal(seen.n, 0);
	arena_notes(&reader, 100, 300, false, see, &seen);
	assert_int_equal(seen.n, 1);
	assert_int_equal(seen.last.t_ns, 250);

	/* Of one that is always ahead no more is believed than the clock says. */
	say(*state, &note);
	arena_notes(&reader, 100, 200, false, see, &seen);
	arena_notes(&reader, 100, 201, false, see, &seen);
	assert_int_equal(seen.n, 2);
	assert_int_equal(seen.last.t_ns, 201);

	/* Nor is each of many such waited for by itself. */
	say(*state, &note);
	say(*state, &note);
	say(*state, &note);
	arena_notes(&reader, 100, 202, false, see, &seen);
	arena_notes(&reader, 100, 203, false, see, &seen);
	assert_int_equal(seen.n, 5);
}

static void what_cannot_be_is_refused_or_cut(void **state)
{
	struct wire_layout *layout = *state;
	struct wire_note note = {.kind = WIRE_NOTE_KIND_COUNT};
	struct arena_reader reader;
	struct seen seen;

	arena_begin(&reader, layout);
	say(layout, &note);
	note.kind = WIRE_NOTE_NONE;
	say(layout, &note);
	assert_int_equal(drain(&reader, false).n, 0);
	assert_int_equal(reader.notes_lost, 2);

	note.kind = WIRE_NOTE_LINE;
	note.text_bytes = UINT32_MAX;
	memset(note.text, 'x', sizeof(note.text));
	say(layout, &note);
	seen = drain(&reader, false);
	assert_int_equal(seen.n, 1);
	assert_int_equal(seen.last.text_bytes, WIRE_NOTE_TEXT);
	assert_int_equal(strlen(seen.last.text), WIRE_NOTE_TEXT);

	layout->arena.notes_refused = UINT64_MAX;
	assert_true(arena_notes_refused(&reader) == SATURATE_MAX);
	/* A head that lies costs one ring, and one that falls back stops the reader. */
	layout->arena.notes_head = UINT64_MAX;
	assert_int_equal(drain(&reader, true).n, 0);
	assert_true(reader.notes_lost == SATURATE_MAX);
	layout->arena.notes_head = 3;
	assert_int_equal(drain(&reader, true).n, 0);
}

#define RACE_NOTES 200000u

static void *say_all(void *arg)
{
	for (uint64_t i = 0; i < RACE_NOTES; i++) {
		struct wire_note note = {.kind = WIRE_NOTE_LINE, .t_ns = i, .begin_ns = i};

		note.text_bytes = (uint32_t)sprintf(note.text, "%ju", (uintmax_t)i);
		say(arg, &note);
	}
	return NULL;
}

/* A note that was put together from two would not fit itself. */
static void see_fitting(void *arg, const struct arena_note *note)
{
	struct seen *seen = arg;

	assert_int_equal(strtoull(note->text, NULL, 10), note->t_ns);
	assert_true(!seen->n || note->t_ns > seen->last.t_ns);
	see(arg, note);
}

static void a_writer_that_never_waits_is_read_whole_or_lost(void **state)
{
	struct arena_reader reader;
	struct seen seen = {0};
	pthread_t writer;

	arena_begin(&reader, *state);
	assert_int_equal(pthread_create(&writer, NULL, say_all, *state), 0);
	while (seen.n + reader.notes_lost < RACE_NOTES / 2)
		arena_notes(&reader, 0, UINT64_MAX, false, see_fitting, &seen);
	pthread_join(writer, NULL);
	arena_notes(&reader, 0, UINT64_MAX, true, see_fitting, &seen);
	assert_int_equal(seen.n + reader.notes_lost, RACE_NOTES);
	assert_int_equal(seen.last.t_ns, RACE_NOTES - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(notes_are_read_once_and_in_order, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_file_keeps_its_figures, set_up, tear_down),
		cmocka_unit_test_setup_teardown(overwritten_notes_are_lost_and_counted, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(an_unfinished_note_is_waited_for_once, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(what_was_said_since_keeps_its_time, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(times_are_clipped, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_cannot_be_is_refused_or_cut, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_writer_that_never_waits_is_read_whole_or_lost,
						set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
