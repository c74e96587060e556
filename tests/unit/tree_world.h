/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A /proc that tests make by hand: init (1), a shell (10), and the root of a run (20).
 */
#ifndef GRAMME_TESTS_TREE_WORLD_H
#define GRAMME_TESTS_TREE_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "collector/run/tree.h"

#define MS 1000000ULL
#define S  1000000000ULL

static struct proc_stat table[256];
static struct proc_snapshot world = {.stat = table};
static enum cover verdict[1000]; /* by PID */
static unsigned looks;
static uint64_t now;

static enum cover look_up(const char *root, pid_t pid, uint64_t image)
{
	(void)root;
	(void)image;
	looks++;
	return verdict[pid];
}

static const struct tree_world fake = {"/nonexistent", look_up, NULL};

static struct proc_stat *put(pid_t pid, pid_t ppid, uint64_t start)
{
	struct proc_stat *stat = &table[world.n++];

	*stat = (struct proc_stat){.pid = pid,
				   .ppid = ppid,
				   .state = 'S',
				   .start_ticks = start,
				   .threads = 1,
				   .image = start * 1000 + 1};
	snprintf(stat->comm, sizeof(stat->comm), "p%d", (int)pid);
	verdict[pid] = COVER_SHIM;
	return stat;
}

static struct proc_stat *at(pid_t pid)
{
	struct proc_stat *stat = (struct proc_stat *)proc_find(&world, pid);

	assert_non_null(stat);
	return stat;
}

static void take_away(pid_t pid)
{
	struct proc_stat *stat = at(pid);

	memmove(stat, stat + 1, (size_t)(table + world.n - stat - 1) * sizeof(*stat));
	world.n--;
}

static void scan(struct tree *tree)
{
	struct tree *const trees[] = {tree};

	now += 100 * MS;
	assert_int_equal(tree_scan(trees, 1, &world, now), 0);
}

static int set_up(void **state)
{
	static struct tree tree;

	world.n = 0;
	looks = 0;
	now = 1000 * S;
	memset(table, 0, sizeof(table));
	put(1, 0, 1)->own_ns = 5 * S;
	put(10, 1, 50);
	put(20, 10, 100);
	tree_open(&tree, &fake, 100);
	assert_int_equal(tree_add(&tree, at(20), now), 0);
	*state = &tree;
	return 0;
}

static int tear_down(void **state)
{
	tree_release(*state);
	return 0;
}

/* gramme run (15) comes between the shell and the root. */
static void add_reaper(struct tree *tree)
{
	at(20)->ppid = 15;
	world.n = 2;
	put(15, 10, 90)->own_ns = 77 * S;
	put(20, 15, 100);
	assert_int_equal(tree_add_reaper(tree, at(15), now), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
