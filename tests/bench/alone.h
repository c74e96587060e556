/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether the core was ours alone. On a shared host another guest may compute on the other thread
 * of our core: then a loop that keeps all adders of the core busy takes half as long again, and one
 * that waits for one multiplication after the other takes no longer; a changed frequency changes
 * both. What is measured meanwhile is the neighbour, and much of it: a metered CUDA launch took
 * 18.3 ns (18.2 .. 19.4) where the loops before and after said that the core was ours, 32.7 ns
 * (32.5 .. 34.5) where both said that it was not, in the same processes (AMD EPYC VM, 2026-11-22,
 * 1,500 rounds), with the collector stopped as well. The guest's own two CPUs are not threads of
 * one core there: a loop on one does not show on the other.
 *
 * So a round is looked at from both sides, and taken again where the core was shared. That is so
 * for whatever is compared, bare or not, gramme's or others', and the page says how often it was
 * done.
 */
#ifndef GRAMME_BENCH_ALONE_H
#define GRAMME_BENCH_ALONE_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ALONE_STEPS	10000u
#define ALONE_TRIES	4u    /* times as many rounds as asked for; then they count all the same */
#define ALONE_TOLERATED 110   /* percent of the best that the machine showed */
#define ALONE_WAITS	1500u /* of 2 ms, in all, for a neighbour to be done */

/* Under -pg this must not be measured, too. */
#define ALONE_OWN static __attribute__((no_instrument_function, unused))

struct alone {
	uint64_t limit; /* of alone_permille; 0: not to be judged by */
	uint64_t before;
	uint64_t spare, waits, rounds;
	uint64_t again;	 /* rounds that were taken again */
	uint64_t shared; /* rounds that count although the core was shared */
};

ALONE_OWN uint64_t alone_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* Additions that do not wait for each other, against multiplications that do; in thousandths. */
ALONE_OWN uint64_t alone_permille(void)
{
	uint64_t a = 1, b = 2, c = 3, d = 4, e = 5, f = 6;
	const uint64_t start_ns = alone_now_ns();
	uint64_t added_ns;

	for (unsigned i = 0; i < 2 * ALONE_STEPS; i++) {
		a += 1;
		b += 3;
		c += 5;
		d += 7;
		e += 9;
		f += 11;
		__asm__ volatile("" : "+r"(a), "+r"(b), "+r"(c), "+r"(d), "+r"(e), "+r"(f));
	}
	added_ns = alone_now_ns();
	for (unsigned i = 0; i < ALONE_STEPS; i++) {
		a *= b;
		__asm__ volatile("" : "+r"(a));
	}
	return (added_ns - start_ns) * 1000 / (alone_now_ns() - added_ns);
}

/* BENCH_ALONE: the most that alone_permille may say; tests/bench/run asks `alone` for it. */
ALONE_OWN void alone_begin(struct alone *alone, uint64_t rounds)
{
	const char *limit = getenv("BENCH_ALONE");

	*alone = (struct alone){.limit = limit ? strtoull(limit, NULL, 10) : 0,
				.spare = (ALONE_TRIES - 1) * rounds,
				.waits = ALONE_WAITS};
	if (alone->limit)
		alone->before = alone_permille();
}

/* What computes beside us does so for seconds at times: rounds without end would find no gap. */
ALONE_OWN void alone_wait(struct alone *alone)
{
	for (; alone->waits && alone->before > alone->limit; alone->waits--) {
		nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
		alone->before = alone_permille();
	}
}

/* After a round: whether it counts. */
ALONE_OWN bool alone_counts(struct alone *alone)
{
	const uint64_t before = alone->before;

	if (!alone->limit)
		return true;
	alone->before = alone_permille();
	if (before > alone->limit || alone->before > alone->limit) {
		if (alone->spare) {
			alone->spare--;
			alone->again++;
			alone_wait(alone);
			return false;
		}
		alone->shared++;
	}
	alone->rounds++;
	return true;
}

/* BENCH_SHARED: a file, to which a line is added: rounds that count, shared ones, those again. */
ALONE_OWN void alone_tell(const struct alone *alone)
{
	const char *path = getenv("BENCH_SHARED");
	FILE *file = path && alone->limit ? fopen(path, "a") : NULL;

	if (!file)
		return;
	fprintf(file, "%" PRIu64 " %" PRIu64 " %" PRIu64 "\n", alone->rounds, alone->shared,
		alone->again);
	fclose(file);
}

#endif
