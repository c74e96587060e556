# SPDX-License-Identifier: Apache-2.0
"""Runs a Python program under torch.profiler, and tells what kernels CUPTI saw.

counted.py COUNTS PROGRAM [ARG...]: writes "count kernel NAME N" lines to the file COUNTS.
"""
import collections
import json
import os
import runpy
import sys
import tempfile

import torch
from torch.profiler import ProfilerActivity, profile

counts, program = sys.argv[1], sys.argv[2]
sys.argv = sys.argv[2:]
status = 0
torch.cuda.init()
with profile(activities=[ProfilerActivity.CUDA]) as profiler:
    try:
        runpy.run_path(program, run_name="__main__")
    except SystemExit as end:
        status = end.code or 0
    torch.cuda.synchronize()
with tempfile.TemporaryDirectory() as folder:
    trace = os.path.join(folder, "trace.json")
    profiler.export_chrome_trace(trace)
    with open(trace) as file:
        events = json.load(file)["traceEvents"]
seen = collections.Counter(event["name"] for event in events if event.get("cat") == "kernel")
with open(counts, "w") as file:
    for name, count in sorted(seen.items()):
        print("count kernel", name.replace(" ", "_"), count, file=file)
sys.exit(status)
