#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A running collector: what computes with the shim preloaded becomes a run, from its first compute
# on, with its children and its job; gramme run uses the collector where there is one.
# shellcheck disable=SC2016 # what is quoted is for the program's shell
. tests/e2e/lib.sh
use_fake

begin() {
	start_collector --zone FR "$@"
}

finish() {
	kill -TERM "$collector"
	wait "$collector" || fail "the collector ended with status $?"
}

# after N: waits until that many ledgers are there and closed; forgets the older ones.
after() {
	for _ in $(seq 300); do
		mapfile -t closed < <(find "$ledgers" -name '*.jsonl' -exec grep -l '"close"' {} +)
		[ "${#closed[@]}" -lt "$1" ] || break
		sleep 0.1
	done
	[ "$(find "$ledgers" -name '*.jsonl' | wc -l)" -eq "$1" ] ||
		fail "not $1 runs: $(find "$ledgers" -name '*.jsonl')"
	for ledger in "${closed[@]}"; do
		verified
	done
}

clear() {
	rm -rf "${ledgers:?}"/*
}

preloaded() {
	LD_PRELOAD=$build/libgramme.so "$@" >"$TMPDIR/out"
}
# It stays for a moment: of who is dead before he is looked at less is known.
compute=("$prog/cl_linked" --launches 100 --pause-ms 600)

begin
echo "nothing runs, nothing happens"
# Once it has settled. What wakes up every now and then does so in each of these spans.
sleeps() {
	local before

	before=$(grep ctxt "/proc/$collector/status")
	sleep 2
	[ "$(grep ctxt "/proc/$collector/status")" = "$before" ]
}
sleeps || sleeps || sleeps || sleeps || fail "it wakes up for nothing"

echo "one program"
(cd "$TMPDIR" && preloaded "${compute[@]}" --until "$TMPDIR/go") &
pid=$!
await taken_in 1
touch "$TMPDIR/go"
wait $pid
rm "$TMPDIR/go"
after 1
holds '.run.program[1:5] == ["--launches", "100", "--pause-ms", "600"] and .run.exit_status == null'
holds '.run.experiment == "cl_linked" and .run.project == "default" and .run.processes == 1'
holds '.run.user == "'"$(id -un)"'" and .run.cwd == "'"$TMPDIR"'" and .carbon.zone == "FR"'
holds '[.kernels[].count] == [50, 50] and .coverage.events_lost == 0'
clear

echo "a script is no run; what it starts is"
preloaded sh -c 'GRAMME_PROJECT=p GRAMME_EXPERIMENT=e "$@"; "$@"' sh "${compute[@]}"
after 2
[ -n "$(find "$ledgers" -path '*/p/e/*.jsonl')" ] || fail "the names are not taken over"
clear

echo "workers and successors belong to the run"
preloaded "$prog/cl_linked" --launches 40 --compute-first --workers 3 --until "$TMPDIR/go" &
pid=$!
await taken_in 4
touch "$TMPDIR/go"
wait $pid
rm "$TMPDIR/go"
after 1
holds '[.kernels[].count] == [80, 80] and .run.processes == 4'
clear
preloaded "$prog/cl_linked" --launches 40 --exec "${compute[@]}"
after 1
holds '[.kernels[].count] == [70, 70] and .run.processes == 1'
clear

echo "a job is one run, its steps are not"
# Each stays until all have computed and the collector knows them: who is dead by then has no job.
for rank in 1.0 1.1 2.0; do
	SLURM_JOB_ID=7 SLURM_STEP_ID=${rank%.*} LD_PRELOAD=$build/libgramme.so "$prog/cl_linked" \
		--launches 20 --until "$TMPDIR/go" >"$TMPDIR/rank-$rank" &
	pids+=($!)
done
for rank in 1.0 1.1 2.0; do
	await grep -q count "$TMPDIR/rank-$rank"
done
await taken_in 3
touch "$TMPDIR/go"
wait "${pids[@]}"
rm "$TMPDIR/go"
after 2
for ledger in "${closed[@]}"; do
	json '"\(.run.processes) \(.kernels[0].count)"'
done >"$TMPDIR/steps"
[ "$(sort "$TMPDIR/steps" | xargs)" = '1 10 2 20' ] || fail "steps: $(cat "$TMPDIR/steps")"
clear

echo "one that is over before it can be looked at"
preloaded "$prog/cl_linked" --launches 100
after 1
holds '[.kernels[].count] == [50, 50]'
clear

echo "gramme run as a client"
status=0
"$gramme" run --project lab --experiment one -- sh -c '"$@"; exit 9' sh "${compute[@]}" \
	>"$TMPDIR/out" 2>"$TMPDIR/err" || status=$?
[ "$status" -eq 9 ] || fail "status $status"
after 1
holds '.run.exit_status == 9 and .run.complete and .run.project == "lab"'
holds '.run.experiment == "one" and .run.program[0] == "sh" and [.kernels[].count] == [50, 50]'
[ "$(grep -c . "$TMPDIR/err")" -eq 1 ] || fail "more than one line: $(cat "$TMPDIR/err")"
grep -q "ledger: $ledger\$" "$TMPDIR/err" || fail "no path in: $(cat "$TMPDIR/err")"
clear
"$gramme" run --quiet -- sh -c 'kill -KILL $$' 2>"$TMPDIR/err" || true
[ ! -s "$TMPDIR/err" ] || fail "not quiet: $(cat "$TMPDIR/err")"
after 1
holds '.run.exit_status == 137 and (.run.complete | not)'
clear
"$gramme" run --quiet -- "$TMPDIR/nothing-here" 2>/dev/null || true
after 0

echo "a gramme run that is killed leaves its program metered"
: >"$TMPDIR/out" # the shell in the background may be late in emptying it
"$gramme" run -- "$prog/cl_linked" --launches 100 --until "$TMPDIR/go" >"$TMPDIR/out" &
pid=$!
await grep -q count "$TMPDIR/out"
kill -KILL $pid
wait $pid 2>/dev/null || true
touch "$TMPDIR/go"
after 1
rm "$TMPDIR/go"
holds '.run.exit_status == null and [.kernels[].count] == [50, 50]'
clear

echo "one inside another: each joule once"
env -u GRAMME_SOCKET "$gramme" run --quiet --ledger-dir "$ledgers" --experiment outer -- \
	sh -c '"$1" run --quiet --experiment inner -- "$2" 600; "$2" 300' sh "$gramme" "$prog/spin" \
	>"$TMPDIR/out"
after 2
ledger=$(find "$ledgers" -path '*/outer/*.jsonl')
holds '.run.cpu_ns >= 250000000 and .run.cpu_ns <= 550000000'
ledger=$(find "$ledgers" -path '*/inner/*.jsonl')
holds '.run.cpu_ns >= 550000000'
clear

if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
	echo "another user has his own"
	chmod 711 "$TMPDIR"
	chmod 666 "$FAKECL_COUNT_FILE"
	SLURM_JOB_ID=8 preloaded "${compute[@]}" &
	SLURM_JOB_ID=8 LD_PRELOAD=$build/libgramme.so \
		setpriv --reuid 65534 --regid 65534 --clear-groups "${compute[@]}" >"$TMPDIR/other"
	wait $!
	after 2
	name=$(id -un 65534)
	ledger=$(find "$ledgers/$name" -name '*.jsonl')
	[ "$(stat -c %u "$ledger")" -eq 65534 ] || fail "his ledger is not his"
	[ "$(stat -c %a "$ledgers/$name")" = 700 ] || fail "his folder is open to others"
	holds '[.kernels[].count] == [50, 50] and .run.user == "'"$name"'"'
	clear
else
	echo "(not root: other users are left out)"
fi

echo "a second collector is refused"
"$gramme" collect --socket "$GRAMME_SOCKET" 2>"$TMPDIR/err" && fail "two collectors on a socket"
grep -q 'there already' "$TMPDIR/err" || fail "$(cat "$TMPDIR/err")"

echo "the collector ends in mid-run"
: >"$TMPDIR/out"
preloaded "$prog/cl_linked" --launches 100 --until "$TMPDIR/go" &
pid=$!
await grep -q count "$TMPDIR/out"
await ledger_begun
finish
after 1
touch "$TMPDIR/go"
holds '(.run.complete | not) and .run.exit_status == null and [.kernels[].count] == [50, 50]'
wait $pid || fail "the program did not survive its collector: status $?"
[ ! -e "$GRAMME_SOCKET" ] || fail "its socket is left"
[ ! -e "$GRAMME_SOCKET.wake" ] || fail "its wake file is left"
clear

echo "the collector is killed under a gramme run: a stand-in goes on, and nobody notices"
begin --patience 0
: >"$TMPDIR/out"
mkfifo "$TMPDIR/end"
"$gramme" run -- sh -c 'echo up; read -r line <"$0"; exit 8' "$TMPDIR/end" >"$TMPDIR/out" 2>"$TMPDIR/err" &
pid=$!
await grep -q up "$TMPDIR/out"
await ledger_begun
kill -KILL "$collector"
wait "$collector" 2>/dev/null || true
await grep -q 'collector lost' "$ledger"
echo >"$TMPDIR/end"
status=0
wait $pid || status=$?
[ "$status" -eq 8 ] || fail "status $status"
ledger=$(newest "$ledgers")
verified
holds '.run.exit_status == 8 and .run.complete'
holds '[.run.anchors[].reason] == ["collector lost"]'
grep -q "ledger: $ledger\$" "$TMPDIR/err" || fail "no path in: $(cat "$TMPDIR/err")"
for _ in $(seq 100); do
	[ -n "$(ls "$GRAMME_SOCKET"* 2>/dev/null)" ] || break
	sleep 0.1
done
[ -z "$(ls "$GRAMME_SOCKET"* 2>/dev/null)" ] || fail "left: $(ls "$GRAMME_SOCKET"*)"
clear

echo "nobody listens any more: gramme run meters by itself"
status=0
"$gramme" run -- sh -c 'exit 5' 2>"$TMPDIR/err" || status=$?
[ "$status" -eq 5 ] || fail "status $status"
[ "$(grep -c "no collector at $GRAMME_SOCKET" "$TMPDIR/err")" -eq 1 ] || fail "$(cat "$TMPDIR/err")"
[ -n "$(find "$HOME/.local/share/gramme" -name '*.jsonl')" ] || fail "no ledger of its own"
