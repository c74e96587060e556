/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing ledgers and reading them again: the figures, the refusals, and the golden ledgers of
 * every version. With GRAMME_GOLDEN=DIR it writes the story's ledgers below DIR instead,
 * which is how tests/data/ledgers/v1 was made.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>

#include "collector/units.h"
#include "tests/unit/ledger_box.h"

static void test_figures(void **state)
{
	json_t *run;

	assert_int_equal(story_write(((struct box *)*state)->dir, true), 0);
	run = read_ledger(in_box(*state, STORY_FILE ".jsonl"));
	assert_number(run, "energy.total_uj", 1600000 + 147000);
	assert_number(run, "energy.measured_uj", 1600000);
	assert_number(run, "energy.derived_uj", 0);
	assert_number(run, "energy.modelled_uj", 147000);
	/* 1747000 uJ at 41.8 g per kWh and a PUE of 1.2: 24.34 ug. */
	assert_number(run, "carbon.total_ug", 24);
	assert_number(run, "energy.domains.0.domain_uj", 2700000);
	assert_number(run, "energy.domains.2.idle_uj", 83000);
	assert_text(run, "energy.domains.0.idle_method", "lowest");
	assert_number(run, "kernels.0.count", 1300);
	assert_number(run, "kernels.0.energy_uj", 880400);
	assert_text(run, "kernels.0.timed", "part");
	assert_text(run, "kernels.1.name", "gemm<float, \"4\">");
	assert_text(run, "kernels.1.timed", "device");
	assert_number(run, "kernels.1.flop", 14000000);
	assert_number(run, "arithmetic.flop", 14000000);
	assert_number(run, "arithmetic.counted_busy_ns", 7000);
	assert_number(run, "arithmetic.busy_ns", 26000);
	assert_number(run, "commands.0.bytes", 8192);
	assert_number(run, "coverage.events_lost", 7);
	assert_number(run, "coverage.sensor_gap_ns", 2000000000);
	assert_number(run, "coverage.unobserved_cpu_ns", 800);
	assert_text(run, "coverage.uncovered.0.why", "static binary");
	assert_number(run, "own_cost.energy_uj", 33);
	assert_number(run, "run.duration_ns", 125500000000);
	assert_number(run, "run.exit_status", 0);
	assert_number(run, "chain.entries", 6);
	assert_true(json_is_true(member(run, "run.complete")));
	assert_false(exists(in_box(*state, STORY_FILE ".journal")));
	json_decref(run);
}

/* What is not known is null, never 0. */
static void test_unknown(void **state)
{
	struct ledger_state begun = story_state(0);
	struct ledger *ledger = create(*state);
	struct account_posting none[STORY_DOMAINS] = {0};
	json_t *run;

	begun.posting = none;
	begun.kernels = 0;
	assert_int_equal(ledger_close(ledger, &begun, -1, false), 0);
	run = read_ledger(in_box(*state, STORY_FILE ".jsonl"));
	assert_null_member(run, "run.exit_status");
	assert_null_member(run, "energy.error_pct");
	assert_number(run, "energy.total_uj", 0);
	assert_true(json_is_false(member(run, "run.complete")));
	json_decref(run);

	assert_int_equal(unlink(in_box(*state, STORY_FILE ".jsonl")), 0);
	assert_int_equal(unlink(in_box(*state, STORY_FILE ".private")), 0);
	assert_int_equal(story_write(((struct box *)*state)->dir, true), 0);
	run = read_ledger(in_box(*state, STORY_FILE ".jsonl"));
	assert_null_member(run, "kernels.2.domain");
	assert_null_member(run, "kernels.2.energy_uj");
	assert_null_member(run, "kernels.2.device_ns");
	assert_text(run, "kernels.2.timed", "none");
	assert_null_member(run, "energy.domains.0.within");
	assert_null_member(run, "run.replayed");
	json_decref(run);
}

/* Every member that design section 8 promises, and of the promised type where it is known. */
static void test_promised_members(void **state)
{
	static const char *const promised[] = {"schema",
					       "run.id",
					       "run.node",
					       "run.project",
					       "run.experiment",
					       "run.user",
					       "run.program.0",
					       "run.start_utc",
					       "run.start_unix_ns",
					       "run.duration_ns",
					       "run.exit_status",
					       "run.complete",
					       "energy.total_uj",
					       "energy.measured_uj",
					       "energy.derived_uj",
					       "energy.modelled_uj",
					       "energy.domains.0.name",
					       "energy.domains.0.within",
					       "energy.domains.0.source",
					       "energy.domains.0.quality",
					       "energy.domains.0.error_pct",
					       "energy.domains.0.idle_method",
					       "energy.domains.0.domain_uj",
					       "energy.domains.0.run_uj",
					       "energy.domains.0.run_idle_uj",
					       "energy.domains.0.others_uj",
					       "energy.domains.0.system_uj",
					       "energy.domains.0.idle_uj",
					       "energy.domains.0.unattributed_uj",
					       "carbon.total_ug",
					       "carbon.zone",
					       "carbon.zone_assumed",
					       "carbon.ug_per_kwh",
					       "carbon.basis",
					       "carbon.vintage",
					       "carbon.factor_source",
					       "carbon.pue",
					       "phases",
					       "kernels.0.api",
					       "kernels.0.name",
					       "kernels.0.device",
					       "kernels.0.domain",
					       "kernels.0.count",
					       "kernels.0.device_ns",
					       "kernels.0.host_ns",
					       "kernels.0.timed",
					       "kernels.0.energy_uj",
					       "kernels.0.flop",
					       "coverage.events_seen",
					       "coverage.events_lost",
					       "coverage.uncovered",
					       "coverage.uncovered_cpu_ns",
					       "coverage.sensor_gap_ns",
					       "own_cost.cpu_ns",
					       "own_cost.energy_uj",
					       "own_cost.quality",
					       "chain.entries",
					       "chain.head"};
	json_t *run;

	assert_int_equal(story_write(((struct box *)*state)->dir, true), 0);
	run = read_ledger(in_box(*state, STORY_FILE ".jsonl"));
	for (size_t i = 0; i < sizeof(promised) / sizeof(promised[0]); i++)
		if (!member(run, promised[i]))
			fail_msg("%s is missing", promised[i]);
	assert_text(run, "schema", "gramme.run/1");
	assert_text(run, "run.start_utc", "2026-11-21T09:00:00.123456789Z");
	assert_text(run, "run.start_unix_ns", "1795251600123456789");
	json_decref(run);
}

/* Refused with -EBADMSG, nothing written, and the next good state is taken. */
static void assert_refused(const struct box *box, struct ledger *ledger,
			   const struct ledger_state *bad)
{
	off_t before = size_of(in_box(box, STORY_FILE ".jsonl"));

	assert_int_equal(ledger_interval(ledger, bad, false), -EBADMSG);
	assert_int_equal(ledger_journal(ledger, bad), -EBADMSG);
	assert_int_equal(size_of(in_box(box, STORY_FILE ".jsonl")), before);
	assert_false(exists(in_box(box, STORY_FILE ".journal")));
}

static void test_refuses_postings(void **state)
{
	struct ledger *ledger = create(*state);
	struct ledger_state good = story_state(1), bad = story_state(2), last = story_state(2);
	struct account_posting posting[STORY_DOMAINS];

	assert_int_equal(ledger_interval(ledger, &good, false), 0);
	bad.posting = posting;
	/* Off by a microjoule. */
	memcpy(posting, story_posting[2], sizeof(posting));
	posting[1].system_uj++;
	assert_refused(*state, ledger, &bad);
	/* In balance, but lower than it was. */
	memcpy(posting, story_posting[2], sizeof(posting));
	posting[2].idle_uj -= 3001;
	posting[2].domain_uj -= 3001;
	assert_refused(*state, ledger, &bad);
	/* More idle than there is energy. */
	memcpy(posting, story_posting[2], sizeof(posting));
	posting[0].run_idle_uj = posting[0].run_uj + 1;
	assert_refused(*state, ledger, &bad);
	/* A gap that shrinks. */
	memcpy(posting, story_posting[2], sizeof(posting));
	posting[0].gap_ns--;
	assert_refused(*state, ledger, &bad);
	/* Beyond what JSON's integers hold. */
	memcpy(posting, story_posting[2], sizeof(posting));
	posting[0].run_uj += 1ULL << 63;
	posting[0].domain_uj += 1ULL << 63;
	assert_refused(*state, ledger, &bad);
	assert_int_equal(ledger_close(ledger, &last, 0, true), 0);
	json_decref(read_ledger(in_box(*state, STORY_FILE ".jsonl")));
}

static void test_refuses_kernels(void **state)
{
	struct ledger *ledger = create(*state);
	struct ledger_state good = story_state(1), bad = story_state(2), last = story_state(2);
	struct ledger_kernel kernel[STORY_KERNELS];

	assert_int_equal(ledger_interval(ledger, &good, false), 0);
	bad.kernel = kernel;
	memcpy(kernel, story_kernel[2], sizeof(kernel));
	kernel[0].timed = kernel[0].count + 1;
	assert_refused(*state, ledger, &bad);
	memcpy(kernel, story_kernel[2], sizeof(kernel));
	kernel[2].count--;
	kernel[2].timed--;
	assert_refused(*state, ledger, &bad);
	/* One more than the run has on package-0, the transfer on package-* counted too. */
	memcpy(kernel, story_kernel[2], sizeof(kernel));
	kernel[0].energy_uj = 1600000 - 300000 - 10 + 1;
	assert_refused(*state, ledger, &bad);
	memcpy(kernel, story_kernel[2], sizeof(kernel));
	kernel[3].domain = "gpu-7";
	assert_refused(*state, ledger, &bad);
	memcpy(kernel, story_kernel[2], sizeof(kernel));
	bad.kernels = STORY_KERNELS - 1;
	assert_refused(*state, ledger, &bad);
	/* All that the run has is not too much. */
	kernel[0].energy_uj = 1600000 - 300000 - 10;
	last.kernel = kernel;
	assert_int_equal(ledger_close(ledger, &last, 0, true), 0);
	json_decref(read_ledger(in_box(*state, STORY_FILE ".jsonl")));
}

static void test_refuses_time_and_counters(void **state)
{
	struct ledger *ledger = create(*state);
	struct ledger_state good = story_state(1), bad = story_state(2), last = story_state(2);

	assert_int_equal(ledger_interval(ledger, &good, false), 0);
	bad.t_ns = good.t_ns - 1;
	assert_refused(*state, ledger, &bad);
	assert_int_equal(ledger_anchor(ledger, good.t_ns - 1, STORY_START, "late"), -EBADMSG);
	bad = story_state(2);
	bad.events_seen = good.events_seen - 1;
	assert_refused(*state, ledger, &bad);
	bad = story_state(2);
	bad.own_uj = good.own_uj - 1;
	assert_refused(*state, ledger, &bad);
	assert_int_equal(ledger_close(ledger, &last, 0, true), 0);
	json_decref(read_ledger(in_box(*state, STORY_FILE ".jsonl")));
}

static void test_refuses_openings(void **state)
{
	struct ledger_options options = story_options(((struct box *)*state)->dir);
	struct power_domain twins[2] = {story_domain[0], story_domain[0]};
	struct ledger_open open = story_open;
	struct ledger *ledger = NULL;

	open.domain = twins;
	open.domains = 2;
	assert_int_equal(ledger_create(&options, &open, &ledger), -EBADMSG);
	strcpy(twins[1].name, "core-0");
	strcpy(twins[1].within, "core-0");
	assert_int_equal(ledger_create(&options, &open, &ledger), -EBADMSG);
	/* A container that is not metered is no fault: psys is within a node that has no meter. */
	strcpy(twins[1].within, "node");
	assert_int_equal(ledger_create(&options, &open, &ledger), 0);
	ledger_abandon(ledger);
	assert_int_equal(ledger_create(&options, &story_open, &ledger), -EEXIST);
	json_decref(read_ledger(in_box(*state, STORY_FILE ".jsonl")));
}

/* Constant power for a time at an intensity gives exactly their product, through the file. */
static void test_closed_form(void **state)
{
	const uint64_t watts = 120, seconds = 3600, ug_per_kwh = 500000000;
	const uint64_t uj = watts * seconds * UNITS_UJ_PER_J;
	struct ledger_open open = story_open;
	struct carbon_factor factor = story_factor;
	struct ledger *ledger;
	json_t *run;

	factor.ug_per_kwh = ug_per_kwh;
	open.factor = &factor;
	open.domains = 1;
	open.pue_milli = 1000;
	ledger = create_with(*state, &open);
	for (uint64_t s = 60; s <= seconds; s += 60) {
		struct account_posting posting = {.domain_uj = uj * s / seconds,
						  .run_uj = uj * s / seconds};
		const char *idle = "none";
		struct ledger_state now = {
			.t_ns = s * UNITS_NS_PER_S, .posting = &posting, .idle_method = &idle};

		if (s < seconds)
			assert_int_equal(ledger_interval(ledger, &now, false), 0);
		else
			assert_int_equal(ledger_close(ledger, &now, 0, true), 0);
	}
	run = read_ledger(in_box(*state, STORY_FILE ".jsonl"));
	assert_number(run, "energy.total_uj", uj);
	/* 0.12 kWh at 500 g */
	assert_number(run, "carbon.total_ug", 60000000);
	json_decref(run);
}

static int golden_only(const struct dirent *entry)
{
	const char *ending = strrchr(entry->d_name, '.');

	return ending && strcmp(ending, ".jsonl") == 0;
}

/* All that is expected is there and the same; members that came later may stand beside it. */
static bool has_all(json_t *found, json_t *expected)
{
	const char *key;
	json_t *value;
	size_t i;

	if (json_is_object(expected)) {
		json_object_foreach(expected, key, value)
		{
			if (!has_all(json_object_get(found, key), value))
				return false;
		}
		return json_is_object(found);
	}
	if (!json_is_array(expected))
		return json_equal(found, expected);
	json_array_foreach(expected, i, value)
	{
		if (!has_all(json_array_get(found, i), value))
			return false;
	}
	return json_array_size(found) == json_array_size(expected);
}

static void assert_golden(const char *folder, int least)
{
	struct dirent **entry;
	int n = scandir(folder, &entry, golden_only, alphasort);

	assert_true(n >= least);
	for (int i = 0; i < n; i++) {
		char path[512], shown[512];
		json_t *run, *expected;

		snprintf(path, sizeof(path), "%s/%s", folder, entry[i]->d_name);
		snprintf(shown, sizeof(shown), "%.*s.json", (int)(strlen(path) - 6), path);
		run = read_ledger(path);
		expected = json_load_file(shown, 0, NULL);
		if (!expected)
			fail_msg("%s is missing", shown);
		if (!has_all(run, expected))
			fail_msg("%s is not shown as in %s", path, shown);
		json_decref(run);
		json_decref(expected);
		free(entry[i]);
	}
	free(entry);
}

/* A ledger of any version is read, verified and shown as on the day it was written, for ever. */
static void test_golden(void **state)
{
	(void)state;
	assert_golden("tests/data/ledgers/v1", 5);
	assert_golden("tests/data/ledgers/v2", 1);
}

static void test_other_files(void **state)
{
	struct ledger_problem problem;
	json_t *run;

	assert_int_equal(ledger_read(in_box(*state, "none.jsonl"), &run, &problem), -ENOENT);
	assert_null(run);
	assert_int_equal(ledger_read(in_box(*state, ""), &run, &problem), -EISDIR);
	assert_int_equal(ledger_read("/dev/null", &run, &problem), -ENODATA);
	assert_int_equal(ledger_read("/dev/zero", &run, &problem), -EBADMSG);
	assert_int_equal(problem.line, 1);
}

static int write_golden(const char *folder)
{
	int dir = open(folder, O_RDONLY | O_DIRECTORY);
	int error = dir < 0 ? -errno
			    : story_write_as(dir, !getenv("GRAMME_GOLDEN_OPEN"),
					     getenv("GRAMME_GOLDEN_PHASES") ? story_training
									    : story_state);

	if (error)
		fprintf(stderr, "%s: %s\n", folder, strerror(-error));
	return error != 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOXED(test_figures),	      BOXED(test_unknown),
		BOXED(test_promised_members), BOXED(test_refuses_postings),
		BOXED(test_refuses_kernels),  BOXED(test_refuses_time_and_counters),
		BOXED(test_refuses_openings), BOXED(test_closed_form),
		BOXED(test_other_files),      cmocka_unit_test(test_golden),
	};
	const char *golden = getenv("GRAMME_GOLDEN");

	if (golden)
		return write_golden(golden);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
