# SPDX-License-Identifier: Apache-2.0
"""Launches a kernel N times by ctypes: cuda_ctypes.py LIBRARY N."""
import ctypes
import sys

cuda = ctypes.CDLL(sys.argv[1])
context, module, function = (ctypes.c_void_p() for _ in range(3))


def must(error):
    if error:
        sys.exit(f"error {error}")


must(cuda.cuInit(0))
must(cuda.cuDevicePrimaryCtxRetain(ctypes.byref(context), 0))
must(cuda.cuCtxSetCurrent(context))
must(cuda.cuModuleLoadData(ctypes.byref(module), b".version 8.0\n.entry typed() {}\n"))
must(cuda.cuModuleGetFunction(ctypes.byref(function), module, b"typed"))
for _ in range(int(sys.argv[2])):
    must(cuda.cuLaunchKernel(function, 1, 1, 1, 1, 1, 1, 0, None, None, None))
must(cuda.cuCtxSynchronize())
