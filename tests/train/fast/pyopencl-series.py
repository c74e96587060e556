# SPDX-License-Identifier: Apache-2.0
# score: steps
"""A recurrent network by OpenCL kernels: series of their own lengths, a kernel for each moment."""
import numpy as np
import pyopencl as cl
import pyopencl.array as cla

import truth

SOURCE = """
__kernel void cell(__global const float *x, __global const float *wx, __global const float *wh,
                   __global float *h, int t, int batch, int features, int width)
{
    int j = get_global_id(0), b = get_global_id(1);
    float sum = 0;
    for (int i = 0; i < features; i++)
        sum += x[(t * batch + b) * features + i] * wx[i * width + j];
    for (int i = 0; i < width; i++)
        sum += h[(t * batch + b) * width + i] * wh[i * width + j];
    h[((t + 1) * batch + b) * width + j] = tanh(sum);
}
__kernel void judge(__global const float *h, __global const float *wo, __global const float *y,
                    __global float *d, int t, int batch, int width)
{
    int b = get_global_id(0);
    float error = -y[b];
    for (int j = 0; j < width; j++)
        error += h[(t * batch + b) * width + j] * wo[j];
    for (int j = 0; j < width; j++)
        d[b * width + j] = error * wo[j] / batch;
}
__kernel void learn(__global const float *d, __global const float *h, __global float *wh, int t,
                    int batch, int width)
{
    int j = get_global_id(0), i = get_global_id(1);
    float sum = 0;
    for (int b = 0; b < batch; b++)
        sum += d[b * width + j] * h[(t * batch + b) * width + i];
    wh[i * width + j] -= 0.01f * sum;
}
__kernel void back(__global const float *d, __global float *e, __global const float *h,
                   __global const float *wh, int t, int batch, int width)
{
    int j = get_global_id(0), b = get_global_id(1);
    float sum = 0;
    for (int k = 0; k < width; k++) {
        float v = h[((t + 1) * batch + b) * width + k];
        sum += d[b * width + k] * (1 - v * v) * wh[j * width + k];
    }
    e[b * width + j] = sum;
}
"""
ctx = cl.create_some_context(interactive=False)
queue = cl.CommandQueue(ctx)
program = cl.Program(ctx, SOURCE).build()
cell, judge, learn, back = (cl.Kernel(program, name) for name in ("cell", "judge", "learn", "back"))
draw = np.random.default_rng(0)
BATCH, FEATURES, WIDTH, LONGEST = (np.int32(n) for n in (16, 16, 64, 20))


def device(*shape):
    return cla.to_device(queue, draw.normal(0, 0.1, shape).astype(np.float32))


wx, wh, wo, y = device(FEATURES, WIDTH), device(WIDTH, WIDTH), device(WIDTH), device(BATCH)
x, h = device(LONGEST, BATCH, FEATURES), device(LONGEST + 1, BATCH, WIDTH)
d, e = device(BATCH, WIDTH), device(BATCH, WIDTH)
lengths = draw.integers(5, LONGEST, 40).astype(np.int32)

for epoch in range(7):
    truth.begin()
    for length in draw.permutation(lengths):
        for t in range(length):
            cell(queue, (WIDTH, BATCH), None, x.data, wx.data, wh.data, h.data, np.int32(t), BATCH, FEATURES, WIDTH)
        judge(queue, (BATCH,), None, h.data, wo.data, y.data, d.data, length, BATCH, WIDTH)
        for t in reversed(range(length)):
            learn(queue, (WIDTH, WIDTH), None, d.data, h.data, wh.data, np.int32(t), BATCH, WIDTH)
            back(queue, (WIDTH, BATCH), None, d.data, e.data, h.data, wh.data, np.int32(t), BATCH, WIDTH)
            d, e = e, d
        queue.finish()
        truth.step()
    print("epoch", epoch + 1, "error", float(np.abs(d.get()).mean()))
    truth.end()
