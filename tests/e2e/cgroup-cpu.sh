#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A run that has a control group of its own has that group's CPU time: also of children that nobody
# waited for, which no process tree knows of. Where somebody else is in the group it has its tree's.
. tests/e2e/lib.sh

# A group of version 2 where it is mounted, for itself or beside version 1; else one of version 1.
for where in /sys/fs/cgroup /sys/fs/cgroup/unified /sys/fs/cgroup/cpuacct none; do
	{ [ -e "$where/cgroup.controllers" ] || [ -e "$where/cpuacct.usage" ]; } && break
done
[ "$where" != none ] || skip "this kernel has no control groups mounted"
group=$where/gramme-$$-$RANDOM
needs_leave mkdir "$group"
trap 'rmdir "$group"/* "$group" 2>/dev/null || true' EXIT
mkdir "$group/inner"

# Children of 20 ms each, whom the kernel reaps at once, and what they used by their own word.
cat >"$TMPDIR/orphans.py" <<'PROGRAM'
import os, signal, sys, time
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
ours, theirs = os.pipe()
for i in range(40):
    if os.fork() == 0:
        while time.process_time() < 0.02:
            pass
        os.write(theirs, b"%d\n" % time.process_time_ns())
        os._exit(0)
    time.sleep(0.022)
os.close(theirs)
used = sum(int(line) for line in os.fdopen(ours))
print(used + time.process_time_ns())
PROGRAM

# within GROUP COMMAND...: in that group from its beginning.
within() {
	(
		echo "$BASHPID" >"$1/cgroup.procs"
		shift
		exec "$@"
	)
}

# counted METHOD LEAST MOST: CPU time is so many percent of what was used, by that method.
counted() {
	local used

	used=$(cat "$TMPDIR/out")
	verified
	holds ".run.cpu_method == \"$1\""
	holds ".run.cpu_ns >= $used * $2 / 100 and .run.cpu_ns <= $used * $3 / 100"
}

program=("$python" "$TMPDIR/orphans.py")
run=("$gramme" run --quiet --ledger-dir "$ledgers")

echo "gramme and the program in a group"
within "$group" "${run[@]}" -- "${program[@]}" >"$TMPDIR/out"
ledger=$(newest "$ledgers")
counted cgroup 97 140
holds ".coverage.unobserved_cpu_ns > 0"

echo "the program alone, from its beginning on"
# shellcheck disable=SC2016 # for the shell that it is given to
"${run[@]}" -- bash -c 'echo $$ >"$0/inner/cgroup.procs"; exec "$@"' "$group" "${program[@]}" \
	>"$TMPDIR/out"
ledger=$(newest "$ledgers")
verified
holds '.run.cpu_method == "cgroup" or .run.cpu_method == "mixed"'
holds ".run.cpu_ns >= $(cat "$TMPDIR/out") * 85 / 100"

echo "another one in it"
sleep 60 &
stranger=$!
echo $stranger >"$group/cgroup.procs"
within "$group" "${run[@]}" -- "${program[@]}" >"$TMPDIR/out"
kill $stranger
wait $stranger || true
ledger=$(newest "$ledgers")
counted tree 0 140

# What it used while nobody looked is in the kernel's books, and so in the ledger. It goes on until the
# second collector has it.
echo "a collector that dies, and another"
cat >"$TMPDIR/busy.py" <<'PROGRAM'
import os, sys, time
while time.process_time() < 2.5 or not os.path.exists(sys.argv[1]):
    pass
print(time.process_time_ns())
PROGRAM
rm -rf "${ledgers:?}"/*
start_collector --zone FR
within "$group" env GRAMME_EAGER=1 LD_PRELOAD="$build/libgramme.so" \
	"$python" "$TMPDIR/busy.py" "$TMPDIR/go" >"$TMPDIR/out" &
busy=$!
await ledger_begun
sleep 1
kill -KILL "$collector"
wait "$collector" 2>/dev/null || true
sleep 1.5
start_collector --zone FR
wait_for "went on with 1 runs"
touch "$TMPDIR/go"
wait "$busy"
stop_collector
trap 'rmdir "$group"/* "$group" 2>/dev/null || true' EXIT
ledger=$(newest "$ledgers")
verified
used=$(cat "$TMPDIR/out")
holds ".run.cpu_ns >= $used * 95 / 100 and .run.cpu_ns <= $used * 110 / 100"
