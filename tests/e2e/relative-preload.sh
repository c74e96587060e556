#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Preloaded by a relative name, and then the program goes elsewhere before it opens its driver: what
# it opens is followed all the same.
. tests/e2e/lib.sh

use_simgpu
start_collector
for name in ./libgramme.so "tests/../libgramme.so"; do
	before=$(find "$ledgers" -name '*.jsonl' | wc -l)
	rm -f "$SIMGPU_TALLY"
	env -C "$build" LD_PRELOAD="$name" "$python" -c "
import os, runpy, sys
os.chdir('/')
sys.argv = ['cuda_ctypes.py', 'libcuda.so.1', '9']
runpy.run_path('$PWD/tests/prog/cuda_ctypes.py')" || fail "the program failed under LD_PRELOAD=$name"
	await ledgers_closed $((before + 1))
	ledger=$(newest "$ledgers")
	same_counts "$(tally)" kernel call
	covered
done
stop_collector
