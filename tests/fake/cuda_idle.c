/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A CUDA driver that does nothing, as fast as can be: what a launch costs with it is what a wrapper
 * costs. One function and one device, so that a metered launch has all that it asks for.
 */
#include <stdio.h>
#include <string.h>

#include "tests/fake/cuda_idle.h"

#define EXPORT __attribute__((visibility("default")))

EXPORT CUresult cuInit(unsigned flags)
{
	(void)flags;
	return CUDA_SUCCESS;
}

EXPORT CUresult cuCtxGetDevice(CUdevice *device)
{
	*device = 0;
	return CUDA_SUCCESS;
}

EXPORT CUresult cuDeviceGetName(char *name, int bytes, CUdevice device)
{
	(void)device;
	snprintf(name, (size_t)bytes, "idle");
	return CUDA_SUCCESS;
}

EXPORT CUresult cuDeviceGetUuid_v2(CUuuid *uuid, CUdevice device)
{
	(void)device;
	memset(uuid, 1, sizeof(*uuid));
	return CUDA_SUCCESS;
}

EXPORT CUresult cuModuleGetFunction(CUfunction *function, CUmodule module, const char *name)
{
	static char one;

	(void)module, (void)name;
	*function = (CUfunction)&one;
	return CUDA_SUCCESS;
}

static CUresult strange(void)
{
	return CUDA_SUCCESS;
}

/* It has one function that nobody has heard of. */
EXPORT CUresult cuGetProcAddress_v2(const char *name, void **found, int version, cuuint64_t flags,
				    CUdriverProcAddressQueryResult *status)
{
	(void)version, (void)flags, (void)status;
	*found = strcmp(name, "cuLaunchStrange") ? NULL : (void *)strange;
	return *found ? CUDA_SUCCESS : CUDA_ERROR_NOT_FOUND;
}

EXPORT CUresult cuLaunchKernel(CUfunction f, unsigned gx, unsigned gy, unsigned gz, unsigned bx,
			       unsigned by, unsigned bz, unsigned shared, CUstream stream,
			       void **args, void **extra)
{
	(void)gx, (void)gy, (void)gz, (void)bx, (void)by, (void)bz, (void)shared, (void)stream;
	(void)args, (void)extra;
	return f ? CUDA_SUCCESS : CUDA_ERROR_INVALID_HANDLE;
}
