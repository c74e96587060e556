/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ledgers in a folder that others change while it is looked through.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <unistd.h>

#include "collector/cmd/ledgers.h"
#include "tests/unit/ledger_box.h"

struct story {
	const struct box *box;
	unsigned taken, troubles;
};

/* Somebody deletes the next folder just then. */
static int take(void *arg, const char *path)
{
	struct story *story = arg;

	assert_string_equal(path, in_box(story->box, "a/one.jsonl"));
	story->taken++;
	assert_int_equal(rmdir(in_box(story->box, "b")), 0);
	return 0;
}

static void trouble(void *arg, const char *path, const char *why)
{
	struct story *story = arg;

	(void)path;
	(void)why;
	story->troubles++;
}

static void put(const struct box *box, const char *name)
{
	int fd = open(in_box(box, name), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	close(fd);
}

static void what_goes_meanwhile_is_no_trouble(void **state)
{
	struct story story = {.box = *state};

	assert_int_equal(mkdir(in_box(story.box, "a"), 0700), 0);
	assert_int_equal(mkdir(in_box(story.box, "b"), 0700), 0);
	put(story.box, "a/one.jsonl");
	put(story.box, "a/one.journal");
	assert_int_equal(ledgers_each(story.box->path, take, trouble, &story), 0);
	assert_int_equal(story.taken, 1);
	assert_int_equal(story.troubles, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_goes_meanwhile_is_no_trouble, open_box,
						close_box),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
