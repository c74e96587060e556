/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one OpenMP region costs whose runtime and body do nothing.
 */
#include <stddef.h>

#include "tests/bench/rounds.h"
#include "tests/fake/leaf.h"

static void body(void *data)
{
	__asm__ volatile("" ::"r"(data) : "memory");
}

static void open_regions(uint64_t times)
{
	while (times--)
		GOMP_parallel(body, NULL, 1, 0);
}

int main(int argc, char **argv)
{
	return rounds_run(argc, argv, open_regions);
}
