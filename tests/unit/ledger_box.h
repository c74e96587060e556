/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ledger folder of a test's own, and looking into what was written there. To be included after
 * cmocka.h.
 */
#ifndef GRAMME_TESTS_LEDGER_BOX_H
#define GRAMME_TESTS_LEDGER_BOX_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/unit/ledger_story.h"

struct box {
	char path[256]; /* of the ledger folder */
	int dir;
};

static inline int open_box(void **state)
{
	const char *tmp = getenv("TMPDIR");
	struct box *box = calloc(1, sizeof(*box));

	if (!box)
		return -1;
	snprintf(box->path, sizeof(box->path), "%s/ledger.XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(box->path))
		return -1;
	box->dir = open(box->path, O_RDONLY | O_DIRECTORY);
	*state = box;
	return box->dir < 0;
}

static inline int close_box(void **state)
{
	struct box *box = *state;
	char command[300];

	close(box->dir);
	snprintf(command, sizeof(command), "rm -rf '%s'", box->path);
	free(box);
	return system(command);
}

static inline const char *in_box(const struct box *box, const char *name)
{
	static char path[1024];

	snprintf(path, sizeof(path), "%s/%s", box->path, name);
	return path;
}

static inline json_t *read_ledger(const char *path)
{
	struct ledger_problem problem;
	json_t *run = NULL;
	int error = ledger_read(path, &run, &problem);

	if (error)
		fail_msg("%s:%u: %s (%d)", path, problem.line, problem.text, error);
	return run;
}

/* A member by its path: "energy.domains.0.run_uj". */
static inline json_t *member(json_t *object, const char *path)
{
	char name[64];

	while (object && *path) {
		size_t length = strcspn(path, ".");

		snprintf(name, sizeof(name), "%.*s", (int)length, path);
		object = json_is_array(object) ? json_array_get(object, (size_t)atoi(name))
					       : json_object_get(object, name);
		path += length + (path[length] == '.');
	}
	return object;
}

static inline void assert_number(json_t *run, const char *path, uint64_t expected)
{
	const json_t *found = member(run, path);

	if (!json_is_integer(found))
		fail_msg("%s is no integer", path);
	assert_int_equal(json_integer_value(found), expected);
}

static inline void assert_text(json_t *run, const char *path, const char *expected)
{
	const char *found = json_string_value(member(run, path));

	if (!found)
		fail_msg("%s is no text", path);
	assert_string_equal(found, expected);
}

static inline void assert_null_member(json_t *run, const char *path)
{
	if (!json_is_null(member(run, path)))
		fail_msg("%s is not null", path);
}

static inline off_t size_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_size;
}

static inline bool exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static inline struct ledger *create_with(const struct box *box, const struct ledger_open *open)
{
	struct ledger_options options = story_options(box->dir);
	struct ledger *ledger = NULL;

	assert_int_equal(ledger_create(&options, open, &ledger), 0);
	return ledger;
}

static inline struct ledger *create(const struct box *box)
{
	return create_with(box, &story_open);
}

#define BOXED(test) cmocka_unit_test_setup_teardown(test, open_box, close_box)

#endif
