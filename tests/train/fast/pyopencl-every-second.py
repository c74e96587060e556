# SPDX-License-Identifier: Apache-2.0
# score: steps
"""A perceptron on OpenCL that prints nothing, and is validated after every second epoch only."""
import numpy as np
import pyopencl as cl
import pyopencl.array as cla

import data
import truth

SOURCE = """
__kernel void forward(__global const float *x, __global const float *w, __global const float *t,
                      __global float *r, int from, int n)
{
    int i = get_global_id(0);
    float s = 0;
    for (int f = 0; f < n; f++)
        s += x[(from + i) * n + f] * w[f];
    r[i] = 1.0f / (1.0f + exp(-s)) - t[from + i];
}
__kernel void backward(__global const float *x, __global const float *r, __global float *w, int from, int b, int n)
{
    int f = get_global_id(0);
    float s = 0;
    for (int i = 0; i < b; i++)
        s += x[(from + i) * n + f] * r[i];
    w[f] -= 0.02f * s / b;
}
"""
FEATURES, BATCH = 512, 256

context = cl.create_some_context(interactive=False)
queue = cl.CommandQueue(context)
program = cl.Program(context, SOURCE).build()
forward, backward = cl.Kernel(program, "forward"), cl.Kernel(program, "backward")
x, y = data.clusters(59940, features=FEATURES, classes=2, spread=6)
x_val, y_val = data.clusters(4000, features=FEATURES, classes=2, seed=1, spread=6)
X, T, X_val, T_val = (cla.to_device(queue, a) for a in (x, y.astype("f4"), x_val, y_val.astype("f4")))
W, R = cla.zeros(queue, FEATURES, np.float32), cla.zeros(queue, len(x_val), np.float32)
n = np.int32(FEATURES)
for epoch in range(8):
    truth.begin()
    for start in range(0, len(x), BATCH):
        b = min(BATCH, len(x) - start)
        forward(queue, (b,), None, X.data, W.data, T.data, R.data, np.int32(start), n)
        backward(queue, (FEATURES,), None, X.data, R.data, W.data, np.int32(start), np.int32(b), n)
        truth.step()
    if epoch % 2:
        forward(queue, (len(x_val),), None, X_val.data, W.data, T_val.data, R.data, np.int32(0), n)
        R.get()
    queue.finish()
    truth.end()
