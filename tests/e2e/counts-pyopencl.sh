#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Debian's python3-pyopencl: counts against the program's own.
. tests/e2e/lib.sh

meter_ok --events "$TMPDIR/events" -- "$python" tests/prog/cl_pyopencl.py 300
same_counts "$TMPDIR/out" kernel call
covered
# How many items they work on tells launches apart; here all have as many.
sizes=$(awk -F'\t' '$1 == "kernel" && $5 { print $5 }' "$TMPDIR/events" | sort | uniq -c | awk '{ print $1 }' | xargs)
[ "$sizes" = 600 ] || fail "launches of one size are told as '$sizes'"
