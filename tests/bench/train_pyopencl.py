# SPDX-License-Identifier: Apache-2.0
"""A small PyOpenCL training program: a classifier with one hidden layer, on spirals that it draws
itself. It knows nothing of metering. train_pyopencl.py [EPOCHS]
"""
import sys

import numpy
import pyopencl as cl
import pyopencl.array

CLASSES, HIDDEN, BATCH, BATCHES, RATE = 3, 64, 512, 16, numpy.float32(0.5)

SOURCE = """
__kernel void forward(__global const float *x, __global const float *w, __global float *h,
                      int inputs, int outputs, int squash)
{
    int row = get_global_id(0), column = get_global_id(1);
    float sum = w[inputs * outputs + column];
    for (int i = 0; i < inputs; i++)
        sum += x[row * inputs + i] * w[i * outputs + column];
    h[row * outputs + column] = squash ? tanh(sum) : sum;
}
__kernel void judge(__global float *out, __global const int *label, __global float *loss, int n)
{
    int row = get_global_id(0);
    float most = out[row * n], sum = 0;
    for (int i = 1; i < n; i++)
        most = fmax(most, out[row * n + i]);
    for (int i = 0; i < n; i++)
        sum += exp(out[row * n + i] - most);
    loss[row] = log(sum) + most - out[row * n + label[row]];
    for (int i = 0; i < n; i++)
        out[row * n + i] = exp(out[row * n + i] - most) / sum - (i == label[row]);
}
__kernel void back(__global const float *error, __global const float *w, __global const float *h,
                   __global float *below, int inputs, int outputs)
{
    int row = get_global_id(0), i = get_global_id(1);
    float sum = 0;
    for (int column = 0; column < outputs; column++)
        sum += error[row * outputs + column] * w[i * outputs + column];
    below[row * inputs + i] = sum * (1 - h[row * inputs + i] * h[row * inputs + i]);
}
__kernel void learn(__global const float *x, __global const float *error, __global float *w,
                    int rows, int inputs, int outputs, float rate)
{
    int i = get_global_id(0), column = get_global_id(1);
    float sum = 0;
    for (int row = 0; row < rows; row++)
        sum += (i < inputs ? x[row * inputs + i] : 1) * error[row * outputs + column];
    w[i * outputs + column] -= rate * sum / rows;
}
"""


def spirals(random, n):
    label = random.integers(0, CLASSES, n).astype(numpy.int32)
    radius = random.random(n)
    angle = 4 * radius + label * 2 * numpy.pi / CLASSES + 0.1 * random.standard_normal(n)
    points = numpy.stack([radius * numpy.sin(angle), radius * numpy.cos(angle)], 1)
    return points.astype(numpy.float32), label


def main():
    epochs = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    random = numpy.random.default_rng(1)
    context = cl.Context([cl.get_platforms()[0].get_devices()[0]])
    queue = cl.CommandQueue(context)
    program = cl.Program(context, SOURCE).build()
    forward, judge, back, learn = program.forward, program.judge, program.back, program.learn
    sizes = [(2, HIDDEN), (HIDDEN, CLASSES)]
    weights = [cl.array.to_device(queue, (random.standard_normal((a + 1, b)) / a**0.5).astype(
        numpy.float32)) for a, b in sizes]
    hidden = cl.array.empty(queue, (BATCH, HIDDEN), numpy.float32)
    below = cl.array.empty(queue, (BATCH, HIDDEN), numpy.float32)
    out = cl.array.empty(queue, (BATCH, CLASSES), numpy.float32)
    loss = cl.array.empty(queue, BATCH, numpy.float32)
    batches = [[cl.array.to_device(queue, part) for part in spirals(random, BATCH)]
               for _ in range(BATCHES)]
    two, many, few, rows = (numpy.int32(n) for n in (2, HIDDEN, CLASSES, BATCH))
    for epoch in range(epochs):
        total = 0.0
        for x, label in batches:
            forward(queue, (BATCH, HIDDEN), None, x.data, weights[0].data, hidden.data, two, many,
                    numpy.int32(1))
            forward(queue, (BATCH, CLASSES), None, hidden.data, weights[1].data, out.data, many,
                    few, numpy.int32(0))
            judge(queue, (BATCH,), None, out.data, label.data, loss.data, few)
            back(queue, (BATCH, HIDDEN), None, out.data, weights[1].data, hidden.data, below.data,
                 many, few)
            learn(queue, (HIDDEN + 1, CLASSES), None, hidden.data, out.data, weights[1].data, rows,
                  many, few, RATE)
            learn(queue, (3, HIDDEN), None, x.data, below.data, weights[0].data, rows, two, many,
                  RATE)
            total += float(loss.get().mean())
        if epoch % 20 == 0 or epoch == epochs - 1:
            print(f"epoch {epoch + 1}/{epochs} loss {total / BATCHES:.4f}", flush=True)


main()
