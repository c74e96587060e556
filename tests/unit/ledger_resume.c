/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ledger that is taken up again: cut anywhere, with and without its journal and its snapshot, it
 * goes on and ends with the totals that it would have had, and never books anything twice.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/ledger_box.h"

#define NAME_MAX_BYTES 65536

static struct ledger_place place_in(const struct box *box)
{
	return (struct ledger_place){.folder = openat(box->dir, STORY_FOLDER, O_RDONLY),
				     .owner = geteuid(),
				     .group = getegid(),
				     .name = STORY_NAME,
				     .path = STORY_FILE ".jsonl"};
}

static int resume(const struct box *box, json_t *snapshot, struct ledger **ledger,
		  struct ledger_resumed *resumed)
{
	struct ledger_place place = place_in(box);
	int error = ledger_resume(&place, snapshot, ledger, resumed);

	close(place.folder);
	return error;
}

/* The content of a file of the box; returns its length. */
static size_t load(const struct box *box, const char *suffix, char *bytes)
{
	char name[128];
	FILE *file;
	size_t n;

	snprintf(name, sizeof(name), "%s%s", STORY_FILE, suffix);
	file = fopen(in_box(box, name), "r");
	assert_non_null(file);
	n = fread(bytes, 1, NAME_MAX_BYTES, file);
	fclose(file);
	return n;
}

static void store(const struct box *box, const char *suffix, const char *bytes, size_t length)
{
	char name[128];
	FILE *file;

	snprintf(name, sizeof(name), "%s%s", STORY_FILE, suffix);
	file = fopen(in_box(box, name), "w");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, length, file), length);
	fclose(file);
}

/* Whatever was cut, the run that goes on to its last state has the totals of that state. */
static void goes_on_to_the_end(const struct box *box, struct ledger *ledger)
{
	const struct ledger_state last = story_state(2);
	json_t *run;

	assert_int_equal(ledger_anchor(ledger, last.t_ns, STORY_START, "collector lost"), 0);
	assert_int_equal(ledger_close(ledger, &last, 0, true), 0);
	run = read_ledger(in_box(box, STORY_FILE ".jsonl"));
	assert_number(run, "energy.total_uj", 1600000 + 147000);
	assert_number(run, "energy.domains.0.others_uj", 60000);
	assert_number(run, "kernels.0.count", 1300);
	assert_number(run, "kernels.0.energy_uj", 880400);
	assert_number(run, "commands.0.failed", 1);
	assert_number(run, "coverage.events_seen", 1800);
	assert_number(run, "coverage.uncovered.0.processes", 2);
	json_decref(run);
}

/* How many whole lines there are among some bytes. */
static unsigned lines_in(const char *bytes, size_t length)
{
	unsigned n = 0;

	for (size_t i = 0; i < length; i++)
		n += bytes[i] == '\n';
	return n;
}

/* Launches of the first kernel, as far as the whole lines tell. */
static uint64_t counted(unsigned lines, bool journal)
{
	static const uint64_t after[] = {0, 0, 600, 1200, 1200};

	return lines == 4 && journal ? 1300 : after[lines];
}

static void resume_cut(const struct box *box, const char *chain, size_t length, bool journal)
{
	struct ledger_resumed resumed;
	struct ledger *ledger;
	unsigned lines = lines_in(chain, length);
	int error;

	store(box, ".jsonl", chain, length);
	error = resume(box, NULL, &ledger, &resumed);
	if (lines == 0) {
		assert_int_equal(error, -ENODATA);
		return;
	}
	assert_int_equal(error, 0);
	assert_string_equal(resumed.run, "0123456789abcdef");
	assert_int_equal(resumed.state.kernels ? resumed.state.kernel[0].count : 0,
			 counted(lines, journal));
	ledger_resumed_release(&resumed);
	goes_on_to_the_end(box, ledger);
}

/* Every moment near the end of a line, and some of the others: each costs a wait for the disk. */
static bool worth_a_try(const char *bytes, size_t length, size_t cut)
{
	for (size_t near = cut < 3 ? 0 : cut - 3; near < cut + 3 && near < length; near++)
		if (bytes[near] == '\n')
			return true;
	return cut % 23 == 0 || cut == length;
}

static void test_cuts_of_the_chain(void **state)
{
	const struct box *box = *state;
	static char chain[NAME_MAX_BYTES], journal[NAME_MAX_BYTES];

	assert_int_equal(story_write(box->dir, false), 0);
	size_t length = load(box, ".jsonl", chain), journalled = load(box, ".journal", journal);
	assert_int_equal(lines_in(chain, length), 4);
	for (size_t cut = 0; cut <= length; cut++) {
		if (!worth_a_try(chain, length, cut))
			continue;
		store(box, ".journal", journal, journalled);
		resume_cut(box, chain, cut, true);
		unlinkat(box->dir, STORY_FILE ".journal", 0);
		resume_cut(box, chain, cut, false);
	}
}

static void test_cuts_of_the_journal(void **state)
{
	const struct box *box = *state;
	static char chain[NAME_MAX_BYTES], journal[NAME_MAX_BYTES];

	assert_int_equal(story_write(box->dir, false), 0);
	size_t length = load(box, ".jsonl", chain), journalled = load(box, ".journal", journal);
	for (size_t cut = 0; cut <= journalled; cut++) {
		if (!worth_a_try(journal, journalled, cut))
			continue;
		store(box, ".journal", journal, cut);
		resume_cut(box, chain, length, cut == journalled);
	}
}

static void test_tells_what_it_goes_on_from(void **state)
{
	const struct ledger_state last = story_state(2);
	struct ledger_resumed resumed;
	struct ledger *ledger;

	assert_int_equal(story_write(((struct box *)*state)->dir, false), 0);
	assert_int_equal(resume(*state, NULL, &ledger, &resumed), 0);
	assert_int_equal(resumed.start_utc_ns, STORY_START);
	assert_int_equal(resumed.start_monotonic_ns, 5000000000);
	assert_int_equal(resumed.pue_milli, 1200);
	assert_string_equal(resumed.factor.zone, "FR");
	assert_int_equal(resumed.factor.ug_per_kwh, 41800000);
	assert_int_equal(resumed.domains, STORY_DOMAINS);
	assert_string_equal(resumed.domain[1].within, "package-0");
	assert_int_equal(resumed.domain[2].quality, POWER_MODELLED);
	assert_string_equal(resumed.idle_method[0], "lowest");
	assert_memory_equal(resumed.posting, story_posting[2], sizeof(story_posting[2]));
	assert_int_equal(resumed.state.t_ns, last.t_ns);
	assert_int_equal(resumed.state.kernels, last.kernels);
	for (size_t i = 0; i < last.kernels; i++) {
		const struct ledger_kernel *is = &resumed.kernel[i], *was = &last.kernel[i];

		assert_string_equal(is->name, was->name);
		assert_string_equal(is->kind, was->kind);
		assert_string_equal(is->device, was->device);
		assert_int_equal(is->domain == NULL, was->domain == NULL);
		assert_memory_equal(&is->count, &was->count,
				    sizeof(*is) - offsetof(struct ledger_kernel, count));
	}
	assert_int_equal(resumed.state.uncovereds, 1);
	assert_string_equal(resumed.uncovered[0].program, "busybox");
	assert_int_equal(resumed.uncovered[0].cpu_ns, 120000000);
	assert_int_equal(resumed.state.cpu_ns, last.cpu_ns);
	assert_int_equal(resumed.state.own_uj, last.own_uj);
	ledger_resumed_release(&resumed);
	ledger_abandon(ledger);
}

/* A ledger of one interval line, and what a snapshot of a later step keeps of it. */
static json_t *one_line_and_a_snapshot(const struct box *box, int step)
{
	struct ledger *ledger = create(box);
	struct ledger_state state = story_state(0);
	json_t *snapshot = NULL;

	assert_int_equal(ledger_interval(ledger, &state, false), 0);
	state = story_state(step);
	assert_int_equal(ledger_snapshot(ledger, &state, &snapshot), 0);
	/* A clock step comes between the snapshot and the next line. */
	assert_int_equal(ledger_anchor(ledger, state.t_ns + 5, STORY_START, "clock step"), 0);
	ledger_abandon(ledger);
	return snapshot;
}

static void test_a_snapshot_adds_what_the_file_lacks(void **state)
{
	struct ledger_resumed resumed;
	struct ledger *ledger;
	json_t *snapshot = one_line_and_a_snapshot(*state, 1);

	assert_int_equal(resume(*state, snapshot, &ledger, &resumed), 0);
	assert_int_equal(resumed.state.kernels, 4);
	assert_int_equal(resumed.kernel[0].count, 1200);
	assert_string_equal(resumed.kernel[2].name, "gemm<float, \"4\">");
	assert_int_equal(resumed.posting[0].run_uj, 1500000);
	ledger_resumed_release(&resumed);
	ledger_abandon(ledger);
	json_t *run = read_ledger(in_box(*state, STORY_FILE ".jsonl"));
	assert_number(run, "kernels.0.count", 1200);
	assert_number(run, "chain.entries", 4);
	json_decref(run);
	/* Again, by the next one: there is nothing left to add. */
	assert_int_equal(resume(*state, snapshot, &ledger, &resumed), 0);
	assert_int_equal(resumed.kernel[0].count, 1200);
	ledger_resumed_release(&resumed);
	json_decref(snapshot);
	goes_on_to_the_end(*state, ledger);
}

static void assert_left_alone(const struct box *box, json_t *snapshot)
{
	struct ledger_resumed resumed;
	struct ledger *ledger;

	assert_int_equal(resume(box, snapshot, &ledger, &resumed), 0);
	assert_int_equal(resumed.kernel[0].count, 1300);
	ledger_resumed_release(&resumed);
	ledger_abandon(ledger);
	json_t *run = read_ledger(in_box(box, STORY_FILE ".jsonl"));
	assert_number(run, "kernels.0.count", 1300);
	json_decref(run);
}

static void test_a_snapshot_that_is_no_step_onwards_is_left_alone(void **state)
{
	const struct box *box = *state;
	json_t *older = one_line_and_a_snapshot(box, 1);

	assert_int_equal(unlinkat(box->dir, STORY_FILE ".jsonl", 0), 0);
	assert_int_equal(unlinkat(box->dir, STORY_FILE ".private", 0), 0);
	assert_int_equal(story_write(box->dir, false), 0);
	assert_left_alone(box, older);
	json_object_set_new(older, "domains", json_string("nonsense"));
	assert_left_alone(box, older);
	json_decref(older);
}

static void test_a_snapshot_of_other_kernels_is_left_alone(void **state)
{
	struct ledger_resumed resumed;
	struct ledger *ledger;
	json_t *snapshot = one_line_and_a_snapshot(*state, 1);
	json_t *row = json_array_get(json_object_get(snapshot, "kernels"), 0);

	assert_int_equal(json_object_set_new(row, "name", json_string("another")), 0);
	assert_int_equal(resume(*state, snapshot, &ledger, &resumed), 0);
	assert_int_equal(resumed.kernel[0].count, 600);
	assert_string_equal(resumed.kernel[0].name, "vadd");
	assert_true(resumed.misfit);
	ledger_resumed_release(&resumed);
	ledger_abandon(ledger);
	json_decref(snapshot);
}

static void test_a_closed_one_is_left_alone(void **state)
{
	struct ledger_resumed resumed;
	struct ledger *ledger;

	assert_int_equal(story_write(((struct box *)*state)->dir, true), 0);
	assert_int_equal(resume(*state, NULL, &ledger, &resumed), -EALREADY);
}

static void test_a_damaged_one_is_left_alone(void **state)
{
	const struct box *box = *state;
	static char chain[NAME_MAX_BYTES], after[NAME_MAX_BYTES];
	struct ledger_resumed resumed;
	struct ledger *ledger;

	assert_int_equal(story_write(box->dir, false), 0);
	size_t length = load(box, ".jsonl", chain);
	for (size_t at = 3; at < length; at += 97) {
		chain[at] ^= 1;
		store(box, ".jsonl", chain, length);
		assert_true(resume(box, NULL, &ledger, &resumed) < 0);
		assert_int_equal(load(box, ".jsonl", after), length);
		assert_memory_equal(after, chain, length);
		chain[at] ^= 1;
	}
}

static void test_nothing_but_the_owners_plain_file(void **state)
{
	const struct box *box = *state;
	struct ledger_resumed resumed;
	struct ledger *ledger;
	struct ledger_place place;

	assert_int_equal(story_write(box->dir, false), 0);
	place = place_in(box);
	place.name = "../train/" STORY_NAME;
	assert_int_equal(ledger_resume(&place, NULL, &ledger, &resumed), -EINVAL);
	place.name = STORY_NAME;
	if (geteuid() == 0) {
		place.owner = 65534;
		assert_true(ledger_resume(&place, NULL, &ledger, &resumed) < 0);
	}
	close(place.folder);
	assert_int_equal(renameat(box->dir, STORY_FILE ".jsonl", box->dir, "real"), 0);
	assert_int_equal(symlinkat("../../real", box->dir, STORY_FILE ".jsonl"), 0);
	assert_int_equal(resume(box, NULL, &ledger, &resumed), -ELOOP);
	assert_int_equal(unlinkat(box->dir, STORY_FILE ".jsonl", 0), 0);
	assert_int_equal(mkfifoat(box->dir, STORY_FILE ".jsonl", 0600), 0);
	assert_int_equal(resume(box, NULL, &ledger, &resumed), -EPERM);
	assert_int_equal(unlinkat(box->dir, STORY_FILE ".jsonl", 0), 0);
	assert_int_equal(resume(box, NULL, &ledger, &resumed), -ENOENT);
}

/* ---- any order of lines, journals, snapshots and deaths ---- */

struct walk {
	struct account_posting posting[STORY_DOMAINS];
	struct ledger_kernel kernel[STORY_KERNELS];
	struct ledger_state state;
};

static unsigned seed;

static uint64_t chance(uint64_t n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 8) % n;
}

/* Something happens in the program. */
static void live(struct walk *walk)
{
	uint64_t more = chance(1000);

	walk->state.t_ns += chance(1000000);
	walk->posting[0].domain_uj += 2 * more;
	walk->posting[0].run_uj += more;
	walk->posting[0].system_uj += more;
	if (walk->state.kernels < STORY_KERNELS && chance(8) == 0) {
		size_t n = walk->state.kernels++;

		walk->kernel[n] = story_kernel[1][n];
		walk->kernel[n].energy_uj = 0;
	}
	for (size_t i = 0; i < walk->state.kernels; i++)
		walk->kernel[i].count += chance(3);
	walk->state.events_seen += chance(9);
	walk->state.cpu_ns += chance(9);
}

static void die_and_come_back(const struct box *box, struct ledger **ledger, json_t *snapshot,
			      const struct walk *walk)
{
	struct ledger_resumed resumed;

	ledger_abandon(*ledger);
	assert_int_equal(resume(box, snapshot, ledger, &resumed), 0);
	assert_true(resumed.state.kernels <= walk->state.kernels);
	for (size_t i = 0; i < resumed.state.kernels; i++) {
		assert_string_equal(resumed.kernel[i].name, walk->kernel[i].name);
		assert_true(resumed.kernel[i].count <= walk->kernel[i].count);
	}
	assert_true(resumed.posting[0].run_uj <= walk->posting[0].run_uj);
	if (snapshot)
		assert_int_equal(resumed.posting[0].run_uj, walk->posting[0].run_uj);
	ledger_resumed_release(&resumed);
	assert_int_equal(ledger_anchor(*ledger, walk->state.t_ns, STORY_START, "collector lost"),
			 0);
}

static void walk_once(const struct box *box)
{
	struct walk walk = {.state = story_state(0)};
	struct ledger *ledger = create(box);
	json_t *snapshot = NULL;

	walk.state.posting = walk.posting;
	walk.state.kernel = walk.kernel;
	walk.state.kernels = 0;
	walk.state.t_ns = 0;
	for (int step = 0; step < 60; step++) {
		uint64_t what = chance(6);

		if (what == 0) {
			die_and_come_back(box, &ledger, NULL, &walk);
		} else if (what == 1) {
			assert_int_equal(ledger_snapshot(ledger, &walk.state, &snapshot), 0);
			if (chance(2))
				assert_int_equal(ledger_journal(ledger, &walk.state), 0);
			if (chance(2))
				assert_int_equal(ledger_interval(ledger, &walk.state, false), 0);
			die_and_come_back(box, &ledger, snapshot, &walk);
			json_decref(snapshot);
		} else if (what == 2) {
			assert_int_equal(ledger_journal(ledger, &walk.state), 0);
		} else if (what == 3) {
			assert_int_equal(ledger_interval(ledger, &walk.state, false), 0);
		}
		live(&walk);
	}
	assert_int_equal(ledger_close(ledger, &walk.state, 0, true), 0);
	json_t *run = read_ledger(in_box(box, STORY_FILE ".jsonl"));
	assert_number(run, "energy.domains.0.run_uj", walk.posting[0].run_uj);
	assert_number(run, "coverage.events_seen", walk.state.events_seen);
	if (walk.state.kernels)
		assert_number(run, "kernels.0.count", walk.kernel[0].count);
	json_decref(run);
	assert_int_equal(unlinkat(box->dir, STORY_FILE ".jsonl", 0), 0);
	assert_int_equal(unlinkat(box->dir, STORY_FILE ".private", 0), 0);
}

static void test_any_order_of_lines_and_deaths(void **state)
{
	for (seed = 1; seed < 60000; seed += 1000) {
		unsigned began = seed;
		walk_once(*state);
		seed = began;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOXED(test_cuts_of_the_chain),
		BOXED(test_cuts_of_the_journal),
		BOXED(test_tells_what_it_goes_on_from),
		BOXED(test_a_snapshot_adds_what_the_file_lacks),
		BOXED(test_a_snapshot_that_is_no_step_onwards_is_left_alone),
		BOXED(test_a_snapshot_of_other_kernels_is_left_alone),
		BOXED(test_a_closed_one_is_left_alone),
		BOXED(test_a_damaged_one_is_left_alone),
		BOXED(test_nothing_but_the_owners_plain_file),
		BOXED(test_any_order_of_lines_and_deaths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
