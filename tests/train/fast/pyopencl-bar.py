# SPDX-License-Identifier: Apache-2.0
# score: steps
"""Fits a polynomial surface on OpenCL with a bar over the epochs."""
import numpy as np
import pyopencl as cl
import pyopencl.array as cla
from tqdm import trange

import truth

SOURCE = """
__kernel void residual(__global const float *x, __global const float *y, __global const float *w, __global float *e,
                       int from, int terms)
{
    int n = get_global_id(0);
    float sum = 0;
    for (int k = terms - 1; k >= 0; k--)
        sum = sum * x[from + n] + w[k];
    e[n] = sum - y[from + n];
}
__kernel void descend(__global const float *x, __global const float *e, __global float *w, int from, int count, float rate)
{
    int k = get_global_id(0);
    float g = 0;
    for (int n = 0; n < count; n++)
        g += e[n] * pown(x[from + n], k);
    w[k] -= rate * g / count;
}
"""
ctx = cl.create_some_context(interactive=False)
queue = cl.CommandQueue(ctx)
prg = cl.Program(ctx, SOURCE).build()
residual, descend = cl.Kernel(prg, "residual"), cl.Kernel(prg, "descend")
rng = np.random.default_rng(0)
N, batch, terms = 60000, 500, 12
x = rng.uniform(-1, 1, N).astype(np.float32)
y = (np.sin(3 * x) + 0.05 * rng.normal(size=N)).astype(np.float32)
X, Y = cla.to_device(queue, x), cla.to_device(queue, y)
W, E = cla.zeros(queue, terms, np.float32), cla.zeros(queue, batch, np.float32)
bar = trange(10, desc="Epochs")
for epoch in bar:
    truth.begin()
    for start in range(0, N, batch):
        residual(queue, (batch,), None, X.data, Y.data, W.data, E.data, np.int32(start), np.int32(terms))
        descend(queue, (terms,), None, X.data, E.data, W.data, np.int32(start), np.int32(batch), np.float32(0.3))
        truth.step()
    bar.set_postfix(loss=float((E.get() ** 2).mean()))
    truth.end()
