#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs inside a suite's own interpreter, and writes what became of each test, as it goes, to the
file that HARM_OUTCOMES names: a line when a test starts (its name), a line when it has ended (tab,
outcome, tab, name). So a test that takes its interpreter with it is known, too.

  outcomes.py MODULE-OR-TEST...     unittest
  python -m pytest -p outcomes ...  pytest
"""

import os
import sys
import unittest


def write(line):
    fd = os.open(os.environ["HARM_OUTCOMES"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    os.write(fd, line.encode("utf-8", "backslashreplace").replace(b"\n", b" ") + b"\n")
    os.close(fd)


class Result(unittest.TextTestResult):
    def startTest(self, test):
        super().startTest(test)
        write(test.id())

    def _end(self, test, outcome):
        write(f"\t{outcome}\t{test.id()}")

    def addSuccess(self, test):
        super().addSuccess(test)
        self._end(test, "ok")

    def addError(self, test, err):
        super().addError(test, err)
        self._end(test, f"error {err[0].__name__}")

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._end(test, "failed")

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._end(test, "skipped")

    def addExpectedFailure(self, test, err):
        super().addExpectedFailure(test, err)
        self._end(test, "failed as expected")

    def addUnexpectedSuccess(self, test):
        super().addUnexpectedSuccess(test)
        self._end(test, "ok unexpectedly")

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err:
            self._end(test, "failed")


def pytest_runtest_logstart(nodeid):
    write(nodeid)


def pytest_runtest_logreport(report):
    if report.when == "call" or report.outcome != "passed":
        write(f"\t{'ok' if report.outcome == 'passed' else report.outcome}\t{report.nodeid}")


if __name__ == "__main__":
    tests = unittest.defaultTestLoader.loadTestsFromNames(sys.argv[1:])
    unittest.TextTestRunner(verbosity=2, resultclass=Result).run(tests)
