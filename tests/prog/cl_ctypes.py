# SPDX-License-Identifier: Apache-2.0
"""An OpenCL user by ctypes alone: cl_ctypes.py LAUNCHES. Prints its own counts."""
import ctypes
import sys
from ctypes import byref, c_char_p, c_int, c_size_t, c_uint, c_void_p

SOURCE = b"""
__kernel void twice(__global float *a) { a[get_global_id(0)] *= 2.0f; }
"""
DEFAULT_DEVICE = 1
READ_WRITE = 1


def call(library, name, *arguments):
    """Calls a function that returns an error code, and believes no failure to be none."""
    function = getattr(library, name)
    function.restype = c_int
    error = function(*arguments)
    if error:
        raise SystemExit(f"{name}: OpenCL error {error}")


def make(library, name, *arguments):
    """Calls a function that returns an object, with the error code as its last argument."""
    function = getattr(library, name)
    function.restype = c_void_p
    error = c_int()
    result = function(*arguments, byref(error))
    if error.value:
        raise SystemExit(f"{name}: OpenCL error {error.value}")
    return c_void_p(result)


def main():
    launches = int(sys.argv[1])
    cl = ctypes.CDLL("libOpenCL.so.1")
    platform, device = c_void_p(), c_void_p()
    call(cl, "clGetPlatformIDs", c_uint(1), byref(platform), None)
    call(cl, "clGetDeviceIDs", platform, ctypes.c_uint64(DEFAULT_DEVICE), c_uint(1),
         byref(device), None)
    context = make(cl, "clCreateContext", None, c_uint(1), byref(device), None, None)
    queue = make(cl, "clCreateCommandQueue", context, device, ctypes.c_uint64(0))
    source = c_char_p(SOURCE)
    program = make(cl, "clCreateProgramWithSource", context, c_uint(1), byref(source), None)
    call(cl, "clBuildProgram", program, c_uint(0), None, None, None, None)
    kernel = make(cl, "clCreateKernel", program, c_char_p(b"twice"))
    memory = make(cl, "clCreateBuffer", context, ctypes.c_uint64(READ_WRITE), c_size_t(1024),
                  None)
    call(cl, "clSetKernelArg", kernel, c_uint(0), c_size_t(ctypes.sizeof(memory)), byref(memory))
    items = c_size_t(256)
    for _ in range(launches):
        call(cl, "clEnqueueNDRangeKernel", queue, kernel, c_uint(1), None, byref(items), None,
             c_uint(0), None, None)
    call(cl, "clFinish", queue)
    print(f"count kernel twice {launches}")


main()
