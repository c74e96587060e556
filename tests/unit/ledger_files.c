/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger's files: names, modes, owner, what stays private, the journal, and a full disk.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <sys/resource.h>

#include "tests/unit/ledger_box.h"

static void test_safe_names(void **state)
{
	static const struct {
		const char *name;
		const char *safe;
	} cases[] = {
		{"../../etc", "_._.._etc"}, {".hidden", "_hidden"},
		{"a b/c\n", "a_b_c_"},	    {"", "_"},
		{"caf\xc3\xa9", "caf__"},   {"..", "_."},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ledger_open open = story_open;
		struct ledger *ledger;
		char expected[256];

		open.project = cases[i].name;
		open.experiment = cases[i].name;
		ledger = create_with(*state, &open);
		snprintf(expected, sizeof(expected), "%s/%s/" STORY_NAME ".jsonl", cases[i].safe,
			 cases[i].safe);
		assert_string_equal(ledger_path(ledger), expected);
		assert_true(exists(in_box(*state, expected)));
		ledger_abandon(ledger);
	}
}

static void test_long_names_and_bad_utf8(void **state)
{
	struct ledger_open open = story_open;
	struct ledger *ledger;
	char longest[400], path[1024];
	json_t *run;

	memset(longest, 'n', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	open.node = longest;
	open.project = longest;
	open.user = "j\xe9r\xf4me \xed\xa0\x80 \xf5";
	ledger = create_with(*state, &open);
	snprintf(path, sizeof(path), "%s", in_box(*state, ledger_path(ledger)));
	assert_int_equal(strcspn(ledger_path(ledger), "/"), 64);
	ledger_abandon(ledger);
	run = read_ledger(path);
	assert_text(run, "run.project", longest);
	assert_text(run, "run.user",
		    "j\xef\xbf\xbdr\xef\xbf\xbdme \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd "
		    "\xef\xbf\xbd");
	json_decref(run);
}

static void test_follows_no_link(void **state)
{
	const struct box *box = *state;
	struct ledger_options options = story_options(box->dir);
	struct ledger *ledger = NULL;

	assert_int_equal(mkdirat(box->dir, "elsewhere", 0700), 0);
	assert_int_equal(symlinkat("elsewhere", box->dir, "lab"), 0);
	assert_int_equal(ledger_create(&options, &story_open, &ledger), -ENOTDIR);
	assert_int_equal(unlinkat(box->dir, "lab", 0), 0);
	assert_int_equal(mkdirat(box->dir, "lab", 0700), 0);
	assert_int_equal(symlinkat("../elsewhere", box->dir, "lab/train"), 0);
	assert_int_equal(ledger_create(&options, &story_open, &ledger), -ENOTDIR);
	assert_int_equal(unlinkat(box->dir, "lab/train", 0), 0);
	assert_int_equal(mkdirat(box->dir, "lab/train", 0700), 0);
	assert_int_equal(symlinkat("/dev/null", box->dir, STORY_FILE ".private"), 0);
	assert_int_equal(ledger_create(&options, &story_open, &ledger), -EEXIST);
	assert_false(exists(in_box(box, STORY_FILE ".jsonl")));
	/* Nothing arrived where the links point. */
	assert_int_equal(unlinkat(box->dir, "elsewhere", AT_REMOVEDIR), 0);
}

static void assert_mode(const char *path, mode_t mode)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, mode);
}

static void test_modes(void **state)
{
	mode_t before = umask(022);

	assert_int_equal(story_write(((struct box *)*state)->dir, false), 0);
	umask(before);
	assert_mode(in_box(*state, "lab"), 0700);
	assert_mode(in_box(*state, STORY_FOLDER), 0700);
	assert_mode(in_box(*state, STORY_FILE ".jsonl"), 0644);
	assert_mode(in_box(*state, STORY_FILE ".private"), 0600);
	assert_mode(in_box(*state, STORY_FILE ".journal"), 0600);
	assert_false(exists(in_box(*state, STORY_FILE ".new")));
}

static void assert_has(const char *path, const char *text, bool has)
{
	char content[65536];
	FILE *file = fopen(path, "r");
	size_t n;

	assert_non_null(file);
	n = fread(content, 1, sizeof(content) - 1, file);
	fclose(file);
	content[n] = '\0';
	if (!strstr(content, text) == has)
		fail_msg("%s %s '%s'", path, has ? "lacks" : "holds", text);
}

/* The chain gives nothing away, with the private file and without it. */
static void test_private(void **state)
{
	struct box *box = *state;
	json_t *run;

	assert_int_equal(story_write(box->dir, true), 0);
	assert_has(in_box(box, STORY_FILE ".jsonl"), "train.py", false);
	assert_has(in_box(box, STORY_FILE ".jsonl"), "jan", false);
	assert_has(in_box(box, STORY_FILE ".jsonl"), "/usr/bin", false);
	assert_has(in_box(box, STORY_FILE ".private"), "train.py", true);
	assert_has(in_box(box, STORY_FILE ".private"), "s3cr3t", false);
	run = read_ledger(in_box(box, STORY_FILE ".jsonl"));
	assert_text(run, "run.user", "jan");
	assert_text(run, "run.program.0", "/usr/bin/python3");
	assert_text(run, "run.program.3", "***");
	assert_text(run, "run.cwd", "/home/jan/caf\xc3\xa9");
	json_decref(run);
	assert_int_equal(unlink(in_box(box, STORY_FILE ".private")), 0);
	run = read_ledger(in_box(box, STORY_FILE ".jsonl"));
	assert_null_member(run, "run.user");
	assert_null_member(run, "run.cwd");
	assert_text(run, "run.program.0", "python3");
	assert_int_equal(json_array_size(member(run, "run.program")), 1);
	json_decref(run);
}

static void test_keeps_nothing_private(void **state)
{
	struct ledger_options options = story_options(((struct box *)*state)->dir);
	struct ledger_state last = story_state(2);
	struct ledger *ledger;
	json_t *run;

	options.keep_private = false;
	assert_int_equal(ledger_create(&options, &story_open, &ledger), 0);
	assert_int_equal(ledger_close(ledger, &last, 0, true), 0);
	assert_false(exists(in_box(*state, STORY_FILE ".private")));
	run = read_ledger(in_box(*state, STORY_FILE ".jsonl"));
	assert_null_member(run, "run.user");
	json_decref(run);
}

/* No file may grow beyond `bytes`: a full disk that root meets as well. */
static void limit_files(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void test_full_disk(void **state)
{
	struct ledger_state step[] = {story_state(0), story_state(1), story_state(2)};
	struct ledger *ledger = create(*state);
	off_t size;
	json_t *run;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(ledger_interval(ledger, &step[0], true), 0);
	assert_int_equal(ledger_journal(ledger, &step[1]), 0);
	size = size_of(in_box(*state, STORY_FILE ".jsonl"));

	/* Room for a part of the line: it is cut back, at once. */
	limit_files((rlim_t)size + 100);
	assert_int_equal(ledger_interval(ledger, &step[1], false), -EFBIG);
	assert_int_equal(size_of(in_box(*state, STORY_FILE ".jsonl")), size);
	assert_int_equal(ledger_anchor(ledger, 121000000000, STORY_START, "x"), -EFBIG);
	assert_int_equal(size_of(in_box(*state, STORY_FILE ".jsonl")), size);
	limit_files(100);
	assert_int_equal(ledger_journal(ledger, &step[2]), -EFBIG);
	limit_files(RLIM_INFINITY);
	assert_false(exists(in_box(*state, STORY_FILE ".new")));

	/* The old journal stands, and speaks for the last whole line. */
	run = read_ledger(in_box(*state, STORY_FILE ".jsonl"));
	assert_text(run, "chain.journal", "used");
	assert_number(run, "run.duration_ns", step[1].t_ns);
	json_decref(run);

	/* With room again the next line books what the refused one did not. */
	assert_int_equal(ledger_close(ledger, &step[2], 0, true), 0);
	run = read_ledger(in_box(*state, STORY_FILE ".jsonl"));
	assert_number(run, "energy.total_uj", 1747000);
	assert_number(run, "chain.entries", 4);
	json_decref(run);
}

static void test_full_disk_at_start(void **state)
{
	struct ledger_options options = story_options(((struct box *)*state)->dir);
	struct ledger *ledger = NULL;

	signal(SIGXFSZ, SIG_IGN);
	limit_files(400);
	assert_int_equal(ledger_create(&options, &story_open, &ledger), -EFBIG);
	limit_files(RLIM_INFINITY);
	assert_false(exists(in_box(*state, STORY_FILE ".jsonl")));
	assert_false(exists(in_box(*state, STORY_FILE ".private")));
}

/* Closes a ledger where no file may grow beyond `room`; it is known up to `t_ns` afterwards. */
static void close_within(struct box *box, rlim_t room, uint64_t t_ns)
{
	struct ledger_state step[] = {story_state(0), story_state(1), story_state(2)};
	struct ledger *ledger = create(box);
	json_t *run;

	assert_int_equal(ledger_interval(ledger, &step[0], true), 0);
	assert_int_equal(ledger_journal(ledger, &step[1]), 0);
	limit_files(room);
	assert_int_equal(ledger_close(ledger, &step[2], 0, true), -EFBIG);
	limit_files(RLIM_INFINITY);
	run = read_ledger(in_box(box, STORY_FILE ".jsonl"));
	assert_true(json_is_false(member(run, "run.complete")));
	assert_number(run, "run.duration_ns", t_ns);
	json_decref(run);
	assert_int_equal(unlink(in_box(box, STORY_FILE ".jsonl")), 0);
	assert_int_equal(unlink(in_box(box, STORY_FILE ".journal")), 0);
	assert_int_equal(unlink(in_box(box, STORY_FILE ".private")), 0);
}

static void test_full_disk_at_close(void **state)
{
	signal(SIGXFSZ, SIG_IGN);
	/* No room in the ledger: all goes into the journal. No room at all: the old one stands. */
	close_within(*state, 2000, story_state(2).t_ns);
	close_within(*state, 100, story_state(1).t_ns);
}

/* What is written to a file without a name is lost: that is an error, and an end of the writing. */
static void test_removed(void **state)
{
	struct ledger_state step[] = {story_state(0), story_state(1)};
	struct ledger *ledger = create(*state);

	assert_int_equal(ledger_interval(ledger, &step[0], true), 0);
	assert_int_equal(unlink(in_box(*state, STORY_FILE ".jsonl")), 0);
	assert_int_equal(ledger_interval(ledger, &step[1], true), -ENOENT);
	assert_int_equal(ledger_close(ledger, &step[1], 0, true), -ENOENT);
}

static void test_journal(void **state)
{
	struct box *box = *state;
	FILE *journal;
	json_t *run;

	assert_int_equal(story_write(box->dir, false), 0);
	run = read_ledger(in_box(box, STORY_FILE ".jsonl"));
	assert_text(run, "chain.journal", "used");
	assert_number(run, "run.duration_ns", 125500000000);
	assert_number(run, "energy.total_uj", 1747000);
	assert_number(run, "chain.entries", 4);
	assert_true(json_is_false(member(run, "run.complete")));
	json_decref(run);

	/* Cut short, it says nothing; neither does one that was changed. */
	assert_int_equal(truncate(in_box(box, STORY_FILE ".journal"), 700), 0);
	run = read_ledger(in_box(box, STORY_FILE ".jsonl"));
	assert_text(run, "chain.journal", "damaged");
	assert_number(run, "run.duration_ns", 121000000000);
	json_decref(run);
	journal = fopen(in_box(box, STORY_FILE ".journal"), "w");
	assert_non_null(journal);
	fputs("nothing\n", journal);
	fclose(journal);
	run = read_ledger(in_box(box, STORY_FILE ".jsonl"));
	assert_text(run, "chain.journal", "damaged");
	json_decref(run);
}

/* A journal that a line has overtaken is ignored. */
static void test_stale_journal(void **state)
{
	struct ledger_state step[] = {story_state(0), story_state(1), story_state(2)};
	struct ledger *ledger = create(*state);
	json_t *run;

	assert_int_equal(ledger_interval(ledger, &step[0], false), 0);
	assert_int_equal(ledger_journal(ledger, &step[2]), 0);
	assert_int_equal(ledger_interval(ledger, &step[1], false), 0);
	ledger_abandon(ledger);
	run = read_ledger(in_box(*state, STORY_FILE ".jsonl"));
	assert_text(run, "chain.journal", "stale");
	assert_number(run, "run.duration_ns", step[1].t_ns);
	json_decref(run);
}

/* Root writes as the user, with that user's rights and no more. */
static void test_owner(void **state)
{
	const struct box *box = *state;
	struct ledger_options options = story_options(box->dir);
	struct ledger_state step = story_state(0);
	struct ledger *ledger = NULL;
	struct stat st;

	if (geteuid() != 0)
		skip();
	options.owner = 65534;
	options.group = 65534;
	assert_int_equal(fchmod(box->dir, 0755), 0);
	assert_int_equal(ledger_create(&options, &story_open, &ledger), -EACCES);
	assert_int_equal(fchown(box->dir, 65534, 65534), 0);
	assert_int_equal(ledger_create(&options, &story_open, &ledger), 0);
	assert_int_equal(ledger_journal(ledger, &step), 0);
	assert_int_equal(stat(in_box(box, "lab"), &st), 0);
	assert_int_equal(st.st_uid, 65534);
	assert_int_equal(stat(in_box(box, STORY_FILE ".jsonl"), &st), 0);
	assert_int_equal(st.st_uid, 65534);
	assert_int_equal(st.st_gid, 65534);
	assert_int_equal(stat(in_box(box, STORY_FILE ".journal"), &st), 0);
	assert_int_equal(st.st_uid, 65534);
	assert_int_equal(ledger_close(ledger, &step, 0, true), 0);
	assert_false(exists(in_box(box, STORY_FILE ".journal")));
	/* Afterwards the thread is root again. */
	assert_int_equal(mkdirat(box->dir, "roots", 0700), 0);
	assert_int_equal(stat(in_box(box, "roots"), &st), 0);
	assert_int_equal(st.st_uid, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOXED(test_safe_names),
		BOXED(test_long_names_and_bad_utf8),
		BOXED(test_follows_no_link),
		BOXED(test_modes),
		BOXED(test_private),
		BOXED(test_keeps_nothing_private),
		BOXED(test_full_disk),
		BOXED(test_full_disk_at_start),
		BOXED(test_full_disk_at_close),
		BOXED(test_removed),
		BOXED(test_journal),
		BOXED(test_stale_journal),
		BOXED(test_owner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
