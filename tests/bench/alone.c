/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What alone_permille() may say at most where the core is ours alone, for BENCH_ALONE: a little
 * more than the least that this machine shows within a second. Not the very least: an interruption
 * in the second loop makes for a small figure, too.
 */
#include "tests/bench/alone.h"

#define LOOKS 1000

static int by_size(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

int main(void)
{
	static uint64_t seen[LOOKS];

	for (unsigned i = 0; i < LOOKS; i++) {
		seen[i] = alone_permille();
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	}
	qsort(seen, LOOKS, sizeof(*seen), by_size);
	printf("%" PRIu64 "\n", seen[LOOKS / 20] * ALONE_TOLERATED / 100);
	return 0;
}
