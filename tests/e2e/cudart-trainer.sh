#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# NVIDIA's runtime linked in statically, in a trainer that nobody here made: XGBoost 0.81, as its wheel
# has it, grows trees on the GPU. Its runtime, of CUDA 8.0, hides all its functions in the library, asks
# for no proof that the driver is NVIDIA's, and launches through the simulated one: what it launched is
# what the driver executed, name by name, bare and metered. (The trees are nonsense: no kernel runs.)
. tests/e2e/lib.sh

needs_x86 "XGBoost's wheel"
unpacked xgboost==0.81 --python-version 3.7 --platform manylinux1_x86_64
library=$unpacked/xgboost/lib/libxgboost.so
! readelf -d "$library" | grep -q 'NEEDED.*cudart' || fail "the runtime is not in the library any more"
! nm -D "$library" | grep -q ' cu[A-Z]' || fail "the library is linked with the driver"

# Templates' names are longer than what the driver's double and a ledger keep of one.
launches() {
	awk '$1 == "count" && $2 == "kernel" { n[substr($3, 1, 200)] += $4 }
		END { for (name in n) print name, n[name] }' | sort
}

use_simgpu
"$python" tests/prog/cuda_xgboost.py "$library" 5 >"$TMPDIR/bare" 2>&1 || fail "bare: $(cat "$TMPDIR/bare")"
launches <"$(tally)" >"$TMPDIR/expected"
[ "$(awk '{ n += $2 } END { print n + 0 }' "$TMPDIR/expected")" -gt 100 ] ||
	fail "hardly anything was launched: $(cat "$TMPDIR/expected")"
rm "$SIMGPU_TALLY"

meter_ok -- "$python" tests/prog/cuda_xgboost.py "$library" 5
diff -u "$TMPDIR/bare" "$TMPDIR/out" || fail "the trainer sees another world when metered"
launches <"$(tally)" | diff -u "$TMPDIR/expected" - || fail "the driver executed otherwise"
json '.kernels[] | select(.api == "cuda") | "count kernel \(.name) \(.count)"' | launches |
	diff -u "$TMPDIR/expected" - || fail "the ledger counts otherwise (-made +seen)"
# Copies and fills have short names.
counts_of call <"$(tally)" >"$TMPDIR/calls"
json '.commands[] | select(.kind != "sync") | "count call \(.name) \(.count)"' | counts_of call |
	diff -u "$TMPDIR/calls" - || fail "the ledger counts other copies (-made +seen)"
verified
covered
