/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The frame of a program that measures one thing: PROGRAM ROUNDS TIMES does it TIMES times and
 * prints the picoseconds that one took, a line a round.
 */
#ifndef GRAMME_BENCH_ROUNDS_H
#define GRAMME_BENCH_ROUNDS_H

#include "tests/bench/alone.h"

/* Calls do_times(times) in every round. Returns what main shall. */
ALONE_OWN int rounds_run(int argc, char **argv, void (*do_times)(uint64_t times))
{
	uint64_t rounds = argc == 3 ? strtoull(argv[1], NULL, 10) : 0;
	uint64_t times = argc == 3 ? strtoull(argv[2], NULL, 10) : 0;
	struct alone alone;

	if (!rounds || !times) {
		fprintf(stderr, "usage: PROGRAM ROUNDS TIMES\n");
		return 1;
	}
	alone_begin(&alone, rounds);
	while (rounds) {
		uint64_t start_ns = alone_now_ns();
		uint64_t took_ns;

		do_times(times);
		took_ns = alone_now_ns() - start_ns;
		if (!alone_counts(&alone))
			continue;
		printf("%" PRIu64 "\n", took_ns * 1000 / times);
		rounds--;
	}
	alone_tell(&alone);
	return 0;
}

#endif
