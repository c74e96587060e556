# SPDX-License-Identifier: Apache-2.0
# score: none
"""A test runner that counts what it has done, with products between."""
import time
import unittest

import numpy


class Products(unittest.TestCase):
    pass


def make(size):
    def test(self):
        a = numpy.random.default_rng(size).normal(size=(size, size))
        for _ in range(5):
            self.assertTrue(numpy.allclose(numpy.linalg.solve(a, a @ a), a, atol=1e-3))
    return test


class Result(unittest.TextTestResult):
    def startTest(self, test):
        super().startTest(test)
        print(f"[{self.testsRun}/10] {test.id()} ...", end=" ")

    def addSuccess(self, test):
        super().addSuccess(test)
        print(f"passed in {time.thread_time():.2f} s")


for number in range(10):
    setattr(Products, f"test_{number}", make(200 + 30 * number))
unittest.main(testRunner=unittest.TextTestRunner(resultclass=Result, verbosity=0), argv=["unit-tests"])
