/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a process may use: /proc and cgroups made by hand, of both versions.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "collector/run/limits.h"

static char box[64];
static char mounts[2048]; /* as mountinfo tells of them; a box begins with none */

static int make_box(void **state)
{
	(void)state;
	mounts[0] = '\0';
	snprintf(box, sizeof(box), "%s/limits-XXXXXX",
		 getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	return mkdtemp(box) ? 0 : -1;
}

/* Writes a file below the box, with the folders that it needs. */
static void put(const char *name, const char *text)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", box, name);
	for (char *slash = strchr(path + strlen(box) + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
	file = fopen(path, "we");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

/* Where groups are mounted: TYPE, its options, the top of what is mounted, and the folder. */
static void mount_at(const char *type, const char *options, const char *top, const char *folder)
{
	char name[64];
	size_t n = strlen(mounts);

	snprintf(mounts + n, sizeof(mounts) - n, "30 20 0:26 %s %s/%s rw - %s none %s\n", top, box,
		 folder, type, options);
	snprintf(name, sizeof(name), "proc/%d/mountinfo", (int)getpid());
	put(name, mounts);
}

static void assert_limits(uint32_t cpu_milli, uint64_t memory_bytes)
{
	char proc[96];
	struct limits limits;

	snprintf(proc, sizeof(proc), "%s/proc", box);
	assert_int_equal(limits_read(proc, 7, &limits), 0);
	assert_int_equal(limits.cpu_milli, cpu_milli);
	assert_int_equal(limits.memory_bytes, memory_bytes);
}

static void the_least_on_the_way_up_holds(void **state)
{
	(void)state;
	mount_at("cgroup2", "rw", "/", "cgroup");
	put("proc/7/status", "Name:\tx\nCpus_allowed_list:\t0-63,128-191\nMems_allowed_list:\t0\n");
	put("proc/7/cgroup", "0::/slurm/job_7/step_0\n");
	put("cgroup/cpu.stat", "usage_usec 5\n");
	assert_limits(128000, 0);
	put("cgroup/slurm/job_7/cpu.max", "250000 100000\n");
	put("cgroup/slurm/job_7/memory.max", "8589934592\n");
	put("cgroup/slurm/job_7/step_0/cpu.max", "max 100000\n");
	put("cgroup/slurm/job_7/step_0/memory.max", "max\n");
	assert_limits(2500, 8589934592);
	put("cgroup/slurm/memory.max", "1000000\n");
	assert_limits(2500, 1000000);
}

static void version_1_has_a_folder_for_each_controller(void **state)
{
	(void)state;
	mount_at("cgroup", "rw,cpu,cpuacct", "/", "cgroup/cpu");
	mount_at("cgroup", "rw,memory", "/", "cgroup/memory");
	mount_at("cgroup2", "rw", "/", "cgroup/unified");
	put("proc/7/status", "Cpus_allowed_list:\t3\n");
	put("proc/7/cgroup",
	    "9:memory:/docker/ab\n4:cpuacct,cpu:/docker/ab\n1:name=systemd:/\n0::/\n");
	assert_limits(1000, 0);
	put("cgroup/cpu/docker/ab/cpu.cfs_quota_us", "50000\n");
	put("cgroup/cpu/docker/ab/cpu.cfs_period_us", "100000\n");
	put("cgroup/memory/docker/ab/memory.limit_in_bytes", "9223372036854771712\n");
	assert_limits(500, 0);
	put("cgroup/cpu/docker/ab/cpu.cfs_quota_us", "-1\n");
	put("cgroup/memory/memory.limit_in_bytes", "4096\n");
	assert_limits(1000, 4096);
}

/* Its mount begins with the group that its path begins with. */
static void a_container_sees_a_part(void **state)
{
	(void)state;
	mount_at("cgroup", "rw,memory", "/docker/ab", "cgroup/memory");
	put("proc/7/status", "Cpus_allowed_list:\t0-1\n");
	put("proc/7/cgroup", "9:memory:/docker/ab/inner\n");
	put("cgroup/memory/memory.limit_in_bytes", "8192\n");
	put("cgroup/memory/inner/memory.limit_in_bytes", "4096\n");
	assert_limits(2000, 4096);
}

/* On a cluster a user may be of hundreds of groups, which stand before his CPUs. */
static void groups_hide_no_limit(void **state)
{
	char status[16384] = "Name:\tx\nGroups:\t";

	(void)state;
	for (int group = 0; group < 1000; group++)
		sprintf(status + strlen(status), "%d ", 1000000 + group);
	strcat(status, "\nCpus_allowed_list:\t0-1\n");
	put("proc/7/status", status);
	put("proc/7/cgroup", "0::/\n");
	assert_limits(2000, 0);
}

static void what_cannot_be_seen_limits_nothing(void **state)
{
	struct limits limits;
	char proc[96];

	(void)state;
	mount_at("cgroup2", "rw", "/", "cgroup");
	put("proc/7/status", "Cpus_allowed_list:\t5-2\n");
	put("proc/7/cgroup", "0::/../../elsewhere\nnonsense\n:\n::\n");
	put("elsewhere/memory.max", "1\n");
	assert_limits(0, 0);
	snprintf(proc, sizeof(proc), "%s/proc", box);
	assert_true(limits_read(proc, 8, &limits) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_least_on_the_way_up_holds, make_box),
		cmocka_unit_test_setup(version_1_has_a_folder_for_each_controller, make_box),
		cmocka_unit_test_setup(a_container_sees_a_part, make_box),
		cmocka_unit_test_setup(groups_hide_no_limit, make_box),
		cmocka_unit_test_setup(what_cannot_be_seen_limits_nothing, make_box),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
