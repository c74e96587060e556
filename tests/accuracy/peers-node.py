#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
The RAPL counters of a machine with one socket, in a folder in the shape of /sys/class/powercap,
driven by how busy this machine is: 20 W to 100 W for the package, 3 W to 9 W for its memory.

    peers-node.py FOLDER LOG

Each line of the log is a time (Unix, in seconds) and what the counters showed then, in
microjoules, so that anybody's joules can be held against those of the same time.
"""
import os
import sys
import time

TICK_S = 0.05
RANGE_UJ = 262_143_328_850
ZONES = {  # folder: name, watts asleep, watts busy, first reading (digits enough for any run)
    "intel-rapl:0": ("package-0", 20.0, 100.0, 100_000_000_000),
    "intel-rapl:0/intel-rapl:0:0": ("dram", 3.0, 9.0, 20_000_000_000),
}


def write(path, text):
    with open(path, "w") as file:
        file.write(f"{text}\n")


def make(folder):
    """Lays the zones out as the kernel does; gives their counters' descriptors."""
    counters = []
    os.makedirs(os.path.join(folder, "intel-rapl"))
    os.symlink(folder, os.path.join(folder, "intel-rapl", "subsystem"))
    for zone, (name, _, _, first_uj) in ZONES.items():
        home = os.path.join(folder, "intel-rapl", zone)
        os.makedirs(home)
        os.symlink(home, os.path.join(folder, os.path.basename(zone)))
        write(f"{home}/name", name)
        write(f"{home}/enabled", 0)
        write(f"{home}/max_energy_range_uj", RANGE_UJ)
        write(f"{home}/energy_uj", first_uj)
        counters.append(os.open(f"{home}/energy_uj", os.O_WRONLY))
    return counters


def ticks():
    """Ticks of all processors so far: at work, and altogether."""
    with open("/proc/stat") as file:
        user, nice, system, idle, wait, *rest = map(int, file.readline().split()[1:8])
    busy = user + nice + system + sum(rest)
    return busy, busy + idle + wait


def main():
    folder, log = sys.argv[1:]
    counters = make(folder)
    energy_uj = [float(first_uj) for _, _, _, first_uj in ZONES.values()]
    busy, load = ticks(), 0.0
    then = time.time()
    with open(log, "w", buffering=1) as told:
        while True:
            now = time.time()
            for i, (_, asleep, awake, _) in enumerate(ZONES.values()):
                energy_uj[i] += (asleep + (awake - asleep) * load) * (now - then) * 1e6
                os.pwrite(counters[i], b"%d\n" % energy_uj[i], 0)
            print(f"{now:.6f}", *(int(uj) for uj in energy_uj), file=told)
            then = now
            time.sleep(TICK_S)
            last, busy = busy, ticks()
            if busy[1] > last[1]:
                load = (busy[0] - last[0]) / (busy[1] - last[1])


main()
