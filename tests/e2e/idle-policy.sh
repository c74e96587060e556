#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Who bears idle energy is a choice, which the ledger names; the idle of a whole node is handed out by
# the node's own collector alone, and by one of these. A run holds what its control groups leave it.
. tests/e2e/lib.sh

machine=tests/data/machines/two-socket-server
work=("$prog/spin" 100)

# refused WORDS COMMAND...: it says so, and fails.
refused() {
	local words=$1

	shift
	! timeout 20 "$@" >"$TMPDIR/out" 2>&1 || fail "not refused: $*"
	grep -q "$words" "$TMPDIR/out" || fail "said otherwise: $*"
}

# rule KIND WORD: who bears the idle of such domains.
rule() {
	holds "[.energy.domains[] | select(.kind == \"$1\").idle_policy] | unique == [\"$2\"]"
}

for policy in separate:none shared:used holder:holder used:used none:none; do
	meter_ok --replay "$machine" --idle "${policy%:*}" -- "${work[@]}"
	rule cpu "${policy#*:}"
	rule memory "${policy#*:}"
	if [ "${policy#*:}" = none ]; then
		holds '[.energy.domains[].run_idle_uj] | add == 0'
	else
		holds '[.energy.domains[] | select(.kind == "memory") | .run_idle_uj > 0] | all'
	fi
	verified
done

refused "hands out the idle" "$gramme" run --idle holder -- "${work[@]}"
refused "'holder', 'used' or 'none'" "$gramme" run --idle mine -- "${work[@]}"
meter_ok --idle none -- "${work[@]}"
rule cpu none

if [ "$(id -u)" -ne 0 ]; then
	refused "hands out the idle" "$gramme" collect --idle used --socket "$TMPDIR/u"
	exit 0
fi
chmod 711 "$TMPDIR"
refused "hands out the idle" setpriv --reuid 65534 --regid 65534 --clear-groups \
	"$gramme" collect --idle used --socket "$TMPDIR/u"

# The lock is in /run; with a /run of its own this story is in nobody's way.
one_of_two() {
	mount -t tmpfs none /run
	"$gramme" collect --idle used --socket "$TMPDIR/a" --ledger-dir "$TMPDIR/la" 2>"$TMPDIR/a.err" &
	await grep -q collecting "$TMPDIR/a.err"
	refused "another collector (process $!) hands out" \
		"$gramme" collect --idle holder --socket "$TMPDIR/b" --ledger-dir "$TMPDIR/lb"
	kill -TERM $!
	wait $!
}

# The lock is the only one on its file; who has it lets go of it when he ends.
nobody_locks() {
	# shellcheck disable=SC2046,SC2183 # three numbers
	! grep -q " $(printf '%02x:%02x:%d' $(stat -c '%Hd %Ld %i' /run/gramme/idle.lock)) " /proc/locks
}

# orphan PATIENCE: a collector dies with a run, which goes on.
orphan() {
	rm -rf "$TMPDIR/over" "$TMPDIR/lc" "$TMPDIR/c.err" # also what the one before said
	"$gramme" collect --idle used --patience "$1" --socket "$TMPDIR/c" --ledger-dir "$TMPDIR/lc" \
		2>"$TMPDIR/c.err" &
	dead=$!
	await grep -q collecting "$TMPDIR/c.err"
	GRAMME_SOCKET=$TMPDIR/c LD_PRELOAD=$build/libgramme.so \
		"$prog/cl_linked" --launches 20 --until "$TMPDIR/over" >/dev/null &
	await taken_in 1
	holder=$(pgrep -P "$dead" -x gramme-holder)
}

# Who stands in for a dead collector has the lock in its turn. Where another collector has it
# meanwhile, the run is brought to its end all the same, and the idle is that one's.
one_stands_in() {
	mount -t tmpfs none /run
	orphan 0
	kill -KILL "$dead"
	wait "$dead" || true # until then the lock is its own
	await grep -rqs "collector lost" "$TMPDIR/lc"
	refused "another collector (process [0-9]*) hands out" \
		"$gramme" collect --idle holder --socket "$TMPDIR/b" --ledger-dir "$TMPDIR/lb"
	touch "$TMPDIR/over"
	await grep -rqs '"close"' "$TMPDIR/lc"
	await nobody_locks

	orphan 600
	kill -KILL "$dead"
	wait "$dead" || true # until then the lock is its own
	"$gramme" collect --idle holder --socket "$TMPDIR/b" --ledger-dir "$TMPDIR/lb" 2>"$TMPDIR/b.err" &
	await grep -q collecting "$TMPDIR/b.err"
	kill -TERM "$holder"
	await grep -rqs '"close"' "$TMPDIR/lc"
	kill -TERM $!
	wait $!
	touch "$TMPDIR/over"
	wait
	await test ! -e "$TMPDIR/c.hold"
	"$gramme" verify "$(find "$TMPDIR/lc" -name '*.jsonl')"
}
export -f one_of_two one_stands_in orphan nobody_locks refused fail await taken_in
export gramme build prog TMPDIR ledger
if unshare --mount true 2>/dev/null; then
	unshare --mount bash -eu -c one_of_two || fail "two: $(cat "$TMPDIR"/*.err "$TMPDIR/out")"
	unshare --mount bash -eu -c one_stands_in || fail "stand-in: $(cat "$TMPDIR"/*.err "$TMPDIR/out")"
fi

# A quarter of a CPU, by whichever version of control groups can be used here.
for group in /sys/fs/cgroup/cpu /sys/fs/cgroup; do
	group=$(mktemp -d -p $group gramme-XXXXXX 2>/dev/null) || continue
	# Who ends last in it may be a moment behind who is waited for.
	trap 'await rmdir "$group"' EXIT
	{ echo 25000 >"$group/cpu.cfs_quota_us" || echo "25000 100000" >"$group/cpu.max"; } \
		2>/dev/null || exit 0
	(
		echo "$BASHPID" >"$group/cgroup.procs"
		exec "$gramme" run --quiet --ledger-dir "$ledgers/limited" --replay "$machine" \
			--idle holder -- "$prog/spin" 100 >/dev/null
	)
	ledger=$(newest "$ledgers/limited")
	holds '.run.limits.cpu_milli == 250'
	exit 0
done
