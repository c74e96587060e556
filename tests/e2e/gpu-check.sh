#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The check that is to be run on a machine with a GPU runs on the simulated one: what needs no GPU
# nor framework is done, the rest says what is missing.
. tests/e2e/lib.sh

scripts/gpu-check --simulated --build "$build" --out "$TMPDIR/check" || {
	tar -xzf "$TMPDIR/check/details.tar.gz" -C "$TMPDIR"
	tail -n 20 "$TMPDIR"/*.log
	fail "a step failed"
}
for name in build driver kill9 sharing energy record roads slowdown-driver; do
	grep -q "^$name	done	" "$TMPDIR/check/steps.tsv" || fail "$name was not done"
done
for name in nvcc-static torch-eager jax cupy triton ncu; do
	grep -q "^$name	" "$TMPDIR/check/steps.tsv" || fail "$name is not told of"
done

# What it recorded is a machine for --replay.
mkdir "$TMPDIR/details"
tar -xzf "$TMPDIR/check/details.tar.gz" -C "$TMPDIR/details"
meter_ok --replay "$TMPDIR/details/machine" -- sleep 1
verified
holds '[.energy.domains[] | select(.source == "nvml" and .domain_uj > 0)] != []'
