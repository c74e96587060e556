#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# oneDNN's primitives are counted once, and told apart by what they are and not by where they lie;
# what they do in OpenMP regions books its own time; and PyTorch's convolutions, where there is one
# that has oneDNN as a library.
. tests/e2e/lib.sh

meter_ok --events "$TMPDIR/events" -- "$prog/onednn_every"
same_counts "$TMPDIR/out" kernel
holds '[.kernels[]] | all(.api == "onednn" and .timed == "host" and .flop == null)'
# Six, and the one that fails has arguments of another number.
identities=$(awk -F'\t' '$1 == "kernel" { print $5 }' "$TMPDIR/events" | sort | uniq -c | awk '{ print $1 }' | sort -n | xargs)
[ "$identities" = "1 10 10 10 10 10 10" ] || fail "primitives are told apart as $identities"

"$python" -c 'import torch; assert torch.backends.mkldnn.is_available()' 2>/dev/null || {
	echo "(no PyTorch with oneDNN here: only the fake one was called)"
	exit 0
}
cat >"$TMPDIR/convolve.py" <<'PY'
import torch, sys
torch.set_num_threads(int(sys.argv[1]))
layer = torch.nn.Conv2d(3, 16, 3)
for _ in range(3):
    layer(torch.ones(8, 3, 32, 32)).sum().backward()
PY
for threads in 1 2; do
	meter_ok -- "$python" "$TMPDIR/convolve.py" $threads
	holds '[.kernels[] | select(.api == "onednn") | .count] | add >= 6'
	holds '([.kernels[].device_ns] | add) <= '$threads' * .run.duration_ns'
done
holds '[.kernels[] | select(.api == "openmp") | .name | test("^libdnnl")] | any'
verified
