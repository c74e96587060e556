/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one call and return costs under uftrace. Built with -pg by tests/bench/event.sh.
 */
#include "tests/bench/rounds.h"

static void __attribute__((noinline)) called(uint64_t number)
{
	__asm__ volatile("" ::"r"(number) : "memory");
}

static void __attribute__((no_instrument_function)) call(uint64_t times)
{
	for (uint64_t i = 0; i < times; i++)
		called(i);
}

int main(int argc, char **argv)
{
	return rounds_run(argc, argv, call);
}
