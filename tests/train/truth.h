/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a trainer in C or C++ knows about itself (truth.py is the same for Python): kept in memory,
 * and written at the end by bare system calls, which nobody listens to.
 */
#ifndef GRAMME_TRAIN_TRUTH_H
#define GRAMME_TRAIN_TRUTH_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define TRUTH_EPOCHS 256

static struct {
	long long start, end, steps;
	int metrics;
	const char *name[4];
	double value[4];
} truth_epoch[TRUTH_EPOCHS];
static int truth_epochs = -1;

static long long truth_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void truth_begin(void)
{
	truth_epoch[++truth_epochs].start = truth_now();
}

static void truth_step(void)
{
	truth_epoch[truth_epochs].steps++;
}

/* A value of this epoch, as it was printed. */
static inline void truth_metric(const char *name, const char *format, double value)
{
	char text[64];
	int i = truth_epoch[truth_epochs].metrics++;

	snprintf(text, sizeof(text), format, value);
	truth_epoch[truth_epochs].name[i] = name;
	truth_epoch[truth_epochs].value[i] = strtod(text, NULL);
}

static void truth_end(void)
{
	truth_epoch[truth_epochs].end = truth_now();
}

static void truth_write(void)
{
	static char text[TRUTH_EPOCHS * 320];
	const char *path = getenv("TRAIN_TRUTH"), *more = "";
	size_t at = 0;
	long fd;

	if (!path)
		return;
	at += (size_t)sprintf(text + at, "{\"fits\": [[");
	for (int i = 0; i <= truth_epochs; i++) {
		at += (size_t)sprintf(
			text + at,
			"%s{\"start\": %lld, \"end\": %lld, \"steps\": %lld, \"metrics\": {",
			i ? ", " : "", truth_epoch[i].start, truth_epoch[i].end,
			truth_epoch[i].steps);
		more = "";
		for (int k = 0; k < truth_epoch[i].metrics; k++, more = ", ")
			at += (size_t)sprintf(text + at, "%s\"%s\": %.17g", more,
					      truth_epoch[i].name[k], truth_epoch[i].value[k]);
		at += (size_t)sprintf(text + at, "}}");
	}
	at += (size_t)sprintf(text + at, "]]}");
	fd = syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (fd < 0 || syscall(SYS_write, fd, text, at) != (long)at)
		abort();
	syscall(SYS_close, fd);
}

#endif
