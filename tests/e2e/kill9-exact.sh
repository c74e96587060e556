#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# timeout: 1800
# SIGKILL at a moment of chance, from their first milliseconds on, of programs with 1 to 8
# threads on the counting driver. Whatever moment it is, of every kernel
#
#   returned to the program <= booked <= taken by the driver <= asked for
#
# and a thread can be in the middle of one call only: asked for - returned <= threads. So nothing
# that completed is missing, and nothing is there twice. The same for device times: a batch whose
# clFinish returned is timed, but for one command that each other thread may have had in hand; and
# as the driver takes the same time for every command, the sum is that many times it.
#
#   KILL9_SEED=N plays the moments of that run again
. tests/e2e/lib.sh

rounds=10
[ -z "${GRAMME_SLOW:-}" ] || rounds=500
seed=${KILL9_SEED:-$((($(date +%s) ^ $$) % 32768))}
RANDOM=$seed
echo "seed $seed, $rounds rounds"

use_fake
command_ns=20000
export FAKECL_COMMAND_NS=$command_ns

# at_most A B WHAT
at_most() {
	[ "$1" -le "$2" ] || fail "round $round: $3: $1 > $2"
}

# What the driver took of a kernel; nothing where it was never asked.
taken() {
	[ -e "$FAKECL_COUNT_FILE" ] || {
		echo 0
		return
	}
	"$fake/tally" "$FAKECL_COUNT_FILE" |
		awk -v name="$1" '$1 == "count" && $2 == "kernel" && $3 == name { n = $4 }
			END { print n + 0 }'
}

# check_kernel NAME ASKED RETURNED FINISHED
check_kernel() {
	local booked timed device_ns driver whole

	read -r booked timed device_ns < <(jq -r --arg name "$1" \
		'[.kernels[] | select(.name == $name)] | "\(map(.count) | add // 0) \(
			map(.timed_count) | add // 0) \(map(.device_ns // 0) | add // 0)"' \
		"$TMPDIR/shown")
	driver=$(taken "$1")
	at_most "$3" "$booked" "$1: returned, but not booked"
	at_most "$booked" "$driver" "$1: booked, but never taken by the driver"
	at_most "$driver" "$2" "$1: taken, but never asked for"
	at_most $((timed)) "$booked" "$1: timed, but not booked"
	at_most "$4" $((timed + threads)) "$1: finished, but not timed"
	whole=$((timed * command_ns))
	at_most "$device_ns" "$whole" "$1: device time booked twice"
	at_most "$whole" $((device_ns + threads * command_ns)) "$1: device time missing"
	total=$((total + booked))
}

check() {
	local asked_scale=0 asked_add=0 back_scale=0 back_add=0 done_scale=0 done_add=0

	ledger=$(newest "$ledgers")
	verified
	json . >"$TMPDIR/shown"
	holds '.run.complete == false and .run.exit_status == 137'
	if [ -s "$TMPDIR/progress" ]; then
		read -r asked_scale asked_add back_scale back_add done_scale done_add \
			< <(od -An -t u8 -w48 -v "$TMPDIR/progress")
	fi
	at_most $((asked_scale + asked_add - back_scale - back_add)) "$threads" "calls in flight"
	check_kernel scale "$asked_scale" "$back_scale" "$done_scale"
	check_kernel add "$asked_add" "$back_add" "$done_add"
}

# returned: the program's progress tells of a call that came back.
returned() {
	[ -s "$TMPDIR/progress" ] && [ "$(od -An -t u8 -j 16 -N 16 "$TMPDIR/progress" | tr -d ' 0\n')" ]
}

# One program of $threads threads, and its end after $1 s: from its beginning on, or, every other time,
# from its first launch on, however long this machine takes to come to that.
kill_one() {
	local pid

	rm -rf "$TMPDIR/progress" "$TMPDIR/pid" "$FAKECL_COUNT_FILE" "$ledgers"
	mkdir "$ledgers"
	mkfifo "$TMPDIR/pid"
	# shellcheck disable=SC2016 # for the inner shell
	"$gramme" run --quiet --ledger-dir "$ledgers" -- \
		sh -c 'echo $$ >"$0"; exec "$@"' "$TMPDIR/pid" "$prog/cl_linked" \
		--launches 1000000000 --threads "$threads" --progress "$TMPDIR/progress" \
		>"$TMPDIR/out" 2>&1 &
	read -r pid <"$TMPDIR/pid"
	[ $((round % 2)) -eq 0 ] || await returned
	sleep "$1"
	kill -KILL "$pid"
	wait $! || true
}

total=0
computed=0
for round in $(seq "$rounds"); do
	threads=$((RANDOM % 8 + 1))
	before=$total
	kill_one "0.$(printf %03d $((RANDOM % 400)))"
	check
	[ "$total" -eq "$before" ] || computed=$((computed + 1))
done
echo "$total launches; $computed of $rounds programs were killed while they launched"
[ "$computed" -ge $((rounds / 4)) ] || fail "too few were killed while they launched"
