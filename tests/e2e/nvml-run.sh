#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# GPUs by NVML, with the power that a script says: joules in closed form, two runs that share a GPU by
# SM time, a process that no run claims, a GPU in slices. Every ledger balances.
. tests/e2e/lib.sh

export LD_LIBRARY_PATH=$fake/nvml SIMNVML_HOLDERS=$TMPDIR/holders SIMNVML_SCRIPT=$TMPDIR/script
export SIMGPU_COUNT=2
mkdir "$SIMNVML_HOLDERS"

# What a program does that computes on a GPU: GPU SM [GI CI], for so many seconds.
cat >"$TMPDIR/hold" <<'END'
#!/bin/bash
# shellcheck disable=SC2059
printf "$1" >"$SIMNVML_HOLDERS/$$"
exec sleep "$2"
END
chmod +x "$TMPDIR/hold"

# of GPU: the domain's object among the run's.
of() {
	echo "(.energy.domains[] | select(.name == \"gpu-$1\"))"
}

# near FILTER JOULES: within 3 %, or a fifth of a second of what the fastest draws: the meter is read
# at moments of its own.
near() {
	holds "(($1) / 1000000 - ($2)) | fabs <= ($2) * 0.03 + 40"
}

# held: for how many seconds of the run it was known that its program had registered. A slow machine is late
# with that; and who has a GPU is asked once a second, and where the answer is late told by the one before.
held() {
	jq -n "$(json '(.run.start_unix_ns | tonumber) + .run.duration_ns') / 1e9 - $(find "$SIMNVML_HOLDERS" \
		-type f -printf '%T@\n' | sort -n | tail -n 1) - 1.2"
}

# there PID PROGRAM: it uses the GPU, and has become that program.
there() {
	[ -s "$SIMNVML_HOLDERS/$1" ] && grep -qx "$2" "/proc/$1/comm"
}

# between FILTER LEAST MOST: likewise, from so many joules to so many. What a program registered for counts
# for the whole of the interval that it did so in.
between() {
	holds "($1) / 1000000 | . >= ($2) * 0.97 - 40 and . <= ($3) * 1.03 + 40"
}

# ---- one run alone: all of its GPU, nothing of the other, as measured ----
echo '0 0 power 200000
0 1 power 50000' >"$SIMNVML_SCRIPT"
meter_ok -- "$TMPDIR/hold" "0 40" 3
verified
seconds=$(json '.run.duration_ns / 1000000000')
for gpu in 0 1; do
	holds "$(of $gpu) | .source == \"nvml\" and .kind == \"gpu\" and .quality == \"measured\""
	holds "$(of $gpu) | .gap_ns == 0 and .others_uj == 0 and .system_uj == 0"
	holds "$(of $gpu) | .domain_uj == .run_uj + .idle_uj"
done
near "$(of 0).domain_uj" "200 * $seconds"
between "$(of 0).run_uj" "200 * $(held)" "200 * $seconds"
near "$(of 1).domain_uj" "50 * $seconds"
holds "$(of 1).run_uj == 0"
holds '.energy.derived_uj == 0 and .energy.measured_uj > 0'
holds '.energy.total_uj == .energy.measured_uj + .energy.derived_uj + .energy.modelled_uj'
holds '.coverage.sensor_gap_ns == 0'
holds '[.findings[] | select(.source == "nvml")] == []'

# ---- a container beside it: three quarters of the SM time are others', and it has a name ----
"$TMPDIR/hold" "0 60" 30 &
stranger=$!
trap 'kill "$stranger" 2>/dev/null || true' EXIT
await there "$stranger" sleep
meter_ok -- "$TMPDIR/hold" "0 20" 3
verified
seconds=$(json '.run.duration_ns / 1000000000')
near "$(of 0).domain_uj" "200 * $seconds"
between "$(of 0).run_uj" "50 * $(held)" "50 * $seconds"
between "$(of 0).others_uj" "150 * $seconds" "200 * $seconds - 50 * $(held)"
holds "$(of 0) | .run_derived_uj == .run_uj and .idle_uj == 0"
holds ".energy.derived_uj == $(of 0).run_uj"
holds '.coverage.uncovered | map(select(.program == "sleep" and .why == "on gpu-0, and in no run"))
	| length == 1 and .[0].processes == 1 and .[0].cpu_ns == 0'

# ---- it is still metered where nobody but it has the GPU ----
meter_ok -- sleep 2
verified
seconds=$(json '.run.duration_ns / 1000000000')
near "$(of 0).others_uj" "200 * $seconds"
holds "$(of 0).run_uj == 0 and .energy.derived_uj == 0"
holds '[.coverage.uncovered[].why] == ["on gpu-0, and in no run"]'
kill "$stranger"
wait "$stranger" || true

# ---- a static binary on it: of the run, its energy is the run's; of no run, it is others' ----
cat >"$TMPDIR/static" <<'END'
#!/bin/bash
echo '0 50' >"$SIMNVML_HOLDERS/$$"
exec "$1" "$2"
END
chmod +x "$TMPDIR/static"
meter_ok -- "$TMPDIR/static" "$prog/spin-static" 2500
verified
holds "$(of 0) | .run_uj + .idle_uj == .domain_uj and .others_uj == 0"
seconds=$(json '.run.duration_ns / 1000000000')
between "$(of 0).run_uj" "200 * $(held)" "200 * $seconds"
holds '.coverage.uncovered | map([.program, .why]) == [["spin-static", "static binary"]]'

"$TMPDIR/static" "$prog/spin-static" 20000 >"$TMPDIR/spun" &
stranger=$!
await there "$stranger" spin-static
meter_ok -- sleep 2
verified
kill "$stranger"
wait "$stranger" || true
holds "$(of 0) | .run_uj == 0 and .others_uj > 300000000"
holds '.coverage.uncovered | map([.program, .why]) == [["spin-static", "on gpu-0, and in no run"]]'

# ---- in slices: 42 and 14 of 98 SMs are held, and the rest is nobody's ----
echo '0 0 power 98000
0 0 mig 1
0 0 slice 3 0 42
0 0 slice 5 0 14' >"$SIMNVML_SCRIPT"
meter_ok -- "$TMPDIR/hold" "0 0 5 0" 2
verified
seconds=$(json '.run.duration_ns / 1000000000')
near "$(of 0).domain_uj" "98 * $seconds"
between "$(of 0).run_uj" "14 * $(held)" "14 * $seconds"
between "$(of 0).idle_uj" "84 * $seconds" "98 * $seconds - 14 * $(held)"
holds "$(of 0) | .run_derived_uj == .run_uj and (.note | contains(\"MIG\"))"
