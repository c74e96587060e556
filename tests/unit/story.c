/* SPDX-License-Identifier: Apache-2.0 */
/* Recorded stories: what is written is read back, and what is no story is refused. */
#include <setjmp.h>
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "collector/phase/story.h"
#include "preload/wire.h"

static char *written(const struct story_event *event, size_t n)
{
	char *text;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	assert_non_null(to);
	for (size_t i = 0; i < n; i++)
		story_write(to, &event[i]);
	fclose(to);
	return text;
}

static void test_comes_back_as_it_was(void **state)
{
	static const char line[] = "Epoch 1\t\\ \xe2\x94\x81\r";
	static const char name[] = "ckpt 1.pt";
	const struct story_event told[] = {
		{.kind = STORY_KERNEL, .kernel = {1, 2, 3, 4, 1000, 1500, 900, 1}},
		{.kind = STORY_LINE, .line = {1, WIRE_NOTE_LATE, 7, 2000, line, sizeof(line) - 1}},
		{.kind = STORY_FILE,
		 .file = {2, WIRE_NOTE_SAVE, WIRE_NOTE_TO_END, UINT64_MAX, 1, 2, 3, 4, name,
			  sizeof(name) - 1}},
		{.kind = STORY_LOST, .lost = {1, 63, 8192}},
		{.kind = STORY_LOOK, .now_ns = 5},
		{.kind = STORY_OVER, .now_ns = UINT64_MAX},
	};
	const size_t n = sizeof(told) / sizeof(told[0]);
	char *text = written(told, n);
	struct story story = story_begin(text, strlen(text));
	struct story_event got[6];

	(void)state;
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(story_next(&story, &got[i]), 1);
		assert_int_equal(got[i].kind, told[i].kind);
		if (got[i].kind == STORY_LINE) {
			assert_int_equal(got[i].line.bytes, sizeof(line) - 1);
			assert_memory_equal(got[i].line.text, line, sizeof(line) - 1);
			assert_int_equal(got[i].line.flags, WIRE_NOTE_LATE);
			assert_int_equal(got[i].line.file, 7);
		} else if (got[i].kind == STORY_FILE) {
			assert_memory_equal(got[i].file.name, name, sizeof(name) - 1);
			assert_int_equal(got[i].file.file, UINT64_MAX);
			assert_int_equal(got[i].file.flags, WIRE_NOTE_TO_END);
			assert_int_equal(got[i].file.size, 4);
		}
	}
	assert_memory_equal(&got[0].kernel, &told[0].kernel, sizeof(told[0].kernel));
	assert_memory_equal(&got[3].lost, &told[3].lost, sizeof(told[3].lost));
	assert_int_equal(got[4].now_ns, 5);
	assert_int_equal(got[5].now_ns, UINT64_MAX);
	assert_int_equal(story_next(&story, &got[0]), 0);
	free(text);
}

static void test_refuses_what_is_no_story(void **state)
{
	static const char *const bad[] = {
		"kernel\t1\t2\t3\t4\t5\n",
		"kernel\t1\t2\t3\t4\t5\t6\t7\n",
		"kernel\t1\t2\t3\t4\t5\t6\t1\t2\n",
		"kernel\t1\t2\t3\t4\t5\t6\t1\t1\t8\n",
		"kernel\t1\t2\t3\t4294967296\t5\t6\n",
		"kernel\t1\t2\t3\t4\t18446744073709551615\t1\n",
		"line\t1\t0\t0\t5\tbroken \\x1\n",
		"line\t1\t0\t0\t5\tbroken \\n\n",
		"file\t1\t2\t3\t4\t5\t6\t7\t8\n",
		"lost\t1\t0\n",
		"over\t-1\n",
		"epoch\t1\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct story story = story_begin(bad[i], strlen(bad[i]));
		struct story_event event;

		assert_int_equal(story_next(&story, &event), -EINVAL);
	}
}

static void test_passes_over_remarks(void **state)
{
	static const char text[] = "# gramme story\n\nlook\t7\n";
	struct story story = story_begin(text, sizeof(text) - 1);
	struct story_event event;

	(void)state;
	assert_int_equal(story_next(&story, &event), 1);
	assert_int_equal(event.kind, STORY_LOOK);
	assert_int_equal(story_next(&story, &event), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_comes_back_as_it_was),
		cmocka_unit_test(test_refuses_what_is_no_story),
		cmocka_unit_test(test_passes_over_remarks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
