# SPDX-License-Identifier: Apache-2.0
"""A least-squares fit on a GPU by CuPy: cupy_model.py STEPS."""
import sys

import cupy

x = cupy.random.rand(1024, 64, dtype=cupy.float32)
y = x @ cupy.arange(64, dtype=cupy.float32)
w = cupy.zeros(64, dtype=cupy.float32)
halve = cupy.RawKernel(
    'extern "C" __global__ void halve(float *at) { at[threadIdx.x] *= 0.5f; }', "halve"
)
for _ in range(int(sys.argv[1])):
    gradient = x.T @ (x @ w - y)
    halve((1,), (64,), (gradient,))
    w -= 1e-3 * gradient
cupy.cuda.Stream.null.synchronize()
