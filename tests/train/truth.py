# SPDX-License-Identifier: Apache-2.0
"""What a trainer knows about itself: kept in memory while it runs, written after its end.

A trainer calls begin() before an epoch, step() in each iteration and end() after the epoch, with the
values that it printed. Nothing of this is printed, written or computed before the interpreter ends,
so that nobody can learn from it; and what is written then is packed, so that nobody can read along.
"""
import atexit
import json
import os
import time
import zlib

_fits = []


def fit():
    """A training begins; not needed where there is only one."""
    _fits.append([])


def begin():
    if not _fits:
        fit()
    _fits[-1].append({"start": time.monotonic_ns(), "steps": 0, "metrics": {}})


def step(count=1):
    _fits[-1][-1]["steps"] += count


def end(**metrics):
    """`metrics`: as they were printed, by the name that was printed before them."""
    epoch = _fits[-1][-1]
    epoch["end"] = time.monotonic_ns()
    epoch["metrics"] = {name: float(value) for name, value in metrics.items()}


def keep(epochs):
    """For loops that are not ours to mark: a list of (start, end, steps, metrics)."""
    fit()
    _fits[-1].extend(
        {"start": start, "end": end, "steps": steps, "metrics": metrics} for start, end, steps, metrics in epochs
    )


@atexit.register
def _write():
    path = os.environ.get("TRAIN_TRUTH")
    if path:
        text = json.dumps({"fits": _fits}).encode()
        with open(path, "wb") as file:
            file.write(text if os.environ.get("TRAIN_PLAIN") else zlib.compress(text))
