/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A short run for the ledger's tests, always the same: a package that is metered, the cores
 * within it, memory that is modelled, three kernels and a transfer, in three steps.
 */
#ifndef GRAMME_TESTS_LEDGER_STORY_H
#define GRAMME_TESTS_LEDGER_STORY_H

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "collector/ledger/ledger.h"

#define STORY_STEPS   3
#define STORY_DOMAINS 3
#define STORY_KERNELS 4
#define STORY_START   1795251600123456789ULL /* 2026-11-21T09:00:00.123456789Z */
#define STORY_NAME    "20261121T090000Z-0123456789abcdef-node1"
#define STORY_FOLDER  "lab/train"
#define STORY_FILE    STORY_FOLDER "/" STORY_NAME

static const struct power_domain story_domain[STORY_DOMAINS] = {
	{.name = "package-0",
	 .source = "powercap",
	 .kind = POWER_CPU,
	 .quality = POWER_MEASURED,
	 .error_pct = 5,
	 .idle_method = "none"},
	{.name = "core-0",
	 .within = "package-0",
	 .source = "powercap",
	 .kind = POWER_CPU,
	 .quality = POWER_MEASURED,
	 .error_pct = 5,
	 .idle_method = "none"},
	{.name = "dram-0",
	 .source = "model",
	 .kind = POWER_MEMORY,
	 .quality = POWER_MODELLED,
	 .error_pct = 50,
	 .idle_method = "bytes",
	 .idle_uw = 0,
	 .note = "0.3725 W/GB of 16 GB"},
};

static const struct power_finding story_finding = {
	.source = "nvml", .text = "nvml: no NVIDIA driver here; nothing to do"};

static const struct carbon_factor story_factor = {.zone = "FR",
						  .name = "France",
						  .ug_per_kwh = 41800000,
						  .basis = "lifecycle",
						  .vintage = "2025",
						  .source = "a test's own figure"};

static char *const story_argv[] = {(char *)"/usr/bin/python3", (char *)"train.py",
				   (char *)"--token",	       (char *)"s3cr3t-value",
				   (char *)"--epochs=3",       NULL};

static const struct ledger_open story_open = {
	.run = "0123456789abcdef",
	.node = "node1",
	.project = "lab",
	.experiment = "train",
	.user = "jan",
	.cwd = "/home/jan/caf\xc3\xa9",
	.argv = story_argv,
	.start_utc_ns = STORY_START,
	.start_monotonic_ns = 5000000000ULL,
	.boot_id = "00000000-1111-2222-3333-444444444444",
	.kernel = "6.1.0-test",
	.cpu_model = "Test CPU 9000",
	.cpus = 2,
	.memory_bytes = 16000000000ULL,
	.domain = story_domain,
	.domains = STORY_DOMAINS,
	.finding = &story_finding,
	.findings = 1,
	.factor = &story_factor,
	.pue_milli = 1200,
};

/* By domain: domain, run, run_idle, others, system, idle, unattributed, gap, run_derived, gated. */
static const struct account_posting story_posting[STORY_STEPS][STORY_DOMAINS] = {
	{{1000, 600, 100, 50, 150, 200, 0, 0, 0, 0},
	 {700, 500, 0, 50, 150, 0, 0, 0, 0, 0},
	 {100, 40, 0, 10, 30, 20, 0, 0, 0, 0}},
	{{2500000, 1500000, 100000, 50000, 450000, 400000, 100000, 2000000000, 0, 2000000},
	 {1700000, 1200000, 0, 50000, 450000, 0, 0, 2000000000, 0, 0},
	 {360000, 140000, 0, 10000, 130000, 80000, 0, 0, 0, 0}},
	{{2700000, 1600000, 100000, 60000, 490000, 450000, 100000, 2000000000, 0, 2100000},
	 {1800000, 1250000, 0, 60000, 490000, 0, 0, 2000000000, 0, 0},
	 {375000, 147000, 0, 11000, 134000, 83000, 0, 0, 0, 0}},
};

static const char *const story_idle[STORY_STEPS][STORY_DOMAINS] = {
	{"none", "none", "bytes"}, {"lowest", "none", "bytes"}, {"lowest", "none", "bytes"}};

static const struct ledger_kernel story_kernel[STORY_STEPS][STORY_KERNELS] = {
	{{"opencl", "kernel", "vadd", "pthread", "package-0", 600, 0, 600, 9000, 8000, 700, 0, 0,
	  400},
	 {"opencl", "write", "clEnqueueWriteBuffer", "pthread", "package-*", 3, 1, 3, 100, 90, 20,
	  4096, 0, 5}},
	{{"opencl", "kernel", "vadd", "pthread", "package-0", 1200, 0, 1190, 19000, 18000, 1500, 0,
	  0, 800400},
	 {"opencl", "write", "clEnqueueWriteBuffer", "pthread", "package-*", 6, 1, 6, 200, 190, 40,
	  8192, 0, 10},
	 {"opencl", "kernel", "gemm<float, \"4\">", "pthread", "package-0", 7, 0, 7, 7000, 7000, 70,
	  0, 14000000, 300000},
	 {"opencl", "kernel", "elsewhere", "other", NULL, 1, 0, 0, 0, 0, 5, 0, 0, 0}},
	{{"opencl", "kernel", "vadd", "pthread", "package-0", 1300, 0, 1290, 20000, 19000, 1600, 0,
	  0, 880400},
	 {"opencl", "write", "clEnqueueWriteBuffer", "pthread", "package-*", 6, 1, 6, 200, 190, 40,
	  8192, 0, 10},
	 {"opencl", "kernel", "gemm<float, \"4\">", "pthread", "package-0", 7, 0, 7, 7000, 7000, 70,
	  0, 14000000, 300000},
	 {"opencl", "kernel", "elsewhere", "other", NULL, 1, 0, 0, 0, 0, 5, 0, 0, 0}},
};

static const struct ledger_uncovered story_uncovered = {"busybox", "static binary", 2, 120000000};

/* The run's state at a step, for the caller to change. */
static inline struct ledger_state story_state(int step)
{
	static const size_t kernels[STORY_STEPS] = {2, 4, 4};
	static const uint64_t t_ns[STORY_STEPS] = {60000000000, 120000000000, 125500000000};
	uint64_t n = (uint64_t)step + 1;

	return (struct ledger_state){.t_ns = t_ns[step],
				     .posting = story_posting[step],
				     .idle_method = story_idle[step],
				     .kernel = story_kernel[step],
				     .kernels = kernels[step],
				     .events_seen = 600 * n,
				     .events_lost = step ? 7 : 0,
				     .cpu_ns = 50000000000 * n,
				     .processes = 3,
				     .uncovered = &story_uncovered,
				     .uncovereds = step ? 1 : 0,
				     .uncovered_cpu_ns = step ? 120000000 : 0,
				     .unobserved_cpu_ns = step == 1 ? 900 : 800,
				     .own_cpu_ns = 1000000 * n,
				     .own_uj = 11 * n};
}

static inline struct ledger_options story_options(int dir)
{
	return (struct ledger_options){
		.dir = dir, .owner = geteuid(), .group = getegid(), .keep_private = true};
}

/*
 * The same run, recognised as a training of two epochs, the second with an evaluation, in the order
 * in which its phases end. Up to the first step two are final, up to the second one more.
 */
#define STORY_PHASES 6

static const struct phase_metric story_metric[2][3] = {
	{{"loss", 0.6931471805599453, LINE_PART_TRAIN},
	 {"accuracy", 0.5, LINE_PART_VALIDATION},
	 {"loss", 0.7, LINE_PART_VALIDATION}},
	{{"loss", 0.3127, LINE_PART_TRAIN},
	 {"accuracy", 0.8125, LINE_PART_VALIDATION},
	 {"loss", 0.41, LINE_PART_VALIDATION}},
};

static const struct ledger_phase_kernel story_phased[3][2] = {
	{{0, 600, 9000}}, {{0, 590, 9000}, {2, 7, 7000}}, {{0, 100, 1000}}};

#define STORY_S 1000000000ULL

static const struct ledger_phase story_phase[STORY_PHASES] = {
	{.phase = {.id = 1,
		   .kind = PHASE_STARTUP,
		   .index = 1,
		   .end_ns = STORY_S,
		   .evidence = PHASE_BY_KERNELS,
		   .confidence = 0.5},
	 .energy_uj = {10, 0, 1}},
	{.phase = {.id = 3,
		   .parent = 2,
		   .kind = PHASE_EPOCH,
		   .index = 1,
		   .of = 2,
		   .start_ns = STORY_S,
		   .end_ns = 50 * STORY_S,
		   .steps = 48,
		   .evidence = PHASE_BY_TEXT | PHASE_BY_KERNELS,
		   .confidence = 0.95,
		   .metric = story_metric[0],
		   .metrics = 3},
	 .energy_uj = {400, 0, 30},
	 .kernel = story_phased[0],
	 .kernels = 1},
	{.phase = {.id = 5,
		   .parent = 4,
		   .kind = PHASE_TRAIN,
		   .index = 1,
		   .start_ns = 50 * STORY_S,
		   .end_ns = 110 * STORY_S,
		   .steps = 48,
		   .evidence = PHASE_BY_KERNELS,
		   .confidence = 0.8},
	 .energy_uj = {900000, 0, 90000},
	 .kernel = story_phased[1],
	 .kernels = 2},
	{.phase = {.id = 6,
		   .parent = 4,
		   .kind = PHASE_EVALUATE,
		   .index = 1,
		   .start_ns = 110 * STORY_S,
		   .end_ns = 124 * STORY_S,
		   .evidence = PHASE_BY_KERNELS | PHASE_BY_FILES,
		   .confidence = 0.8},
	 .energy_uj = {180000, 0, 15000},
	 .kernel = story_phased[2],
	 .kernels = 1,
	 .rough = true},
	{.phase = {.id = 4,
		   .parent = 2,
		   .kind = PHASE_EPOCH,
		   .index = 2,
		   .of = 2,
		   .start_ns = 50 * STORY_S,
		   .end_ns = 124 * STORY_S,
		   .steps = 48,
		   .evidence = PHASE_BY_TEXT | PHASE_BY_CHECKPOINTS,
		   .confidence = 0.95,
		   .metric = story_metric[1],
		   .metrics = 3},
	 .energy_uj = {1080000, 0, 105000}},
	{.phase = {.id = 2,
		   .kind = PHASE_FIT,
		   .index = 1,
		   .start_ns = STORY_S,
		   .end_ns = 125 * STORY_S,
		   .evidence = PHASE_BY_TEXT,
		   .confidence = 0.95},
	 .energy_uj = {1080400, 0, 105030}},
};

/* What is under way at the first two steps: the last two as well, with less. */
static const struct ledger_phase story_under_way[2][3] = {
	{{.phase = {.id = 5,
		    .parent = 4,
		    .kind = PHASE_TRAIN,
		    .index = 1,
		    .start_ns = 50 * STORY_S,
		    .end_ns = 60 * STORY_S,
		    .open = true},
	  .energy_uj = {100, 0, 5}},
	 {.phase = {.id = 4,
		    .parent = 2,
		    .kind = PHASE_EPOCH,
		    .index = 2,
		    .of = 2,
		    .start_ns = 50 * STORY_S,
		    .end_ns = 60 * STORY_S,
		    .open = true},
	  .energy_uj = {100, 0, 5}},
	 {.phase = {.id = 2,
		    .kind = PHASE_FIT,
		    .index = 1,
		    .start_ns = STORY_S,
		    .end_ns = 60 * STORY_S,
		    .open = true},
	  .energy_uj = {500, 0, 35}}},
	{{.phase = {.id = 6,
		    .parent = 4,
		    .kind = PHASE_EVALUATE,
		    .index = 1,
		    .start_ns = 110 * STORY_S,
		    .end_ns = 120 * STORY_S,
		    .open = true},
	  .energy_uj = {100000, 0, 10000}},
	 {.phase = {.id = 4,
		    .parent = 2,
		    .kind = PHASE_EPOCH,
		    .index = 2,
		    .of = 2,
		    .start_ns = 50 * STORY_S,
		    .end_ns = 120 * STORY_S,
		    .steps = 47,
		    .open = true},
	  .energy_uj = {1000000, 0, 100000}},
	 {.phase = {.id = 2,
		    .kind = PHASE_FIT,
		    .index = 1,
		    .start_ns = STORY_S,
		    .end_ns = 120 * STORY_S,
		    .open = true},
	  .energy_uj = {1000400, 0, 100030}}},
};

static inline struct ledger_state story_training(int step)
{
	static const size_t final[STORY_STEPS] = {2, 3, STORY_PHASES};
	struct ledger_state state = story_state(step);

	state.phase = story_phase;
	state.phases = final[step];
	state.open = step < 2 ? story_under_way[step] : NULL;
	state.opens = step < 2 ? 3 : 0;
	return state;
}

/*
 * Writes the story: opening, two intervals, an anchor, the journal of the last step, and the
 * closing if `closed`. Returns 0 or -errno.
 */
static inline int story_write_as(int dir, bool closed, struct ledger_state (*state_at)(int step))
{
	struct ledger_options options = story_options(dir);
	struct ledger_state state = state_at(0);
	struct ledger *ledger;
	int error = ledger_create(&options, &story_open, &ledger);

	if (error)
		return error;
	error = ledger_interval(ledger, &state, false);
	state = state_at(1);
	if (!error)
		error = ledger_interval(ledger, &state, true);
	if (!error)
		error = ledger_anchor(ledger, 121000000000, STORY_START + 124000000000,
				      "clock set by 3.000 s");
	state = state_at(2);
	if (!error)
		error = ledger_journal(ledger, &state);
	if (error || !closed) {
		ledger_abandon(ledger);
		return error;
	}
	return ledger_close(ledger, &state, 0, true);
}

static inline int story_write(int dir, bool closed)
{
	return story_write_as(dir, closed, story_state);
}

#endif
