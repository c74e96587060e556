/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The filter of printed lines: what carries a counter or a metric passes, in whatever shape
 * trainers print it; most of what programs say does not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "preload/filter.h"

static bool keeps(const char *text)
{
	return filter_keeps(text, strlen(text));
}

static void what_counts_or_measures_is_kept(void **state)
{
	static const char *const line[] = {
		"Epoch 3/10",
		"epoch 3",
		"[3/10]",
		"[ 3/10] loss 0.31",
		"Epoch: 3 | Train Loss: 0.31",
		"E003 L0.234",
		"epoch_3",
		"Epoch-12 done",
		"=== Epoch #4 ===",
		"  1/100 [..............................] - ETA: 0s",
		"100%|##########| 10/10 [00:01<00:00,  9.96it/s]",
		"Progress:  12.3% words/sec/thread:   1000 lr:  0.05 loss:  2.1 ETA:   0h 0m",
		"{'loss': 0.31, 'epoch': 1.25}",
		"{\"step\": 40, \"acc\": 0.5}",
		"Iteration 1, loss = 0.3",
		"[0]\ttrain-rmse:0.31",
		"[1]\ttraining's l2: 0.2",
		"-- Epoch 1",
		"1: 1.5, 2.1 avg loss, 0.001 rate, 0.1 seconds, 64 images",
		"0,0.31,0.92",
		"0   2.301  1.204  00:12",
		"val_loss=-0.5",
		"step 10 of 100",
		"2026-11-21 12:30:45,123 INFO epoch 3 loss 0.3",
		"fold 2",
		"accuracy 1e-05",
		"Nov 21 12:30:45 host train: epoch 3",
		"12 / 50",
		"lr 3e-4",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(line) / sizeof(*line); i++)
		if (!keeps(line[i]))
			fail_msg("left out: %s", line[i]);
}

static void what_says_neither_is_left_out(void **state)
{
	static const char *const line[] = {
		"",
		"loading the data",
		"2026-11-21 12:30:45,123 INFO starting",
		"Nov 21 12:30:45 host starts",
		"/usr/lib/x86_64-linux-gnu/libfoo.so.2",
		"libfoo-1.2.3.tar.gz",
		"utf8 int32 sha256",
		"0x7fffa",
		"192.168.0.1",
		"12345",
		"2nd try",
		"wrote 'a1b2c3d4'",
		"it works",
		"Step by step.",
		"Epoch",
		"a/1/2/3/b",
		"2026/11/21",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(line) / sizeof(*line); i++)
		if (keeps(line[i]))
			fail_msg("kept: %s", line[i]);
}

static void heads_of_tables_are_known(void **state)
{
	(void)state;
	assert_true(keeps("epoch     train_loss  valid_loss  time"));
	assert_true(keeps("| Epoch | loss |"));
	assert_true(keeps("Epoch\tloss"));
	assert_true(filter_is_head("step,loss", 9));
	assert_true(filter_is_head("┃ Epoch ┃ Loss ┃", 23));
	assert_false(filter_is_head("stepping stones", 15));
	assert_true(filter_is_columns("time,loss,acc", 13));
	assert_true(filter_is_columns("\"a\"\t\"b\"", 7));
	assert_false(filter_is_columns("{\"a\": true, \"b\": 1}", 19));
	assert_false(filter_is_columns("once upon a time", 16));
	assert_false(filter_is_columns("", 0));
}

/* Nothing is read behind the end, which is where nothing may be read. */
static void lines_are_found_within_the_text(void **state)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *map =
		mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *end = map + page;

	(void)state;
	assert_ptr_not_equal(map, MAP_FAILED);
	assert_int_equal(mprotect(end, page, PROT_NONE), 0);
	for (size_t n = 0; n < 100; n++) {
		memset(map, 'x', page);
		struct filter_line line = filter_line(end - n, n);
		assert_int_equal(line.bytes, n);
		assert_false(line.ended || line.digit || line.escape);
		for (size_t i = 0; i < n; i++) {
			static const char mark[] = "\n\r\b7\33";
			for (const char *m = mark; *m; m++) {
				end[-(ptrdiff_t)n + (ptrdiff_t)i] = *m;
				line = filter_line(end - n, n);
				assert_int_equal(line.bytes, m < mark + 3 ? i : n);
				assert_int_equal(line.ended, m < mark + 3);
				assert_int_equal(line.digit, *m == '7');
				assert_int_equal(line.escape, *m == '\33');
			}
			end[-(ptrdiff_t)n + (ptrdiff_t)i] = 'x';
		}
		memset(end - n, '7', n);
		filter_keeps(end - n, n);
		filter_keeps(end - n, n / 2);
	}
	assert_int_equal(munmap(map, 2 * page), 0);
}

static void what_stands_behind_the_end_of_a_line_does_not_count(void **state)
{
	const struct filter_line line = filter_line("0123456789abcdefghij\n7\33", 23);

	(void)state;
	assert_int_equal(line.bytes, 20);
	assert_true(line.ended && line.digit);
	assert_false(filter_line("abcdefghijklmnopq\n7777777777777777", 34).digit);
}

static void strip_to(const char *text, const char *expected)
{
	char copy[64] = {0};
	const size_t n = filter_strip(text, strlen(text), copy, sizeof(copy) - 1);

	assert_string_equal(copy, expected);
	assert_int_equal(n, strlen(expected));
}

static void escapes_are_taken_out(void **state)
{
	char two[2];

	(void)state;
	strip_to("\33[1;32mEpoch 3\33[0m", "Epoch 3");
	strip_to("\33[2K\33[1A12%", "12%");
	strip_to("\33]0;title\a3/10", "3/10");
	strip_to("\33]8;;http://x\33\\3/10", "3/10");
	strip_to("a\33(Bb\33", "ab");
	strip_to("\33[", "");
	strip_to("\33]open", "");
	strip_to("tab\tand \1bell\a", "tab\tand bell");
	strip_to("\xe2\x94\x80 5%", "\xe2\x94\x80 5%");
	assert_int_equal(filter_strip("abc", 3, two, sizeof(two)), 2);
}

static void shapes_are_those_of_letters(void **state)
{
	(void)state;
	assert_int_equal(filter_shape("step 1 loss 0.5", 15), filter_shape("step 22 loss 3", 14));
	assert_int_not_equal(filter_shape("step 1", 6), filter_shape("epoch 1", 7));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_counts_or_measures_is_kept),
		cmocka_unit_test(what_says_neither_is_left_out),
		cmocka_unit_test(heads_of_tables_are_known),
		cmocka_unit_test(lines_are_found_within_the_text),
		cmocka_unit_test(what_stands_behind_the_end_of_a_line_does_not_count),
		cmocka_unit_test(escapes_are_taken_out),
		cmocka_unit_test(shapes_are_those_of_letters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
