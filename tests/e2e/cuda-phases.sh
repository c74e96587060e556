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

# A graph a step, epochs that are told with their metrics, and a meter of the GPU that the trainer has
# for itself: steps are launches of graphs, and an epoch has its part of the GPU's energy. What a single
# kernel of it drew is not known, and is no zero.
export SIMNVML_HOLDERS=$TMPDIR/holders
mkdir "$SIMNVML_HOLDERS"
cat >"$TMPDIR/hold" <<'END'
#!/bin/bash
echo '0 60' >"$SIMNVML_HOLDERS/$$"
sleep 3 # who has the GPU is looked at once a second: it is known before anything is computed
exec "$@"
END
chmod +x "$TMPDIR/hold"
use_simgpu
LD_LIBRARY_PATH=$fake/cuda:$fake/nvml meter_ok -- "$TMPDIR/hold" "$prog/cuda_story" proc2 train-graph 5
same_counts "$(tally)" kernel call
holds '[.phases[] | select(.kind == "epoch") | .steps] == [40, 40, 40, 40, 40]'
holds '[.phases[] | select(.kind == "epoch") | .metrics.loss] == [1, 0.5, 0.3333, 0.25, 0.2]'
holds '[.phases[] | select(.kind == "epoch") | .metrics.val_accuracy] == [0.5, 0.75, 0.8333, 0.875, 0.9]'
holds '[.phases[] | select(.kind == "epoch") | .evidence | index("kernels") and index("text")] | all'
# 100 W for a quarter of a second each; the run has all of the GPU that it was seen on.
holds '[.phases[] | select(.kind == "epoch") | .energy_uj > 10000000] | all'
holds '(.energy.domains[] | select(.name == "gpu-0")) | .run_uj > .domain_uj / 2 and .others_uj == 0'
holds '[.kernels[] | .energy_uj == null and .domain == "gpu-0"] | all'
