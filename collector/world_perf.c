/* SPDX-License-Identifier: Apache-2.0 */
/*
 * perf events, counted for whole CPUs. An event counts from when it is opened, so it stays open
 * until the process ends; the few that power sources ask for are kept in a table.
 */
#include "collector/world.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "collector/rights.h"

#define EVENTS_MAX 256

struct event {
	unsigned type;
	unsigned long long config;
	int cpu;
	int fd;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct event events[EVENTS_MAX];
static size_t opened;

static bool same(const struct event *a, const struct event *b)
{
	return a->type == b->type && a->config == b->config && a->cpu == b->cpu;
}

/* Returns the descriptor, or -errno. */
static int open_event(struct event *event)
{
	struct perf_event_attr attr = {
		.type = event->type, .size = sizeof(attr), .config = event->config};

	int raised = rights_raise(CAP_PERFMON);

	event->fd =
		(int)syscall(SYS_perf_event_open, &attr, -1, event->cpu, -1, PERF_FLAG_FD_CLOEXEC);
	rights_lower(raised);
	return event->fd < 0 ? -errno : event->fd;
}

static int find_event(const struct event *wanted)
{
	int fd;

	for (size_t i = 0; i < opened; i++)
		if (same(&events[i], wanted))
			return events[i].fd;
	if (opened == EVENTS_MAX)
		return -ENOSPC;
	events[opened] = *wanted;
	fd = open_event(&events[opened]);
	opened += fd >= 0;
	return fd;
}

ssize_t world_ask_perf(const char *rest, char *answer, size_t size)
{
	struct event wanted = {0};
	uint64_t count;
	ssize_t got;
	char end;
	int fd;

	if (sscanf(rest, "%u/%llu/%d%c", &wanted.type, &wanted.config, &wanted.cpu, &end) != 3)
		return -EINVAL;
	pthread_mutex_lock(&lock);
	fd = find_event(&wanted);
	pthread_mutex_unlock(&lock);
	if (fd < 0)
		return fd;
	got = read(fd, &count, sizeof(count));
	if (got != (ssize_t)sizeof(count))
		return got < 0 ? -errno : -ENODATA;
	return snprintf(answer, size, "%llu\n", (unsigned long long)count);
}
