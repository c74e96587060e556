# SPDX-License-Identifier: Apache-2.0
# score: none
"""Moves bodies by OpenCL, two kernels a step, and tells the energy now and then."""
import numpy as np
import pyopencl as cl
import pyopencl.array as cla

SOURCE = """
__kernel void force(__global const float4 *p, __global float4 *a, int n)
{
    int i = get_global_id(0);
    float4 sum = 0;
    for (int j = 0; j < n; j++) {
        float4 d = p[j] - p[i];
        d.w = 0;
        float r = rsqrt(dot(d, d) + 0.01f);
        sum += d * (p[j].w * r * r * r);
    }
    a[i] = sum;
}
__kernel void move(__global float4 *p, __global float4 *v, __global const float4 *a, float dt)
{
    int i = get_global_id(0);
    v[i] += a[i] * dt;
    float w = p[i].w;
    p[i] += v[i] * dt;
    p[i].w = w;
}
"""
ctx = cl.create_some_context(interactive=False)
queue = cl.CommandQueue(ctx)
program = cl.Program(ctx, SOURCE).build()
force, move = cl.Kernel(program, "force"), cl.Kernel(program, "move")
n = 1024
start = np.random.default_rng(0).normal(size=(n, 4)).astype(np.float32)
start[:, 3] = 1 / n
p, v, a = cla.to_device(queue, start), cla.zeros(queue, (n, 4), np.float32), cla.zeros(queue, (n, 4), np.float32)
for step in range(400):
    force(queue, (n,), None, p.data, a.data, np.int32(n))
    move(queue, (n,), None, p.data, v.data, a.data, np.float32(0.01))
    if step % 50 == 0:
        speed = v.get()[:, :3]
        print(f"step {step}: kinetic energy {0.5 * (speed ** 2).sum() / n:.5f}")
