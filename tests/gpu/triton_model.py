# SPDX-License-Identifier: Apache-2.0
"""Kernels that Triton compiles: triton_model.py STEPS."""
import sys

import torch
import triton
import triton.language as tl


@triton.jit
def scale(at, by, count, block: tl.constexpr):
    index = tl.program_id(0) * block + tl.arange(0, block)
    inside = index < count
    tl.store(at + index, tl.load(at + index, mask=inside) * by, mask=inside)


x = torch.ones(100_000, device="cuda")
for _ in range(int(sys.argv[1])):
    scale[(triton.cdiv(x.numel(), 1024),)](x, 0.999, x.numel(), block=1024)
torch.cuda.synchronize()
