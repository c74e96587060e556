/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a preloaded library costs each program image: exec ROUNDS LIBRARY... Each round starts
 * /bin/true once under every library, another first each time, and prints the times in nanoseconds,
 * one column a library. All on one CPU: where a child wakes up is no property of a library. With
 * GRAMME_SOCKET set, each child gets it too, as in a lab: without it the shim does not even look.
 */
#include <inttypes.h>
#include <sched.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LIBRARIES_MAX 8

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* The time from spawn to the end, or 0 where it failed. */
static uint64_t once(const char *library)
{
	char *argv[] = {(char *)"true", NULL};
	char preload[4096], at[4096];
	const char *socket = getenv("GRAMME_SOCKET");
	char *envp[] = {preload, socket ? at : NULL, NULL};
	uint64_t start;
	int status;
	pid_t pid;

	snprintf(preload, sizeof(preload), "LD_PRELOAD=%s", library);
	snprintf(at, sizeof(at), "GRAMME_SOCKET=%s", socket ? socket : "");
	start = now_ns();
	if (posix_spawn(&pid, "/bin/true", NULL, NULL, argv, envp) ||
	    waitpid(pid, &status, 0) != pid || status)
		return 0;
	return now_ns() - start;
}

int main(int argc, char **argv)
{
	unsigned long rounds = argc > 2 ? strtoul(argv[1], NULL, 10) : 0;
	unsigned long libraries = argc > 2 ? (unsigned long)argc - 2 : 0;
	uint64_t took[LIBRARIES_MAX];
	cpu_set_t one;

	if (!rounds || libraries > LIBRARIES_MAX) {
		fprintf(stderr, "usage: exec ROUNDS LIBRARY...\n");
		return 1;
	}
	for (unsigned long i = 0; i < libraries; i++) {
		if (access(argv[2 + i], R_OK) < 0) {
			perror(argv[2 + i]);
			return 1;
		}
	}
	CPU_ZERO(&one);
	CPU_SET((size_t)sched_getcpu(), &one);
	sched_setaffinity(0, sizeof(one), &one);
	while (rounds--) {
		for (unsigned long i = 0; i < libraries; i++) {
			unsigned long which = (i + rounds) % libraries;

			took[which] = once(argv[2 + which]);
			if (!took[which])
				return 1;
		}
		for (unsigned long i = 0; i < libraries; i++)
			printf("%" PRIu64 "%c", took[i], i + 1 < libraries ? ' ' : '\n');
	}
	return 0;
}
