/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gramme estimate: what jobs that nobody metered may have drawn, by the formula of Green
 * Algorithms. Of jobs from sacct or oarstat, or of one that is typed in. Every figure is an
 * estimate and says so.
 */
#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/carbon/carbon.h"
#include "collector/carbon/green.h"
#include "collector/carbon/water.h"
#include "collector/cmd/beside.h"
#include "collector/cmd/cmd.h"
#include "collector/human.h"
#include "collector/cmd/options.h"
#include "collector/cmd/show.h"
#include "collector/cmd/whole.h"
#include "collector/jobs/jobs.h"
#include "collector/power/accelerator.h"
#include "collector/power/processor.h"
#include "collector/saturate.h"
#include "collector/units.h"

static const char usage[] = "usage: gramme estimate [OPTIONS]\n";

static const char help[] =
	"  --sacct FILE      jobs as sacct -P prints them (-: standard input)\n"
	"  --oar FILE        jobs as oarstat -J -f prints them\n"
	"  --time T          or one job: how long it took, as [D-]HH:MM:SS\n"
	"  --cores N         cores that it had\n"
	"  --cpu NAME        processor, as /proc/cpuinfo names it; unknown: 12 W a core\n"
	"  --usage X         of its cores, 0 to 1; else by CPU time, or 1 where that is not told\n"
	"  --gpus N          GPUs that it had\n"
	"  --gpu NAME        GPU, as its driver names it; unknown: 200 W each\n"
	"  --gpu-usage X     of its GPUs, 0 to 1; else 1\n"
	"  --memory SIZE     memory that it had, as 64G; of a job that does not tell it\n"
	"  --zone ZONE       the electricity grid, as FR, DE, US-CA\n"
	"  --pue X           power usage effectiveness of the site; 1 if not given\n"
	"  --json            one object, of schema gramme.estimate/1\n";

enum { STATUS_OK, STATUS_FAILED, STATUS_USAGE };
enum option_code {
	OPTION_SACCT = 256,
	OPTION_OAR,
	OPTION_TIME,
	OPTION_CORES,
	OPTION_CPU,
	OPTION_USAGE,
	OPTION_GPUS,
	OPTION_GPU,
	OPTION_GPU_USAGE,
	OPTION_MEMORY,
	OPTION_ZONE,
	OPTION_PUE,
	OPTION_JSON
};

static const struct option options[] = {
	{"sacct", required_argument, NULL, OPTION_SACCT},
	{"oar", required_argument, NULL, OPTION_OAR},
	{"time", required_argument, NULL, OPTION_TIME},
	{"cores", required_argument, NULL, OPTION_CORES},
	{"cpu", required_argument, NULL, OPTION_CPU},
	{"usage", required_argument, NULL, OPTION_USAGE},
	{"gpus", required_argument, NULL, OPTION_GPUS},
	{"gpu", required_argument, NULL, OPTION_GPU},
	{"gpu-usage", required_argument, NULL, OPTION_GPU_USAGE},
	{"memory", required_argument, NULL, OPTION_MEMORY},
	{"zone", required_argument, NULL, OPTION_ZONE},
	{"pue", required_argument, NULL, OPTION_PUE},
	{"json", no_argument, NULL, OPTION_JSON},
	{"help", no_argument, NULL, 'h'},
	{0},
};

#define NOT_SAID UINT32_MAX

struct request {
	const char *sacct, *oar; /* files, or NULL */
	struct job typed;
	const char *cpu, *gpu; /* names, or NULL */
	struct processor_part part;
	uint64_t core_mw;
	uint32_t usage, gpu_usage; /* in thousandths, or NOT_SAID */
	uint64_t memory_bytes;
	const char *zone;
	struct carbon_factor factor;
	uint32_t pue_milli;
	bool json;
	bool help;
};

/* A job, and what the formula takes it for. */
struct line {
	struct green_job green;
	struct green_energy energy;
	struct accelerator gpu;
	bool usage_told;
};

static int say(const char *what, const char *which)
{
	fprintf(stderr, "gramme estimate: %s%s; %s", what, which, usage);
	return STATUS_USAGE;
}

static int set_count(const char *name, const char *text, uint32_t *count)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	*count = (uint32_t)value;
	if (*text >= '0' && *text <= '9' && !*end && value <= 1000000)
		return STATUS_OK;
	return say(name, text);
}

static int set_share(const char *name, const char *text, uint32_t *share)
{
	char *end;
	double value = strtod(text, &end);

	*share = (uint32_t)(value * GREEN_WHOLE + 0.5);
	if (*text >= '0' && *text <= '9' && !*end && value <= 1)
		return STATUS_OK;
	return say(name, text);
}

static int set_job(struct request *request, int option, const char *value)
{
	switch (option) {
	case OPTION_TIME:
		if (jobs_duration(value, &request->typed.time_ns))
			return say("--time is as 1-02:03:04 or 02:03:04, and not ", value);
		return STATUS_OK;
	case OPTION_CORES:
		return set_count("--cores is a number, and not ", value, &request->typed.cores);
	case OPTION_GPUS:
		return set_count("--gpus is a number, and not ", value, &request->typed.gpus);
	case OPTION_USAGE:
		return set_share("--usage is from 0 to 1, and not ", value, &request->usage);
	case OPTION_GPU_USAGE:
		return set_share("--gpu-usage is from 0 to 1, and not ", value,
				 &request->gpu_usage);
	default:
		if (jobs_memory(value, &request->memory_bytes))
			return say("--memory is as 64G or 512M, and not ", value);
		return STATUS_OK;
	}
}

static int set_option(void *to, int option, const char *value)
{
	struct request *request = to;
	switch (option) {
	case OPTION_SACCT:
		request->sacct = value;
		return STATUS_OK;
	case OPTION_OAR:
		request->oar = value;
		return STATUS_OK;
	case OPTION_CPU:
		request->cpu = value;
		return STATUS_OK;
	case OPTION_GPU:
		request->gpu = value;
		return STATUS_OK;
	case OPTION_ZONE:
		request->zone = value;
		return STATUS_OK;
	case OPTION_PUE:
		if (options_pue(value, &request->pue_milli))
			return say("--pue is a number from 1 to 10, such as 1.3, and not ", value);
		return STATUS_OK;
	case OPTION_JSON:
		request->json = true;
		return STATUS_OK;
	case 'h':
		request->help = true;
		return STATUS_OK;
	default:
		return set_job(request, option, value);
	}
}

static int check(const struct request *request)
{
	int sources = (request->sacct != NULL) + (request->oar != NULL) +
		      (request->typed.time_ns || request->typed.cores || request->typed.gpus);

	if (sources > 1)
		return say("either --sacct, --oar or one job that is typed in", "");
	if (sources == 0)
		return say("no job given", "");
	if (request->sacct || request->oar)
		return STATUS_OK;
	if (!request->typed.time_ns)
		return say("--time says how long the job took", "");
	if (!request->typed.cores && !request->typed.gpus)
		return say("--cores or --gpus says what the job had", "");
	return STATUS_OK;
}

/* The power of a core: of the part that is named, or of any. */
static int find_cpu(struct request *request)
{
	request->core_mw = GREEN_CORE_MW;
	if (!request->cpu)
		return STATUS_OK;
	if (processor_find(request->cpu, &request->part) || !request->part.cores) {
		fprintf(stderr,
			"gramme estimate: processor '%s' is not in the table, or not with its "
			"cores; without --cpu a core counts 12 W\n",
			request->cpu);
		return STATUS_USAGE;
	}
	request->core_mw = request->part.tdp_mw / request->part.cores;
	return STATUS_OK;
}

static int parse(int argc, char **argv, struct request *request)
{
	int status;
	char why[256];

	status = options_each(argc, argv, ":h", options, set_option, say, request);
	if (status || request->help)
		return status;
	if (optind < argc)
		return say("it takes options alone, and not ", argv[optind]);
	status = check(request);
	if (status)
		return status;
	if (carbon_factor(request->zone, &request->factor, why)) {
		fprintf(stderr, "gramme estimate: %s\n", why);
		return STATUS_USAGE;
	}
	return find_cpu(request);
}

static int read_jobs(const struct request *request, struct jobs *jobs)
{
	const char *path = request->sacct ? request->sacct : request->oar;
	char why[JOBS_WHY], *text;
	size_t size;
	int error;

	if (!path) {
		struct job typed = request->typed;

		typed.cpu_ns = UINT64_MAX;
		return jobs_add(jobs, &typed) ? STATUS_FAILED : STATUS_OK;
	}
	text = whole_read(path, &size);
	if (!text) {
		fprintf(stderr, "gramme estimate: %s: %s\n", path, strerror(errno));
		return STATUS_FAILED;
	}
	error = request->sacct ? jobs_sacct(text, size, jobs, why)
			       : jobs_oar(text, size, jobs, why);
	free(text);
	if (error)
		fprintf(stderr, "gramme estimate: %s: %s\n", path,
			error == -ENOMEM ? strerror(ENOMEM) : why);
	return error ? STATUS_FAILED : STATUS_OK;
}

/* CPU time over the time of all cores, in thousandths. */
static uint32_t usage_of(const struct request *request, const struct job *job, bool *told)
{
	uint64_t share;

	*told = request->usage != NOT_SAID || job->cpu_ns != UINT64_MAX;
	if (request->usage != NOT_SAID)
		return request->usage;
	if (job->cpu_ns == UINT64_MAX)
		return GREEN_WHOLE;
	share = units_mul_div(job->cpu_ns, GREEN_WHOLE, saturate_mul(job->time_ns, job->cores));
	return share < GREEN_WHOLE ? (uint32_t)share : GREEN_WHOLE;
}

/* Returns 0, or STATUS_USAGE where a GPU is named that is none. */
static int take_gpu(const struct request *request, const struct job *job, struct accelerator *part)
{
	const char *name = request->gpu ? request->gpu : job->gpu;
	char why[ACCELERATOR_WHY];

	*part = (struct accelerator){.tdp_mw = GREEN_GPU_MW};
	if (!job->gpus || !*name)
		return STATUS_OK;
	if (accelerator_find(name, part, why) == 0)
		return STATUS_OK;
	fprintf(stderr, "gramme estimate: %s; --gpu NAME says which\n", why);
	return STATUS_USAGE;
}

static int estimate(const struct request *request, const struct job *job, struct line *line)
{
	int status = take_gpu(request, job, &line->gpu);

	line->green = (struct green_job){
		.time_ns = job->time_ns,
		.cores = job->cores,
		.core_mw = request->core_mw,
		.core_usage = job->cores ? usage_of(request, job, &line->usage_told) : 0,
		.gpus = job->gpus,
		.gpu_mw = line->gpu.tdp_mw,
		.gpu_usage = request->gpu_usage == NOT_SAID ? GREEN_WHOLE : request->gpu_usage,
		.memory_bytes = job->memory_bytes ? job->memory_bytes : request->memory_bytes,
	};
	line->energy = green_energy(&line->green);
	return status;
}

static uint64_t co2e_ug(const struct request *request, uint64_t energy_uj)
{
	return units_co2e_ug(energy_uj, request->factor.ug_per_kwh, request->pue_milli);
}

static json_t *json_line(const struct request *request, const struct job *job,
			 const struct line *line)
{
	return json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:b, s:I, s:I, s:s, s:I, s:I, s:I, s:I, "
			 "s:I, s:I, s:I}",
			 "id", job->id, "name", job->name, "time_ns", (json_int_t)job->time_ns,
			 "cores", (json_int_t)job->cores, "core_mw",
			 (json_int_t)line->green.core_mw, "core_usage_milli",
			 (json_int_t)line->green.core_usage, "usage_told", line->usage_told, "gpus",
			 (json_int_t)job->gpus, "gpu_mw",
			 (json_int_t)(job->gpus ? line->green.gpu_mw : 0), "gpu", line->gpu.model,
			 "gpu_usage_milli", (json_int_t)(job->gpus ? line->green.gpu_usage : 0),
			 "memory_bytes", (json_int_t)line->green.memory_bytes, "cpu_uj",
			 (json_int_t)line->energy.cpu_uj, "gpu_uj", (json_int_t)line->energy.gpu_uj,
			 "memory_uj", (json_int_t)line->energy.memory_uj, "energy_uj",
			 (json_int_t)line->energy.total_uj, "co2e_ug",
			 (json_int_t)co2e_ug(request, line->energy.total_uj));
}

static json_t *json_all(const struct request *request, const struct jobs *jobs, json_t *lines,
			uint64_t total_uj)
{
	const struct carbon_factor *factor = &request->factor;

	return json_pack(
		"{s:s, s:s, s:s, s:o, s:I, s:{s:I, s:I}, s:{s:s, s:b, s:I, s:s, s:s, s:s, s:I}, "
		"s:{s:{s:o}}}",
		"schema", "gramme.estimate/1", "method", "Green Algorithms", "quality", "estimate",
		"jobs", lines, "left_out", (json_int_t)jobs->left_out, "total", "energy_uj",
		(json_int_t)total_uj, "co2e_ug", (json_int_t)co2e_ug(request, total_uj), "factor",
		"zone", factor->zone, "assumed", factor->assumed, "ug_per_kwh",
		(json_int_t)factor->ug_per_kwh, "basis", factor->basis, "vintage", factor->vintage,
		"source", factor->source, "pue_milli", (json_int_t)request->pue_milli, "beside",
		"water", "offsite",
		beside_offsite(total_uj, request->pue_milli, factor->zone, factor->assumed));
}

static void row(const struct page *page, const char *const text[7])
{
	static const int columns[7] = {18, 11, 6, 5, 8, 9, 9};

	for (size_t i = 0; i < 7; i++)
		page_cell(page, text[i], columns[i], i ? PAGE_RIGHT : PAGE_LEFT);
	page_line(page);
}

static void print_job(const struct page *page, const struct request *request, const struct job *job,
		      const struct line *line)
{
	char t[HUMAN_MAX], cores[HUMAN_MAX], gpus[HUMAN_MAX], memory[HUMAN_MAX];
	char energy[HUMAN_MAX], mass[HUMAN_MAX];
	const char *const text[7] = {
		job->id[0] ? job->id : "(typed in)", t, cores, gpus, memory, energy, mass};

	human_time(job->time_ns, page->utf8, t);
	human_count(job->cores, cores);
	human_count(job->gpus, gpus);
	human_bytes(line->green.memory_bytes, memory);
	human_watt_hours(line->energy.total_uj, page->utf8, energy);
	human_mass(co2e_ug(request, line->energy.total_uj), page->utf8, mass);
	row(page, text);
}

/* What stands beside the figures and is in none of them. */
static void print_beside(const struct page *page, const struct request *request, uint64_t total_uj)
{
	struct water_factor factor;
	char volume[HUMAN_MAX];

	water_factor(request->factor.zone, &factor);
	human_volume(water_ul(total_uj, factor.ul_per_kwh, request->pue_milli), page->utf8, volume);
	show_paragraph(page, "beside",
		       "in no figure above: %s of water off site, at %.4g L per kWh (%s%s, %s; %s)",
		       volume, (double)factor.ul_per_kwh / 1e6, factor.zone,
		       factor.assumed || request->factor.assumed ? ", assumed" : "", WATER_VINTAGE,
		       WATER_SOURCE);
	show_paragraph(page, "",
		       "the node's own energy, gated or not, is known of metered runs alone");
}

/* What stands behind the figures. */
static void print_terms(const struct page *page, const struct request *request)
{
	const struct carbon_factor *factor = &request->factor;

	show_paragraph(page, "method",
		       "Green Algorithms: time x (cores x %.4g W%s%s x usage + GPUs x their design "
		       "power x usage + GB x %.4f W). Nothing of it was measured, "
		       "and how far it is off for one job is not known.",
		       (double)request->core_mw / 1000, request->cpu ? " of " : " (any processor)",
		       request->cpu ? request->part.model : "", GREEN_MEMORY_W);
	show_paragraph(page, "zone", "%s, %s%s: %.6g g per kWh, mean of %s, %s; PUE %.4g; %s",
		       factor->zone, factor->name, factor->assumed ? " (assumed)" : "",
		       (double)factor->ug_per_kwh / 1e6, factor->vintage, factor->basis,
		       request->pue_milli / 1000.0, factor->source);
}

static void print_assumed(const struct page *page, size_t jobs, const char *what)
{
	if (jobs)
		show_paragraph(page, "", "%zu %s %s", jobs, jobs == 1 ? "job" : "jobs", what);
}

/* The jobs of one request, and what they add up to. */
struct estimates {
	const struct jobs *jobs;
	struct line *line; /* one per job */
	uint64_t total_uj;
	size_t untold, without_memory;
};

static int take_jobs(const struct request *request, struct estimates *all)
{
	all->line = calloc(all->jobs->count + 1, sizeof(*all->line));
	if (!all->line)
		return STATUS_FAILED;
	for (size_t i = 0; i < all->jobs->count; i++) {
		struct line *line = &all->line[i];
		int status = estimate(request, &all->jobs->job[i], line);

		if (status)
			return status;
		all->total_uj = saturate_add(all->total_uj, line->energy.total_uj);
		all->untold += all->jobs->job[i].cores && !line->usage_told;
		all->without_memory += !line->green.memory_bytes;
	}
	return STATUS_OK;
}

static int print_page(const struct request *request, const struct estimates *all)
{
	static const char *const titles[7] = {"job",	"time",	  "cores", "GPUs",
					      "memory", "energy", "CO2e"};
	char energy[HUMAN_MAX], mass[HUMAN_MAX];
	const char *const total[7] = {"total", "", "", "", "", energy, mass};
	struct page page;

	setlocale(LC_CTYPE, "");
	page_open(&page, stdout);
	show_paragraph(&page, "ESTIMATE", "of jobs that were not metered");
	row(&page, titles);
	for (size_t i = 0; i < all->jobs->count; i++)
		print_job(&page, request, &all->jobs->job[i], &all->line[i]);
	human_watt_hours(all->total_uj, page.utf8, energy);
	human_mass(co2e_ug(request, all->total_uj), page.utf8, mass);
	row(&page, total);
	print_terms(&page, request);
	print_beside(&page, request, all->total_uj);
	print_assumed(&page, all->untold,
		      "with full use of their cores: their CPU time is not told");
	print_assumed(&page, all->without_memory,
		      "without their memory: --memory says how much each had");
	print_assumed(&page, all->jobs->left_out, "left out: they never ran, or run still");
	return STATUS_OK;
}

static int print_json(const struct request *request, const struct estimates *all)
{
	json_t *lines = json_array(), *object;

	for (size_t i = 0; lines && i < all->jobs->count; i++)
		json_array_append_new(lines, json_line(request, &all->jobs->job[i], &all->line[i]));
	if (json_array_size(lines) != all->jobs->count)
		return STATUS_FAILED;
	object = json_all(request, all->jobs, lines, all->total_uj);
	if (!object)
		return STATUS_FAILED;
	json_dumpf(object, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	putchar('\n');
	json_decref(object);
	return STATUS_OK;
}

int estimate_main(int argc, char **argv)
{
	struct request request = {.usage = NOT_SAID, .gpu_usage = NOT_SAID, .pue_milli = 1000};
	struct jobs jobs = {0};
	struct estimates all = {.jobs = &jobs};
	int status = parse(argc, argv, &request);

	if (!status && request.help) {
		fputs(usage, stdout);
		fputs(help, stdout);
		return STATUS_OK;
	}
	if (!status)
		status = read_jobs(&request, &jobs);
	if (!status)
		status = take_jobs(&request, &all);
	if (!status)
		status = request.json ? print_json(&request, &all) : print_page(&request, &all);
	free(all.line);
	jobs_free(&jobs);
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "gramme estimate: cannot write: %s\n", strerror(errno));
		return STATUS_FAILED;
	}
	return status;
}
