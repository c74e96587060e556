/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small program of the CUDA driver, that opens it by name as Python's packages do:
 *
 *   cuda_sample STEPS LAUNCHES TURNS
 *
 * Each step is that many launches of `forward` and as many of `backward`, whose threads go round
 * TURNS times, and a wait. Prints "begun" after the first, and at the end "count kernel NAME N" and
 * "step_ns N", the median of the steps.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "preload/cuda_abi.h"

/* What comes of the turns is never stored, which no compiler can know. */
#define KERNEL(name)                                                                               \
	".visible .entry " name "(.param .u32 turns, .param .u64 at)\n"                            \
	"{\n"                                                                                      \
	"	.reg .pred %p<3>;\n"                                                                     \
	"	.reg .b32 %r<4>;\n"                                                                      \
	"	.reg .b64 %d<2>;\n"                                                                      \
	"	ld.param.u32 %r1, [turns];\n"                                                            \
	"	ld.param.u64 %d1, [at];\n"                                                               \
	"	mov.u32 %r2, %tid.x;\n"                                                                  \
	"again:\n"                                                                                 \
	"	setp.eq.u32 %p1, %r1, 0;\n"                                                              \
	"	@%p1 bra end;\n"                                                                         \
	"	sub.u32 %r1, %r1, 1;\n"                                                                  \
	"	mad.lo.u32 %r2, %r2, 1664525, 1013904223;\n"                                             \
	"	xor.b32 %r2, %r2, %r1;\n"                                                                \
	"	bra again;\n"                                                                            \
	"end:\n"                                                                                   \
	"	cvta.to.global.u64 %d1, %d1;\n"                                                          \
	"	setp.eq.u64 %p2, %d1, 0;\n"                                                              \
	"	@!%p2 st.global.u32 [%d1], %r2;\n"                                                       \
	"	ret;\n"                                                                                  \
	"}\n"

static const char ptx[] =
	".version 6.4\n.target sm_52\n.address_size 64\n" KERNEL("forward") KERNEL("backward");

#define FUNCTIONS(X)                                                                               \
	X(cuInit, (unsigned))                                                                      \
	X(cuDeviceGet, (CUdevice *, int))                                                          \
	X(cuDevicePrimaryCtxRetain, (CUcontext *, CUdevice))                                       \
	X(cuCtxSetCurrent, (CUcontext))                                                            \
	X(cuModuleLoadData, (CUmodule *, const void *))                                            \
	X(cuModuleGetFunction, (CUfunction *, CUmodule, const char *))                             \
	X(cuStreamCreate, (CUstream *, unsigned))                                                  \
	X(cuStreamSynchronize, (CUstream))                                                         \
	X(cuLaunchKernel, (CUfunction, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, \
			   unsigned, CUstream, void **, void **))

#define POINTER(name, params) static int(*p_##name) params;
FUNCTIONS(POINTER)

static void must(int error, const char *call)
{
	if (error) {
		fprintf(stderr, "cuda_sample: %s: error %d\n", call, error);
		exit(1);
	}
}
#define MUST(name, ...) must(p_##name(__VA_ARGS__), #name)

static void open_driver(void)
{
	void *driver = dlopen("libcuda.so.1", RTLD_NOW);

	if (!driver) {
		fprintf(stderr, "cuda_sample: %s\n", dlerror());
		exit(77);
	}
#define FIND(name, params)                                                                         \
	p_##name = (int(*) params)dlsym(driver, #name);                                            \
	must(!p_##name, #name);
	FUNCTIONS(FIND)
}

static long now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000L + now.tv_nsec;
}

static int by_length(const void *a, const void *b)
{
	long x = *(const long *)a, y = *(const long *)b;

	return (x > y) - (x < y);
}

static void launch(CUfunction function, CUstream stream, unsigned turns)
{
	CUdeviceptr nowhere = 0;
	void *args[] = {&turns, &nowhere};

	MUST(cuLaunchKernel, function, 132, 1, 1, 256, 1, 1, 0, stream, args, NULL);
}

int main(int argc, char **argv)
{
	long steps = argc == 4 ? atol(argv[1]) : 0;
	long launches = argc == 4 ? atol(argv[2]) : 0;
	unsigned turns = argc == 4 ? (unsigned)atol(argv[3]) : 0;
	long *length = calloc((size_t)steps + 1, sizeof(*length));
	CUfunction forward, backward;
	CUcontext context;
	CUdevice device;
	CUmodule module;
	CUstream stream;

	if (steps < 1 || launches < 0 || !length) {
		fprintf(stderr, "usage: cuda_sample STEPS LAUNCHES TURNS\n");
		return 2;
	}
	open_driver();
	MUST(cuInit, 0);
	MUST(cuDeviceGet, &device, 0);
	MUST(cuDevicePrimaryCtxRetain, &context, device);
	MUST(cuCtxSetCurrent, context);
	MUST(cuModuleLoadData, &module, ptx);
	MUST(cuModuleGetFunction, &forward, module, "forward");
	MUST(cuModuleGetFunction, &backward, module, "backward");
	MUST(cuStreamCreate, &stream, 1);
	for (long i = 0; i < steps; i++) {
		long start_ns = now_ns();

		for (long k = 0; k < launches; k++) {
			launch(forward, stream, turns);
			launch(backward, stream, turns);
		}
		MUST(cuStreamSynchronize, stream);
		length[i] = now_ns() - start_ns;
		if (i == 0) {
			puts("begun");
			fflush(stdout);
		}
	}
	qsort(length, (size_t)steps, sizeof(*length), by_length);
	printf("count kernel forward %ld\ncount kernel backward %ld\nstep_ns %ld\n",
	       steps * launches, steps * launches, length[steps / 2]);
	free(length);
	return 0;
}
