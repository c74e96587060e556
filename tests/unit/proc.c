/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What /proc says of processes, and how a process is told to be covered by the shim: on lines and
 * folders made by hand, and on this very process.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "collector/run/cover.h"
#include "collector/run/node.h"
#include "collector/run/proc.h"

#define MS 1000000ULL
#define S  1000000000ULL

#define STAT_TAIL                                                                                  \
	" 4242 4242 34816 4242 4194304 1 2 3 4 150 50 30 20 20 0 7 0 123456 1000000 2500 "         \
	"18446744073709551615 94 95 140 0 0 0 0 0 0 0 0 0 17 1 0 0 0 0 0 96 97 98 141 142 143 "    \
	"144 0\n"

static const char STAT[] = "4242 (a) (b c\x01) R 17" STAT_TAIL;

static void a_stat_line_is_taken_apart(void **state)
{
	struct proc_stat stat, other;
	char text[sizeof(STAT)];

	(void)state;
	assert_int_equal(proc_parse_stat(STAT, &stat), 0);
	assert_int_equal(stat.pid, 4242);
	assert_int_equal(stat.ppid, 17);
	assert_int_equal(stat.state, 'R');
	assert_string_equal(stat.comm, "a) (b c?");
	assert_int_equal(stat.start_ticks, 123456);
	assert_int_equal(stat.threads, 7);
	assert_int_equal(stat.own_ns, 2 * S);
	assert_int_equal(stat.child_ns, 500 * MS);
	assert_int_equal(stat.rss_bytes, 2500 * 4096);
	/* Another layout is another image. */
	strcpy(text, STAT);
	memcpy(strstr(text, " 140 "), " 139 ", 5);
	assert_int_equal(proc_parse_stat(text, &other), 0);
	assert_int_not_equal(other.image, stat.image);
	memcpy(strstr(text, " 139 "), "   0 ", 5);
	assert_int_equal(proc_parse_stat(text, &other), 0);
	assert_int_equal(other.image, 0);
	strcpy(text, STAT);
	memcpy(strstr(text, " 144 "), "   0 ", 5);
	assert_int_equal(proc_parse_stat(text, &other), 0);
	assert_int_equal(other.image, 0);
}

static void a_broken_stat_line_is_refused(void **state)
{
	static const char *const broken[] = {"",	   "x",
					     "12 no name", "12 (a",
					     "12 )a(",	   "12 (a) R 1 2 3",
					     "0 (a) R 1",  "-3 (a) R 1 2 3",
					     "(a) R 1 2 3"};
	struct proc_stat stat;
	char cut[sizeof(STAT)];

	(void)state;
	for (size_t i = 0; i < sizeof(broken) / sizeof(*broken); i++)
		assert_true(proc_parse_stat(broken[i], &stat) < 0);
	for (size_t n = 0; n < 60; n++) {
		memcpy(cut, STAT, n);
		cut[n] = '\0';
		assert_true(proc_parse_stat(cut, &stat) < 0);
	}
}

static char root[256];

static int make_root(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	snprintf(root, sizeof(root), "%s/proc.XXXXXX", tmp ? tmp : "/tmp");
	return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state)
{
	char command[300];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", root);
	return system(command);
}

static void write_file(const char *name, const char *text, size_t n)
{
	char path[512], *slash;

	snprintf(path, sizeof(path), "%s/%s", root, name);
	slash = strrchr(path, '/');
	*slash = '\0';
	mkdir(path, 0700);
	*slash = '/';
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, n, file), n);
	assert_int_equal(fclose(file), 0);
}

static void put_text(const char *name, const char *text)
{
	write_file(name, text, strlen(text));
}

static void a_snapshot_holds_processes_by_pid(void **state)
{
	struct proc_snapshot snapshot = {0};

	(void)state;
	put_text("30/stat", "30 (b) S 1" STAT_TAIL);
	put_text("4/stat", "4 (a) S 1" STAT_TAIL);
	put_text("200/stat", "broken");
	put_text("self/stat", "7 (no) S 1" STAT_TAIL);
	assert_int_equal(proc_snapshot(root, &snapshot), 0);
	assert_int_equal(snapshot.n, 2);
	assert_int_equal(snapshot.stat[0].pid, 4);
	assert_string_equal(proc_find(&snapshot, 30)->comm, "b");
	assert_null(proc_find(&snapshot, 200));
	assert_null(proc_find(&snapshot, 5));
	proc_snapshot_release(&snapshot);
	assert_int_equal(proc_snapshot("/nonexistent", &snapshot), -ENOENT);
	assert_null(proc_find(&snapshot, 4));
}

/* A stranger is read once, as long as it is the same process. */
static void strangers_are_not_read_again(void **state)
{
	struct proc_snapshot snapshot = {0};
	char old[512], new[512];

	(void)state;
	put_text("30/stat", "30 (b) S 1" STAT_TAIL);
	put_text("31/stat", "31 (c) S 1" STAT_TAIL);
	assert_int_equal(proc_snapshot(root, &snapshot), 0);
	proc_find(&snapshot, 30)->stranger = true;
	put_text("30/stat", "30 (other) S 1" STAT_TAIL);
	put_text("31/stat", "31 (other) S 1" STAT_TAIL);
	assert_int_equal(proc_snapshot(root, &snapshot), 0);
	assert_string_equal(proc_find(&snapshot, 30)->comm, "b");
	assert_true(proc_find(&snapshot, 30)->stranger);
	assert_string_equal(proc_find(&snapshot, 31)->comm, "other");
	/* The same PID, but another process: its folder is another one. */
	put_text("32/stat", "30 (new) S 1" STAT_TAIL);
	snprintf(old, sizeof(old), "%s/30", root);
	snprintf(new, sizeof(new), "%s/32", root);
	char aside[520];
	snprintf(aside, sizeof(aside), "%s/x", root);
	assert_int_equal(rename(old, aside), 0);
	assert_int_equal(rename(new, old), 0);
	assert_int_equal(proc_snapshot(root, &snapshot), 0);
	assert_string_equal(proc_find(&snapshot, 30)->comm, "new");
	assert_false(proc_find(&snapshot, 30)->stranger);
	proc_snapshot_release(&snapshot);
}

/* Where nobody has come since the snapshot before, who may be ours is read and nobody looked for.
 */
static void nobody_is_looked_for_while_nobody_comes(void **state)
{
	struct proc_snapshot snapshot = {0};
	char path[512];

	(void)state;
	put_text("loadavg", "0.01 0.02 0.03 1/77 31\n");
	put_text("30/stat", "30 (b) S 1" STAT_TAIL);
	put_text("31/stat", "31 (c) S 1" STAT_TAIL);
	put_text("32/stat", "32 (d) S 1" STAT_TAIL);
	assert_int_equal(proc_snapshot(root, &snapshot), 0);
	proc_find(&snapshot, 30)->stranger = true;
	const uint64_t inode = proc_find(&snapshot, 32)->inode;
	put_text("30/stat", "30 (other) S 1" STAT_TAIL);
	put_text("32/stat", "32 (other) S 1" STAT_TAIL);
	put_text("33/stat", "33 (new) S 1" STAT_TAIL);
	snprintf(path, sizeof(path), "%s/31/stat", root);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(proc_snapshot(root, &snapshot), 0);
	assert_int_equal(snapshot.n, 2);
	assert_string_equal(proc_find(&snapshot, 30)->comm, "b");
	assert_true(proc_find(&snapshot, 30)->stranger);
	assert_string_equal(proc_find(&snapshot, 32)->comm, "other");
	assert_int_equal(proc_find(&snapshot, 32)->inode, inode);
	put_text("loadavg", "0.01 0.02 0.03 1/78 33\n");
	assert_int_equal(proc_snapshot(root, &snapshot), 0);
	assert_int_equal(snapshot.n, 3);
	assert_string_equal(proc_find(&snapshot, 33)->comm, "new");
	proc_snapshot_release(&snapshot);
}

/* A loadavg that is mounted over the kernel's says nothing of who has come. */
static void a_strange_loadavg_is_not_believed(void **state)
{
	struct proc_snapshot snapshot = {0};
	const char text[] = "0.01 0.02 0.03 1/77 31\n";
	char path[512], target[64];
	int fd = memfd_create("loadavg", MFD_CLOEXEC);

	(void)state;
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	snprintf(target, sizeof(target), "/proc/self/fd/%d", fd);
	snprintf(path, sizeof(path), "%s/loadavg", root);
	unlink(path);
	assert_int_equal(symlink(target, path), 0);
	put_text("31/stat", "31 (c) S 1" STAT_TAIL);
	assert_int_equal(proc_snapshot(root, &snapshot), 0);
	assert_null(proc_find(&snapshot, 34));
	put_text("34/stat", "34 (new) S 31" STAT_TAIL);
	assert_int_equal(proc_snapshot(root, &snapshot), 0);
	assert_non_null(proc_find(&snapshot, 34));
	proc_snapshot_release(&snapshot);
	assert_int_equal(unlink(path), 0);
	close(fd);
}

/* Strangers are told apart from who comes after them without being read. */
static void strangers_need_not_be_read_at_all(void **state)
{
	struct proc_snapshot snapshot = {0};

	(void)state;
	put_text("30/stat", "30 (b) S 1" STAT_TAIL);
	put_text("31/stat", "31 (c) S 1" STAT_TAIL);
	assert_int_equal(proc_snapshot_strangers(root, &snapshot), 0);
	assert_int_equal(snapshot.n, 2);
	assert_true(proc_find(&snapshot, 30)->stranger);
	assert_string_equal(proc_find(&snapshot, 30)->comm, "");
	proc_find(&snapshot, 31)->stranger = false;
	put_text("32/stat", "32 (new) S 31" STAT_TAIL);
	assert_int_equal(proc_snapshot(root, &snapshot), 0);
	assert_string_equal(proc_find(&snapshot, 30)->comm, "");
	assert_string_equal(proc_find(&snapshot, 31)->comm, "c");
	assert_string_equal(proc_find(&snapshot, 32)->comm, "new");
	proc_snapshot_release(&snapshot);
}

static void memory_is_proportional_or_else_unshared(void **state)
{
	uint64_t bytes = 0;

	(void)state;
	assert_int_equal(proc_memory(root, 5, &bytes), -ENOENT);
	put_text("5/statm", "1000 300 100 1 0 500 0\n");
	assert_int_equal(proc_memory(root, 5, &bytes), 0);
	assert_int_equal(bytes, 200 * 4096);
	put_text("5/smaps_rollup", "5-7 ---p 00000000 00:00 0   [rollup]\nRss:  900 kB\n"
				   "Pss:             123 kB\nPss_Dirty:  7 kB\n");
	assert_int_equal(proc_memory(root, 5, &bytes), 0);
	assert_int_equal(bytes, 123 * 1024);
	put_text("6/statm", "nonsense\n");
	assert_int_equal(proc_memory(root, 6, &bytes), -EBADMSG);
}

static void the_node_is_busy_but_not_when_idle_waiting_or_robbed(void **state)
{
	struct node_state node;

	(void)state;
	assert_int_equal(node_read(root, &node), -ENOENT);
	put_text("stat", "cpu  100 20 30 4000 500 6 7 8000 90 1\ncpu0 1 1 1 1 1 1 1 1 1 1\n"
			 "cpu1 1 1 1 1 1 1 1 1 1 1\nintr 12345\n");
	put_text("meminfo", "MemTotal:       1000 kB\nMemFree: 1 kB\nMemAvailable:    400 kB\n");
	assert_int_equal(node_read(root, &node), 0);
	assert_int_equal(node.busy_ns, (100 + 20 + 30 + 6 + 7) * 10 * MS);
	assert_int_equal(node.cpus, 2);
	assert_int_equal(node.used_bytes, 600 * 1024);
	assert_int_equal(node.total_bytes, 1000 * 1024);
	put_text("stat", "cpu  100 20\n");
	assert_int_equal(node_read(root, &node), -EBADMSG);
}

static void a_mapped_shim_covers(void **state)
{
	char maps[40000];
	int n = 0;

	(void)state;
	for (int i = 0; i < 500; i++)
		n += snprintf(maps + n, sizeof(maps) - (size_t)n,
			      "7f00%04x000 r--p 00000000 00:00 1 /usr/lib/lib%d.so.1\n", i, i);
	put_text("8/maps", maps);
	put_text("8/environ", "");
	assert_int_equal(cover_process(root, 8), COVER_SCRUBBED);
	/* Wherever in the file it stands, also across the reader's pieces. */
	for (int at = 0; at < n; at += 37) {
		char copy[sizeof(maps)];
		memcpy(copy, maps, (size_t)n + 1);
		const char line[] = "/x/libgramme.so\n";
		memcpy(copy + at, line, sizeof(line) - 1);
		write_file("8/maps", copy, (size_t)n + sizeof(line));
		assert_int_equal(cover_process(root, 8), COVER_SHIM);
	}
	put_text("8/maps", "1-2 r--p 0 00:00 1 /x/libgramme.so (deleted)\n");
	assert_int_equal(cover_process(root, 8), COVER_SHIM);
	put_text("8/maps",
		 "1-2 r--p 0 00:00 1 /x/libgramme.so.old\n3-4 r--p 0 00:00 1 /notlibgramme.so\n");
	assert_int_equal(cover_process(root, 8), COVER_SCRUBBED);
	/* Zeros stand where its environment will lie: it is in the midst of an exec. */
	put_text("8/stat", "8 (b) S 1 1 1 0 -1 0 0 0 0 0 1 1 0 0 20 0 1 0 500 1000 100");
	assert_int_equal(cover_process(root, 8), COVER_UNKNOWN);
	put_text("8/environ", "HOME=/");
	assert_int_equal(cover_process(root, 8), COVER_SCRUBBED);
	put_text("8/environ", "");
	put_text("8/stat", "8 (b) S 1" STAT_TAIL);
	assert_int_equal(cover_process(root, 8), COVER_SCRUBBED);
	put_text("8/maps", "");
	assert_int_equal(cover_process(root, 8), COVER_UNKNOWN);
	assert_int_equal(cover_process(root, 9), COVER_UNKNOWN);
}

static void the_environment_says_why_not(void **state)
{
	static const char asked[] = "HOME=/\0LD_PRELOAD=/a.so:/usr/$LIB/gramme/libgramme.so\0X=1";
	static const char other[] = "MY_LD_PRELOAD=libgramme.so\0LD_PRELOAD=/a.so";

	(void)state;
	put_text("8/maps", "1-2 r--p 0 00:00 1 /bin/x\n");
	write_file("8/environ", asked, sizeof(asked));
	assert_int_equal(cover_process(root, 8), COVER_NOT_LOADED);
	write_file("8/environ", other, sizeof(other));
	assert_int_equal(cover_process(root, 8), COVER_SCRUBBED);
	/* Loaded, but told to do nothing; a title written over it all tells nothing. */
	static const char off[] = "LD_PRELOAD=/libgramme.so\0GRAMME_SOCKET=/s\0GRAMME_DISABLE=1";
	static const char lost[] = "LD_PRELOAD=/libgramme.so\0HOME=/";
	static const char on[] = "GRAMME_DISABLE=0\0LD_PRELOAD=/libgramme.so\0GRAMME_SOCKET=/s";
	put_text("10/maps", "1-2 r--p 0 00:00 1 /libgramme.so\n");
	write_file("10/environ", off, sizeof(off));
	assert_int_equal(cover_process(root, 10), COVER_OFF);
	write_file("10/environ", lost, sizeof(lost));
	assert_int_equal(cover_process(root, 10), COVER_OFF);
	write_file("10/environ", on, sizeof(on));
	assert_int_equal(cover_process(root, 10), COVER_SHIM);
	put_text("10/environ", "worker: serving\n");
	assert_int_equal(cover_process(root, 10), COVER_SHIM);

	put_text("8/status", "Name: x\nUid:\t1000\t0\t0\t0\n");
	assert_int_equal(cover_process(root, 8), COVER_SETUID);
}

static void files_are_judged_before_they_run(void **state)
{
	char path[512], script[600];

	(void)state;
	assert_int_equal(cover_file("/proc/self/exe"), COVER_UNKNOWN);
	assert_int_equal(cover_file("/nonexistent"), COVER_UNKNOWN);
	put_text("8/text", "no program\n");
	snprintf(path, sizeof(path), "%s/8/text", root);
	assert_int_equal(cover_file(path), COVER_UNKNOWN);

	/* An ELF file that names no interpreter, by itself and behind a script of a script. */
	char elf[120] = "\177ELF\2\1\1";
	elf[32] = 64; /* e_phoff */
	elf[54] = 56; /* e_phentsize */
	elf[56] = 1;  /* e_phnum: one segment, of type 0 */
	write_file("8/static", elf, sizeof(elf));
	snprintf(path, sizeof(path), "%s/8/static", root);
	assert_int_equal(cover_file(path), COVER_STATIC);
	snprintf(script, sizeof(script), "#! %s/8/static -x\n", root);
	put_text("8/one", script);
	snprintf(script, sizeof(script), "#!%s/8/one\n", root);
	put_text("8/two", script);
	snprintf(path, sizeof(path), "%s/8/two", root);
	assert_int_equal(cover_file(path), COVER_STATIC);
	elf[64] = 3; /* PT_INTERP */
	write_file("8/static", elf, sizeof(elf));
	assert_int_equal(cover_file(path), COVER_UNKNOWN);
	/* A ring of scripts comes to an end. */
	snprintf(script, sizeof(script), "#!%s/8/two\n", root);
	put_text("8/one", script);
	assert_int_equal(cover_file(path), COVER_UNKNOWN);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_root, remove_root)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stat_line_is_taken_apart),
		cmocka_unit_test(a_broken_stat_line_is_refused),
		TEST(a_snapshot_holds_processes_by_pid),
		TEST(strangers_are_not_read_again),
		TEST(nobody_is_looked_for_while_nobody_comes),
		TEST(a_strange_loadavg_is_not_believed),
		TEST(strangers_need_not_be_read_at_all),
		TEST(memory_is_proportional_or_else_unshared),
		TEST(the_node_is_busy_but_not_when_idle_waiting_or_robbed),
		TEST(a_mapped_shim_covers),
		TEST(the_environment_says_why_not),
		TEST(files_are_judged_before_they_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
