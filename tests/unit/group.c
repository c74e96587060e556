/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The CPU time of a run that has a control group of its own: on a /proc and groups made by hand,
 * with a shell (41) that waits for the run's process (42) and its child (43).
 */
#include "tests/unit/cgroup_world.h"

#include "collector/run/group.h"
#include "collector/run/tree.h"

#define MS 1000000ULL

static enum cover shim(const char *root, pid_t pid, uint64_t image)
{
	(void)root;
	(void)pid;
	(void)image;
	return COVER_SHIM;
}

static struct tree_world world = {proc_root, shim, NULL};
static struct proc_snapshot snapshot;
static struct tree tree;
static struct group group;
static uint64_t now;

/* A process that used so many ticks of 10 ms itself, and reaped others that used so many. */
static void put_process(int pid, int ppid, unsigned own, unsigned reaped)
{
	char name[64];

	snprintf(name, sizeof(name), "proc/%d/stat", pid);
	put_file(name,
		 "%d (p%d) S %d 1 1 0 -1 4194304 1 2 3 4 %u 0 %u 0 20 0 1 0 %d 1000000 25 1 2 3 4 "
		 "0 0 0 0 0 0 0 0 0 17 1 0 0 0 0 0 5 6 7 8 9 10 11 0\n",
		 pid, pid, ppid, own, reaped, pid);
}

static void put_group(const char *path, const char *pids, unsigned used_ms)
{
	char name[128];

	snprintf(name, sizeof(name), "v2/%s/cgroup.procs", path);
	put_file(name, "%s", pids);
	snprintf(name, sizeof(name), "v2/%s/cpu.stat", path);
	put_file(name, "usage_usec %u\nuser_usec 1\nsystem_usec 1\n", used_ms * 1000);
}

static void take_away(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", box, name);
	assert_int_equal(unlink(path), 0);
}

static void look(void)
{
	struct tree *const trees[] = {&tree};

	now += 1000 * MS;
	assert_int_equal(proc_snapshot(proc_root, &snapshot), 0);
	assert_int_equal(tree_scan(trees, 1, &snapshot, now), 0);
	group_look(&group, &tree);
}

static int begin(void **state)
{
	struct proc_stat stat;

	make_box(state);
	put_process(41, 1, 100, 0);
	put_process(42, 41, 10, 0);
	put_file("proc/42/cgroup", "0::/job\n");
	put_group("job", "41\n42\n", 5000);
	tree_open(&tree, &world, 42);
	assert_int_equal(proc_stat(proc_root, 42, &stat), 0);
	assert_int_equal(tree_add(&tree, &stat, now), 0);
	group_look(&group, &tree);
	return 0;
}

static int end(void **state)
{
	tree_release(&tree);
	group_release(&group);
	proc_snapshot_release(&snapshot);
	return remove_box(state);
}

static void what_nobody_reaped_counts_and_the_shell_does_not(void **state)
{
	(void)state;
	put_process(41, 1, 103, 0);	    /* 30 ms of the shell's */
	put_process(42, 41, 20, 0);	    /* 100 ms */
	put_group("job", "41\n42\n", 5500); /* so 370 ms of children that are gone */
	look();
	assert_string_equal(group_method(&group), "cgroup");
	assert_int_equal(group.cpu_ns, 470 * MS);
	assert_int_equal(tree.cpu_ns, 100 * MS);
	/* Waited for at last: the group had it before, and nothing counts twice. */
	put_process(42, 41, 20, 37);
	look();
	assert_int_equal(tree.cpu_ns, 470 * MS);
	assert_int_equal(group.cpu_ns, 470 * MS);
}

static void who_is_of_neither_has_the_tree_count(void **state)
{
	(void)state;
	put_process(42, 41, 20, 0);
	put_group("job", "41\n42\n", 5100);
	look();
	assert_int_equal(group.cpu_ns, 100 * MS);
	put_process(50, 41, 0, 0); /* the shell's other child */
	put_process(42, 41, 30, 0);
	put_group("job", "41\n42\n50\n", 9000);
	look();
	assert_int_equal(group.cpu_ns, 200 * MS);
	assert_string_equal(group_method(&group), "mixed");
	put_group("job", "41\n42\n", 9900);
	put_process(42, 41, 40, 0);
	look();
	assert_int_equal(group.cpu_ns, 300 * MS);
}

/* A /proc mounted with hidepid tells nothing of 60, who is of another user. */
static void who_is_hidden_is_of_neither(void **state)
{
	(void)state;
	put_process(42, 41, 20, 0);
	put_group("job", "41\n42\n60\n", 9000);
	look();
	assert_int_equal(group.cpu_ns, 100 * MS);
	assert_string_equal(group_method(&group), "tree");
}

static void a_child_of_the_run_is_none_of_them(void **state)
{
	(void)state;
	look();
	put_process(42, 41, 20, 0);
	put_process(43, 42, 5, 0);
	put_process(44, 43, 1, 0); /* in a group within the group */
	put_group("job", "41\n42\n43\n", 5200);
	put_group("job/inner", "44\n", 50);
	look();
	assert_int_equal(group.cpu_ns, 200 * MS);
	assert_string_equal(group_method(&group), "cgroup");
}

/* Its group is removed with its last process: the tree has the rest, less what the group had. */
static void a_group_that_is_gone_is_counted_by_the_tree(void **state)
{
	(void)state;
	put_group("job", "41\n42\n", 5300); /* 300 ms of a child that lives no more */
	look();
	assert_int_equal(group.cpu_ns, 300 * MS);
	take_away("v2/job/cgroup.procs");
	put_process(42, 41, 20, 34); /* 100 ms of its own, and 40 of the child's that are new */
	look();
	assert_int_equal(group.cpu_ns, 440 * MS);
	assert_string_equal(group_method(&group), "mixed");
}

/* Two tasks of one step: their groups are in one that is the run's. */
static void several_groups_are_found_in_one(void **state)
{
	struct proc_stat stat;

	(void)state;
	put_file("proc/42/cgroup", "0::/job/step/task_0\n");
	put_process(45, 40, 0, 0);
	put_group("job", "41\n", 5000);
	put_group("job/step", "", 4000);
	put_group("job/step/task_0", "42\n", 2000);
	put_group("job/step/task_1", "45\n", 2000);
	look();
	assert_int_equal(proc_stat(proc_root, 45, &stat), 0);
	assert_int_equal(tree_add(&tree, &stat, now), 0);
	look();
	put_process(42, 41, 20, 0);
	put_process(45, 40, 10, 0);
	put_group("job/step", "", 4250);
	look();
	assert_int_equal(group.cpu_ns, 250 * MS);
	assert_int_equal(tree.cpu_ns, 200 * MS);
}

static void the_last_look_has_a_group_without_a_run(void **state)
{
	(void)state;
	look();
	take_away("proc/42/stat");
	put_process(41, 1, 101, 0);
	put_group("job", "41\n", 5110);
	look();
	assert_int_equal(group.cpu_ns, 100 * MS);
	assert_string_equal(group_method(&group), "cgroup");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_nobody_reaped_counts_and_the_shell_does_not),
		TEST(who_is_of_neither_has_the_tree_count),
		TEST(who_is_hidden_is_of_neither),
		TEST(a_child_of_the_run_is_none_of_them),
		TEST(a_group_that_is_gone_is_counted_by_the_tree),
		TEST(several_groups_are_found_in_one),
		TEST(the_last_look_has_a_group_without_a_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
