#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Two users on one node, one with two ranks of a job and with a container beside it: one collector,
# three ledgers, each joule once, and nobody reads the other's.
. tests/e2e/lib.sh

needs_root "only root serves several users"
compute=("$prog/cl_linked" --launches 300 --items 4096 --rounds 600)
# All begin at one moment: who came when the others had gone would have it all to himself.
# shellcheck disable=SC2016 # the inner shell's
work=(bash -c 'until [ -e "$0" ]; do sleep 0.01; done; exec "$@"' "$TMPDIR/go" "${compute[@]}")
chmod 711 "$TMPDIR"
kernels=$TMPDIR/kernels
export POCL_CACHE_DIR=$kernels
"${compute[@]}" >/dev/null # what is compiled once need not be again
chmod -R a+rwX "$kernels"
start_collector --replay tests/data/machines/two-socket-server --idle used

# as USER-ID COMMAND...: with the shim, as somebody who has no name.
as() {
	local uid=$1

	shift
	LD_PRELOAD=$build/libgramme.so \
		setpriv --reuid "$uid" --regid "$uid" --clear-groups "$@"
}

for rank in 0 1; do
	TORCHELASTIC_RUN_ID=none MASTER_PORT=29500 RANK=$rank as 64001 "${work[@]}" >"$TMPDIR/rank$rank" &
	jobs+=($!)
done
unshare -p -f --mount-proc --kill-child true 2>/dev/null && inside=(unshare -p -f --mount-proc --kill-child)
# shellcheck disable=SC2030,SC2031 # for those in the namespace alone
(
	export LD_PRELOAD=$build/libgramme.so
	exec ${inside[@]+"${inside[@]}"} setpriv --reuid 64001 --regid 64001 --clear-groups "${work[@]}"
) >"$TMPDIR/container" &
jobs+=($!)
as 64002 "${work[@]}" >"$TMPDIR/other" &
jobs+=($!)
all_wait() {
	[ "$(pgrep -fc -- "^bash -c until .* $TMPDIR/go ")" -eq 4 ]
}
await all_wait
touch "$TMPDIR/go"
wait "${jobs[@]}"
for _ in $(seq 600); do
	mapfile -t all < <(grep -rl --include='*.jsonl' '"type":"close"' "$ledgers" | sort)
	[ "${#all[@]}" -lt 3 ] || break
	sleep 0.05
done
stop_collector
[ "${#all[@]}" -eq 3 ] || fail "${#all[@]} runs"

: >"$TMPDIR/runs"
for ledger in "${all[@]}"; do
	verified
	holds '[.energy.domains[] | select(.kind != "node").idle_policy] | unique == ["used"]'
	json '[.kernels[].count] | add' >>"$TMPDIR/runs"
	[ "$(stat -c %u "$ledger")" -eq "$(stat -c %u "${ledger%/*}")" ] || fail "whose is $ledger?"
done
[ "$(sort "$TMPDIR/runs" | xargs)" = '300 300 600' ] || fail "runs: $(cat "$TMPDIR/runs")"
[ "$(stat -c %u "${all[@]}" | sort | xargs)" = '64001 64001 64002' ] || fail "owners"
as 64002 cat "$(find "$ledgers" -user 64001 -name '*.jsonl' | head -n 1)" >/dev/null 2>&1 &&
	fail "64002 reads what is 64001's"

# What one calls others' is what the others call theirs; nobody has the whole, and all of them
# together have not more than was metered while anybody was there.
for ledger in "${all[@]}"; do "$gramme" show --json "$ledger"; done | jq -se '
	def of($i; $name): .[$i].energy.domains[] | select(.name == $name);
	. as $runs
	| ([.[].run | (.start_unix_ns | tonumber) as $s | [$s, $s + .duration_ns]]
		| (map(.[1]) | max) - (map(.[0]) | min)) as $span_ns
	| ["package-0", "package-1", "dram-0", "dram-1"]
	| map(. as $name | {"package-0": 120, "package-1": 90, "dram-0": 12, "dram-1": 10}[$name] as $watts
		| [range(3) as $i | $runs | of($i; $name)] as $d
		| ($d | map(.run_uj) | add) as $all_uj
		| $all_uj <= $watts * $span_ns / 1000
		and ($d | all(.others_uj <= $all_uj - .run_uj and .run_uj > 0 and .run_uj < .domain_uj
			and .others_uj > 0)))
	| all' >/dev/null || fail "a joule is there twice"
