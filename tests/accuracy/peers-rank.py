#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
One rank of a job that four trackers watch from inside, each set up as its documentation has it.

    peers-rank.py RANK RANKS SECONDS FOLDER

Multiplies matrices for (RANK + 1)/RANKS of each half second, after all ranks have said in FOLDER
that they are ready, and writes there, as RANK.json, what each tracker booked, in joules, and from
when to when (Unix, in seconds) it watched, or why it could not.
"""
import json
import os
import sys
import time

import numpy as np

J_PER_KWH = 3.6e6
TURN_S = 0.5


class CodeCarbon:
    def __init__(self, mode):
        from codecarbon import OfflineEmissionsTracker

        self.tracker = OfflineEmissionsTracker(
            country_iso_code="FRA", tracking_mode=mode, save_to_file=False, log_level="error")

    def start(self):
        self.tracker.start()

    def stop(self):
        self.tracker.stop()
        told = self.tracker.final_emissions_data
        return {"total": told.energy_consumed * J_PER_KWH, "package": told.cpu_energy * J_PER_KWH,
                "memory": told.ram_energy * J_PER_KWH}


class Carbontracker:
    def __init__(self, folder):
        from carbontracker.tracker import CarbonTracker

        self.tracker = CarbonTracker(epochs=1, monitor_epochs=1, components="cpu", verbose=0,
                                     log_dir=folder, ignore_errors=True)

    def start(self):
        self.thread = self.tracker.tracker  # gone from there once the last epoch is over
        self.tracker.epoch_start()

    def stop(self):
        self.tracker.epoch_end()
        return {"total": float(self.thread.total_energy_per_epoch().sum()) * J_PER_KWH}


class Zeus:
    def __init__(self):
        from zeus.monitor import ZeusMonitor

        self.monitor = ZeusMonitor(gpu_indices=[])

    def start(self):
        self.monitor.begin_window("job", sync_execution=False)

    def stop(self):
        told = self.monitor.end_window("job", sync_execution=False)
        package, memory = (sum((part or {}).values()) for part in (told.cpu_energy, told.dram_energy))
        return {"total": package + memory, "package": package, "memory": memory}


def guarded(told, what):
    """One tracker that fails is a line of the table; the others go on."""
    try:
        return what()
    except Exception as error:
        told["error"] = f"{type(error).__name__}: {error}"
        return None


def compute(share, until):
    matrix = np.random.default_rng(1).random((160, 160))
    while time.time() < until:
        busy_until = time.time() + share * TURN_S
        while time.time() < busy_until:
            matrix @ matrix
        time.sleep((1 - share) * TURN_S)


def wait_for_all(folder, rank, ranks):
    open(os.path.join(folder, f"{rank}.ready"), "w").close()
    while sum(name.endswith(".ready") for name in os.listdir(folder)) < ranks:
        time.sleep(0.05)


def main():
    rank, ranks, seconds = map(int, sys.argv[1:4])
    folder = sys.argv[4]
    makers = {
        "CodeCarbon, machine": lambda: CodeCarbon("machine"),
        "CodeCarbon, process": lambda: CodeCarbon("process"),
        "Carbontracker": lambda: Carbontracker(folder),
        "Zeus": Zeus,
    }
    told = {name: {} for name in makers}
    trackers = {name: guarded(told[name], make) for name, make in makers.items()}
    wait_for_all(folder, rank, ranks)
    for name, tracker in trackers.items():
        if tracker:
            told[name]["start"] = time.time()
            guarded(told[name], tracker.start)
    compute((rank + 1) / ranks, time.time() + seconds)
    for name, tracker in trackers.items():
        if tracker and "error" not in told[name]:
            told[name]["booked_j"] = guarded(told[name], tracker.stop)
            told[name]["end"] = time.time()
    with open(os.path.join(folder, f"{rank}.json"), "w") as file:
        json.dump(told, file)


if __name__ == "__main__":  # Zeus starts processes that import this anew
    main()
