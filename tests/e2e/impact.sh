#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Water, the making of the hardware and SCI stand beside the figures of a run and are in none of them;
# each can be reckoned by hand from what is shown, and what is not known is null.
. tests/e2e/lib.sh

cat >"$TMPDIR/reckon.py" <<'END'
import json, sys

run = json.load(sys.stdin)
carbon, beside, facts = run["carbon"], run["beside"], run["run"]
kwh = run["energy"]["total_uj"] / 3.6e12


def near(what, found, wanted, slack=1):
    if abs(found - wanted) > slack:
        sys.exit(f"{what}: {found} and not {wanted}")


water = beside["water"]
near("off site", water["offsite"]["ul"], kwh * water["offsite"]["ul_per_kwh"] * carbon["pue"])
if water["onsite"]:
    near("on site", water["onsite"]["ul"], kwh * water["onsite"]["ul_per_kwh"])

making = beside["embodied"]
for part in making["parts"]:
    if part["share_by"] == "energy":
        domain = next(d for d in run["energy"]["domains"] if d["name"] == part["what"])
        share = domain["run_uj"] / domain["domain_uj"]
    elif part["share_by"] == "limit":
        share = facts["limits"]["cpu_milli"] / 1000 / making["host_cpus"]
    elif part["share_by"] == "said":
        share = facts["machine"]["cpus"] / making["host_cpus"]
    else:
        share = facts["cpu_ns"] / (facts["duration_ns"] * making["host_cpus"])
    near("share", part["share"], share, 1e-9)
    life_s = part["life_years"] * 365.25 * 86400
    near(part["item"], part["co2e_ug"], part["g"] * 1e6 * part["amount_milli"] / 1000
         * facts["duration_ns"] / 1e9 / life_s * share, 2)
sci = beside["sci"]
if making["total_ug"] is not None:
    near("making", making["total_ug"], sum(part["co2e_ug"] for part in making["parts"]), 0)
    near("SCI", sci["total_ug"], carbon["total_ug"] + making["total_ug"], 0)
    for rate in sci["per"]:
        near(rate["unit"], rate["ug"], sci["total_ug"] / rate["count"], 1e-6)
near("CO2e without making", carbon["total_ug"], kwh * carbon["ug_per_kwh"] * carbon["pue"])
END
shown() {
	"$gramme" show --json "$@" "$ledger" >"$TMPDIR/shown"
	"$python" "$TMPDIR/reckon.py" <"$TMPDIR/shown" || fail "does not add up: $*"
}
says() {
	[ "$(jq -r "$1" "$TMPDIR/shown")" = true ] || fail "does not hold: $1: $(jq -c .beside "$TMPDIR/shown")"
}

# A server of two sockets in a data centre, in a zone whose state has no water of its own.
meter_ok --replay tests/data/machines/two-socket-server --zone US-CA --pue 1.4 -- \
	"$python" -c 'sum(range(10000000))'
verified
shown --per images=50000
says '.beside.water.offsite | .zone == "US" and .ul > 0 and (.assumed | not)'
says '.beside.water.onsite | .assumed and .ul_per_kwh == 360000'
says '.beside.embodied.parts | map(.g) == [1000000, 100000, 1388]'
# Who may not use all of the machine's CPUs holds what he may use.
says '.beside.embodied.host_said == false and .beside.embodied.parts[0].share_by ==
	(if .run.limits.cpu_milli then "limit" else "cpu time" end)'
says '.beside.sci.per | map(.unit) == ["run", "images"]'
shown --wue 1.8 --host desktop --host-cpus 64
says '.beside.water.onsite | .ul_per_kwh == 1800000 and (.assumed | not)'
says '.beside.embodied | .host_cpus == 64 and (.parts | map(.item) == ["desktop, professional"])'
says '.beside.sci.per | map(.unit) == ["run"]'
shown --whole-host
says '.beside.embodied.parts[0] | .share == 1 and .share_by == "said"'

"$gramme" show --impact --per images=50000 "$ledger" >"$TMPDIR/page"
for said in '^Water .* off site: 3.132 L per kWh' 'WUE 0.36 L per kWh, assumed' '^Making ' '1.00 t / 4 years x time' \
	'^SCI .* per run, .* per images' 'ISO/IEC 21031'; do
	grep -q -- "$said" "$TMPDIR/page" || fail "$said: $(cat "$TMPDIR/page")"
done
"$gramme" show "$ledger" >"$TMPDIR/page"
grep -q '^Beside ' "$TMPDIR/page" || fail "$(cat "$TMPDIR/page")"

# Per epoch, of a ledger from before limits and cores were told.
ledger=tests/data/ledgers/v1/training.jsonl
shown --per image=1000
says '.beside.sci.per | map([.unit, .count]) == [["run", 1], ["epoch", 2], ["image", 1000]]'

# A GPU is known by its name, or by the bound that is assumed of any; who had it alone has all of it.
meter_ok --replay tests/data/machines/gpus -- sleep 1.5
shown --host-cpus 8
says '.beside.water.onsite == null and .beside.water.offsite.assumed'
says '.beside.embodied.parts | map(select(.share_by == "energy")) | length > 0 and all(.life_years == 5)'
says '.beside.embodied.parts | map(select(.what == "gpu-0"))[0].share == 1'

# How much of a host a virtual machine has is not known: then neither is making, nor SCI.
meter_ok -- sleep 0.2
if [ "$(json '.run.machine.virtual and .beside.embodied.host_cpus == null')" = true ]; then
	shown
	says '.beside.embodied.total_ug == null and .beside.sci == null'
	"$gramme" show --impact "$ledger" | tr -s '\n ' ' ' | grep -q -- '--host-cpus N says' || fail "no fix"
	shown --host-cpus 128
	says '.beside.sci.total_ug > 0'
fi

refused() {
	local found=0

	"$gramme" show "${@:2}" "$ledger" >"$TMPDIR/out" 2>"$TMPDIR/err" || found=$?
	[ "$found" = 2 ] || fail "status $found of: $*"
	[ ! -s "$TMPDIR/out" ] || fail "a figure came of: $*"
	grep -q -- "$1" "$TMPDIR/err" || fail "$(cat "$TMPDIR/err")"
}
refused 'as images=50000' --per images
refused 'as images=50000' --per images=0
refused 'as images=50000' --per images=-5
refused 'litres per kWh' --wue -1
refused 'litres per kWh' --wue nan
refused 'server, laptop or desktop' --host phone
refused 'is a number' --host-cpus 0
