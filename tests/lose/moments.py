#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Deaths at every moment: one of gramme's processes is killed right before its N-th system call that
changes anything, for every N, while programs compute. None of them may notice, and every launch
is in a closed ledger, once.

  moments.py BUILD FOLDER ROLE STEP FIRST

ROLE: who dies: collector, holder, stand-in, own (the collector within gramme run), alone (the
holder, whose collector dies, and is followed by another), or again (a collector that takes over,
and then who takes over from that one, before either has all).
STEP, FIRST: every STEP-th moment, from number FIRST on; 1 1 is all of them.
"""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

SIDE_BY_SIDE = 6
WAIT_S = 60
AGAIN = 60  # moments that a takeover of this story has, or so


class Wrong(Exception):
    pass


def wait_for(what, condition, seconds=WAIT_S):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise Wrong(f"waited in vain for {what}")
        time.sleep(0.01)


class Story:
    """Some programs under a collector that dies at moment N, or is left by who dies then."""

    def __init__(self, build, folder, role, moment):
        self.build = build
        self.role = role
        self.moment = moment
        self.folder = f"{folder}/{role}-{moment}"
        self.socket = self.folder + "/socket"
        self.ledgers = self.folder + "/ledgers"
        os.makedirs(self.ledgers)
        self.log = open(self.folder + "/log", "a+", encoding="utf-8")
        self.told = []  # what strike says
        self.told_next = []  # what a second one says, of who comes after
        self.started = []  # (command, process)
        self.listener = None
        self.env = dict(os.environ, TMPDIR=self.folder, GRAMME_LEDGER_DIR=self.ledgers)

    # ---- who is there ----

    def collect(self, *strike):
        self.begun = self.said("collecting on") + 1
        patience = "0" if self.role == "stand-in" else "60"
        return subprocess.Popen(
            [*strike, self.build + "/gramme", "collect", "--socket", self.socket,
             "--ledger-dir", self.ledgers, "--zone", "FR", "--patience", patience],
            env=self.env, stdout=subprocess.PIPE, stderr=self.log, text=True)

    def ready(self):
        return self.said("collecting on") >= self.begun

    @staticmethod
    def listen(process, told):
        def read():
            for line in process.stdout:
                told.append(line.split())
        thread = threading.Thread(target=read, daemon=True)
        thread.start()
        return thread

    def tells(self, word, told=None):
        told = self.told if told is None else told
        return next((line[1:] for line in told if line[0] == word), None)

    def said(self, words):
        with open(self.folder + "/log", encoding="utf-8") as log:
            return log.read().count(words)

    def processes(self, *names):
        mark = f"TMPDIR={self.folder}".encode()
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/comm", encoding="utf-8") as comm:
                    if not comm.read().startswith(names):
                        continue
                with open(f"/proc/{pid}/environ", "rb") as environ:
                    if mark in environ.read().split(b"\0"):
                        found.append(int(pid))
            except OSError:
                pass
        return found

    # ---- what is metered ----

    def program(self, *options, client=False, then=None):
        env = dict(self.env, GRAMME_SOCKET=self.socket)
        command = [self.build + "/tests/prog/cl_linked", *options]
        if then:
            command = ["sh", "-c", '"$@"; ' + then, "sh", *command]
        if client:
            command = [self.build + "/gramme", "run", "-q", "--", *command]
        else:
            env["LD_PRELOAD"] = self.build + "/libgramme.so"
        process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        self.started.append((command, process))
        return process

    def slowly(self, launches, *options):
        return self.program("--launches", str(launches), "--batch", "20", "--rest-ms", "20",
                            *options)

    def alone(self):
        """One that computes under a gramme run which dies, with a worker, over a second and more."""
        return subprocess.Popen(
            [*self.strike(), self.build + "/gramme", "run", "-q", "--",
             self.build + "/tests/prog/cl_linked", "--launches", "600", "--batch", "20",
             "--rest-ms", "20", "--compute-first", "--workers", "2"],
            env=self.env, stdout=subprocess.PIPE, stderr=self.log, text=True)

    def programs(self):
        """Before a memory was brought up to date, while it is, and behind it."""
        self.slowly(1400)
        self.slowly(300, "--compute-first", "--workers", "2")
        self.program("--launches", "40")
        self.program("--launches", "30", "--pause-ms", "300", client=True)
        # A run that goes on with nobody in it who computes any more.
        self.program("--launches", "60", client=True, then="sleep 1.5")
        time.sleep(0.5)
        self.program("--launches", "50")
        time.sleep(0.7)
        self.program("--launches", "70", "--pause-ms", "100")
        self.program("--launches", "90", client=True)

    def expected(self):
        made = {}
        if self.role == "own":
            wait_for("the program's end", lambda: self.tells("counted"))
            for line in self.told:
                if line[0] == "count":
                    made[line[2]] = made.get(line[2], 0) + int(line[3])
        for command, process in self.started:
            out, err = process.communicate(timeout=WAIT_S)
            client = "run" in command
            if process.returncode or not re.fullmatch(r"(count kernel (scale|add) \d+\n)+", out):
                raise Wrong(f"a program noticed: {command}: {process.returncode} {out!r} {err!r}")
            if err and not client:
                raise Wrong(f"a program noticed: {command}: {err!r}")
            for name, count in re.findall(r"count kernel (\w+) (\d+)", out):
                made[name] = made.get(name, 0) + int(count)
        return made

    # ---- what became of it ----

    def files(self):
        return [os.path.join(folder, name) for folder, _, names in os.walk(self.ledgers)
                for name in names]

    def somebody_died(self):
        return self.tells("struck") or self.tells("ended") not in (None, ["0"])

    def recorded(self):
        """A gramme run that dies before its ledger is made leaves nobody who knows of its run."""
        for path in self.files():
            with open(path, encoding="utf-8") as file:
                if path.endswith(".jsonl") and len(file.readlines()) > 1:
                    return True
        return False

    def closed(self):
        for path in self.files():
            if path.endswith(".jsonl"):
                with open(path, encoding="utf-8") as file:
                    text = file.read()
                # One that died while it made a ledger leaves its opening line, and the run is in
                # another.
                if '"type":"close"' not in text and not (self.somebody_died() and
                                                         text.count("\n") <= 1):
                    return False
        return True

    def seen(self):
        counts = {}
        for path in self.files():
            if not path.endswith(".jsonl"):
                continue
            verify = subprocess.run([self.build + "/gramme", "verify", path],
                                    capture_output=True, text=True, check=False)
            if verify.returncode:
                raise Wrong(f"a ledger does not verify: {verify.stdout}{verify.stderr}")
            shown = subprocess.run([self.build + "/gramme", "show", "--json", path],
                                   capture_output=True, text=True, check=True)
            for row in json.loads(shown.stdout)["kernels"]:
                if row["kind"] == "kernel":
                    counts[row["name"]] = counts.get(row["name"], 0) + row["count"]
        return counts

    def left(self):
        return self.processes("gramme") or [
            name for name in os.listdir(self.folder) if name.startswith(("socket", "gramme-"))]

    # ---- the course ----

    def strike(self, moment=None):
        role = {"own": "collector", "alone": "holder", "again": "collector"}.get(self.role, self.role)
        return [self.build + "/tests/prog/strike", role, str(self.moment if moment is None else moment)]

    def kill_first(self):
        if self.tells("ended"):
            return
        os.kill(int(self.tells("pid")[0]), signal.SIGKILL)
        wait_for("the first collector's death", lambda: self.tells("ended"))

    def tend(self):
        """Keeps the programs metered while the first collector, or who is with it, dies."""
        wait_for("a collector", lambda: self.ready() or self.tells("ended"))
        second = None
        if self.tells("ended"):
            second = self.collect()
            wait_for("the second collector", self.ready)
        programs = threading.Thread(target=self.programs)
        programs.start()
        if self.role == "collector" and not second:
            wait_for("its death", lambda: self.tells("ended") or not programs.is_alive() and
                     all(process.poll() is not None for _, process in self.started) and
                     self.closed())
            second = self.collect() if self.tells("ended") else None
        if self.role == "alone":
            time.sleep(0.4)
            self.kill_first()
            time.sleep(0.4)
            second = self.collect()
        if self.role == "holder":
            # Once more: the next collector gets all from who came in its place.
            time.sleep(1)
            self.kill_first()
            second = self.collect()
        if self.role == "stand-in":
            time.sleep(1.1)
            self.kill_first()
        programs.join()
        return second

    def take_over_and_die(self, moment, told):
        """A collector that dies at that moment, or when it has taken over."""
        listener = self.listen(self.collect(*self.strike(moment)), told)
        wait_for("who takes over", lambda: self.tells("ended", told) or
                 self.tells("pid", told) and self.ready())
        if not self.tells("ended", told):
            try:
                os.kill(int(self.tells("pid", told)[0]), signal.SIGKILL)
            except ProcessLookupError:
                pass  # struck this very moment
            wait_for("the death of who took over", lambda: self.tells("ended", told))
        return listener

    def again(self):
        """Two deaths within takeovers; the second at a moment that has nothing to do with the first."""
        first = self.collect()
        wait_for("a collector", self.ready)
        programs = threading.Thread(target=self.programs)
        programs.start()
        time.sleep(0.4)
        first.kill()
        first.wait()
        self.listener = self.take_over_and_die(self.moment, self.told)
        self.take_over_and_die(1 + self.moment * 7919 % AGAIN, self.told_next).join(WAIT_S)
        last = self.collect()
        programs.join()
        return last

    def stop(self, collector):
        """A collector ends when it is told to."""
        wait_for("the last collector", lambda: self.ready() or collector.poll() is not None)
        collector.terminate()
        if collector.wait(WAIT_S) != 0:
            raise Wrong(f"a collector ended with {collector.returncode}")

    def end(self, second):
        if not second and self.role not in ("own", "stand-in"):
            os.kill(int(self.tells("pid")[0]), signal.SIGTERM)
            wait_for("the first collector's end", lambda: self.tells("ended"))
            # It may have been struck just then: somebody comes who tidies up.
            if self.tells("ended") != ["0"]:
                second = self.collect()
        if second:
            self.stop(second)
        wait_for("nothing to be left", lambda: not self.left())

    def play(self):
        own = self.role == "own"
        if self.role == "again":
            second = self.again()
        else:
            first = self.alone() if own else self.collect(*self.strike())
            self.listener = self.listen(first, self.told)
            wait_for("strike", lambda: self.tells("pid"))
            second = None if own else self.tend()
        made = self.expected()
        wait_for("ledgers to be closed", self.closed)
        if own and self.tells("struck") and not self.recorded():
            return
        self.end(second)
        seen = self.seen()
        if made != seen:
            raise Wrong(f"made {made}, seen {seen}")
        self.listener.join(WAIT_S)
        if not self.tells("counted"):
            raise Wrong(f"somebody is left: {self.left()}")

    def tell(self, error):
        shown = [f"FAILED: {self.role}, moment {self.moment}: {error}; left: {self.left()}",
                 *(" ".join(line) for line in self.told + self.told_next)]
        with open(self.folder + "/log", encoding="utf-8") as log:
            shown += log.read().splitlines()[-10:]
        for path in sorted(self.files()):
            with open(path, encoding="utf-8", errors="replace") as file:
                shown.append(f"{os.path.relpath(path, self.ledgers)}: {len(file.readlines())} lines")
        return "\n".join(shown)

    def clear(self):
        for pid in self.processes("gramme", "cl_linked", "strike", "sh"):
            os.kill(pid, signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)


class Course:
    """All moments, some stories side by side, until one goes by in which nobody was struck."""

    def __init__(self, build, folder, role, step, first):
        self.make = lambda moment: Story(build, folder, role, moment)
        self.next = first
        self.step = step
        self.over = False
        self.lock = threading.Lock()
        self.struck = []
        self.wrong = []

    def take(self):
        with self.lock:
            if self.over:
                return None
            self.next += self.step
            return self.next - self.step

    def work(self):
        while (moment := self.take()) is not None:
            story = self.make(moment)
            error = None
            try:
                story.play()
            except (Wrong, OSError, subprocess.SubprocessError) as wrong:
                error = wrong
            with self.lock:
                if error is not None:
                    self.wrong.append(story.tell(error))
                struck = story.tells("struck")
                if struck:
                    self.struck.append(moment)
                self.over = self.over or not struck or len(self.wrong) >= 5
            story.clear()

    def run(self):
        workers = [threading.Thread(target=self.work) for _ in range(SIDE_BY_SIDE)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()


def main():
    build, folder, role = sys.argv[1:4]
    course = Course(build, folder, role, int(sys.argv[4]), int(sys.argv[5]))
    start = time.monotonic()
    course.run()
    print(f"{role}: {len(course.struck)} moments, the last is {max(course.struck, default=0)};"
          f" {time.monotonic() - start:.0f} s")
    for wrong in course.wrong:
        print(wrong)
    sys.exit(bool(course.wrong) or not course.struck)


main()
