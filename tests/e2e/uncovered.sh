#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What no shim can see is reported, with its CPU time: a static program, a setuid one, a child
# with an empty environment, one that may not make a file as large as the shim's memory.
. tests/e2e/lib.sh

# uncovered WHY: the last run names a process with that reason, and most of the CPU time that the
# program says it used (what came before the first look at it may be missing).
uncovered() {
	local used seen

	verified
	used=$(awk '$1 == "cpu" { print $2 }' "$TMPDIR/out")
	holds "[.coverage.uncovered[] | select(.why | test(\"$1\"))] | length == 1"
	seen=$(json '.coverage.uncovered_cpu_ns')
	echo "$1: used $used ns, reported $seen ns"
	[ "$seen" -ge $((used * 8 / 10)) ] || fail "too little of its CPU time"
	[ "$seen" -le $((used * 12 / 10 + 50000000)) ] || fail "too much CPU time"
}

meter_ok -- "$prog/spin-static" 600
uncovered static

meter_ok -- sh -c "'$prog/spin-static' 600"
uncovered static

meter_ok -- env -i "$prog/spin" 600
uncovered environment

# A setuid program is one that changes its user, so it takes another user to start it.
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
	install -m 4755 "$prog/spin" "$TMPDIR/spin-setuid"
	chmod 755 "$TMPDIR"
	meter_ok -- setpriv --reuid 65534 --clear-groups "$TMPDIR/spin-setuid" 600
	uncovered setuid
else
	echo "(not root: the setuid program is left out)"
fi

# The shim's shared memory counts as a file; where that may not be made, the program runs without.
(
	ulimit -f 1000
	meter_ok -- "$prog/spin" 600
	uncovered 'limit on file sizes'
)

# And what a shim speaks for is not reported.
meter_ok -- "$prog/cl_linked"
covered
