#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# SIGKILL in mid-run, at moments of chance: whatever was complete is in the ledger, nothing is
# there that was not made, the ledger verifies and says that the run is incomplete.
. tests/e2e/lib.sh

# Two counters each in the program's progress file: issued, returned, completed.
progress() {
	od -An -t u8 -w48 -v "$TMPDIR/progress"
}

between() {
	[ "$1" -le "$2" ] && [ "$2" -le "$3" ]
}

check() {
	local scale_issued add_issued scale_done add_done scale add

	read -r scale_issued add_issued _ _ scale_done add_done < <(progress)
	scale=$(json '[.kernels[] | select(.name == "scale").count] | add // 0')
	add=$(json '[.kernels[] | select(.name == "add").count] | add // 0')
	echo "scale: $scale_done <= $scale <= $scale_issued; add: $add_done <= $add <= $add_issued"
	between "$scale_done" "$scale" "$scale_issued" || fail "scale"
	between "$add_done" "$add" "$add_issued" || fail "add"
	verified
	holds '.run.complete == false and .run.exit_status == 137'
}

# kill_after SECONDS PROGRAM...: SIGKILL for the program, not for what meters it.
kill_after() {
	local seconds=$1 pid

	shift
	rm -f "$TMPDIR/progress"
	# shellcheck disable=SC2016 # for the inner shell
	"$gramme" run --quiet --ledger-dir "$ledgers" -- \
		sh -c 'echo $$ >"$0"; exec "$@"' "$TMPDIR/pid" "$@" >"$TMPDIR/out" 2>&1 &
	pid=$!
	while ! [ -s "$TMPDIR/progress" ] || [ "$(progress | awk '{ print $5 }')" -eq 0 ]; do
		kill -0 "$pid" || fail "the program never got to compute: $(cat "$TMPDIR/out")"
		sleep 0.02
	done
	sleep "$seconds"
	kill -KILL "$(cat "$TMPDIR/pid")"
	wait "$pid" || true
	ledger=$(newest "$ledgers")
}

endless=(--launches 1000000000 --progress "$TMPDIR/progress")
rounds=4
[ -z "${GRAMME_SLOW:-}" ] || rounds=40
for round in $(seq $rounds); do
	moment=0.$((RANDOM % 900 + 50))
	echo "round $round: killed after $moment s"
	kill_after "$moment" "$prog/cl_linked" "${endless[@]}" --threads $((round % 3 + 1))
	check
done
