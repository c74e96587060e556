# SPDX-License-Identifier: Apache-2.0
"""Trains trees on the GPU with XGBoost's C library, of whatever Python it was made for.

    cuda_xgboost.py LIBXGBOOST [ROUNDS]
"""

import ctypes
import random
import sys

ROWS = 1000
COLUMNS = 10

library = ctypes.CDLL(sys.argv[1])
library.XGBGetLastError.restype = ctypes.c_char_p


def must(status):
    if status:
        sys.exit("XGBoost: " + library.XGBGetLastError().decode())


def rows_of(matrix):
    """Noise, labelled by its first column."""
    noise = random.Random(1)
    values = [noise.random() for _ in range(ROWS * COLUMNS)]
    labels = [float(value > 0.5) for value in values[::COLUMNS]]
    must(library.XGDMatrixCreateFromMat(
        (ctypes.c_float * len(values))(*values), ctypes.c_uint64(ROWS), ctypes.c_uint64(COLUMNS),
        ctypes.c_float(float("nan")), ctypes.byref(matrix)))
    must(library.XGDMatrixSetFloatInfo(
        matrix, b"label", (ctypes.c_float * ROWS)(*labels), ctypes.c_uint64(ROWS)))


def main():
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    matrix, booster = ctypes.c_void_p(), ctypes.c_void_p()
    rows_of(matrix)
    must(library.XGBoosterCreate(ctypes.byref(matrix), ctypes.c_uint64(1), ctypes.byref(booster)))
    for name, value in ((b"objective", b"binary:logistic"), (b"tree_method", b"gpu_exact"),
                        (b"max_depth", b"4"), (b"silent", b"1")):
        must(library.XGBoosterSetParam(booster, name, value))
    for i in range(rounds):
        must(library.XGBoosterUpdateOneIter(booster, i, matrix))
        print("round", i, flush=True)
    must(library.XGBoosterFree(booster))
    must(library.XGDMatrixFree(matrix))


main()
