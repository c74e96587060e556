/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asks a driver what gramme assumes of it:
 *
 *   cuda_roads
 *
 * Prints "same NAME" or "other NAME" for each call that cuGetProcAddress and dlsym both know, by
 * whether they give one address; and what two events around nothing cost, "event_pair_ns N".
 */
#include <dlfcn.h>
#include <stdio.h>
#include <time.h>

#include "preload/cuda_abi.h"

static const struct {
	const char *name;
	const char *symbol;
	int version;
	cuuint64_t flags;
} call[] = {
	{"cuLaunchKernel", "cuLaunchKernel", 4000, 0},
	{"cuLaunchKernel", "cuLaunchKernel_ptsz", 7000, 2},
	{"cuLaunchKernelEx", "cuLaunchKernelEx", 11060, 0},
	{"cuLaunchKernelEx", "cuLaunchKernelEx_ptsz", 11060, 2},
	{"cuGraphLaunch", "cuGraphLaunch", 10000, 0},
	{"cuGraphLaunch", "cuGraphLaunch_ptsz", 10000, 2},
	{"cuMemcpyHtoD", "cuMemcpyHtoD_v2", 3020, 0},
	{"cuMemcpyHtoDAsync", "cuMemcpyHtoDAsync_v2", 3020, 0},
	{"cuMemcpyHtoDAsync", "cuMemcpyHtoDAsync_v2_ptsz", 7000, 2},
	{"cuMemAlloc", "cuMemAlloc_v2", 3020, 0},
	{"cuStreamSynchronize", "cuStreamSynchronize", 2000, 0},
	{"cuCtxSynchronize", "cuCtxSynchronize", 2000, 0},
	{"cuStreamBeginCapture", "cuStreamBeginCapture_v2", 10010, 0},
	{"cuGraphInstantiateWithFlags", "cuGraphInstantiateWithFlags", 11040, 0},
};

static void compare(void *driver)
{
	int (*ask)(const char *, void **, int, cuuint64_t, int *) = (int (*)(
		const char *, void **, int, cuuint64_t, int *))dlsym(driver, "cuGetProcAddress_v2");
	void *told, *found;
	int status;

	for (unsigned i = 0; ask && i < sizeof(call) / sizeof(call[0]); i++) {
		found = dlsym(driver, call[i].symbol);
		if (found && !ask(call[i].name, &told, call[i].version, call[i].flags, &status))
			printf("%s %s\n", told == found ? "same" : "other", call[i].symbol);
	}
}

#define PAIRS 10000

static int time_events(void *driver)
{
	int (*init)(unsigned) = (int (*)(unsigned))dlsym(driver, "cuInit");
	int (*retain)(CUcontext *, CUdevice) =
		(int (*)(CUcontext *, CUdevice))dlsym(driver, "cuDevicePrimaryCtxRetain");
	int (*set)(CUcontext) = (int (*)(CUcontext))dlsym(driver, "cuCtxSetCurrent");
	int (*create)(CUevent *, unsigned) =
		(int (*)(CUevent *, unsigned))dlsym(driver, "cuEventCreate");
	int (*record)(CUevent, CUstream) =
		(int (*)(CUevent, CUstream))dlsym(driver, "cuEventRecord");
	struct timespec start, end;
	CUevent event[2];
	CUcontext context;

	if (init(0) || retain(&context, 0) || set(context) || create(&event[0], 0) ||
	    create(&event[1], 0))
		return 1;
	clock_gettime(CLOCK_MONOTONIC, &start);
	for (int i = 0; i < PAIRS; i++)
		if (record(event[0], NULL) || record(event[1], NULL))
			return 1;
	clock_gettime(CLOCK_MONOTONIC, &end);
	printf("event_pair_ns %ld\n",
	       ((end.tv_sec - start.tv_sec) * 1000000000L + (end.tv_nsec - start.tv_nsec)) / PAIRS);
	return 0;
}

int main(void)
{
	void *driver = dlopen("libcuda.so.1", RTLD_NOW);

	if (!driver) {
		fprintf(stderr, "cuda_roads: %s\n", dlerror());
		return 1;
	}
	compare(driver);
	return time_events(driver);
}
