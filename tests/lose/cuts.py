#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Power cuts: one run on cutfs, and then a cut at every single thing that it did to its disk.

  cuts.py BUILD FOLDER SECONDS SEED alone|lab

alone: gramme run writes. lab: a collector does, in a folder of the user's.
For every moment the disk is laid out as the cut would leave it: once with nothing but what was
synced (a file's bytes by a sync of the file, a name by a sync of its folder), and some times with
a part of the rest, drawn by chance, since a disk may also have written what nobody asked it to.
What is found there must be a ledger that verifies and knows all but the last five seconds, or no
ledger where the run was not older than that. In mid-run the clock is stepped, so that there is an
anchor too.
"""
import base64
import collections
import json
import mmap
import os
import random
import shutil
import struct
import subprocess
import sys
import threading
import time

FIVE_SECONDS_NS = 5_000_000_000
LAUNCH_NS = 1_000_000
ROOT = 0
DRAWS = 3


def die(text):
    print("FAILED:", text)
    sys.exit(1)


# ---- the run ----


class Watch(threading.Thread):
    """Notes how many launches had returned when, and how late this machine lets one wake up."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.path = path
        self.seen = [(0, 0)]
        self.late_ns = 0
        self.over = threading.Event()

    def run(self):
        step_s = 0.02
        due = time.monotonic()
        while not self.over.wait(max(0, due + step_s - time.monotonic())):
            due += step_s
            self.late_ns = max(self.late_ns, int((time.monotonic() - due) * 1e9))
            due = max(due, time.monotonic() - step_s)
            self.look()

    def look(self):
        try:
            with open(self.path, "rb") as file, mmap.mmap(file.fileno(), 48, prot=1) as words:
                now_ns = time.monotonic_ns()
                self.seen.append((now_ns, sum(struct.unpack("6Q", words)[2:4])))
        except (OSError, ValueError):
            pass  # not there yet

    def returned_by(self, t_ns):
        return max(count for when_ns, count in self.seen if when_ns <= t_ns)

    def asked_by(self, t_ns):
        later = [count for when_ns, count in self.seen if when_ns >= t_ns]
        return min(later, default=self.seen[-1][1]) + 1


def mount(folder):
    log = f"{folder}/log"
    os.mkdir(f"{folder}/disk")
    here = os.path.dirname(os.path.abspath(__file__))
    server = subprocess.Popen([sys.executable, f"{here}/cutfs.py", f"{folder}/disk", log,
                               f"{folder}/fault"])
    for _ in range(200):
        if os.path.ismount(f"{folder}/disk"):
            return server, log
        time.sleep(0.05)
    die("the file system was never mounted")


def step_clock(folder, seconds):
    with open(f"{folder}/clock", "w", encoding="ascii") as file:
        file.write(f"+{seconds}\n")


def start_collector(build, folder, environment):
    socket = f"{folder}/socket"
    collector = subprocess.Popen(
        [f"{build}/gramme", "collect", "--ledger-dir", f"{folder}/disk/new/ledgers", "--socket",
         socket], env=environment)
    for _ in range(200):
        if os.path.exists(socket):
            environment["GRAMME_SOCKET"] = socket
            return collector
        time.sleep(0.05)
    collector.kill()
    die("the collector never listened")


def run(build, folder, seconds, lab):
    step_clock(folder, 0)
    environment = {
        **os.environ,
        "OCL_ICD_VENDORS": f"{build}/tests/fake/libfakecl.so",
        "FAKECL_COMMAND_NS": str(LAUNCH_NS),
        "LD_PRELOAD": "/usr/$LIB/faketime/libfaketime.so.1",
        "FAKETIME_TIMESTAMP_FILE": f"{folder}/clock",
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    collector = start_collector(build, folder, environment) if lab else None
    where = [] if lab else ["--ledger-dir", f"{folder}/disk/new/ledgers"]
    launches = seconds * 1_000_000_000 // LAUNCH_NS
    watch = Watch(f"{folder}/progress")
    watch.start()
    program = subprocess.Popen(
        [f"{build}/gramme", "run", "--quiet", *where, "--", f"{build}/tests/prog/cl_linked",
         "--launches", str(launches), "--batch", "32", "--progress", f"{folder}/progress"],
        env=environment, stdout=subprocess.DEVNULL)
    time.sleep(seconds * 0.62)
    step_clock(folder, 3600)
    status = program.wait(seconds + 60)
    watch.over.set()
    watch.join()
    if collector:
        collector.terminate()
        collector.wait(10)
    if status:
        die(f"exit status {status}")
    return watch


# ---- the disk ----


class Disk:
    """What was done, and, of each file and folder, since when it has not been synced."""

    def __init__(self):
        self.bytes = collections.defaultdict(bytes)
        self.names = collections.defaultdict(dict)
        self.folders = {ROOT}
        self.stable_bytes = collections.defaultdict(bytes)
        self.stable_names = collections.defaultdict(dict)
        self.pending_names = collections.defaultdict(list)

    def change_names(self, folder, change):
        change(self.names[folder])
        self.pending_names[folder].append(change)

    def apply(self, op):
        getattr(self, "do_" + op["what"])(op)

    def do_make(self, op):
        if op["is_folder"]:
            self.folders.add(op["node"])
        self.change_names(op["folder"], lambda names: names.update({op["name"]: op["node"]}))

    def do_remove(self, op):
        self.change_names(op["folder"], lambda names: names.pop(op["name"], None))

    def do_rename(self, op):
        node = self.names[op["folder"]][op["name"]]

        def change(names):
            names.pop(op["name"], None)
            names[op["to_name"]] = node

        if op["folder"] != op["to_folder"]:
            die("a rename between folders: this double knows none")
        self.change_names(op["folder"], change)

    def do_write(self, op):
        data = base64.b64decode(op["data"])
        old = self.bytes[op["node"]]
        old += bytes(max(0, op["offset"] - len(old)))
        self.bytes[op["node"]] = old[:op["offset"]] + data + old[op["offset"] + len(data):]

    def do_truncate(self, op):
        self.bytes[op["node"]] = self.bytes[op["node"]][:op["length"]].ljust(op["length"], b"\0")

    def do_sync(self, op):
        node = op["node"]
        if node in self.folders:
            self.stable_names[node] = dict(self.names[node])
            self.pending_names[node].clear()
        else:
            self.stable_bytes[node] = self.bytes[node]

    # ---- after the cut ----

    def names_after(self, folder, chance):
        names = dict(self.stable_names[folder])
        pending = self.pending_names[folder]
        for change in pending[:chance.randint(0, len(pending)) if chance else 0]:
            change(names)
        return names

    def bytes_after(self, node, chance):
        stable, now = self.stable_bytes[node], self.bytes[node]
        if not chance or stable == now:
            return stable
        if not now.startswith(stable):  # it was cut back
            return chance.choice([stable, now])
        return now[:chance.choice([len(stable), len(now), chance.randint(len(stable), len(now))])]

    def after(self, chance=None, folder=ROOT, path=""):
        """{path: bytes} of all files."""
        files = {}
        for name, node in self.names_after(folder, chance).items():
            if node in self.folders:
                files.update(self.after(chance, node, f"{path}/{name}"))
            else:
                files[f"{path}/{name}"] = self.bytes_after(node, chance)
        return files


# ---- the verdict ----


class Judge:
    def __init__(self, build, folder, watch):
        self.gramme = f"{build}/gramme"
        self.folder = f"{folder}/after"
        self.watch = watch
        self.start_ns = None  # of the run
        self.known = {}
        self.worst_ns = 0
        self.partial = self.none = self.by_journal = self.anchored = 0

    def lay_out(self, files):
        shutil.rmtree(self.folder, ignore_errors=True)
        for path, data in files.items():
            os.makedirs(os.path.dirname(self.folder + path), exist_ok=True)
            with open(self.folder + path, "wb") as file:
                file.write(data)

    def read(self, files):
        """The run that the files tell of, or None; a damaged one is the end of the test."""
        key = frozenset(files.items())
        if key not in self.known:
            self.known[key] = self.read_anew(files)
        return self.known[key]

    def read_anew(self, files):
        ledgers = [path for path in files if path.endswith(".jsonl")]
        if not ledgers:
            return None
        if len(ledgers) > 1:
            die(f"several ledgers: {ledgers}")
        self.lay_out(files)
        path = self.folder + ledgers[0]
        verify = subprocess.run([self.gramme, "verify", path], capture_output=True, text=True,
                                check=False)
        if verify.returncode:
            die(f"does not verify: {verify.stderr}")
        if "ends within its opening line" in verify.stdout:
            return None
        show = subprocess.run([self.gramme, "show", "--json", path], capture_output=True,
                              check=True)
        summary = json.loads(show.stdout)
        if not summary["chain"]["closed"] and "incomplete" not in verify.stdout:
            die(f"a part is missing, and that is not said: {verify.stdout}")
        return summary

    def judge(self, files, before_ns):
        """A cut just before the moment."""
        found = self.read(files)
        known_ns = self.start_ns
        launches = 0
        if found:
            known_ns += found["run"]["duration_ns"]
            launches = sum(kernel["count"] for kernel in found["kernels"])
            self.partial += not found["chain"]["closed"]
            self.by_journal += found["chain"]["journal"] == "used"
            self.anchored += "clock step" in [a["reason"] for a in found["run"]["anchors"]]
        else:
            self.none += 1
        if found and found["chain"]["closed"]:
            return
        missing_ns = before_ns - known_ns
        self.worst_ns = max(self.worst_ns, missing_ns)
        if missing_ns > FIVE_SECONDS_NS + self.watch.late_ns:
            die(f"{missing_ns / 1e9:.2f} s are missing "
                f"({'a ledger' if found else 'no ledger'} at {known_ns / 1e9:.2f}; "
                f"journal {found and found['chain']['journal']})")
        least, most = self.watch.returned_by(known_ns), self.watch.asked_by(before_ns)
        if not least <= launches <= most:
            die(f"{launches} launches, and there were {least} to {most} by then "
                f"(journal {found and found['chain']['journal']})")


def start_of(files):
    opening = next(data for path, data in files.items() if path.endswith(".jsonl"))
    return int(json.loads(opening.split(b"\n", 1)[0])["start_monotonic_ns"])


def main():
    build, folder, seconds, seed = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    lab = sys.argv[5] == "lab"
    server, log = mount(folder)
    try:
        watch = run(build, folder, seconds, lab)
    finally:
        subprocess.run(["umount", f"{folder}/disk"], check=True)
        server.wait(10)
    with open(log, encoding="ascii") as file:
        ops = [json.loads(line) for line in file]
    judge = Judge(build, folder, watch)
    disk = Disk()
    for op in ops:
        disk.apply(op)
    whole = judge.read(disk.after())
    if not whole or not whole["chain"]["closed"]:
        die("after the run, a cut takes its closed ledger")
    launches = sum(kernel["count"] for kernel in whole["kernels"])
    if launches != watch.seen[-1][1]:
        die(f"{launches} launches in the whole ledger, {watch.seen[-1][1]} were made")
    judge.start_ns = start_of(disk.after())
    disk = Disk()
    for i, op in enumerate(ops):
        for draw in range(1 + DRAWS):
            judge.judge(disk.after(random.Random(f"{seed} {i} {draw}") if draw else None),
                        op["t_ns"])
        disk.apply(op)
    print(f"{len(ops)} moments, {len(judge.known)} different disks: {judge.none} cuts left no "
          f"ledger, {judge.partial} a part, {judge.by_journal} known by the journal, "
          f"{judge.anchored} with an anchor; at most {judge.worst_ns / 1e9:.2f} s missing, and "
          f"this machine was up to {watch.late_ns / 1e9:.2f} s late")
    if not judge.by_journal or not judge.anchored or not judge.none:
        die("a kind of cut never came")


if __name__ == "__main__":
    main()
