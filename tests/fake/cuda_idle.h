/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GRAMME_FAKE_CUDA_IDLE_H
#define GRAMME_FAKE_CUDA_IDLE_H

#include "preload/cuda_abi.h"

CUresult cuInit(unsigned flags);
CUresult cuCtxGetDevice(CUdevice *device);
CUresult cuDeviceGetName(char *name, int bytes, CUdevice device);
CUresult cuDeviceGetUuid_v2(CUuuid *uuid, CUdevice device);
CUresult cuModuleGetFunction(CUfunction *function, CUmodule module, const char *name);
CUresult cuGetProcAddress_v2(const char *name, void **found, int version, cuuint64_t flags,
			     CUdriverProcAddressQueryResult *status);
CUresult cuLaunchKernel(CUfunction f, unsigned gx, unsigned gy, unsigned gz, unsigned bx,
			unsigned by, unsigned bz, unsigned shared, CUstream stream, void **args,
			void **extra);

#endif
