/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one matrix product costs that computes nothing.
 */
#include <stddef.h>

#include "tests/bench/rounds.h"
#include "tests/fake/leaf.h"

static void multiply(uint64_t times)
{
	while (times--)
		cblas_sgemm(101, 111, 111, 1, 1, 1, 1, NULL, 1, NULL, 1, 0, NULL, 1);
}

int main(int argc, char **argv)
{
	return rounds_run(argc, argv, multiply);
}
