# SPDX-License-Identifier: Apache-2.0
"""A plain PyOpenCL user: cl_pyopencl.py LAUNCHES [--profile]. Prints its own counts and times."""
import sys

import numpy
import pyopencl as cl

SOURCE = """
__kernel void square(__global const float *a, __global float *b)
{ size_t i = get_global_id(0); b[i] = a[i] * a[i]; }
__kernel void half_of(__global float *b)
{ b[get_global_id(0)] *= 0.5f; }
"""


def main():
    launches = int(sys.argv[1])
    profile = "--profile" in sys.argv[2:]
    device = cl.get_platforms()[0].get_devices()[0]
    context = cl.Context([device])
    properties = cl.command_queue_properties.PROFILING_ENABLE if profile else 0
    queue = cl.CommandQueue(context, properties=properties)
    program = cl.Program(context, SOURCE).build()
    square, half_of = program.square, program.half_of
    host = numpy.arange(4096, dtype=numpy.float32)
    flags = cl.mem_flags
    source = cl.Buffer(context, flags.READ_ONLY | flags.COPY_HOST_PTR, hostbuf=host)
    result = cl.Buffer(context, flags.WRITE_ONLY, host.nbytes)
    times = {"square": 0, "half_of": 0}
    for _ in range(launches):
        first = square(queue, host.shape, None, source, result)
        second = half_of(queue, host.shape, None, result)
        if profile:
            second.wait()
            for name, event in (("square", first), ("half_of", second)):
                times[name] += event.profile.end - event.profile.start
    out = numpy.empty_like(host)
    cl.enqueue_copy(queue, out, result)
    queue.finish()
    if not numpy.array_equal(out, host * host * numpy.float32(0.5)):
        raise SystemExit("wrong result")
    print(f"count kernel square {launches}")
    print(f"count kernel half_of {launches}")
    print("count call clEnqueueReadBuffer 1")
    if profile:
        for name, spent in times.items():
            print(f"time kernel {name} {spent}")


main()
