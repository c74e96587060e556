/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Damage: every byte of a ledger changed, every place it can be cut at, every kind of damage of
 * tests/data/ledgers/damaged. What was changed is named with its line; what was cut off is not
 * damage, and everything before it counts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/ledger_box.h"

#define DAMAGED "tests/data/ledgers/damaged"

struct ledger_bytes {
	char path[1024];
	char *bytes;
	size_t length;
	int fd;
};

static struct ledger_bytes open_story(const struct box *box, bool closed)
{
	struct ledger_bytes file = {0};

	assert_int_equal(story_write(box->dir, closed), 0);
	/* A journal would speak for what is cut off. */
	unlinkat(box->dir, STORY_FILE ".journal", 0);
	snprintf(file.path, sizeof(file.path), "%s", in_box(box, STORY_FILE ".jsonl"));
	file.length = (size_t)size_of(file.path);
	file.bytes = malloc(file.length);
	assert_non_null(file.bytes);
	file.fd = open(file.path, O_RDWR);
	assert_true(file.fd >= 0);
	assert_int_equal(pread(file.fd, file.bytes, file.length, 0), file.length);
	return file;
}

static void close_story(struct ledger_bytes *file)
{
	close(file->fd);
	free(file->bytes);
}

/*
 * Of so many places one is damaged: each, but where the test is told that it runs for the sake of
 * another processor, slowly.
 */
static size_t one_of(void)
{
	const char *said = getenv("GRAMME_TEST_ONE_OF");
	size_t places = said ? strtoul(said, NULL, 10) : 1;

	return places ? places : 1;
}

static unsigned newlines(const char *bytes, size_t length)
{
	unsigned n = 0;

	for (size_t i = 0; i < length; i++)
		n += bytes[i] == '\n';
	return n;
}

static void assert_damaged(const char *path, unsigned line, const char *what)
{
	struct ledger_problem problem;
	json_t *run = NULL;
	int error = ledger_read(path, &run, &problem);

	if (error != -EBADMSG && error != -EPROTONOSUPPORT)
		fail_msg("%s: %s gives %d", path, what, error);
	if (problem.line != line)
		fail_msg("%s: %s is found in line %u (%s), not %u", path, what, problem.line,
			 problem.text, line);
	assert_null(run);
	assert_true(problem.text[0] != '\0');
}

/* Every byte from an offset on, to values that a disk, an editor and a forger would put there. */
static void change_bytes(struct ledger_bytes *file, size_t from)
{
	for (size_t i = from; i < file->length; i += one_of()) {
		const char was = file->bytes[i];
		const char values[] = {(char)(was ^ 1), (char)(was ^ 0x80), '\n', ' '};
		unsigned line = newlines(file->bytes, i) + 1;
		char what[64];

		for (size_t k = 0; k < sizeof(values); k++) {
			if (values[k] == was)
				continue;
			assert_int_equal(pwrite(file->fd, &values[k], 1, (off_t)i), 1);
			snprintf(what, sizeof(what), "byte %zu as 0x%02x", i,
				 (unsigned char)values[k]);
			assert_damaged(file->path, line, what);
		}
		assert_int_equal(pwrite(file->fd, &was, 1, (off_t)i), 1);
	}
	json_decref(read_ledger(file->path));
}

static void test_every_byte(void **state)
{
	struct ledger_bytes file = open_story(*state, true);

	change_bytes(&file, 0);
	close_story(&file);
}

/* Without a closing line the last newline could pass for a line that was cut off. */
static void test_last_line_of_an_open_ledger(void **state)
{
	struct ledger_bytes file = open_story(*state, false);
	const char *before = memrchr(file.bytes, '\n', file.length - 1);

	change_bytes(&file, (size_t)(before - file.bytes) + 1);
	close_story(&file);
}

static void test_every_byte_removed(void **state)
{
	struct ledger_bytes file = open_story(*state, true);

	for (size_t i = 0; i + 1 < file.length; i += one_of()) {
		unsigned line = newlines(file.bytes, i) + 1;

		assert_int_equal(pwrite(file.fd, file.bytes + i + 1, file.length - i - 1, (off_t)i),
				 file.length - i - 1);
		assert_int_equal(ftruncate(file.fd, (off_t)file.length - 1), 0);
		assert_damaged(file.path, line, "a byte removed");
		assert_int_equal(pwrite(file.fd, file.bytes + i, file.length - i, (off_t)i),
				 file.length - i);
	}
	close_story(&file);
}

/* Cut off anywhere, a ledger is partial: what its whole lines say stands. */
static void test_every_length(void **state)
{
	struct ledger_bytes file = open_story(*state, true);
	unsigned all = newlines(file.bytes, file.length);

	for (size_t length = file.length; length-- > 0;) {
		unsigned whole = newlines(file.bytes, length);
		struct ledger_problem problem;
		json_t *run = NULL;
		int error;

		assert_int_equal(ftruncate(file.fd, (off_t)length), 0);
		error = ledger_read(file.path, &run, &problem);
		if (error != (whole ? 0 : -ENODATA))
			fail_msg("cut at %zu: %d, %s", length, error, problem.text);
		if (!whole)
			continue;
		assert_true(whole < all);
		assert_number(run, "chain.entries", whole);
		assert_number(run, "run.duration_ns",
			      (const uint64_t[]){0, 0, 60000000000, 120000000000, 121000000000,
						 125500000000}[whole]);
		assert_true(json_is_false(member(run, "run.complete")));
		assert_number(
			run, "chain.torn_bytes",
			length - (size_t)((char *)memrchr(file.bytes, '\n', length) - file.bytes) -
				1);
		json_decref(run);
	}
	close_story(&file);
}

/* What stands behind the last whole line and is no beginning of the next. */
static void test_tails(void **state)
{
	static const struct {
		const char *bytes;
		size_t length;
	} tails[] = {
		{"x", 1},  {"\0", 1},	      {" ", 1},
		{"{}", 2}, {"{\"seq\":5", 8}, {"{\"seq\":4,\"prev\":\"x", 18},
	};
	struct ledger_bytes file = open_story(*state, false);

	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		assert_int_equal(ftruncate(file.fd, (off_t)file.length), 0);
		assert_int_equal(
			pwrite(file.fd, tails[i].bytes, tails[i].length, (off_t)file.length),
			tails[i].length);
		assert_damaged(file.path, newlines(file.bytes, file.length) + 1, tails[i].bytes);
	}
	assert_int_equal(ftruncate(file.fd, (off_t)file.length), 0);
	assert_int_equal(pwrite(file.fd, "{\"seq\":4,", 9, (off_t)file.length), 9);
	json_decref(read_ledger(file.path));
	close_story(&file);
}

/* A line that was cut off and then changed is seen as far as it can be. */
static void test_changed_tail(void **state)
{
	struct ledger_bytes file = open_story(*state, true);
	const char *last = (const char *)memrchr(file.bytes, '\n', file.length - 1) + 1;
	size_t start = (size_t)(last - file.bytes), cut = file.length - 1;
	unsigned line = newlines(file.bytes, start) + 1;

	/* The sum is there: every byte is proved. */
	assert_int_equal(ftruncate(file.fd, (off_t)cut), 0);
	for (size_t i = start; i < cut; i++) {
		const char changed = (char)(file.bytes[i] ^ 1);

		assert_int_equal(pwrite(file.fd, &changed, 1, (off_t)i), 1);
		assert_damaged(file.path, line, "a byte of a tail");
		assert_int_equal(pwrite(file.fd, file.bytes + i, 1, (off_t)i), 1);
	}
	close_story(&file);
}

static void test_every_kind(void **state)
{
	FILE *expected = fopen(DAMAGED "/expected.tsv", "r");
	char row[256];
	unsigned kinds = 0;

	(void)state;
	assert_non_null(expected);
	while (fgets(row, sizeof(row), expected)) {
		struct ledger_problem problem;
		char path[512], name[64], words[128];
		unsigned line;
		json_t *run;

		assert_int_equal(sscanf(row, "%63[^\t]\t%u\t%127[^\n]", name, &line, words), 3);
		snprintf(path, sizeof(path), DAMAGED "/%s.jsonl", name);
		assert_damaged(path, line, name);
		ledger_read(path, &run, &problem);
		if (!strstr(problem.text, words))
			fail_msg("%s: '%s' does not say '%s'", name, problem.text, words);
		kinds++;
	}
	fclose(expected);
	assert_true(kinds >= 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOXED(test_every_byte),
		BOXED(test_last_line_of_an_open_ledger),
		BOXED(test_every_byte_removed),
		BOXED(test_every_length),
		BOXED(test_tails),
		BOXED(test_changed_tail),
		cmocka_unit_test(test_every_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
