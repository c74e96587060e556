#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs one program in five ways and says where they differ.

  bare    without the shim
  lazy    with the shim and a live collector
  eager   the same, the shim setting itself up at start (GRAMME_EAGER=1)
  dying   the same, and the collector is SIGKILLed once it has the arena: the program is held in
          the call that handed it over, and everything else that it does comes after that death
  dead    the same, and nobody listens at the socket

A live collector must have seen an arena of the eager program, or the comparison fails: a shim that
is not there does no harm. It must have seen none of the lazy one that computes nothing. Programs
that cannot carry a preload are named with --cannot, and then no arena may be seen.

Memory is compared with a bound, since no two runs of a program take the same. Measured 2026-11-21
over true, sh, bash, git, perl, python, node and java, seven times each: anonymous and shared memory
at the exit grow by 16 to 24 KiB (lazy) and 48 to 64 KiB (eager; 32 of them are touched pages of the
arena), and two bare runs of node and java differ by 100 KiB. Address space grows by 3440 KiB, of
which 1024 are the ring of notes. The peak counts file pages too, which all programs share: of the
library's 1 MiB some 440 KiB are mapped around what is touched, and two bare runs of cat differ by
170 KiB. What is over the bound is run again,
and the least of three counts. Address space is left out where there are threads: malloc reserves
64 MiB for as many of them as happen to meet.
"""

import argparse
import difflib
import fcntl
import glob
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import termios
import threading
import time

import watch
from collector import ARENA_S, Collector, wait

VARIANTS = ("bare", "lazy", "eager", "dying", "dead")
ORPHANS_S, DIFF_LINES = 5, 24
MEMORY_KIB = {"memory": 160, "peak memory": 900, "locked memory": 96, "address space": 4096}
MEMORY_NOISE = 16  # of what the bare program takes, one part
MEMORY_RUNS = 3
UNSTEADY = ((rb"==\d+==", b"==PID=="), (rb"\b0x[0-9a-f]{5,16}\b", b"0xADDRESS"))


def parse():
    p = argparse.ArgumentParser()
    p.add_argument("name")
    p.add_argument("--shim", required=True, help="what LD_PRELOAD gets, ':' between several")
    p.add_argument("--gramme", required=True)
    p.add_argument("--cannot", metavar="WHY", help="why no arena can be made in the program")
    p.add_argument("--computes", action="store_true", help="it uses a compute API by itself")
    p.add_argument("--own", default="", help="what the program's user preloads, after the shim")
    p.add_argument("--own-first", default="", help="the same, before the shim")
    p.add_argument("--env", action="append", default=[], metavar="NAME=VALUE")
    p.add_argument("--rlimit", action="append", default=[], metavar="NAME=VALUE")
    p.add_argument("--mask", action="append", default=[], help="lines of output left out")
    p.add_argument("--sort", action="store_true", help="lines of output in any order")
    p.add_argument("--leave-out", action="append", default=[], help="what is not compared")
    p.add_argument("--memory", type=int, default=0, metavar="KIB", help="what its computing needs")
    p.add_argument("--pty", action="append", default=[], metavar="LINE", help="on a terminal: "
                   "what to type at each prompt, which is 'harm%% '")
    p.add_argument("--seconds", type=int, default=30)
    p.add_argument("command", nargs="+")
    return p.parse_args()


class Output(threading.Thread):
    """Reads one stream to its end; at a terminal it types a line at each prompt."""

    def __init__(self, fd, lines=()):
        super().__init__(daemon=True)
        self.fd, self.lines, self.bytes = fd, list(lines), b""
        self.start()

    def run(self):
        while True:
            try:
                piece = os.read(self.fd, 65536)
            except OSError:  # the terminal's last user has gone
                piece = b""
            if not piece:
                break
            self.bytes += piece
            if self.lines and self.bytes.endswith(b"harm% "):
                os.write(self.fd, self.lines.pop(0).encode() + b"\r")

    def take(self):
        self.join(ORPHANS_S)
        if self.is_alive():
            return self.bytes + b"\n(the harness: still open)\n"
        os.close(self.fd)
        return self.bytes


class Run:
    """One run of the program, to its end."""

    def __init__(self, case, variant):
        self.case, self.variant = case, variant
        self.args = case.args
        self.seen, self.memory = {}, {}
        self.collector = None
        self.arena = False

    def environment(self):
        env = {key: os.environ[key] for key in ("PATH", "TMPDIR")}
        env.update(HOME=self.case.work, LANG="C.UTF-8", TERM="dumb", PS1="harm% ")
        env.update(pair.split("=", 1) for pair in self.args.env)
        shim = "" if self.variant == "bare" else self.args.shim
        preload = ":".join(filter(None, (self.args.own_first, shim, self.args.own)))
        if preload:
            env["LD_PRELOAD"] = preload
        if self.variant != "bare":
            env["GRAMME_SOCKET"] = self.collector.socket if self.collector else self.case.dead
        if self.variant in ("eager", "dying", "dead"):
            env["GRAMME_EAGER"] = "1"
        return env

    def child(self, gate, streams):
        """Becomes the program, from the same state each time."""
        os.setsid()
        if self.args.pty:
            fcntl.ioctl(streams[0], termios.TIOCSCTTY, 0)
        for number in set(range(1, 65)) - {signal.SIGKILL, signal.SIGSTOP, 32, 33}:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        os.umask(0o022)
        os.chdir(self.case.work)
        os.read(gate, 1)
        for target, fd in enumerate(streams):
            os.dup2(fd, target)
        os.closerange(3, 256)
        env = self.environment()
        path = shutil.which(self.args.command[0], path=env["PATH"]) or self.args.command[0]
        for limit in self.args.rlimit:
            name, value = limit.split("=")
            resource.setrlimit(getattr(resource, "RLIMIT_" + name), (int(value), int(value)))
        os.execve(path, self.args.command, env)

    def start(self, streams):
        gate, open_gate = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(open_gate)
            try:
                self.child(gate, streams)
            except BaseException as error:
                os.write(2, f"harness: {error}\n".encode())
            os._exit(126)
        os.close(gate)
        try:
            held = self.variant == "dying" and not self.args.cannot
            self.watch = watch.Watch(pid, self.at_exit, self.at_hand_over if held else None)
        finally:
            os.close(open_gate)
        return pid

    def has_arena(self):
        return wait(lambda: self.collector.arenas() > self.before, ARENA_S)

    def at_hand_over(self):
        self.arena = self.has_arena()
        self.collector.kill()

    def at_exit(self, pid):
        if self.variant == "eager" and not self.args.cannot:
            self.arena = self.has_arena()
        elif self.variant == "dying" and not self.arena:
            self.collector.kill()
        self.seen.update(watch.observe(pid))
        self.memory = watch.memory_kib(pid)

    def open_streams(self):
        """Returns the program's three descriptors, and ours to read from."""
        if self.args.pty:
            master, slave = os.openpty()
            return [slave] * 3, [Output(master, self.args.pty)]
        null = os.open("/dev/null", os.O_RDONLY)
        out, err = os.pipe(), os.pipe()
        return [null, out[1], err[1]], [Output(out[0]), Output(err[0])]

    def orphans(self):
        """What the program left running has a moment to end; then it is counted, and ended."""
        def left():
            try:
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            except ChildProcessError:
                pass
            return [pid for pid in children() if not self.case.is_ours(pid)]

        if wait(lambda: not left(), ORPHANS_S):
            return []
        names = sorted(watch.status_of(pid).get("Name", "?") for pid in left())
        for _ in range(ORPHANS_S * 100):
            for pid in left():
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.01)
            if not left():
                break
        return names

    def prepare(self):
        shutil.rmtree(self.case.work, ignore_errors=True)
        os.mkdir(self.case.work, 0o777)
        os.chmod(self.case.work, 0o777)
        if self.variant in ("lazy", "eager"):
            self.collector = self.case.collector
        if self.variant == "dying":
            self.collector = self.case.new_collector()
        if self.collector:
            self.before = self.collector.arenas()

    def run(self):
        self.prepare()
        theirs, ours = self.open_streams()
        pid = self.start(theirs)
        for fd in set(theirs):
            os.close(fd)
        signal.alarm(self.args.seconds)
        try:
            status = self.watch.follow()
        except TimeoutError:
            os.kill(pid, signal.SIGKILL)
            status = self.watch.follow()
            self.seen["time"] = [f"it ran past {self.args.seconds} seconds"]
        signal.alarm(0)
        self.seen["exit status"] = [str(os.waitstatus_to_exitcode(status))]
        self.seen["threads"] = [str(self.watch.threads)]
        self.seen["processes left"] = self.orphans()
        for name, stream in zip(("stdout", "stderr"), ours):
            self.seen[name] = self.case.lines(stream.take())
        return self


def children():
    me = str(os.getpid())
    for path in glob.glob("/proc/[0-9]*/stat"):
        fields = watch.read(path).rpartition(")")[2].split()
        if len(fields) > 1 and fields[1] == me:
            yield int(path.split("/")[2])


class Case:
    def __init__(self, args):
        self.args = args
        folder = f"{os.environ['TMPDIR']}/{args.name}"
        os.mkdir(folder, 0o711)
        os.chmod(folder, 0o711)
        self.folder, self.work, self.dead = folder, folder + "/work", folder + "/dead"
        self.problems, self.collectors = [], 0
        self.gramme = os.path.realpath(args.gramme)
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as dead:
            dead.bind(self.dead)
        self.collector = self.new_collector()

    def new_collector(self):
        self.collectors += 1
        return Collector(self.gramme, f"{self.folder}/{self.collectors}")

    def is_ours(self, pid):
        """A collector, or what outlives it."""
        return watch.link(f"/proc/{pid}/exe").startswith(self.gramme)

    def end_ours(self):
        for pid in children():
            if self.is_ours(pid):
                os.kill(pid, signal.SIGKILL)

    def lines(self, output):
        for pattern, instead in UNSTEADY:
            output = re.sub(pattern, instead, output)
        lines = output.decode("utf-8", "backslashreplace").split("\n")
        lines = [x for x in lines if not any(re.search(m, x) for m in self.args.mask)]
        return sorted(lines) if self.args.sort else lines

    def compare(self, bare, other):
        for what in sorted(set(bare.seen) | set(other.seen)):
            a, b = bare.seen.get(what, []), other.seen.get(what, [])
            if a != b and what not in self.args.leave_out:
                diff = list(difflib.unified_diff(a, b, n=1, lineterm=""))
                yield f"{other.variant}: {what} differs", diff[2:]

    def check_arenas(self, run):
        """Run by run, in order: an arena that comes too early is seen, too."""
        cannot = self.args.cannot
        if run.variant == "lazy" and not self.args.computes and self.collector.has_arenas():
            self.problems.append(("lazy: it was set up without any compute", []))
        if run.variant == "eager" and cannot and self.collector.has_arenas():
            self.problems.append((f"eager: it can carry the shim ({cannot}?)", []))
        if run.variant in ("eager", "dying") and not cannot and not run.arena:
            self.problems.append((f"{run.variant}: the collector saw no arena of it", []))

    def check_memory(self, bare, run):
        def most(what):
            return bare.memory[what] + self.args.memory + MEMORY_KIB[what] + \
                bare.memory[what] // MEMORY_NOISE

        def over():
            return [w for w in MEMORY_KIB if w in bare.memory and w in run.memory and
                    w not in self.args.leave_out and run.memory[w] > most(w) and
                    not (w == "address space" and bare.watch.threads > 1)]

        for _ in range(1, MEMORY_RUNS):
            if not over():
                return
            for one in (bare, run):
                again = Run(self, one.variant).run()
                one.memory = {w: min(one.memory[w], again.memory.get(w, one.memory[w]))
                              for w in one.memory}
        for what in over():
            self.problems.append((f"{run.variant}: {what} differs", [
                f"-{bare.memory[what]} KiB", f"+{run.memory[what]} KiB",
                f"(at most {most(what)})"]))

    def run(self):
        bare = Run(self, "bare").run()
        if "time" in bare.seen:
            self.problems.append(("bare: " + bare.seen["time"][0], []))
        said = bare.seen["stdout"] + bare.seen.get("stderr", [])
        if any(line.startswith("harness: ") for line in said):
            self.problems.append(("bare: it was not started", said))
        for variant in VARIANTS[1:]:
            run = Run(self, variant).run()
            self.problems += self.compare(bare, run)
            self.check_arenas(run)
            self.check_memory(bare, run)
        if any("differs" in what for what, _ in self.problems):
            again = Run(self, "bare").run()
            self.problems += [("UNSTEADY BY ITSELF, " + w, d) for w, d in self.compare(bare, again)]
        status = self.collector.stop()
        if status:
            self.problems.append((f"the collector ended with status {status}", []))
        return bare

    def say(self, bare):
        status = bare.seen["exit status"][0]
        note = f", no arena: {self.args.cannot}" if self.args.cannot else ""
        if not self.problems:
            print(f"ok   {self.args.name} (status {status}{note})")
            return 0
        for what, diff in self.problems:
            print(f"FAIL {self.args.name}: {what}")
            for line in diff[:DIFF_LINES]:
                print("     " + line.rstrip("\n")[:300])
        return 1


def on_alarm(number, frame):
    raise TimeoutError


def main():
    args = parse()
    signal.signal(signal.SIGALRM, on_alarm)
    watch.adopt_orphans()
    case = Case(args)
    try:
        return case.say(case.run())
    finally:
        case.end_ours()
        shutil.rmtree(case.folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
