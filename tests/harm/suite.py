#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the tests of somebody else's project without and with the shim (GRAMME_EAGER=1, a live
collector), and compares what became of each of them.

A unit is what runs in one process: a module, a file, a program. A test that differs is not believed
at once, since such suites have tests that fail by themselves: it is run alone, bare and metered in
turn. It is harm if it then still ends in a way in which the bare one never does. Each of these is
named in the output, whatever came of it. The comparison fails as well where no test passes, or the
collector saw nothing.
"""

import argparse
import collections
import os
import re
import shutil
import signal
import subprocess
import sys

from collector import Collector

ROUNDS = (5, 15)  # of runs alone, bare and metered each: to excuse, then to convict
TAIL_LINES = 30
HERE = os.path.dirname(os.path.abspath(__file__))


class Unit:
    """Names a process to start, and reads its outcomes."""

    def __init__(self, name, python):
        self.name, self.python = name, python

    def command(self, only):
        return [self.python, "-B", HERE + "/outcomes.py"] + (only or [self.name])

    def outcomes(self, written, _said, status):
        ended, started = {}, []
        for line in written.split("\n"):
            if line.startswith("\t"):
                _, outcome, test = line.split("\t", 2)
                # A failed subtest, and then an error in tearDown: the first counts.
                ended.setdefault(test, outcome)
            elif line:
                started.append(line)
        return {test: ended.get(test, f"took all with it ({status})") for test in started}


class PytestUnit(Unit):
    def command(self, only):
        return [self.python, "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "outcomes",
                "--rootdir", os.path.dirname(self.name)] + (only and self.paths(only) or
                                                            [self.name])

    def paths(self, only):
        return [os.path.dirname(self.name) + "/" + test for test in only]


class PiglitUnit(Unit):
    """One program, which says its result and those of its parts as JSON."""

    def command(self, only):
        if self.name.endswith((".cl", ".program_test")):
            tester = os.path.join(os.path.dirname(self.python), "cl-program-tester")
            return [tester, self.name]
        return [self.name, "-auto"]

    def outcomes(self, _written, said, status):
        parts = re.findall(r'^PIGLIT: \{"subtest": \{"(.*)" : "(.*)"', said, re.M)
        whole = re.findall(r'^PIGLIT: \{"result": "(.*?)"', said, re.M)
        found = {f"{self.name}: {part}": self.plain(result) for part, result in parts}
        found[self.name] = self.plain(whole[-1]) if whole else f"no result ({status})"
        return found

    def plain(self, result):
        return "ok" if result == "pass" else result


KINDS = {"unittest": Unit, "pytest": PytestUnit, "piglit": PiglitUnit}


class Suite:
    def __init__(self, args):
        self.args = args
        self.folder = os.environ["TMPDIR"]
        self.collector = Collector(os.path.realpath(args.gramme), self.folder + "/collector")
        self.runs = 0

    def environment(self, metered, outcomes):
        env = {key: os.environ[key] for key in ("PATH", "TMPDIR", "HOME")}
        env.update(LANG="C.UTF-8", TERM="dumb", PYTHONPATH=HERE, HARM_OUTCOMES=outcomes)
        env.update(pair.split("=", 1) for pair in self.args.env)
        if metered:
            env.update(LD_PRELOAD=self.args.shim, GRAMME_SOCKET=self.collector.socket,
                       GRAMME_EAGER="1")
        return env

    def run(self, unit, metered, only=None):
        """Returns the outcome of each test, and the last of what was printed."""
        self.runs += 1
        folder = f"{self.folder}/run-{self.runs}"
        os.mkdir(folder)
        outcomes, said = folder + ".outcomes", folder + ".said"
        open(outcomes, "w").close()
        os.chmod(outcomes, 0o666)
        with open(said, "wb") as out:
            process = subprocess.Popen(
                unit.command(only), cwd=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                env=self.environment(metered, outcomes), start_new_session=True)
            try:
                status = process.wait(self.args.seconds)
            except subprocess.TimeoutExpired:
                status = f"more than {self.args.seconds} s"
            try:
                os.killpg(process.pid, signal.SIGKILL)  # and what it left behind
            except ProcessLookupError:
                pass
            process.wait()
        texts = [open(path, errors="replace").read() for path in (outcomes, said)]
        shutil.rmtree(folder, ignore_errors=True)
        os.unlink(outcomes)
        os.unlink(said)
        return unit.outcomes(*texts, status), texts[1].split("\n")[-TAIL_LINES:]

    def alone(self, unit, test):
        """Runs one test again and again. Returns whether it is harm, and why."""
        bare, metered = collections.Counter(), collections.Counter()
        tail = []
        for times in ROUNDS:
            for _ in range(times):
                for counter, with_shim in ((bare, False), (metered, True)):
                    found, said = self.run(unit, with_shim, [test])
                    outcome = found.get(test, "missing")
                    counter[outcome] += 1
                    if with_shim and outcome != "ok":
                        tail = said
            strange = set(metered) - set(bare)
            if not strange:
                break
        return bool(strange), f"alone: bare {dict(bare)}, metered {dict(metered)}", tail

    def compare(self, unit):
        """Returns True where the unit was not harmed."""
        bare, said = self.run(unit, False)
        before = self.collector.arenas()
        metered, _ = self.run(unit, True)
        seen = self.collector.arenas() - before
        count = collections.Counter(bare.values())
        differing = sorted(t for t in {**bare, **metered} if bare.get(t) != metered.get(t))
        print(f"{unit.name}: {len(bare)} tests, {count['ok']} pass, {len(differing)} differ, "
              f"{seen} arenas", flush=True)
        good = bool(count["ok"]) or self.args.may_fail
        if not good:
            print("FAIL none passes, bare:", *said, sep="\n     ")
        if seen < 1:
            print("FAIL the collector saw nothing of it")
            good = False
        for test in differing:
            harm, why, tail = self.alone(unit, test)
            good = good and not harm
            print(f"{'FAIL' if harm else 'flaky'} {test}: bare {bare.get(test)}, "
                  f"metered {metered.get(test)}; {why}", *(tail if harm else ()),
                  sep="\n     ", flush=True)
        self.passed += count["ok"]
        return good

    def compare_all(self, units):
        self.passed = 0
        good = [self.compare(unit) for unit in units]
        status = self.collector.stop()
        if status:
            print(f"FAIL the collector ended with status {status}")
        print(f"{sum(good)} of {len(good)} units unharmed, {self.passed} tests pass")
        return bool(good) and all(good) and self.passed > 0 and not status


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--kind", choices=KINDS, required=True)
    p.add_argument("--shim", required=True)
    p.add_argument("--gramme", required=True)
    p.add_argument("--python", default="/usr/bin/python3", help="or piglit's program tester")
    p.add_argument("--env", action="append", default=[], metavar="NAME=VALUE")
    p.add_argument("--seconds", type=int, default=900, help="for one unit")
    p.add_argument("--may-fail", action="store_true", help="units of which no test passes, too")
    p.add_argument("units", nargs="+")
    args = p.parse_args()
    suite = Suite(args)
    try:
        good = suite.compare_all([KINDS[args.kind](name, args.python) for name in args.units])
    finally:
        if suite.collector.process.poll() is None:
            suite.collector.kill()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
