/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one launch costs on a CUDA driver that does nothing.
 */
#include <stddef.h>

#include "tests/bench/rounds.h"
#include "tests/fake/cuda_idle.h"

static CUfunction function;

static void launch(uint64_t times)
{
	while (times--)
		cuLaunchKernel(function, 1, 1, 1, 1, 1, 1, 0, NULL, NULL, NULL);
}

int main(int argc, char **argv)
{
	if (cuInit(0) || cuModuleGetFunction(&function, NULL, "idle"))
		return 1;
	return rounds_run(argc, argv, launch);
}
