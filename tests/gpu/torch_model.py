# SPDX-License-Identifier: Apache-2.0
"""A model that PyTorch trains: torch_model.py eager|compiled|graph small|large STEPS.

Small is bound by launches, large by computing. Prints "step_ns N", the median of its steps.
"""
import statistics
import sys
import time

import torch


def main():
    how, size, steps = sys.argv[1], sys.argv[2], int(sys.argv[3])
    width, batch, depth = (64, 16, 24) if size == "small" else (8192, 8192, 4)
    torch.manual_seed(1)
    layers = [layer for _ in range(depth) for layer in (torch.nn.Linear(width, width), torch.nn.ReLU())]
    model = torch.nn.Sequential(*layers).cuda()
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
    data = torch.randn(batch, width, device="cuda")

    def step():
        optimizer.zero_grad(set_to_none=how != "graph")
        loss = model(data).square().mean()
        loss.backward()
        optimizer.step()

    run = step
    if how == "compiled":
        model = torch.compile(model)
    for _ in range(5):
        step()
    if how == "graph":
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            step()
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            step()
        run = graph.replay
    torch.cuda.synchronize()
    lengths = []
    for _ in range(steps):
        start = time.monotonic_ns()
        run()
        torch.cuda.synchronize()
        lengths.append(time.monotonic_ns() - start)
    print("step_ns", int(statistics.median(lengths)), flush=True)


main()
