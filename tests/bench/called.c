/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one call and return costs under uftrace: called ROUNDS CALLS prints picoseconds a call, a
 * line a round. Built with -pg by tests/bench/event.sh.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void __attribute__((noinline)) called(uint64_t number)
{
	__asm__ volatile("" ::"r"(number) : "memory");
}

static uint64_t __attribute__((no_instrument_function)) now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

int main(int argc, char **argv)
{
	uint64_t rounds = argc == 3 ? strtoull(argv[1], NULL, 10) : 0;
	uint64_t calls = argc == 3 ? strtoull(argv[2], NULL, 10) : 0;

	if (!rounds || !calls) {
		fprintf(stderr, "usage: called ROUNDS CALLS\n");
		return 1;
	}
	while (rounds--) {
		uint64_t start_ns = now_ns();

		for (uint64_t i = 0; i < calls; i++)
			called(i);
		printf("%" PRIu64 "\n", (now_ns() - start_ns) * 1000 / calls);
	}
	return 0;
}
