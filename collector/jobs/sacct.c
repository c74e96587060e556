/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Jobs as Slurm's accounting prints them: fields between bars, named by the first row.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "collector/jobs/jobs.h"
#include "collector/rows.h"

enum column { ID, NAME, STATE, ELAPSED, CPUS, CPUS_OLD, TRES, USED, MEMORY, COLUMNS };

struct table {
	struct jobs *jobs;
	bool headed;
	size_t column[COLUMNS]; /* index + 1; 0: not there */
	char *why;
};

static int take_head(struct table *table, char *const *field, size_t fields)
{
	static const char *const title[COLUMNS] = {"JobID",	"JobName",   "State",
						   "Elapsed",	"AllocCPUS", "NCPUS",
						   "AllocTRES", "TotalCPU",  "ReqMem"};

	for (size_t i = 0; i < fields; i++)
		for (size_t k = 0; k < COLUMNS; k++)
			if (!strcasecmp(field[i], title[k]))
				table->column[k] = i + 1;
	table->headed = true;
	if (!table->column[ID] || !table->column[ELAPSED]) {
		snprintf(table->why, JOBS_WHY,
			 "no columns JobID and Elapsed: it should come of sacct -P -X "
			 "--format=JobID,JobName,State,Elapsed,AllocTRES,TotalCPU,ReqMem");
		return -EINVAL;
	}
	if (!table->column[CPUS] && !table->column[CPUS_OLD] && !table->column[TRES]) {
		snprintf(table->why, JOBS_WHY,
			 "no column AllocCPUS, NCPUS or AllocTRES says how many cores a job had");
		return -EINVAL;
	}
	return 0;
}

static const char *cell(const struct table *table, enum column column, char *const *field,
			size_t fields)
{
	size_t at = table->column[column];

	return at && at <= fields ? field[at - 1] : "";
}

/* "cpu=16,gres/gpu=2,gres/gpu:a100=2,mem=64G,node=1" */
static void take_tres(const char *text, struct job *job)
{
	while (*text) {
		size_t length = strcspn(text, ",");
		char item[96], *equal;

		snprintf(item, sizeof(item), "%.*s", (int)length, text);
		text += length + (text[length] == ',');
		equal = strchr(item, '=');
		if (!equal)
			continue;
		*equal++ = '\0';
		if (!strcmp(item, "cpu"))
			job->cores = (uint32_t)strtoul(equal, NULL, 10);
		else if (!strcmp(item, "mem"))
			jobs_memory(equal, &job->memory_bytes);
		else if (!strcmp(item, "gres/gpu"))
			job->gpus = (uint32_t)strtoul(equal, NULL, 10);
		else if (!strncmp(item, "gres/gpu:", 9))
			snprintf(job->gpu, sizeof(job->gpu), "%.47s", item + 9);
	}
}

/* Older Slurm says what a number is for: "4Gc" for each CPU, "64Gn" for a node. */
static void take_memory(const char *text, struct job *job)
{
	char amount[32];
	size_t length = strlen(text);
	char per = length ? text[length - 1] : '\0';

	if (job->memory_bytes || !length || length >= sizeof(amount))
		return;
	snprintf(amount, sizeof(amount), "%s", text);
	if (per == 'c' || per == 'n')
		amount[length - 1] = '\0';
	if (jobs_memory(amount, &job->memory_bytes))
		job->memory_bytes = 0;
	if (per == 'c')
		job->memory_bytes *= job->cores;
}

static bool is_over(const char *state)
{
	static const char *const going[] = {"PENDING",	   "RUNNING",	 "SUSPENDED", "REQUEUED",
					    "CONFIGURING", "COMPLETING", "RESIZING",  NULL};

	for (size_t i = 0; going[i]; i++)
		if (!strncmp(state, going[i], strlen(going[i])))
			return false;
	return true;
}

static int bad(const struct table *table, unsigned row, const char *what, const char *text)
{
	snprintf(table->why, JOBS_WHY, "row %u: '%.40s' is no %s", row, text, what);
	return -EINVAL;
}

static int take_row(void *data, char *const *field, size_t fields, unsigned row)
{
	struct table *table = data;
	struct job job = {.cpu_ns = UINT64_MAX};
	const char *id, *cores, *elapsed, *used;

	if (!table->headed)
		return take_head(table, field, fields);
	id = cell(table, ID, field, fields);
	elapsed = cell(table, ELAPSED, field, fields);
	used = cell(table, USED, field, fields);
	if (strchr(id, '.'))
		return 0;
	if (jobs_duration(elapsed, &job.time_ns))
		return bad(table, row, "time that a job took", elapsed);
	if (*used && jobs_duration(used, &job.cpu_ns))
		return bad(table, row, "CPU time", used);
	snprintf(job.id, sizeof(job.id), "%.47s", id);
	snprintf(job.name, sizeof(job.name), "%.63s", cell(table, NAME, field, fields));
	cores = cell(table, table->column[CPUS] ? CPUS : CPUS_OLD, field, fields);
	job.cores = (uint32_t)strtoul(cores, NULL, 10);
	take_tres(cell(table, TRES, field, fields), &job);
	take_memory(cell(table, MEMORY, field, fields), &job);
	if (!job.time_ns || !job.cores || !is_over(cell(table, STATE, field, fields))) {
		table->jobs->left_out++;
		return 0;
	}
	return jobs_add(table->jobs, &job);
}

int jobs_sacct(const char *text, size_t size, struct jobs *jobs, char why[JOBS_WHY])
{
	struct table table = {.jobs = jobs, .why = why};
	int error;

	*jobs = (struct jobs){0};
	snprintf(why, JOBS_WHY, "the file is empty");
	error = rows_read(text, size, '|', '\0', take_row, &table);
	return !error && !table.headed ? -EINVAL : error;
}
