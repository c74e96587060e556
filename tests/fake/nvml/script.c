/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The simulated GPUs over time.
 */
#include "tests/fake/nvml/script.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "collector/power/nvml_abi.h"

#define NS_PER_MS    1000000ULL
#define NS_PER_S     1000000000ULL
#define PJ_PER_MJ    1000000000ULL
#define FIRST_MJ     123456789ULL /* since the driver was loaded, long ago */
#define FIRST_MW     100000ULL
#define EVENTS_MAX   4096
#define EVENT_NUMBER 4

struct event {
	uint64_t t_ns;
	bool waits; /* for the file SIMNVML_GO */
	int gpu;    /* or -1 for all */
	char word[16];
	char call[16];
	unsigned long long number[EVENT_NUMBER];
	int numbers;
};

static struct event events[EVENTS_MAX];
static size_t n_events;
static unsigned gpus;
static uint64_t epoch_ns;
static uint64_t set_ns; /* by simnvml_clock */
static bool is_set;

static const char *const call_names[SCRIPT_CALLS] = {
	[SCRIPT_ENERGY] = "energy",
	[SCRIPT_POWER] = "power",
	[SCRIPT_FIELD] = "field",
	[SCRIPT_LIMIT] = "limit",
	[SCRIPT_PROCESS_LIST] = "processes",
	[SCRIPT_UTILIZATION] = "utilization",
	[SCRIPT_HANDLE] = "handle",
};

/* For tests that turn the clock by hand: the simulation is `ns` old from now on. */
__attribute__((visibility("default"))) void simnvml_clock(uint64_t ns);
void simnvml_clock(uint64_t ns)
{
	set_ns = ns;
	is_set = true;
}

static uint64_t monotonic_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

static uint64_t now_ns(void)
{
	return is_set ? set_ns : monotonic_ns() - epoch_ns;
}

static void wrong(const char *what, const char *line)
{
	fprintf(stderr, "simulated NVML: %s: %s\n", what, line);
	exit(3);
}

static void parse(char *line)
{
	struct event *e = &events[n_events];
	char *rest = line, *word, *end;

	word = strsep(&rest, " \t\n");
	if (!word || !*word || *word == '#')
		return;
	if (n_events == EVENTS_MAX)
		wrong("too many events", word);
	*e = (struct event){.t_ns = strtoull(word, NULL, 10) * NS_PER_MS, .gpu = -1};
	e->waits = !strcmp(word, "go");
	word = strsep(&rest, " \t\n");
	if (word && *word != '*')
		e->gpu = atoi(word);
	word = strsep(&rest, " \t\n");
	if (!word || !*word)
		wrong("no word in a line", line);
	snprintf(e->word, sizeof(e->word), "%s", word);
	while ((word = strsep(&rest, " \t\n"))) {
		unsigned long long number = strtoull(word, &end, 0);

		if (!*word)
			continue;
		if (*end)
			snprintf(e->call, sizeof(e->call), "%s", word);
		else if (e->numbers < EVENT_NUMBER)
			e->number[e->numbers++] = number;
	}
	n_events++;
}

void script_load(void)
{
	const char *path = getenv("SIMNVML_SCRIPT");
	const char *count = getenv("SIMGPU_COUNT");
	const char *epoch = getenv("SIMGPU_EPOCH_NS");
	FILE *file = path ? fopen(path, "r") : NULL;
	char line[256];

	gpus = count ? (unsigned)atoi(count) : 1;
	if (gpus > SCRIPT_GPUS)
		gpus = SCRIPT_GPUS;
	epoch_ns = epoch ? strtoull(epoch, NULL, 10) : monotonic_ns();
	n_events = 0;
	if (path && !file)
		wrong("cannot be read", path);
	while (file && fgets(line, sizeof(line), file))
		parse(line);
	if (file)
		fclose(file);
}

unsigned script_gpus(void)
{
	return gpus;
}

static void advance(struct script_gpu *gpu, uint64_t t_ns)
{
	if (!gpu->still)
		gpu->energy_pj += gpu->power_mw * (t_ns - gpu->t_ns);
	gpu->t_ns = t_ns;
}

/* Sets something of one call, or of all. */
static void set_call(unsigned of[SCRIPT_CALLS], const struct event *e)
{
	for (int i = 0; i < SCRIPT_CALLS; i++)
		if (!strcmp(e->call, call_names[i]) || !strcmp(e->call, "all"))
			of[i] = (unsigned)e->number[0];
}

static void drop_process(struct script_gpu *gpu, unsigned pid)
{
	size_t kept = 0;

	for (size_t i = 0; i < gpu->processes; i++)
		if (gpu->process[i].pid != pid)
			gpu->process[kept++] = gpu->process[i];
	gpu->processes = kept;
}

static void add_process(struct script_gpu *gpu, const unsigned long long *number, int numbers)
{
	drop_process(gpu, (unsigned)number[0]);
	if (gpu->processes == SCRIPT_PROCESSES)
		return;
	gpu->process[gpu->processes++] = (struct script_process){
		.pid = (unsigned)number[0],
		.sm_pct = (unsigned)number[1],
		.gpu_instance = numbers > 2 ? (unsigned)number[2] : NVML_NO_INSTANCE,
		.compute_instance = numbers > 3 ? (unsigned)number[3] : NVML_NO_INSTANCE,
	};
}

static void apply(struct script_gpu *gpu, const struct event *e)
{
	if (!strcmp(e->word, "power"))
		gpu->power_mw = e->number[0];
	else if (!strcmp(e->word, "energy"))
		gpu->energy_pj = e->number[0] * PJ_PER_MJ;
	else if (!strcmp(e->word, "still") || !strcmp(e->word, "moves"))
		gpu->still = e->word[0] == 's';
	else if (!strcmp(e->word, "fail"))
		set_call(gpu->fail, e);
	else if (!strcmp(e->word, "hang"))
		set_call(gpu->hang_ms, e);
	else if (!strcmp(e->word, "process"))
		add_process(gpu, e->number, e->numbers);
	else if (!strcmp(e->word, "end"))
		drop_process(gpu, (unsigned)e->number[0]);
	else if (!strcmp(e->word, "mig"))
		gpu->mig = e->number[0] != 0;
	else if (!strcmp(e->word, "slice") && gpu->slices < SCRIPT_SLICES)
		gpu->slice[gpu->slices++] = (struct script_slice){
			(unsigned)e->number[0], (unsigned)e->number[1], (unsigned)e->number[2]};
	else
		wrong("unknown word", e->word);
}

/*
 * Programs that take part say so themselves: a file of the name of their PID in the folder
 * SIMNVML_HOLDERS, which holds "GPU SM [GI CI]". It counts for as long as they live.
 */
static void add_holders(unsigned index, struct script_gpu *gpu)
{
	const char *path = getenv("SIMNVML_HOLDERS");
	DIR *folder = path ? opendir(path) : NULL;
	const struct dirent *entry;

	while (folder && (entry = readdir(folder))) {
		unsigned long long number[4] = {strtoull(entry->d_name, NULL, 10)};
		unsigned on = 0;
		char file[512];
		FILE *open;
		int n;

		snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);
		open = number[0] && !kill((pid_t)number[0], 0) ? fopen(file, "r") : NULL;
		if (!open)
			continue;
		n = fscanf(open, "%u %llu %llu %llu", &on, &number[1], &number[2], &number[3]);
		fclose(open);
		if (n >= 2 && on == index)
			add_process(gpu, number, n);
	}
	if (folder)
		closedir(folder);
}

/* When an event comes: of those that wait, the moment at which the file was first seen, or never.
 */
static uint64_t comes_ns(const struct event *e, uint64_t now_ns)
{
	static uint64_t seen_ns;
	const char *go = getenv("SIMNVML_GO");

	if (!e->waits)
		return e->t_ns;
	if (!seen_ns && go && !access(go, F_OK))
		seen_ns = now_ns;
	return seen_ns ? seen_ns : UINT64_MAX;
}

void script_now(unsigned index, struct script_gpu *gpu)
{
	uint64_t t_ns = now_ns(), at_ns;

	*gpu = (struct script_gpu){.power_mw = FIRST_MW, .energy_pj = FIRST_MJ * PJ_PER_MJ};
	for (size_t i = 0; i < n_events && (at_ns = comes_ns(&events[i], t_ns)) <= t_ns; i++) {
		if (events[i].gpu >= 0 && (unsigned)events[i].gpu != index)
			continue;
		advance(gpu, at_ns);
		apply(gpu, &events[i]);
	}
	advance(gpu, t_ns);
	add_holders(index, gpu);
}
