# SPDX-License-Identifier: Apache-2.0
# score: steps
"""Logistic regression by OpenCL kernels, silent; the validation's error is looked at in each epoch."""
import numpy as np
import pyopencl as cl
import pyopencl.array as cla

import data
import truth

SOURCE = """
__kernel void forward(__global const float *x, __global const float *w, __global const float *t,
                      __global float *r, int from, int features)
{
    int i = get_global_id(0);
    float sum = 0;
    for (int f = 0; f < features; f++)
        sum += x[(from + i) * features + f] * w[f];
    r[i] = 1.0f / (1.0f + exp(-sum)) - t[from + i];
}
__kernel void gradient(__global const float *x, __global const float *r, __global float *g,
                       int from, int batch, int features)
{
    int f = get_global_id(0);
    float sum = 0;
    for (int i = 0; i < batch; i++)
        sum += x[(from + i) * features + f] * r[i];
    g[f] = sum / batch;
}
__kernel void update(__global float *w, __global const float *g, float rate)
{
    int f = get_global_id(0);
    w[f] -= rate * g[f];
}
"""
ctx = cl.create_some_context(interactive=False)
queue = cl.CommandQueue(ctx)
program = cl.Program(ctx, SOURCE).build()
forward, gradient, update = (cl.Kernel(program, name) for name in ("forward", "gradient", "update"))

features, batch = 512, 256
x, y = data.clusters(48000, features=features, classes=2, spread=6)
xv, yv = data.clusters(8000, features=features, classes=2, seed=1, spread=6)
X, T = cla.to_device(queue, x), cla.to_device(queue, y.astype(np.float32))
XV, TV = cla.to_device(queue, xv), cla.to_device(queue, yv.astype(np.float32))
W, G = cla.zeros(queue, features, np.float32), cla.zeros(queue, features, np.float32)
R = cla.zeros(queue, len(xv), np.float32)
width = np.int32(features)

for epoch in range(7):
    truth.begin()
    for start in range(0, len(x), batch):
        size = min(batch, len(x) - start)
        forward(queue, (size,), None, X.data, W.data, T.data, R.data, np.int32(start), width)
        gradient(queue, (features,), None, X.data, R.data, G.data, np.int32(start), np.int32(size), width)
        update(queue, (features,), None, W.data, G.data, np.float32(0.02))
        truth.step()
    forward(queue, (len(xv),), None, XV.data, W.data, TV.data, R.data, np.int32(0), width)
    error = np.abs(R.get()).mean()
    truth.end()
assert error < 0.5
