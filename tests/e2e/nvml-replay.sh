#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What NVML said on one machine is replayed on another: a recording that was made of the double, and the
# one that is kept, give the joules that were drawn then, to whom they were drawn for.
. tests/e2e/lib.sh

of() {
	echo "(.energy.domains[] | select(.name == \"gpu-$1\"))"
}

# ---- recorded now ----
export SIMGPU_COUNT=2 SIMNVML_SCRIPT=$TMPDIR/script
cat >"$SIMNVML_SCRIPT" <<'END'
0 0 power 200000
0 1 power 50000
0 0 process 4242 30
0 0 process 4243 10
END
LD_LIBRARY_PATH=$fake/nvml "$prog/nvml_record" "$TMPDIR/machine" 5 4242
unset SIMGPU_COUNT SIMNVML_SCRIPT
meter_ok --replay "$TMPDIR/machine" -- sleep 3
verified
# The model has no processor to go by: the recording is of GPUs alone.
holds '[.energy.domains[] | select(.kind == "gpu") | .source] == ["nvml", "nvml"]'
holds ".run.duration_ns as \$t | $(of 0) | (.domain_uj - 200 * \$t / 1000) | fabs < 30000000"
holds ".run.duration_ns as \$t | $(of 1) | (.domain_uj - 50 * \$t / 1000) | fabs < 10000000"
holds "$(of 0) | (.run_uj - .domain_uj * 3 / 4 | fabs < 30000000) and .run_derived_uj > 0"
holds "$(of 1) | .run_uj == 0 and .idle_uj == .domain_uj"
holds '.coverage.uncovered | map(.why) == ["on gpu-0, and in no run"]'

# ---- kept ----
meter_ok --replay tests/data/machines/gpus -- sleep 3
verified
holds ".run.duration_ns as \$t | $(of 0) | (.run_uj - 250 * \$t / 1000) | fabs < 30000000"
holds "$(of 0) | .quality == \"measured\" and .run_uj == .domain_uj and .gap_ns == 0"
holds ".run.duration_ns as \$t | $(of 1) | (.run_uj - 14 * \$t / 1000) | fabs < 3000000"
holds "$(of 1) | .run_derived_uj == .run_uj and .run_uj + .idle_uj == .domain_uj"
holds "$(of 2) | .quality == \"derived\" and .idle_uj == .domain_uj and .domain_uj > 0"
holds "$(of 3) | .gap_ns > 0 and .run_uj == 0"
holds '[.findings[] | select(.source == "nvml")] | length == 1 and (.[0].text | contains("gpu-3 is lost"))'
