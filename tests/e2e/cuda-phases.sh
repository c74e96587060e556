#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A silent trainer on a GPU without device times: its epochs and steps are recognised from the order
# and the moments of its launches.
. tests/e2e/lib.sh

use_simgpu
meter_ok -- "$prog/cuda_story" proc2 train 5
same_counts "$(tally)" kernel call
[ ! -s "$TMPDIR/out" ] || fail "it printed something"
holds '[.phases[] | select(.kind == "epoch") | .steps] == [40, 40, 40, 40, 40]'
holds '[.phases[] | select(.kind == "evaluate")] | length == 5'
holds '[.phases[] | select(.kind == "epoch") | .evidence] | all(. == ["kernels"])'
