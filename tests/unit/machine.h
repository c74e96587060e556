/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For unit tests of what reads hardware: a clock that stands until it is told to go on, recorded
 * machines that run on it, and recordings that a test writes itself.
 */
#ifndef GRAMME_TEST_MACHINE_H
#define GRAMME_TEST_MACHINE_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "collector/world.h"

#define MACHINES "tests/data/machines/"
#define SECOND	 1000000000ULL
#define JOULE	 1000000ULL

struct machine_clock {
	struct world world;
	uint64_t monotonic_ns;
	uint64_t suspended_ns;
};

static uint64_t machine_monotonic_ns(struct world *w)
{
	return ((struct machine_clock *)w)->monotonic_ns;
}

static uint64_t machine_boottime_ns(struct world *w)
{
	const struct machine_clock *clock = (struct machine_clock *)w;

	return clock->monotonic_ns + clock->suspended_ns;
}

/* A clock at an odd time, so that a test cannot pass by taking it for 0. */
static inline struct machine_clock machine_clock(void)
{
	static const struct world_ops ops = {
		.monotonic_ns = machine_monotonic_ns,
		.realtime_ns = machine_boottime_ns,
		.boottime_ns = machine_boottime_ns,
	};

	return (struct machine_clock){.world = {.ops = &ops}, .monotonic_ns = 123456789012345};
}

static inline struct world *machine_open(const char *dir, struct machine_clock *clock)
{
	char why[256] = "";
	struct world *w = NULL;

	if (world_replay(dir, &clock->world, &w, why))
		fail_msg("%s", why);
	return w;
}

/* A new folder that the test fills; `dir` of at least 64 bytes. */
static inline void machine_make(char *dir)
{
	const char *parent = getenv("TMPDIR");

	snprintf(dir, 64, "%.40s/gramme-unit.XXXXXX", parent ? parent : "/tmp");
	assert_non_null(mkdtemp(dir));
}

static inline void machine_put(const char *dir, const char *path, const char *text)
{
	char whole[512];
	FILE *file;

	snprintf(whole, sizeof(whole), "%s/%s", dir, path);
	for (char *slash = whole + strlen(dir) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		if (mkdir(whole, 0755))
			assert_int_equal(errno, EEXIST);
		*slash = '/';
	}
	file = fopen(whole, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static inline void machine_remove(const char *dir)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	assert_int_equal(system(command), 0);
}

#endif
