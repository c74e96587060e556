/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What no shim spoke for in a run is named, once per program that was executed, with the CPU time
 * that it used.
 */
#include "tests/unit/tree_world.h"

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

/* Its image is not known while it executes a program, and never of one that we may not see. */
static void an_exec_that_is_not_over_is_not_judged(void **state)
{
	struct tree *tree = *state;

	scan(tree);
	at(20)->image = 0;
	verdict[20] = COVER_SCRUBBED;
	put(21, 20, 101)->image = 0;
	verdict[21] = COVER_SCRUBBED;
	scan(tree);
	assert_int_equal(tree->unseen.n, 0);
	at(20)->image = 4711;
	at(21)->image = 4712;
	verdict[20] = verdict[21] = COVER_SHIM;
	scan(tree);
	assert_int_equal(tree->unseen.n, 0);
	at(20)->image = 0;
	verdict[20] = COVER_SETUID;
	scan(tree);
	scan(tree);
	assert_int_equal(row(tree, "setuid")->processes, 1);
}

static void a_forked_child_is_what_its_parent_is(void **state)
{
	struct tree *tree = *state;

	verdict[20] = COVER_STATIC;
	scan(tree);
	put(21, 20, 101)->image = at(20)->image;
	strcpy(at(21)->comm, at(20)->comm);
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

	tree_release(tree);
	tree_open(tree, &fake, 100);
	add_reaper(tree);
	at(20)->image = at(15)->image;
	assert_int_equal(tree_add(tree, at(20), now), 0);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_uncovered_process_is_named_with_its_time),
		TEST(an_image_is_looked_at_once_and_again_after_exec),
		TEST(an_exec_that_is_not_over_is_not_judged),
		TEST(a_forked_child_is_what_its_parent_is),
		TEST(a_program_that_is_being_loaded_has_a_second),
		TEST(what_is_known_before_the_exec_counts_from_then),
		cmocka_unit_test(reasons_without_end_share_a_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
