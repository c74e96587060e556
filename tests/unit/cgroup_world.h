/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Control groups that tests make by hand: a /proc with process 42 at $box/proc, and the two
 * versions mounted at $box/v2 and $box/v1/CONTROLLER.
 */
#ifndef GRAMME_TESTS_CGROUP_WORLD_H
#define GRAMME_TESTS_CGROUP_WORLD_H

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

#define PID 42

static char box[64], proc_root[96];

/* Writes a file below the box, and makes the folders on its way. */
__attribute__((format(printf, 2, 3))) static void put_file(const char *name, const char *format,
							   ...)
{
	char path[512];
	va_list args;

	assert_true(snprintf(path, sizeof(path), "%s/%s", box, name) < (int)sizeof(path));
	for (char *at = strchr(path + strlen(box) + 1, '/'); at; at = strchr(at + 1, '/')) {
		*at = '\0';
		mkdir(path, 0700);
		*at = '/';
	}
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	va_start(args, format);
	assert_true(vfprintf(file, format, args) >= 0);
	va_end(args);
	assert_int_equal(fclose(file), 0);
}

/* All that is mounted; `root` is the part of the hierarchies that is. */
static void mount_all(const char *root)
{
	char name[64];

	snprintf(name, sizeof(name), "proc/%d/mountinfo", (int)getpid());
	put_file(name,
		 "22 1 0:20 / /sys rw,nosuid shared:7 - sysfs sysfs rw\n"
		 "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755\n"
		 "32 31 0:29 %s %s/v1/cpu,cpuacct rw shared:9 master:2 - cgroup cgroup "
		 "rw,cpu,cpuacct\n"
		 "33 31 0:31 %s %s/v1/cpuset rw - cgroup cgroup rw,cpuset\n"
		 "34 31 0:32 %s %s/v1/memory rw - cgroup cgroup rw,memory\n"
		 "41 31 0:38 %s %s/v2 rw - cgroup2 cgroup2 rw,nsdelegate\n",
		 root, box, root, box, root, box, root, box);
}

static int make_box(void **state)
{
	(void)state;
	strcpy(box, "/tmp/gramme-cgroup-XXXXXX");
	assert_non_null(mkdtemp(box));
	snprintf(proc_root, sizeof(proc_root), "%s/proc", box);
	mount_all("/");
	return 0;
}

static int remove_box(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", box);
	return system(command); /* NOLINT(cert-env33-c): of a name that was made here */
}

#endif
