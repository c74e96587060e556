/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The processes of a run, on snapshots of /proc that were made by hand: who belongs to it, and
 * that no CPU time is counted twice, or lost, when processes come, exec, die and are reaped.
 */
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/tree_world.h"

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

static void strangers_are_those_whose_parents_are_known(void **state)
{
	struct tree *tree = *state;

	put(21, 20, 101);
	put(22, 10, 102);
	put(23, 19, 103); /* its parent has just gone: who knows whose child that was */
	scan(tree);
	assert_true(at(1)->stranger);
	assert_true(at(10)->stranger);
	assert_true(at(22)->stranger);
	assert_false(at(20)->stranger);
	assert_false(at(21)->stranger);
	assert_false(at(23)->stranger);
	at(23)->ppid = 20;
	scan(tree);
	assert_non_null(tree_find(tree, 23, 103));
	/* A stranger whose parent turns out to be a member is looked at again, and here is gone. */
	at(22)->ppid = 21;
	scan(tree);
	assert_null(tree_find(tree, 22, 102));
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

/* 22 is not the child of 21 that it seems to be, and anybody may call himself the witness. */
static void children_of_what_is_no_member_are_none(void **state)
{
	struct tree *tree = *state;

	add_reaper(tree);
	put(21, 20, 101);
	put(22, 10, 102);
	scan(tree);
	assert_true(at(22)->stranger);
	at(22)->ppid = 21;
	put(23, 22, 103);
	strcpy(put(24, 15, 104)->comm, TREE_WITNESS);
	put(25, 24, 105);
	scan(tree);
	assert_int_equal(tree->processes, 2);
	assert_null(tree_find(tree, 22, 102));
	assert_null(tree_find(tree, 23, 103));
	assert_null(tree_find(tree, 25, 105));
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

static void a_pid_that_is_used_again_is_named_once(void **state)
{
	struct tree *tree = *state;

	put(21, 20, 101);
	scan(tree);
	take_away(21);
	put(21, 10, 900);
	for (int i = 0; i < 3; i++)
		assert_int_equal(tree_add(tree, at(21), now), 0);
	at(21)->own_ns = 70 * MS;
	scan(tree);
	assert_int_equal(tree->processes, 3);
	assert_int_equal(tree->cpu_ns, 70 * MS);
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

/* A killed job: the parent goes first, and its child is reaped by whoever adopts it. */
static void a_child_that_is_reaped_elsewhere_is_counted_once(void **state)
{
	struct tree *tree = *state;

	put(21, 20, 101)->own_ns = 100 * MS;
	put(22, 21, 102)->own_ns = 200 * MS;
	put(23, 22, 103)->own_ns = 400 * MS;
	scan(tree);
	take_away(23); /* reaped by 20, since 22 died before it */
	take_away(22); /* reaped by 21 */
	at(20)->child_ns = 410 * MS;
	at(21)->child_ns = 200 * MS;
	scan(tree);
	assert_int_equal(tree->cpu_ns, 710 * MS);
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
	static uint64_t births = 1000;
	size_t who = 2 + dice(world.n - 2);

	switch (dice(4)) {
	case 0:
		if (world.n < 60) {
			pid_t pid = table[world.n - 1].pid + 1 + (pid_t)dice(3);
			if (pid < 1000)
				put(pid, table[who].pid, ++births);
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

/* ---- what it holds ---- */

/* A recorded machine, with what 20 and 21 hold. */
struct held {
	struct tree_world world;
	char root[20];
};

static void put_file(const struct held *held, int pid, const char *name, const char *text)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/%d/%s", held->root, pid, name);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void put_memory(const struct held *held, int pid, unsigned kib)
{
	char text[64];

	snprintf(text, sizeof(text), "[rollup]\nPss: %u kB\n", kib);
	put_file(held, pid, "smaps_rollup", text);
}

static void put_alone(const struct held *held, int pid, uint64_t bytes)
{
	const uint64_t pages = bytes / (uint64_t)sysconf(_SC_PAGESIZE);
	char text[128];

	snprintf(text, sizeof(text), "%llu %llu 7 1 0 1 0\n", (unsigned long long)pages + 100,
		 (unsigned long long)pages + 7);
	put_file(held, pid, "statm", text);
}

static void open_held(struct held *held, struct tree *tree)
{
	char folder[32];

	*held = (struct held){.root = "/tmp/tree.XXXXXX"};
	assert_non_null(mkdtemp(held->root));
	held->world = (struct tree_world){held->root, look_up, NULL};
	for (int pid = 20; pid <= 21; pid++) {
		snprintf(folder, sizeof(folder), "%s/%d", held->root, pid);
		assert_int_equal(mkdir(folder, 0700), 0);
	}
	tree->world = &held->world;
}

static void close_held(const struct held *held)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -r '%s'", held->root);
	assert_int_equal(system(command), 0);
}

/* The memory that the run is thought to hold after so many seconds more. */
static uint64_t held_after(struct tree *tree, uint64_t seconds)
{
	now += seconds * S;
	scan(tree);
	return tree->held_bytes;
}

static void a_large_process_is_seldom_asked_for_its_memory(void **state)
{
	struct tree *tree = *state;
	struct held held;

	open_held(&held, tree);
	at(20)->rss_bytes = 1 << 20;
	put_memory(&held, 20, 1000);
	assert_int_equal(held_after(tree, 0), 1000 << 10);
	put_memory(&held, 20, 900);
	assert_int_equal(held_after(tree, 11), 900 << 10);
	/* What has come is its own, of what has gone it had its part. */
	at(20)->rss_bytes = 3 << 19;
	assert_int_equal(held_after(tree, 1), (900 << 10) + (1 << 19));
	at(20)->rss_bytes = 1 << 19;
	assert_int_equal(held_after(tree, 1), 450 << 10);
	/* A GiB takes 67 s to be asked for again; what it holds alone tells meanwhile. */
	at(20)->rss_bytes = 1 << 30;
	put_alone(&held, 20, 800 << 20);
	put_memory(&held, 20, 850 << 10);
	assert_int_equal(held_after(tree, 20), 800 << 20);
	assert_int_equal(held_after(tree, 20), 800 << 20);
	assert_int_equal(held_after(tree, 30), 850 << 20);
	close_held(&held);
}

static void a_large_process_waits_for_its_first_question(void **state)
{
	struct tree *tree = *state;
	struct held held;

	open_held(&held, tree);
	at(20)->rss_bytes = 256 << 20;
	put_alone(&held, 20, 100 << 20);
	put_memory(&held, 20, 200 << 10);
	assert_int_equal(held_after(tree, 0), 100 << 20);
	at(20)->rss_bytes += 10 << 20;
	assert_int_equal(held_after(tree, 10), 110 << 20);
	assert_int_equal(held_after(tree, 8), 200 << 20);
	/* Another program is another question. */
	at(20)->image++;
	at(20)->rss_bytes = 1 << 20;
	put_memory(&held, 20, 300);
	assert_int_equal(held_after(tree, 0), 300 << 10);
	close_held(&held);
}

/* A loader of data that was forked by a trainer: the kernel says of both that all is theirs. */
static void a_copy_holds_what_it_adds(void **state)
{
	struct tree *tree = *state;
	struct held held;

	open_held(&held, tree);
	at(20)->rss_bytes = 256 << 20;
	put_alone(&held, 20, 256 << 20);
	put_alone(&held, 21, 256 << 20);
	assert_int_equal(held_after(tree, 0), 256 << 20);
	struct proc_stat *copy = put(21, 20, 101);
	copy->image = at(20)->image;
	copy->rss_bytes = 256 << 20;
	assert_int_equal(held_after(tree, 0), 256 << 20);
	copy->rss_bytes += 300 << 20;
	assert_int_equal(held_after(tree, 1), 556 << 20);
	close_held(&held);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(descendants_belong_to_it_and_nobody_else),
		TEST(strangers_are_those_whose_parents_are_known),
		TEST(a_child_with_a_lower_pid_belongs_to_it),
		TEST(children_of_what_is_no_member_are_none),
		TEST(an_orphan_stays_a_member),
		TEST(a_pid_that_is_used_again_is_another_process),
		TEST(a_pid_that_is_used_again_is_named_once),
		TEST(a_zombie_does_not_run_any_more),
		TEST(what_was_used_before_is_not_counted),
		TEST(a_reaped_child_is_counted_once),
		TEST(a_child_that_came_and_went_is_unobserved),
		TEST(generations_that_vanish_together_are_counted_once),
		TEST(a_late_figure_is_waited_for),
		TEST(what_nobody_reaps_does_not_hide_what_follows),
		TEST(a_child_that_is_reaped_elsewhere_is_counted_once),
		TEST(a_figure_that_falls_is_ignored),
		TEST(the_reaper_counts_for_what_it_reaps_only),
		TEST(its_witness_is_no_part_but_orphans_are),
		TEST(an_inner_run_takes_its_processes_and_their_time),
		TEST(no_life_is_counted_twice_or_lost),
		TEST(a_large_process_is_seldom_asked_for_its_memory),
		TEST(a_large_process_waits_for_its_first_question),
		TEST(a_copy_holds_what_it_adds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
