/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The frame of a program that measures one thing: PROGRAM ROUNDS TIMES does it TIMES times and
 * prints the picoseconds that one took, a line a round.
 */
#ifndef GRAMME_BENCH_ROUNDS_H
#define GRAMME_BENCH_ROUNDS_H

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Under -pg this must not be measured, too. */
#define ROUNDS_OWN static __attribute__((no_instrument_function, unused))

ROUNDS_OWN uint64_t rounds_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* Calls do_times(times) in every round. Returns what main shall. */
ROUNDS_OWN int rounds_run(int argc, char **argv, void (*do_times)(uint64_t times))
{
	uint64_t rounds = argc == 3 ? strtoull(argv[1], NULL, 10) : 0;
	uint64_t times = argc == 3 ? strtoull(argv[2], NULL, 10) : 0;

	if (!rounds || !times) {
		fprintf(stderr, "usage: PROGRAM ROUNDS TIMES\n");
		return 1;
	}
	while (rounds--) {
		uint64_t start_ns = rounds_now_ns();

		do_times(times);
		printf("%" PRIu64 "\n", (rounds_now_ns() - start_ns) * 1000 / times);
	}
	return 0;
}

#endif
