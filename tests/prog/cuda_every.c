/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls every row of preload/cuda.def on a driver that refuses it (tests/fake/cuda_every.c), each
 * another number of times, and prints how often commands and launches were refused, by the names
 * that they count under; and what the driver lacks.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "tests/fake/cuda_every.h"

#define MANY 0x7fffff02 /* the second argument: more than stand in any list */

static _Alignas(4096) char memory[4096];
static void *library;
static int turn, launches, wrong;

static int call(const char *name)
{
	cuda_every_call found = (cuda_every_call)dlsym(library, name);
	const int times = turn++ % 7 + 1;

	if (!found) {
		printf("lacks %s: %s\n", name, dlerror() ? "it says" : "it says nothing");
		return 0;
	}
	for (int n = 0; n < times; n++)
		wrong += found((uint64_t)(uintptr_t)memory, MANY, 3, 4, 5, 6, 7, 8, 9, 10, 11) !=
			 CUDA_EVERY_ERROR;
	return times;
}

static void command(const char *name)
{
	const int times = call(name);

	if (times)
		printf("refused call %.*s %d\n", (int)strcspn(name, "_"), name, times);
}

/* The rest is no command, but for two. */
static void other(const char *name)
{
	if (!strncmp(name, "cuGraphLaunch", 13))
		command(name);
	else if (!strcmp(name, "cuLaunchCooperativeKernelMultiDevice"))
		launches += call(name);
	else
		call(name);
}

int main(void)
{
	library = dlopen("libcuda.so.1", RTLD_NOW);
	if (!library)
		return 2;
	call("cuInit");
#define CUDA_ROW(name, params, args)					 other(#name);
#define LAUNCH(name, params, args, function, road, stream)		 launches += call(#name);
#define COMMAND(name, kind, params, args, bytes, road, stream, blocking) command(#name);
#include "preload/cuda.def"
	printf("refused kernel (unnamed) %d\n", launches);
	return wrong ? 1 : 0;
}
