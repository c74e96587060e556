/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The limits of a process. Each controller has a line in its file `cgroup`:
 *   0::/slurm/job_7            version 2: cpu.max, memory.max
 *   4:cpu,cpuacct:/docker/ab   version 1: cpu.cfs_quota_us of cpu.cfs_period_us
 *   9:memory:/docker/ab        version 1: memory.limit_in_bytes
 * Which CPUs a cpuset or an affinity leaves is in its file `status`, whatever the version.
 */
#include "collector/run/limits.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/run/proc.h"
#include "collector/units.h"

#define TEXT_MAX 4096
/* Version 1 says "no limit" by the largest number of pages. */
#define NO_MEMORY_LIMIT (1ULL << 60)

struct search {
	const char *cgroups;
	struct limits *limits;
};

/* Reads a small file whole. */
static bool read_text(const char *folder, const char *name, char text[TEXT_MAX])
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = n > 0 && (size_t)n < sizeof(path) ? fopen(path, "re") : NULL;
	size_t size;

	if (!file)
		return false;
	size = fread(text, 1, TEXT_MAX - 1, file);
	text[size] = '\0';
	fclose(file);
	return size > 0;
}

static bool read_number(const char *folder, const char *name, uint64_t *value)
{
	char text[TEXT_MAX];

	if (!read_text(folder, name, text) || *text < '0' || *text > '9')
		return false;
	*value = strtoull(text, NULL, 10);
	return true;
}

static void limit_cpu(struct limits *limits, uint64_t quota, uint64_t period)
{
	uint64_t milli = period ? units_mul_div(quota, 1000, period) : 0;

	if (milli && milli <= UINT32_MAX && (!limits->cpu_milli || milli < limits->cpu_milli))
		limits->cpu_milli = (uint32_t)milli;
}

static void limit_memory(struct limits *limits, uint64_t bytes)
{
	if (bytes < NO_MEMORY_LIMIT && (!limits->memory_bytes || bytes < limits->memory_bytes))
		limits->memory_bytes = bytes;
}

static void take_group(const char *folder, struct limits *limits)
{
	char text[TEXT_MAX];
	unsigned long long quota, period;
	uint64_t us, of_us, bytes;

	if (read_text(folder, "cpu.max", text) && sscanf(text, "%llu %llu", &quota, &period) == 2)
		limit_cpu(limits, quota, period);
	if (read_number(folder, "cpu.cfs_quota_us", &us) &&
	    read_number(folder, "cpu.cfs_period_us", &of_us))
		limit_cpu(limits, us, of_us);
	if (read_number(folder, "memory.max", &bytes) ||
	    read_number(folder, "memory.limit_in_bytes", &bytes))
		limit_memory(limits, bytes);
}

/* The group and all that it lies within. What is not there is passed over on the way up. */
static void climb(const struct search *search, const char *mount, const char *group)
{
	char folder[PATH_MAX];
	int n = snprintf(folder, sizeof(folder), "%s%s%s", search->cgroups, mount, group);
	size_t top = strlen(search->cgroups) + strlen(mount);

	if (n < 0 || (size_t)n >= sizeof(folder) || strstr(group, "/.."))
		return;
	for (;;) {
		take_group(folder, search->limits);
		if (strlen(folder) <= top)
			return;
		*strrchr(folder, '/') = '\0';
	}
}

/* True if a list as "cpu,cpuacct" has the word. */
static bool lists(const char *list, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = list; at; at = strchr(at, ','), at = at ? at + 1 : NULL)
		if (!strncmp(at, word, length) && (!at[length] || at[length] == ','))
			return true;
	return false;
}

/* A line of `cgroup`: number, controllers, path. */
static void take_line(const struct search *search, char *line)
{
	char *controllers = strchr(line, ':');
	char *group = controllers ? strchr(controllers + 1, ':') : NULL;

	if (!group)
		return;
	*group++ = '\0';
	controllers++;
	if (!strcmp(group, "/"))
		group++;
	if (!*controllers) {
		climb(search, "", group);
		climb(search, "/unified", group);
	}
	if (lists(controllers, "cpu"))
		climb(search, "/cpu", group);
	if (lists(controllers, "memory"))
		climb(search, "/memory", group);
}

/* How many CPUs a list as "0-3,8" has. */
static uint32_t count_cpus(const char *list)
{
	uint32_t cpus = 0;

	while (*list >= '0' && *list <= '9') {
		char *end;
		unsigned long first = strtoul(list, &end, 10), last = first;

		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		if (last < first || last - first > 65536)
			return 0;
		cpus += (uint32_t)(last - first + 1);
		list = *end == ',' ? end + 1 : end;
	}
	return cpus;
}

int limits_read(const char *proc, const char *cgroups, pid_t pid, struct limits *limits)
{
	static const char key[] = "Cpus_allowed_list:\t";
	const struct search search = {cgroups, limits};
	char text[TEXT_MAX], *rest = NULL;
	const char *allowed;
	ssize_t n = proc_read(proc, pid, "status", text, sizeof(text));

	*limits = (struct limits){0};
	if (n < 0)
		return (int)n;
	allowed = strstr(text, key);
	if (allowed)
		limit_cpu(limits, count_cpus(allowed + strlen(key)), 1);
	if (proc_read(proc, pid, "cgroup", text, sizeof(text)) > 0)
		for (char *line = strtok_r(text, "\n", &rest); line;
		     line = strtok_r(NULL, "\n", &rest))
			take_line(&search, line);
	return 0;
}
