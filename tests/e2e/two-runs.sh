#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Two programs metered at once on a recorded machine: their shares, the system, idle and
# unattributed add up to the meters, and neither books the whole. By one collector, which knows of
# both, and by two `gramme run` that know nothing of each other.
. tests/e2e/lib.sh

machine=tests/data/machines/two-socket-server
work=("$prog/cl_linked" --launches 400 --items 4096 --rounds 2000)

# both DIR ARG...: two runs at once, experiments a and b; their ledgers are $ledger_a, $ledger_b.
both() {
	local dir=$1 a b

	shift
	"$gramme" run --quiet "$@" --experiment a -- "${work[@]}" >"$TMPDIR/out-a" &
	a=$!
	"$gramme" run --quiet "$@" --experiment b -- "${work[@]}" >"$TMPDIR/out-b" &
	b=$!
	wait $a || fail "run a"
	wait $b || fail "run b"
	ledger_a=$(find "$dir" -path '*/a/*.jsonl')
	ledger_b=$(find "$dir" -path '*/b/*.jsonl')
	[ -f "$ledger_a" ] || fail "not one ledger of a: '$ledger_a'"
	[ -f "$ledger_b" ] || fail "not one ledger of b: '$ledger_b'"
}

# Each ledger for itself: it balances, it has the meters' energy of its time, and not all of it
# is the run's own.
sound() {
	verified
	metered
	holds '[.energy.domains[] | .domain_uj ==
		.run_uj + .others_uj + .system_uj + .idle_uj + .unattributed_uj] | all'
	holds '[.energy.domains[] | select(.name | startswith("package"))
		| .run_uj > 0 and .run_uj < .domain_uj] | all'
}

each_sound() {
	ledger=$ledger_a
	sound
	same_counts "$TMPDIR/out-a" kernel
	ledger=$ledger_b
	sound
	same_counts "$TMPDIR/out-b" kernel
}

# of DOMAIN ACCOUNT LEDGER
of() {
	json "[.energy.domains[] | select(.name == \"$1\").$2] | add" "$3"
}

# span: nanoseconds from the start of the earlier run to the end of the later
span() {
	jq -s 'map(.run.start_unix_ns | tonumber) as $s | map(.run.duration_ns) as $d
		| ([$s[0] + $d[0], $s[1] + $d[1]] | max) - ($s | min) | floor' \
		<("$gramme" show --json "$ledger_a") <("$gramme" show --json "$ledger_b")
}

# What both booked cannot exceed the meters of the whole time; PERCENT more for what two
# collectors with clocks of their own may disagree on.
together() {
	local name watts run_a run_b most percent=$1

	for package in package-0:120 package-1:90; do
		name=${package%:*}
		watts=${package#*:}
		run_a=$(of "$name" run_uj "$ledger_a")
		run_b=$(of "$name" run_uj "$ledger_b")
		most=$(($(span) * watts * (100 + percent) / 100000))
		echo "$name: a $run_a + b $run_b <= $most uJ"
		[ $((run_a + run_b)) -le "$most" ] || fail "more was booked than was metered"
	done
}

# What one run calls the others' is what the other calls its own: no joule is there twice.
mutual() {
	local name

	for name in package-0 package-1; do
		[ "$(of "$name" others_uj "$ledger_a")" -gt 0 ] || fail "a knows nothing of b"
		[ "$(of "$name" others_uj "$ledger_a")" -le "$(of "$name" run_uj "$ledger_b")" ] ||
			fail "a gives b more than b bears"
		[ "$(of "$name" others_uj "$ledger_b")" -le "$(of "$name" run_uj "$ledger_a")" ] ||
			fail "b gives a more than a bears"
	done
}

echo "two collectors"
both "$ledgers/two" --ledger-dir "$ledgers/two" --replay "$machine"
each_sound
together 2

echo "one collector"
"$gramme" collect --socket "$TMPDIR/s" --ledger-dir "$ledgers/one" --replay "$machine" \
	2>"$TMPDIR/daemon" &
daemon=$!
for _ in $(seq 100); do
	grep -q 'collecting on' "$TMPDIR/daemon" && break
	sleep 0.05
done
grep -q 'collecting on' "$TMPDIR/daemon" || fail "no collector: $(cat "$TMPDIR/daemon")"
export GRAMME_SOCKET=$TMPDIR/s
both "$ledgers/one"
kill -TERM $daemon
wait $daemon || fail "the collector's exit status"
each_sound
mutual
together 0
