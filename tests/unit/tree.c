/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The processes of a run, on snapshots of /proc that were made by hand: who belongs to it, and
 * that no CPU time is counted twice, or lost, when processes come, exec, die and are reaped.
 */
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

/* ---- a /proc of our own ---- */

static struct proc_stat table[256];
static struct proc_snapshot world = {.stat = table};
static enum cover verdict[1000]; /* by PID */
static unsigned looks;
static uint64_t now;

static enum cover look_up(const char *root, pid_t pid)
{
	(void)root;
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

/* init (1), a shell (10), and the run's root (20). */
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

/* ---- who belongs to it ---- */

static void descendants_belong_to_it_and_nobody_else(void **state)
{
	struct tree *tree = *state;

	put(21, 20, 101);
	put(22, 21, 102);
	put(23, 10, 103); /* a sibling */
	put(24, 1, 104);
	scan(tree);
	assert_int_equal(tree->processes, 3);
	assert_int_equal(tree_alive(tree), 3);
	assert_non_null(tree_find(tree, 22, 102));
	assert_null(tree_find(tree, 23, 103));
	assert_null(tree_find(tree, 10, 50));
}

static void a_child_with_a_lower_pid_belongs_to_it(void **state)
{
	struct tree *tree = *state;

	world.n = 1;
	put(7, 9, 103);
	put(8, 7, 104);
	put(9, 20, 102);
	put(10, 1, 50);
	put(20, 10, 100);
	scan(tree);
	assert_int_equal(tree->processes, 4);
}

static void an_orphan_stays_a_member(void **state)
{
	struct tree *tree = *state;

	put(21, 20, 101);
	put(22, 21, 102);
	scan(tree);
	take_away(21);
	at(22)->ppid = 1;
	scan(tree);
	put(23, 22, 110);
	scan(tree);
	assert_int_equal(tree_alive(tree), 3);
	assert_non_null(tree_find(tree, 23, 110));
}

static void a_pid_that_is_used_again_is_another_process(void **state)
{
	struct tree *tree = *state;

	put(21, 20, 101)->own_ns = 50 * MS;
	scan(tree);
	assert_int_equal(tree->cpu_ns, 50 * MS);
	take_away(21);
	put(21, 10, 900)->own_ns = 70 * S;
	scan(tree);
	assert_int_equal(tree->cpu_ns, 50 * MS);
	assert_int_equal(tree_alive(tree), 1);
	assert_null(tree_find(tree, 21, 900));
}

static void a_zombie_does_not_run_any_more(void **state)
{
	struct tree *tree = *state;

	put(21, 20, 101)->state = 'Z';
	at(20)->state = 'Z';
	scan(tree);
	assert_int_equal(tree_alive(tree), 0);
	assert_int_equal(tree->processes, 2);
	assert_int_equal(looks, 0);
}

/* ---- what they used ---- */

static void what_was_used_before_is_not_counted(void **state)
{
	struct tree tree;

	(void)state;
	tree_open(&tree, &fake, 100);
	at(20)->own_ns = 3 * S;
	at(20)->child_ns = 2 * S;
	put(21, 20, 60)->own_ns = 4 * S; /* older than the run */
	put(22, 20, 130)->own_ns = 1 * S;
	assert_int_equal(tree_add(&tree, at(20), now), 0);
	scan(&tree);
	assert_int_equal(tree.cpu_ns, 1 * S);
	at(20)->own_ns += 10 * MS;
	at(21)->own_ns += 20 * MS;
	scan(&tree);
	assert_int_equal(tree.cpu_ns, 1 * S + 30 * MS);
	tree_release(&tree);
}

static void a_reaped_child_is_counted_once(void **state)
{
	struct tree *tree = *state;

	put(21, 20, 101)->own_ns = 300 * MS;
	scan(tree);
	assert_int_equal(tree->cpu_ns, 300 * MS);
	take_away(21);
	at(20)->child_ns = 350 * MS; /* its last moments are in there */
	scan(tree);
	assert_int_equal(tree->cpu_ns, 350 * MS);
	assert_int_equal(tree->unobserved_ns, 0);
	scan(tree);
	assert_int_equal(tree->cpu_ns, 350 * MS);
}

static void a_child_that_came_and_went_is_unobserved(void **state)
{
	struct tree *tree = *state;

	scan(tree);
	at(20)->child_ns = 40 * MS;
	scan(tree);
	assert_int_equal(tree->cpu_ns, 40 * MS);
	assert_int_equal(tree->unobserved_ns, 40 * MS);
}

static void generations_that_vanish_together_are_counted_once(void **state)
{
	struct tree *tree = *state;

	put(21, 20, 101)->own_ns = 100 * MS;
	put(22, 21, 102)->own_ns = 200 * MS;
	put(23, 22, 103)->own_ns = 400 * MS;
	at(22)->child_ns = 50 * MS;
	scan(tree);
	assert_int_equal(tree->cpu_ns, 750 * MS);
	take_away(23);
	take_away(22);
	take_away(21);
	at(20)->child_ns = 770 * MS;
	scan(tree);
	assert_int_equal(tree->cpu_ns, 770 * MS);
}

/* It was read as gone after its parent had been read: the parent's figure comes a scan later. */
static void a_late_figure_is_waited_for(void **state)
{
	struct tree *tree = *state;

	put(21, 20, 101)->own_ns = 300 * MS;
	scan(tree);
	take_away(21);
	scan(tree);
	at(20)->child_ns = 300 * MS;
	scan(tree);
	assert_int_equal(tree->cpu_ns, 300 * MS);
}

/* Who ignores SIGCHLD reaps nothing; what comes later is still counted. */
static void what_nobody_reaps_does_not_hide_what_follows(void **state)
{
	struct tree *tree = *state;

	put(21, 20, 101)->own_ns = 9 * S;
	scan(tree);
	take_away(21);
	for (int i = 0; i < 3; i++)
		scan(tree);
	assert_int_equal(tree->cpu_ns, 9 * S);
	at(20)->own_ns = 1 * S;
	at(20)->child_ns = 2 * S;
	scan(tree);
	/* But for what clock ticks might have cut off. */
	assert_in_range(tree->cpu_ns, 12 * S - 20 * MS, 12 * S);
}

static void a_figure_that_falls_is_ignored(void **state)
{
	struct tree *tree = *state;

	at(20)->own_ns = 500 * MS;
	scan(tree);
	at(20)->own_ns = 400 * MS;
	scan(tree);
	assert_int_equal(tree->cpu_ns, 500 * MS);
	at(20)->own_ns = 510 * MS;
	scan(tree);
	assert_int_equal(tree->cpu_ns, 510 * MS);
}

/* ---- with gramme run as the parent ---- */

static void add_reaper(struct tree *tree)
{
	at(20)->ppid = 15;
	world.n = 2;
	put(15, 10, 90)->own_ns = 77 * S;
	put(20, 15, 100);
	assert_int_equal(tree_add_reaper(tree, at(15), now), 0);
}

static void the_reaper_counts_for_what_it_reaps_only(void **state)
{
	struct tree *tree = *state;

	add_reaper(tree);
	at(20)->own_ns = 100 * MS;
	scan(tree);
	at(15)->own_ns += 5 * S;
	take_away(20);
	at(15)->child_ns = 130 * MS;
	scan(tree);
	assert_int_equal(tree->cpu_ns, 130 * MS);
	assert_int_equal(tree_alive(tree), 0);
	assert_int_equal(tree->processes, 1);
}

static void its_witness_is_no_part_but_orphans_are(void **state)
{
	struct tree *tree = *state;

	add_reaper(tree);
	world.n = 0;
	put(1, 0, 1);
	put(10, 1, 50);
	put(15, 10, 90);
	strcpy(put(16, 15, 91)->comm, TREE_WITNESS);
	put(20, 15, 100);
	put(30, 15, 120); /* never seen as a descendant: its parent was gone before */
	scan(tree);
	assert_int_equal(tree->processes, 2);
	assert_null(tree_find(tree, 16, 91));
	assert_non_null(tree_find(tree, 30, 120));
}

static void an_inner_run_takes_its_processes_and_their_time(void **state)
{
	struct tree *outer = *state;
	struct tree inner;
	struct tree *const trees[] = {outer, &inner};

	put(21, 20, 101);		    /* an inner gramme run */
	put(22, 21, 102)->own_ns = 10 * MS; /* its program, adopted by the outer run so far */
	scan(outer);
	tree_open(&inner, &fake, 103);
	tree_set_foreign(outer, 21);
	tree_drop(outer, 22, &world);
	assert_int_equal(tree_add_reaper(&inner, at(21), now), 0);
	assert_int_equal(tree_add(&inner, at(22), now), 0);
	put(23, 22, 104)->own_ns = 40 * MS;
	at(22)->own_ns += 500 * MS;
	at(21)->own_ns = 3 * MS;
	assert_int_equal(tree_scan(trees, 2, &world, now += 100 * MS), 0);
	assert_int_equal(inner.cpu_ns, 540 * MS);
	assert_int_equal(outer->cpu_ns, 13 * MS);
	take_away(23);
	take_away(22);
	at(21)->child_ns = 570 * MS;
	assert_int_equal(tree_scan(trees, 2, &world, now += 100 * MS), 0);
	assert_int_equal(inner.cpu_ns, 560 * MS);
	assert_int_equal(outer->cpu_ns, 13 * MS);
	/* And when the inner gramme run is reaped in turn. */
	tree_release(&inner);
	take_away(21);
	at(20)->child_ns = 573 * MS;
	scan(outer);
	assert_int_equal(outer->cpu_ns, 13 * MS);
}

/* ---- what no shim spoke for ---- */

static const struct ledger_uncovered *row(const struct tree *tree, const char *why)
{
	for (size_t i = 0; i < tree->unseen.n; i++)
		if (!strcmp(tree->unseen.row[i].why, why))
			return &tree->unseen.row[i];
	fail_msg("no row for %s", why);
	return NULL;
}

static void an_uncovered_process_is_named_with_its_time(void **state)
{
	struct tree *tree = *state;

	put(21, 20, 101)->own_ns = 30 * MS;
	put(22, 20, 102)->own_ns = 7 * MS;
	verdict[21] = COVER_STATIC;
	scan(tree);
	at(21)->own_ns = 90 * MS;
	scan(tree);
	assert_int_equal(tree->unseen.n, 1);
	assert_string_equal(row(tree, "static binary")->program, "p21");
	assert_int_equal(row(tree, "static binary")->processes, 1);
	assert_int_equal(row(tree, "static binary")->cpu_ns, 90 * MS);
	/* Its last moments, too. */
	take_away(21);
	at(20)->child_ns = 120 * MS;
	scan(tree);
	assert_int_equal(row(tree, "static binary")->cpu_ns, 120 * MS);
	assert_int_equal(tree->unobserved_ns, 0);
	assert_int_equal(tree->unseen.cpu_ns, 120 * MS);
}

static void an_image_is_looked_at_once_and_again_after_exec(void **state)
{
	struct tree *tree = *state;

	scan(tree);
	scan(tree);
	assert_int_equal(looks, 1);
	verdict[20] = COVER_SCRUBBED;
	at(20)->image = 4711;
	strcpy(at(20)->comm, "other");
	at(20)->own_ns = 60 * MS;
	scan(tree);
	scan(tree);
	assert_int_equal(looks, 2);
	assert_string_equal(row(tree, "no shim in its environment")->program, "other");
	assert_int_equal(tree->unseen.cpu_ns, 60 * MS);
	/* And back to a program that loads the shim. */
	verdict[20] = COVER_SHIM;
	at(20)->image = 4712;
	at(20)->own_ns = 80 * MS;
	scan(tree);
	assert_int_equal(tree->unseen.cpu_ns, 60 * MS);
}

static void a_forked_child_is_what_its_parent_is(void **state)
{
	struct tree *tree = *state;

	verdict[20] = COVER_STATIC;
	scan(tree);
	put(21, 20, 101)->image = at(20)->image;
	at(21)->own_ns = 25 * MS;
	scan(tree);
	assert_int_equal(looks, 1);
	assert_int_equal(row(tree, "static binary")->cpu_ns, 25 * MS);
}

static void a_program_that_is_being_loaded_has_a_second(void **state)
{
	struct tree *tree = *state;

	verdict[20] = COVER_NOT_LOADED;
	at(20)->own_ns = 15 * MS;
	scan(tree);
	assert_int_equal(tree->unseen.n, 0);
	verdict[20] = COVER_SHIM;
	scan(tree);
	assert_int_equal(tree->unseen.n, 0);

	put(21, 20, 101)->own_ns = 20 * MS;
	verdict[21] = COVER_NOT_LOADED;
	for (int i = 0; i < 12; i++)
		scan(tree);
	assert_int_equal(row(tree, "shim not loaded")->cpu_ns, 20 * MS);
}

static void what_is_known_before_the_exec_counts_from_then(void **state)
{
	struct tree *tree = *state;

	add_reaper(tree);
	at(20)->image = at(15)->image;
	tree_find(tree, 20, 100)->expected = COVER_SETUID;
	scan(tree);
	assert_int_equal(looks, 0);
	assert_int_equal(tree->unseen.n, 0);
	/* It executed its program, and was gone before anybody looked. */
	take_away(20);
	at(15)->child_ns = 45 * MS;
	scan(tree);
	assert_int_equal(row(tree, "setuid")->cpu_ns, 45 * MS);
	assert_int_equal(row(tree, "setuid")->processes, 1);
}

static void reasons_without_end_share_a_row(void **state)
{
	struct unseen unseen = {0};
	char name[16];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		unseen_used(&unseen, unseen_add(&unseen, name, "static binary"), 1);
	}
	assert_int_equal(unseen.n, UNSEEN_MAX);
	assert_int_equal(unseen.cpu_ns, 1000);
	assert_string_equal(unseen.row[UNSEEN_MAX - 1].program, "(others)");
	assert_int_equal(unseen.row[UNSEEN_MAX - 1].processes, 1000 - UNSEEN_MAX + 1);
	unseen_release(&unseen);
}

/* ---- a life at random ---- */

static uint64_t dice_state;

static uint64_t dice(uint64_t sides)
{
	dice_state ^= dice_state << 13;
	dice_state ^= dice_state >> 7;
	dice_state ^= dice_state << 17;
	return dice_state % sides;
}

/* The process that reaps `pid` is its parent, which is there: orphans go to the root. */
static void die(pid_t pid, const pid_t root)
{
	const struct proc_stat gone = *at(pid);

	for (size_t i = 0; i < world.n; i++)
		if (table[i].ppid == pid)
			table[i].ppid = root;
	take_away(pid);
	at(gone.ppid)->child_ns += gone.own_ns + gone.child_ns;
}

static void live(uint64_t *used)
{
	size_t who = 2 + dice(world.n - 2);

	switch (dice(4)) {
	case 0:
		if (world.n < 60) {
			pid_t pid = table[world.n - 1].pid + 1 + (pid_t)dice(3);
			if (pid < 1000)
				put(pid, table[who].pid, 100 + (uint64_t)pid);
		}
		break;
	case 1:
		if (table[who].pid != 20)
			die(table[who].pid, 20);
		break;
	default: {
		uint64_t more = 10 * MS * dice(20);
		table[who].own_ns += more;
		*used += more;
	}
	}
}

static void no_life_is_counted_twice_or_lost(void **state)
{
	for (uint64_t seed = 1; seed <= 300; seed++) {
		struct tree *tree = *state;
		uint64_t used = 0, before = 0;

		tree_release(tree);
		set_up(state);
		dice_state = seed * 0x9e3779b97f4a7c15ULL;
		for (int i = 0; i < 200; i++) {
			for (uint64_t n = dice(8); n > 0; n--)
				live(&used);
			scan(tree);
			assert_true(tree->cpu_ns >= before);
			before = tree->cpu_ns;
			if (tree->cpu_ns != used)
				fail_msg("seed %llu, scan %d: %llu instead of %llu ns",
					 (unsigned long long)seed, i,
					 (unsigned long long)tree->cpu_ns,
					 (unsigned long long)used);
		}
	}
}

/* ---- what /proc says ---- */

static const char STAT[] =
	"4242 (a) (b c\x01) R 17 4242 4242 34816 4242 4194304 1 2 3 4 150 50 30 20 20 0 7 0 "
	"123456 1000000 2500 18446744073709551615 94 95 140 0 0 0 0 0 0 0 0 0 17 1 0 0 0 0 0 "
	"96 97 98 141 142 143 144 0\n";

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

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(descendants_belong_to_it_and_nobody_else),
		TEST(a_child_with_a_lower_pid_belongs_to_it),
		TEST(an_orphan_stays_a_member),
		TEST(a_pid_that_is_used_again_is_another_process),
		TEST(a_zombie_does_not_run_any_more),
		TEST(what_was_used_before_is_not_counted),
		TEST(a_reaped_child_is_counted_once),
		TEST(a_child_that_came_and_went_is_unobserved),
		TEST(generations_that_vanish_together_are_counted_once),
		TEST(a_late_figure_is_waited_for),
		TEST(what_nobody_reaps_does_not_hide_what_follows),
		TEST(a_figure_that_falls_is_ignored),
		TEST(the_reaper_counts_for_what_it_reaps_only),
		TEST(its_witness_is_no_part_but_orphans_are),
		TEST(an_inner_run_takes_its_processes_and_their_time),
		TEST(an_uncovered_process_is_named_with_its_time),
		TEST(an_image_is_looked_at_once_and_again_after_exec),
		TEST(a_forked_child_is_what_its_parent_is),
		TEST(a_program_that_is_being_loaded_has_a_second),
		TEST(what_is_known_before_the_exec_counts_from_then),
		TEST(no_life_is_counted_twice_or_lost),
		cmocka_unit_test(reasons_without_end_share_a_row),
		cmocka_unit_test(a_stat_line_is_taken_apart),
		cmocka_unit_test(a_broken_stat_line_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
