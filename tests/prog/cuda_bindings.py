# SPDX-License-Identifier: Apache-2.0
"""Launches through NVIDIA's own Python bindings of the driver: cuda_bindings.py ROUNDS.

Prints what it launched, as "count kernel NAME N".
"""
import os
import sys

import numpy
from cuda.bindings import driver

PTX = b"""
.version 6.4
.target sm_52
.address_size 64
.visible .entry step(.param .u64 at) { ret; }
.visible .entry check() { ret; }
\0"""


def must(answer):
    if answer[0] != driver.CUresult.CUDA_SUCCESS:
        sys.exit(f"error {answer[0]}")
    return answer[1] if len(answer) == 2 else answer[1:]


rounds = int(sys.argv[1])
must(driver.cuInit(0))
device = must(driver.cuDeviceGet(0))
context = must(driver.cuDevicePrimaryCtxRetain(device))
must(driver.cuCtxSetCurrent(context))
module = must(driver.cuModuleLoadData(PTX))
step = must(driver.cuModuleGetFunction(module, b"step"))
check = must(driver.cuModuleGetFunction(module, b"check"))
stream = must(driver.cuStreamCreate(0))
data = numpy.arange(1024, dtype=numpy.float32)
back = numpy.zeros_like(data)
memory = must(driver.cuMemAlloc(data.nbytes))
must(driver.cuMemcpyHtoDAsync(memory, data.ctypes.data, data.nbytes, stream))
argument = numpy.array([int(memory)], dtype=numpy.uint64)
arguments = numpy.array([argument.ctypes.data], dtype=numpy.uint64)
for _ in range(rounds):
    must(driver.cuLaunchKernel(step, 1, 1, 1, 32, 1, 1, 0, stream, arguments.ctypes.data, 0))
must(driver.cuLaunchKernel(check, 1, 1, 1, 32, 1, 1, 0, 0, 0, 0))
must(driver.cuMemcpyDtoH(back.ctypes.data, memory, data.nbytes))
must(driver.cuStreamSynchronize(stream))
if not numpy.array_equal(data, back):
    sys.exit("error: copies differ")
own = "_ptsz" if os.environ.get("CUDA_PYTHON_CUDA_PER_THREAD_DEFAULT_STREAM") == "1" else ""
print(f"count kernel step {rounds}\ncount kernel check 1\nwanted cuLaunchKernel{own}")
