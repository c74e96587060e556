/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A collector that is killed while it makes a ledger, at each of the calls that this takes: it
 * leaves a ledger with its opening line, or none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "tests/unit/ledger_box.h"

static unsigned calls_left; /* until this process is killed; 0: it lives */

static void live_or_die(void)
{
	if (calls_left && --calls_left == 0)
		raise(SIGKILL);
}

/* These stand before libc's: what the collector's code calls comes here. */
ssize_t write(int fd, const void *bytes, size_t length)
{
	live_or_die();
	return syscall(SYS_write, fd, bytes, length);
}

int fsync(int fd)
{
	live_or_die();
	return (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
	live_or_die();
	return (int)syscall(SYS_fdatasync, fd);
}

int linkat(int from, const char *path, int to, const char *name, int flags)
{
	live_or_die();
	return (int)syscall(SYS_linkat, from, path, to, name, flags);
}

/* Makes a ledger in a child that dies before its call `number`. Returns whether it died. */
static bool killed_at(const struct box *box, unsigned number)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		calls_left = number;
		ledger_abandon(create(box));
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status))
		return true;
	assert_int_equal(status, 0);
	return false;
}

static void test_killed_while_it_is_made(void **state)
{
	const struct box *box = *state;
	unsigned number = 1, without = 0;

	while (killed_at(box, number++)) {
		if (exists(in_box(box, STORY_FILE ".jsonl"))) {
			json_decref(read_ledger(in_box(box, STORY_FILE ".jsonl")));
			unlinkat(box->dir, STORY_FILE ".jsonl", 0);
		} else {
			without++;
		}
		unlinkat(box->dir, STORY_FILE ".private", 0);
	}
	/* Two files with two calls each at the least, before there is a name. */
	assert_true(without >= 4);
	assert_true(exists(in_box(box, STORY_FILE ".jsonl")));
	assert_true(exists(in_box(box, STORY_FILE ".private")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {BOXED(test_killed_while_it_is_made)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
