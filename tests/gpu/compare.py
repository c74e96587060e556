# SPDX-License-Identifier: Apache-2.0
"""Compares the kernels of a ledger with what somebody else counted.

compare.py COUNTS SUMMARY API: COUNTS has "count kernel NAME N" lines, SUMMARY is `gramme show --json`.
Names are demangled first, as CUPTI's readers do; what two readers spell differently is matched by its
count alone. Prints each name that differs, and last both totals.
"""
import collections
import ctypes
import json
import sys


def demangler():
    try:
        library = ctypes.CDLL("libstdc++.so.6")
    except OSError:
        return lambda name: name
    demangle = getattr(library, "__cxa_demangle")
    demangle.restype = ctypes.c_char_p

    def call(name):
        status = ctypes.c_int()
        text = demangle(name.encode(), None, None, ctypes.byref(status))
        return text.decode() if status.value == 0 and text else name

    return call


plain = demangler()
expected = collections.Counter()
for line in open(sys.argv[1]):
    words = line.split()
    if words[:2] == ["count", "kernel"]:
        expected[plain(" ".join(words[2:-1])).replace("_", " ")] += int(words[-1])
seen = collections.Counter()
for row in json.load(open(sys.argv[2]))["kernels"]:
    if row["api"] == sys.argv[3]:
        seen[plain(row["name"]).replace(" ", "_").replace("_", " ")] += row["count"]
differing = [name for name in expected | seen if expected[name] != seen[name]]
for name in sorted(differing):
    print("differs", expected[name], seen[name], name)
missing = sorted(expected[name] for name in differing if expected[name])
extra = sorted(seen[name] for name in differing if seen[name])
print("expected", sum(expected.values()), "seen", sum(seen.values()),
      f"of {len(expected)} kernels; {len(differing)} names differ")
sys.exit(1 if missing != extra or not expected else 0)
