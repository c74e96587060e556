#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What can be wrong with NVML: each has one clear line, and what is not known is a gap or no domain at
# all, never a zero that passes for a figure. The program notices nothing.
. tests/e2e/lib.sh

export LD_LIBRARY_PATH=$fake/nvml SIMNVML_SCRIPT=$TMPDIR/script

gpu='(.energy.domains[] | select(.name == "gpu-0"))'

# says WORDS PERMISSION: NVML has one finding, and it says so.
says() {
	holds "[.findings[] | select(.source == \"nvml\")] | length == 1 and .[0].permission == $2
		and (.[0].text | contains(\"$1\"))"
}

# no_gpu WORDS PERMISSION: nothing is metered, and why is said.
no_gpu() {
	meter_ok -- true
	verified
	holds '[.energy.domains[] | select(.kind == "gpu")] == []'
	says "$@"
}

# ---- at the start ----
: >"$SIMNVML_SCRIPT"
SIMNVML_INIT=9 no_gpu 'no driver is loaded' false
SIMNVML_INIT=4 no_gpu 'may not be asked' true
SIMNVML_INIT=18 no_gpu 'of two versions' false
SIMNVML_INIT=999 no_gpu 'cannot be used' false
echo '0 0 fail handle 15' >"$SIMNVML_SCRIPT"
no_gpu 'gpu-0 is not metered: the GPU is lost' false
printf '0 0 fail %s 4\n' energy power field >"$SIMNVML_SCRIPT"
no_gpu 'gpu-0 is not metered: energy: no permission' true
mkdir "$TMPDIR/old"
cc -shared -o "$TMPDIR/old/libnvidia-ml.so.1" -x c /dev/null
LD_LIBRARY_PATH=$TMPDIR/old no_gpu 'too old' false

# One that never answers is not waited for, and does not outlive us.
SIMNVML_INIT_MS=600000 no_gpu 'has not answered' false
for pid in $(pgrep -x gramme-nvml || true); do
	! grep -qz "^TMPDIR=$TMPDIR\$" "/proc/$pid/environ" 2>/dev/null ||
		fail "the process that asks NVML is still there"
done

# What a program computed on a GPU that nothing meters is not passed off as nothing.
: >"$SIMNVML_SCRIPT"
for library in "$fake/cuda" "$fake/cuda:$fake/nvml"; do
	LD_LIBRARY_PATH=$library SIMNVML_INIT=9 meter_ok -- "$prog/cuda_sample" 5 5 5
	verified
	holds '.devices | length == 1 and .[0].domain == null and .[0].api == "cuda"'
	holds '[.kernels[] | .energy_uj] == [null, null]'
	"$gramme" show "$ledger" | tr -s ' \n' ' ' | grep -q 'GPU (cuda);.* what it drew is in no total' ||
		fail "the page does not say it"
done
LD_LIBRARY_PATH=$fake/cuda:$fake/nvml meter_ok -- "$prog/cuda_sample" 5 5 5
holds '.devices | length == 1 and .[0].domain == "gpu-0"'
LD_LIBRARY_PATH=$fake/cuda "$gramme" run --ledger-dir "$TMPDIR/loud" -- "$prog/cuda_sample" 5 5 5 2>&1 |
	grep -q '^gramme: .*, without gramme simulated GPU)' || fail "its absence is not told"

# A library and no GPU: nothing to say.
: >"$SIMNVML_SCRIPT"
SIMGPU_COUNT=0 meter_ok -- true
holds '[.findings[] | select(.source == "nvml")] == []'

# ---- in mid-run: a line of gramme's, a line in the ledger, and a gap ----
# The program lets it happen when some seconds are known, which a journal shows, and sees a second of it.
export SIMNVML_GO=$TMPDIR/go LEDGERS=$ledgers SAID=$TMPDIR/err
cat >"$TMPDIR/sees" <<'END'
#!/bin/bash
# until_there COMMAND...: for half a minute at most.
until_there() {
	for _ in {1..600}; do
		! "$@" || return
		sleep 0.05
	done
}
journal_there() {
	[ -n "$(find "$LEDGERS" -name '*.journal')" ]
}
until_there journal_there
touch "$SIMNVML_GO"
until_there grep -q '^gramme: nvml' "$SAID"
sleep 1
END
chmod +x "$TMPDIR/sees"

# mid_run WORDS [PERMISSION [LEAST_NS]]: what came before is known, at 100 W, and the time from then on is
# not: the second that the program sees of it, at the least.
mid_run() {
	rm -rf "${ledgers:?}"/* "$SIMNVML_GO"
	meter_ok -- "$TMPDIR/sees"
	verified
	says "$1" "${2:-false}"
	grep -q "^gramme: nvml: gpu-0.*$1" "$TMPDIR/err" || fail "gramme did not say: $1"
	[ "$(grep -c '^gramme: nvml' "$TMPDIR/err")" -eq 1 ] || fail "it is said twice"
	# shellcheck disable=SC2016 # jq's variable
	holds '.run.duration_ns as $t | '"$gpu"' | .gap_ns > '"${3:-900000000}"' and .domain_uj > 80000000
		and .domain_uj <= ($t - .gap_ns) / 10 + 20000000'
	holds ".coverage.sensor_gap_ns > ${3:-900000000}"
}

echo 'go 0 fail all 15' >"$SIMNVML_SCRIPT"
mid_run 'is lost, or wants a reset'
echo 'go 0 fail all 4' >"$SIMNVML_SCRIPT"
mid_run 'may not be asked any more' true
echo 'go 0 still' >"$SIMNVML_SCRIPT"
mid_run 'counter that stands still'
echo 'go 0 energy 5' >"$SIMNVML_SCRIPT"
# It is known again from there on: the gap lies between two looks, the first of which may have been late.
mid_run 'counter was reset' false 0

# ---- a driver that hangs: the run ends when its program does, and so does gramme ----
echo 'go 0 hang all 60000' >"$SIMNVML_SCRIPT"
mid_run 'does not answer'
touch "$TMPDIR/now"
seconds=$(($(stat -c %Y "$TMPDIR/now") - $(stat -c %Y "$SIMNVML_GO")))
[ "$seconds" -lt 45 ] || fail "it took $seconds s to end beside a driver that takes a minute"

# ---- the processes cannot be listed: the energy is there, and nobody's ----
echo '0 0 fail processes 4' >"$SIMNVML_SCRIPT"
meter_ok -- sleep 2
verified
says 'processes on it cannot be listed' true
holds "$gpu | .unattributed_uj > 0 and .unattributed_uj == .domain_uj and .run_uj == 0"

# ---- no counter: power is added up, and said to be derived ----
echo '0 0 fail energy 3' >"$SIMNVML_SCRIPT"
meter_ok -- sleep 2
verified
holds "$gpu | .quality == \"derived\" and .error_pct == 25 and (.note | contains(\"added up\"))"
holds ".run.duration_ns as \$t | $gpu | (.domain_uj - \$t / 10) | fabs <= 20000000"
