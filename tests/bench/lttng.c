/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one LTTng-UST event costs: lttng ROUNDS EVENTS prints picoseconds an event, a line a round.
 * The event carries one integer, less than ours does. A session must be there, or the tracepoint
 * costs nothing. Built by tests/bench/event.sh.
 */
#define TRACEPOINT_CREATE_PROBES
#define TRACEPOINT_DEFINE
#include "tests/bench/lttng.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

int main(int argc, char **argv)
{
	uint64_t rounds = argc == 3 ? strtoull(argv[1], NULL, 10) : 0;
	uint64_t events = argc == 3 ? strtoull(argv[2], NULL, 10) : 0;

	if (!rounds || !events) {
		fprintf(stderr, "usage: lttng ROUNDS EVENTS\n");
		return 1;
	}
	while (rounds--) {
		uint64_t start_ns = now_ns();

		for (uint64_t i = 0; i < events; i++)
			tracepoint(gramme_bench, event, i);
		printf("%" PRIu64 "\n", (now_ns() - start_ns) * 1000 / events);
	}
	return 0;
}
