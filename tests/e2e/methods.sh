#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The three methods beside gramme's own figure: each can be reckoned by hand from what the ledger shows.
. tests/e2e/lib.sh

cat >"$TMPDIR/reckon.py" <<'END'
import json, sys

run = json.load(sys.stdin)
facts, methods = run["run"], run["methods"]
machine, limits = facts["machine"], facts["limits"]
top = [d for d in run["energy"]["domains"] if d["within"] is None]


def near(what, found, wanted, slack=1):
    if abs(found - wanted) > slack:
        sys.exit(f"{what}: {found} and not {wanted}")


def beside(name, energy_uj):
    own = run["energy"]["total_uj"]
    near(name, methods[name]["energy_uj"], energy_uj, 3)
    near(name + " CO2e", methods[name]["co2e_ug"],
         methods[name]["energy_uj"] * run["carbon"]["ug_per_kwh"] * run["carbon"]["pue"] / 3.6e12)
    near(name + " ratio", methods[name]["ratio"], methods[name]["energy_uj"] / own, 1e-6)


green = methods["green_algorithms"]
cores = (machine["cores"] or machine["cpus"]) / machine["cpus"]
memory = limits["memory_bytes"] or machine["memory_bytes"]
gpu_mw = sum(gpu["gpu_mw"] for gpu in green["gpus"])
beside("green_algorithms",
       facts["cpu_ns"] * cores * green["core_mw"] / 1e6      # mW x ns is 1e-6 uJ
       + facts["duration_ns"] * gpu_mw / 1e6
       + facts["duration_ns"] * memory / 1e9 * 0.3725 / 1e3)  # W x ns is 1e-3 uJ
near("cores", green["core_milli"], (limits["cpu_milli"] or machine["cpus"] * 1000) * cores)
beside("node", sum(d["domain_uj"] for d in top))
beside("node_gated", sum(d.get("gated_uj", 0) for d in top))
for name, member in ("node", "domain_uj"), ("node_gated", "gated_uj"):
    drawn = sum(d.get(member, 0) for d in top)
    if methods[name]["error_pct"] is not None:
        near(name + " error", methods[name]["error_pct"],
             sum(d.get(member, 0) * d["error_pct"] for d in top) / drawn, 0.01)
near("part of the node", methods["node_gated"]["energy_uj"] <= methods["node"]["energy_uj"], True, 0)
END
reckoned() {
	"$gramme" show --json "$ledger" | "$python" "$TMPDIR/reckon.py" || fail "does not add up"
}

computes_and_sleeps='import sys, time
end = time.monotonic() + float(sys.argv[1])
while time.monotonic() < end: pass
time.sleep(float(sys.argv[2]))'

# A sixth of the time it computes: the node's integral is the whole, the gated one is not.
meter_ok --replay tests/data/machines/two-socket-server --zone FR --pue 1.4 -- \
	"$python" -c "$computes_and_sleeps" 1 5
verified
reckoned
holds '.methods.node.whole_node == false and .methods.node.domains == [.energy.domains[] | select(.within == null) | .name]'
holds '.methods.node_gated.energy_uj > 0 and .methods.node_gated.energy_uj < .methods.node.energy_uj * 0.8'
holds '.methods.node.energy_uj > .energy.total_uj and .methods.node.error_pct > 0'
"$gramme" show "$ledger" >"$TMPDIR/page"
for said in '^Methods ' '^  Green Algorithms .* x [0-9.]* W x .* GB' '^  whole node ' '^  node, gated '; do
	grep -q -- "$said" "$TMPDIR/page" || fail "$said: $(cat "$TMPDIR/page")"
done

# GPUs by name; of one that the run had nothing of nothing is said.
meter_ok --replay tests/data/machines/gpus -- sleep 1.5
reckoned
holds '.methods.green_algorithms.gpus | length > 0 and all(.gpu_mw > 0)'
holds '(.methods.green_algorithms.gpus | map(.domain)) == [.energy.domains[] | select(.kind == "gpu" and .run_uj > 0) | .name]'

# A meter of the node.
meter_ok --replay tests/data/machines/dcmi -- sleep 1.5
reckoned
holds '.methods.node.whole_node'

# A run that may use one CPU of the machine is one of that.
if [ "$(json .run.machine.cpus)" -gt 1 ]; then
	taskset -cp "$(taskset -cp $$ | sed 's/.*: //; s/[-,].*//')" $$ >/dev/null
	meter_ok -- sleep 0.2
	reckoned
	holds '.methods.green_algorithms.cpu_limited and .run.limits.cpu_milli == 1000'
fi

# A ledger from before runs were gated has no third figure, and no number of CPUs no first.
ledger=tests/data/ledgers/v1/closed.jsonl
holds '.methods.node_gated == null and .methods.node.energy_uj == 3075000'

# What a dead collector had seen the run compute stays; the time when nobody looked is in neither.
rm -rf "$ledgers"
"$gramme" run --quiet --ledger-dir "$ledgers" -- "$python" -c "$computes_and_sleeps" 2 6 &
collector=$!
await ledger_begun
sleep 2.5
kill -KILL "$collector"
wait "$collector" 2>/dev/null || true
await ledger_closed
holds '.chain.closed and (.run.complete | not)'
verified
reckoned
holds '.methods.node_gated.energy_uj > .methods.node.energy_uj / 5'
holds '.methods.node_gated.energy_uj < .methods.node.energy_uj'
