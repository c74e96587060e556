/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The limits of a process: version 2 of its groups has cpu.max and memory.max, version 1
 * cpu.cfs_quota_us of cpu.cfs_period_us, and memory.limit_in_bytes. Which CPUs a cpuset or an
 * affinity leaves is in its file `status`, whatever the version.
 */
#include "collector/run/limits.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/run/cgroup.h"
#include "collector/run/proc.h"
#include "collector/units.h"

#define STATUS_MAX (1u << 20) /* a user may be of 65536 groups, which stand before his CPUs */
#define NUMBER_MAX 64
/* Version 1 says "no limit" by the largest number of pages. */
#define NO_MEMORY_LIMIT (1ULL << 60)

static bool read_number(const struct cgroup *group, const char *name, uint64_t *value)
{
	char text[NUMBER_MAX];

	if (cgroup_read(group, name, text, sizeof(text)) <= 0 || *text < '0' || *text > '9')
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

static void take_group(const struct cgroup *group, struct limits *limits)
{
	char text[NUMBER_MAX];
	unsigned long long quota, period;
	uint64_t us, of_us, bytes;

	if (cgroup_read(group, "cpu.max", text, sizeof(text)) > 0 &&
	    sscanf(text, "%llu %llu", &quota, &period) == 2)
		limit_cpu(limits, quota, period);
	if (read_number(group, "cpu.cfs_quota_us", &us) &&
	    read_number(group, "cpu.cfs_period_us", &of_us))
		limit_cpu(limits, us, of_us);
	if (read_number(group, "memory.max", &bytes) ||
	    read_number(group, "memory.limit_in_bytes", &bytes))
		limit_memory(limits, bytes);
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

int limits_read(const char *proc, pid_t pid, struct limits *limits)
{
	static const char key[] = "Cpus_allowed_list:\t";
	static const char *const controllers[] = {"", "cpu", "memory"};
	const char *allowed;
	char *text;
	struct cgroups groups;
	struct cgroup group;
	ssize_t n = proc_load(proc, pid, "status", STATUS_MAX, &text);

	*limits = (struct limits){0};
	if (n < 0)
		return (int)n;
	allowed = strstr(text, key);
	if (allowed)
		limit_cpu(limits, count_cpus(allowed + strlen(key)), 1);
	free(text);
	if (cgroups_open(&groups, proc, pid))
		return 0;
	for (size_t i = 0; i < sizeof(controllers) / sizeof(*controllers); i++) {
		int error = cgroup_find(&groups, controllers[i], &group);
		for (; !error; error = cgroup_up(&group))
			take_group(&group, limits);
	}
	cgroups_release(&groups);
	return 0;
}
