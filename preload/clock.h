/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CLOCK_MONOTONIC for the call path. The vDSO's clock_gettime takes 22 ns on the machine that this
 * was tried on, a read of the processor's counter 10 (AMD EPYC VM, 2026-11-21), and one call is
 * timed by two. So each thread keeps an anchor, a counter value and the time that belongs to it,
 * and goes on from there for at most a millisecond; then it asks the vDSO again, and learns from
 * the difference how fast the counter runs. Where the two disagree the counter is left alone.
 */
#ifndef GRAMME_CLOCK_H
#define GRAMME_CLOCK_H

#include <stdint.h>

struct clock_anchor {
	uint64_t ticks;
	uint64_t ns;
	uint64_t rate;	/* ns per tick, times 2^32 */
	uint64_t limit; /* how many ticks it holds; 0: never */
	/* Since when the rate is observed. */
	uint64_t origin_ticks;
	uint64_t origin_ns;
	uint32_t failures; /* times that the counter had run otherwise than foretold */
};

extern __attribute__((visibility("hidden"))) __thread struct clock_anchor clock_self;

/* Finds the kernel's vDSO, and whether the counter may be read. Before the first clock_ns. */
void clock_find(void);

/*
 * CLOCK_MONOTONIC of a process that has not found its clock yet: without a system call, or 0. Much
 * slower than clock_ns the first time.
 */
uint64_t clock_user_ns(void);

/* The slow way: asks the vDSO, and moves the anchor. */
uint64_t clock_ask(void);

/*
 * Nanoseconds on CLOCK_MONOTONIC, within a microsecond; never less than the same thread was told
 * before. Past libc: a library like libfaketime may stand before its clock_gettime.
 */
static inline uint64_t clock_ns(void)
{
#if defined(__x86_64__)
	const struct clock_anchor *a = &clock_self;
	const uint64_t ticks = __builtin_ia32_rdtsc() - a->ticks;

	if (__builtin_expect(ticks < a->limit, 1))
		return a->ns + (ticks * a->rate >> 32);
#endif
	return clock_ask();
}

/* Nanoseconds since a moment that this thread was told. */
static inline uint64_t clock_since(uint64_t begin_ns)
{
	const uint64_t now_ns = clock_ns();

	return now_ns > begin_ns ? now_ns - begin_ns : 0;
}

#endif
