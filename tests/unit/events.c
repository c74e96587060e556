/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TensorBoard's event files: scalars of old and of newer writers are read, and no bytes whatsoever
 * lead the reader out of a record.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "preload/events.h"

struct bytes {
	char at[256];
	size_t n;
};

static void put(struct bytes *b, const void *data, size_t n)
{
	assert_true(b->n + n <= sizeof(b->at));
	memcpy(b->at + b->n, data, n);
	b->n += n;
}

static void put_byte(struct bytes *b, unsigned byte)
{
	const char c = (char)byte;

	put(b, &c, 1);
}

static void put_varint(struct bytes *b, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		put_byte(b, (unsigned)(value & 0x7f) | 0x80);
	put_byte(b, (unsigned)value);
}

static void put_part(struct bytes *b, unsigned field, const void *data, size_t n)
{
	put_varint(b, field << 3 | 2);
	put_varint(b, n);
	put(b, data, n);
}

static void put_float(struct bytes *b, unsigned field, float value)
{
	put_varint(b, field << 3 | 5);
	put(b, &value, sizeof(value));
}

static void put_time(struct bytes *b)
{
	const double t = 1.7e9;

	put_varint(b, 1 << 3 | 1);
	put(b, &t, sizeof(t));
}

/* One event with two values, one of each kind of writer. */
static struct bytes scalars(void)
{
	struct bytes simple = {.n = 0}, tensor = {.n = 0}, newer = {.n = 0}, summary = {.n = 0},
		     event = {.n = 0};
	const float accuracy = 0.875f;

	put_part(&simple, 1, "loss/train", 10);
	put_float(&simple, 2, 0.25f);
	put_varint(&tensor, 1 << 3);
	put_varint(&tensor, 1);
	put_part(&tensor, 4, &accuracy, sizeof(accuracy));
	put_part(&newer, 1, "accuracy", 8);
	put_part(&newer, 8, tensor.at, tensor.n);
	put_part(&summary, 1, simple.at, simple.n);
	put_part(&summary, 1, newer.at, newer.n);
	put_time(&event);
	put_varint(&event, 2 << 3);
	put_varint(&event, 300);
	put_part(&event, 5, summary.at, summary.n);
	return event;
}

static void scalars_are_read(void **state)
{
	const struct bytes event = scalars();
	struct events_event read;

	(void)state;
	assert_true(events_read(event.at, event.n, &read));
	assert_int_equal(read.step, 300);
	assert_int_equal(read.values, 2);
	assert_int_equal(read.value[0].tag_bytes, 10);
	assert_memory_equal(read.value[0].tag, "loss/train", 10);
	assert_true(read.value[0].value == 0.25f);
	assert_memory_equal(read.value[1].tag, "accuracy", 8);
	assert_true(read.value[1].value == 0.875f);
}

static void a_file_says_what_it_is(void **state)
{
	struct bytes event = {.n = 0}, file = {.n = 0};
	uint64_t length;

	(void)state;
	put_time(&event);
	put_part(&event, 3, "brain.Event:2", 13);
	length = event.n;
	put(&file, &length, sizeof(length));
	put(&file, "crc?", 4);
	put(&file, event.at, event.n);
	assert_int_equal(events_length(file.at), event.n);
	assert_true(events_begin(file.at, file.n));
	for (size_t n = 0; n < file.n; n++)
		assert_false(events_begin(file.at, n));
	assert_false(events_begin("epoch,loss\n0,0.5\n1,0.25\n", 24));
}

/* A copy that ends where memory does, so that a sanitizer sees who reads on. */
static void read_copy(const char *data, size_t n)
{
	struct events_event event;
	char *copy = malloc(n ? n : 1);

	assert_non_null(copy);
	memcpy(copy, data, n);
	if (events_read(copy, n, &event))
		for (size_t i = 0; i < event.values; i++) {
			assert_true(event.value[i].tag >= copy);
			assert_true(event.value[i].tag + event.value[i].tag_bytes <= copy + n);
		}
	(void)events_begin(copy, n);
	free(copy);
}

static void no_bytes_lead_out_of_a_record(void **state)
{
	const struct bytes event = scalars();
	uint32_t random = 1;

	(void)state;
	for (size_t n = 0; n <= event.n; n++)
		read_copy(event.at, n);
	for (unsigned round = 0; round < 20000; round++) {
		struct bytes damaged = event;

		for (unsigned i = 0; i < 3; i++) {
			random = random * 1664525u + 1013904223u;
			damaged.at[(random >> 8) % damaged.n] = (char)(random >> 24);
		}
		read_copy(damaged.at, damaged.n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scalars_are_read),
		cmocka_unit_test(a_file_says_what_it_is),
		cmocka_unit_test(no_bytes_lead_out_of_a_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
