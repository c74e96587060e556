/* SPDX-License-Identifier: Apache-2.0 */
/*
 * world: this machine's files and clocks, and recordings, sound and damaged.
 */
#include <unistd.h>

#include "tests/unit/machine.h"

struct listing {
	char text[256];
	int stop_after;
};

static int note(void *arg, const char *name)
{
	struct listing *listing = arg;

	strncat(listing->text, name, sizeof(listing->text) - strlen(listing->text) - 2);
	strcat(listing->text, " ");
	return --listing->stop_after ? 0 : 42;
}

static void expect(struct world *w, const char *path, const char *expected)
{
	char text[64];
	ssize_t length = w->ops->read(w, path, text, sizeof(text));

	assert_int_equal(length, strlen(expected));
	assert_string_equal(text, expected);
}

static ssize_t read_error(struct world *w, const char *path)
{
	char text[64];

	return w->ops->read(w, path, text, sizeof(text));
}

static void real_files(void **state)
{
	struct world *w = world_real();
	char dir[64];
	char path[128];
	char few[4];
	uint64_t value = 0;

	(void)state;
	machine_make(dir);
	machine_put(dir, "number", "18446744073709551615\n");
	machine_put(dir, "bare", "5");
	machine_put(dir, "signed", "-5\n");
	machine_put(dir, "large", "18446744073709551616\n");
	machine_put(dir, "long", "000000000000000000000000000000000005\n");
	snprintf(path, sizeof(path), "%s/number", dir);
	assert_int_equal(world_read_u64(w, path, &value), 0);
	assert_true(value == UINT64_MAX);
	assert_int_equal(w->ops->read(w, path, few, sizeof(few)), 3);
	assert_string_equal(few, "184");
	snprintf(path, sizeof(path), "%s/bare", dir);
	assert_int_equal(world_read_u64(w, path, &value), -EINVAL);
	snprintf(path, sizeof(path), "%s/signed", dir);
	assert_int_equal(world_read_u64(w, path, &value), -EINVAL);
	snprintf(path, sizeof(path), "%s/large", dir);
	assert_int_equal(world_read_u64(w, path, &value), -ERANGE);
	snprintf(path, sizeof(path), "%s/long", dir);
	assert_int_equal(world_read_u64(w, path, &value), -EINVAL);
	snprintf(path, sizeof(path), "%s/none", dir);
	assert_int_equal(world_read_u64(w, path, &value), -ENOENT);
	assert_int_equal(read_error(w, dir), -EISDIR);
	machine_remove(dir);
}

static void real_pipes_do_not_block(void **state)
{
	char dir[64];
	char path[128];

	(void)state;
	machine_make(dir);
	snprintf(path, sizeof(path), "%s/pipe", dir);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(read_error(world_real(), path), -EINVAL);
	machine_remove(dir);
}

static void real_folders_are_sorted(void **state)
{
	struct world *w = world_real();
	struct listing all = {.stop_after = -1};
	struct listing some = {.stop_after = 2};
	char dir[64];

	(void)state;
	machine_make(dir);
	for (const char *const *name = (const char *const[]){"b", "a:1", "B", "a", ".x", NULL};
	     *name; name++)
		machine_put(dir, *name, "");
	assert_int_equal(w->ops->list(w, dir, note, &all), 0);
	assert_string_equal(all.text, ".x B a a:1 b ");
	assert_int_equal(w->ops->list(w, dir, note, &some), 42);
	assert_string_equal(some.text, ".x B ");
	assert_int_equal(w->ops->list(w, "/nowhere/at/all", note, &all), -ENOENT);
	machine_remove(dir);
}

static void real_clocks_go_on(void **state)
{
	struct world *w = world_real();
	uint64_t first = w->ops->monotonic_ns(w);

	(void)state;
	assert_true(w->ops->monotonic_ns(w) >= first);
	assert_true(w->ops->boottime_ns(w) >= first);
	assert_true(w->ops->realtime_ns(w) > 1700000000 * SECOND);
	assert_null(w->replayed);
	world_close(w);
	assert_true(w->ops->monotonic_ns(w) >= first);
}

static void whole_files_are_read_whatever_their_size(void **state)
{
	char dir[64];
	char path[128];
	char *text;
	size_t size;
	char *large = malloc(100001);

	(void)state;
	memset(large, 'x', 100000);
	large[100000] = '\0';
	machine_make(dir);
	machine_put(dir, "large", large);
	snprintf(path, sizeof(path), "%s/large", dir);
	assert_int_equal(world_read_all(world_real(), path, 100000, &text, &size), 0);
	assert_int_equal(size, 100000);
	assert_string_equal(text, large);
	free(text);
	assert_int_equal(world_read_all(world_real(), path, 99999, &text, &size), -EFBIG);
	assert_int_equal(world_read_all(world_real(), dir, 100, &text, &size), -EISDIR);
	free(large);
	machine_remove(dir);
}

static const char recorded[] = "# a comment\n"
			       "0\t/sys/energy_uj\t1000\n"
			       "5\t/sys/limit\tfirst\n"
			       "10\t/sys/energy1_input\t5\n"
			       "20\t/sys/energy1_input\t10\n"
			       "30\t/sys/limit\tlast\n"
			       "100\t/sys/energy_uj\t2000\n"
			       "100\t/sys/energy_uj\t!EIO\n"
			       "\n"
			       "200\t/sys/energy_uj\t3000\n"
			       "300\t/sys/energy_uj\t0\n"
			       "400\t/sys/energy_uj\t100\n";

static void recordings_go_with_the_clock(void **state)
{
	struct machine_clock clock = machine_clock();
	struct world *w;
	char dir[64];
	uint64_t start = clock.monotonic_ns;

	(void)state;
	machine_make(dir);
	machine_put(dir, "values.tsv", recorded);
	machine_put(dir, "root/sys/limit", "before\n");
	w = machine_open(dir, &clock);
	assert_string_equal(w->replayed, dir);
	assert_true(w->start_ns == start);
	expect(w, "/sys/energy_uj", "1000\n");
	expect(w, "/sys/limit", "before\n");
	assert_int_equal(read_error(w, "/sys/energy1_input"), -ENOENT);
	clock.monotonic_ns = start + 15; /* halfway, rounded half up */
	expect(w, "/sys/energy_uj", "1150\n");
	expect(w, "/sys/energy1_input", "8\n");
	expect(w, "/sys/limit", "first\n"); /* no counter: it stands until the next record */
	clock.monotonic_ns = start + 20;
	expect(w, "/sys/energy1_input", "10\n");
	clock.monotonic_ns = start + 21;
	assert_int_equal(read_error(w, "/sys/energy1_input"), -ENODATA);
	clock.monotonic_ns = start + 99;
	expect(w, "/sys/energy_uj", "1990\n");
	assert_int_equal(read_error(w, "/sys/limit"), -ENODATA);
	clock.monotonic_ns = start + 100; /* of two records at one time the later stands */
	assert_int_equal(read_error(w, "/sys/energy_uj"), -EIO);
	clock.monotonic_ns = start + 199;
	assert_int_equal(read_error(w, "/sys/energy_uj"), -EIO);
	clock.monotonic_ns = start + 250; /* it falls to the next record: the older stands */
	expect(w, "/sys/energy_uj", "3000\n");
	clock.monotonic_ns = start + 350;
	expect(w, "/sys/energy_uj", "50\n");
	clock.monotonic_ns = start + 401;
	assert_int_equal(read_error(w, "/sys/energy_uj"), -ENODATA);
	clock.suspended_ns = 7;
	assert_true(w->ops->boottime_ns(w) == start + 408);
	assert_true(w->ops->realtime_ns(w) == start + 408);
	world_close(w);
	machine_remove(dir);
}

static void names_do_not_lead_out(void **state)
{
	struct machine_clock clock = machine_clock();
	struct listing listing = {.stop_after = -1};
	struct world *w;
	char dir[64];
	char path[128];

	(void)state;
	machine_make(dir);
	machine_put(dir, "secret", "no\n");
	machine_put(dir, "root/sys/inside", "yes\n");
	snprintf(path, sizeof(path), "%s/root/sys/relative", dir);
	assert_int_equal(symlink("../../secret", path), 0);
	snprintf(path, sizeof(path), "%s/root/sys/absolute", dir);
	assert_int_equal(symlink("/etc/hostname", path), 0);
	snprintf(path, sizeof(path), "%s/root/sys/good", dir);
	assert_int_equal(symlink("../sys/inside", path), 0);
	w = machine_open(dir, &clock);
	expect(w, "/sys/inside", "yes\n");
	expect(w, "/sys/good", "yes\n");
	assert_int_equal(read_error(w, "/sys/relative"), -EXDEV);
	assert_int_equal(read_error(w, "/sys/absolute"), -EXDEV);
	assert_int_equal(read_error(w, "/../secret"), -EXDEV);
	assert_int_equal(read_error(w, "/sys/../../secret"), -EXDEV);
	assert_int_equal(w->ops->list(w, "/..", note, &listing), -EXDEV);
	assert_int_equal(w->ops->list(w, "/sys", note, &listing), 0);
	assert_string_equal(listing.text, "absolute good inside relative ");
	world_close(w);
	machine_remove(dir);
}

/* Each damaged recording is refused with one line that names file, line and reason. */
static void damaged_recordings_are_named(void **state)
{
	static const struct {
		const char *text;
		const char *why;
	} cases[] = {
		{"0\t/a\t1\nx\t/a\t2\n", "values.tsv:2: the time is no number"},
		{"\n-1\t/a\t2\n", "values.tsv:2: the time is no number"},
		{"18446744073709551616\t/a\t2\n", "values.tsv:1: the time is no number"},
		{"5\t/a\t1\n4\t/a\t2\n", "values.tsv:2: the time is before"},
		{"5\t/a\n", "values.tsv:1: there must be three fields"},
		{"5\t/a\t1\t2\n", "values.tsv:1: there must be three fields"},
		{"5 /a 1\n", "values.tsv:1: there must be three fields"},
		{"5\ta\t1\n", "values.tsv:1: the path is not absolute"},
		{"5\t\t1\n", "values.tsv:1: the path is not absolute"},
		{"5\t/a/../b\t1\n", "values.tsv:1: the path is not absolute"},
		{"5\t/a/\t1\n", "values.tsv:1: the path is not absolute"},
		{"5\t/a\t\n", "values.tsv:1: there is no value"},
		{"5\t/a\t!EWHAT\n", "values.tsv:1: the error after '!'"},
		{"5\t/a\t!\n", "values.tsv:1: the error after '!'"},
	};
	struct machine_clock clock = machine_clock();
	char dir[64];

	(void)state;
	machine_make(dir);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct world *w = NULL;
		char why[256] = "";

		machine_put(dir, "values.tsv", cases[i].text);
		assert_int_equal(world_replay(dir, &clock.world, &w, why), -EBADMSG);
		if (!strstr(why, cases[i].why) || strncmp(why, dir, strlen(dir)))
			fail_msg("'%s' is not told by '%s'", cases[i].why, why);
		assert_null(w);
	}
	machine_remove(dir);
}

static void zero_bytes_are_refused(void **state)
{
	struct machine_clock clock = machine_clock();
	struct world *w = NULL;
	char dir[64];
	char path[128];
	char why[256] = "";
	FILE *file;

	(void)state;
	machine_make(dir);
	snprintf(path, sizeof(path), "%s/values.tsv", dir);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite("0\t/a\t1\0\n", 1, 8, file), 8);
	fclose(file);
	assert_int_equal(world_replay(dir, &clock.world, &w, why), -EBADMSG);
	assert_non_null(strstr(why, "zero byte"));
	machine_remove(dir);
}

static void folders_that_are_no_recording(void **state)
{
	struct machine_clock clock = machine_clock();
	struct world *w = NULL;
	char dir[64];
	char why[256] = "";

	(void)state;
	machine_make(dir);
	assert_int_equal(world_replay(dir, &clock.world, &w, why), -ENOENT);
	assert_non_null(strstr(why, "is no recorded machine"));
	machine_put(dir, "root", "a file");
	assert_int_equal(world_replay(dir, &clock.world, &w, why), -ENOTDIR);
	assert_non_null(strstr(why, "/root: Not a directory"));
	machine_remove(dir);
	assert_int_equal(world_replay(dir, &clock.world, &w, why), -ENOENT);
	assert_non_null(strstr(why, "No such file"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_files),
		cmocka_unit_test(real_pipes_do_not_block),
		cmocka_unit_test(real_folders_are_sorted),
		cmocka_unit_test(real_clocks_go_on),
		cmocka_unit_test(whole_files_are_read_whatever_their_size),
		cmocka_unit_test(recordings_go_with_the_clock),
		cmocka_unit_test(names_do_not_lead_out),
		cmocka_unit_test(damaged_recordings_are_named),
		cmocka_unit_test(zero_bytes_are_refused),
		cmocka_unit_test(folders_that_are_no_recording),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
