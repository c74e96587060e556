#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# gramme run is not noticed: the program's status, streams, environment, limits, signal
# dispositions and descriptors are what they would be without it.
# shellcheck disable=SC2016 # what is quoted is for the program's shell
. tests/e2e/lib.sh

run=("$gramme" run --quiet --ledger-dir "$ledgers" --)

# status EXPECTED PROGRAM...: the wait status as a parent sees it; negative for a signal.
status() {
	local expected=$1 seen

	shift
	seen=$($python -c 'import subprocess, sys
null = subprocess.DEVNULL
print(subprocess.run(sys.argv[1:], stdout=null, stderr=null).returncode)' "${run[@]}" "$@")
	[ "$seen" -eq "$expected" ] || fail "status $seen instead of $expected of: $*"
}

status 0 true
status 1 false
status 3 sh -c 'exit 3'
status 255 sh -c 'exit 255'
status 137 sh -c 'exit 137'
for signal in HUP INT TERM KILL SEGV ABRT USR1; do
	status "-$(kill -l $signal)" sh -c "ulimit -c 0; kill -$signal \$\$"
done
status 127 "$TMPDIR/nothing-here"
status 127 ''
status 126 "$TMPDIR"
printf 'echo script without a first line\n' >"$TMPDIR/script"
chmod +x "$TMPDIR/script"
status 0 "$TMPDIR/script"
printf '#!/no/such/interpreter\n' >"$TMPDIR/script"
status 127 "$TMPDIR/script"

# What the ledger says of it, too: a program that was killed is not complete.
meter -- sh -c 'exit 3'
holds '.run.exit_status == 3 and .run.complete'
meter -- sh -c 'exit 137'
holds '.run.exit_status == 137 and .run.complete'
meter -- sh -c 'kill -KILL $$'
holds '.run.exit_status == 137 and (.run.complete | not)'
verified

# No ledger of a program that never began.
before=$(find "$ledgers" -name '*.jsonl' | wc -l)
"${run[@]}" "$TMPDIR/script" 2>/dev/null || true
[ "$(find "$ledgers" -name '*.jsonl' | wc -l)" -eq "$before" ] || fail "a ledger of nothing"

# Streams, byte for byte, and nothing added to them.
head -c 3000000 /dev/urandom >"$TMPDIR/bytes"
cp "$TMPDIR/bytes" "$TMPDIR/again"
"${run[@]}" sh -c 'cat; cat "$0" >&2' "$TMPDIR/again" \
	<"$TMPDIR/bytes" >"$TMPDIR/out" 2>"$TMPDIR/err"
cmp "$TMPDIR/bytes" "$TMPDIR/out"
cmp "$TMPDIR/bytes" "$TMPDIR/err"

# A program that closes its output has closed it: the reader need not wait for its end.
mkfifo "$TMPDIR/end"
"${run[@]}" sh -c "echo first; exec >&-; read -r line <'$TMPDIR/end'" | {
	cat
	echo go >"$TMPDIR/end"
} >"$TMPDIR/out"
[ "$(cat "$TMPDIR/out")" = first ] || fail "the output of a program that closed it"

"${run[@]}" sh -c "echo second >&5; exec 5>&-; read -r line <'$TMPDIR/end'" 5>&1 >&2 | {
	cat
	echo go >"$TMPDIR/end"
} >"$TMPDIR/out"
[ "$(cat "$TMPDIR/out")" = second ] || fail "another descriptor that it closed"

# same WHAT COMMAND: prints the same with gramme as without.
same() {
	echo "same $1"
	sh -c "$2" >"$TMPDIR/plain" 2>&1
	"${run[@]}" sh -c "$2" >"$TMPDIR/metered" 2>&1
	diff -u "$TMPDIR/plain" "$TMPDIR/metered" || fail "$1 differs"
}

same environment 'env -u LD_PRELOAD -u _ env | grep -v -e ^GRAMME_SOCKET= -e ^GRAMME_RUN= | sort'
same limits 'ulimit -a; umask; nice; pwd'
# What /proc tells of a process's signals. 32 and 33 are glibc's own: make's posix_spawn leaves them
# ignored, and any thread that is ever made in between takes them back.
cat >"$TMPDIR/signals" <<'BASH'
while read -r name mask; do
	case $name in
	SigBlk: | SigIgn: | SigCgt: | ShdPnd:)
		printf '%s %x\n' "$name" $((16#$mask & ~0x180000000))
		;;
	esac
done </proc/self/status
BASH
same signals "bash '$TMPDIR/signals'"
same descriptors 'cd /proc/self/fd && echo *'
same identity 'ps -o pgid=,sid=,tty= -p $$'
exec 5<"$TMPDIR/bytes"
same 'an inherited descriptor' 'ls -l /proc/self/fd/5 | sed "s/.*->//"'
(
	trap '' HUP CHLD TSTP
	same 'ignored signals' "bash '$TMPDIR/signals'"
)
$python - "${run[@]}" <<'PYTHON'
import signal, subprocess, sys
mask = {signal.SIGUSR1, signal.SIGCHLD, signal.SIGTERM}
ask = ["grep", "SigBlk", "/proc/self/status"]
block = lambda: signal.pthread_sigmask(signal.SIG_SETMASK, mask)
said = [subprocess.run(c + ask, preexec_fn=block, capture_output=True).stdout
        for c in ([], sys.argv[1:])]
assert said[0] == said[1] != b"", said
# Its parent's streams may be closed; what is said then goes nowhere, and not into the ledger.
close = "exec <&- >&- 2>&-; " + " ".join(sys.argv[1:]) + " sh -c 'test ! -e /proc/self/fd/1'"
assert subprocess.run(["bash", "-c", close]).returncode == 0
PYTHON
verified

# An existing LD_PRELOAD stays, behind ours.
LD_PRELOAD='libm.so.6 libpthread.so.0' "${run[@]}" sh -c 'echo "$LD_PRELOAD"' >"$TMPDIR/out"
[ "$(cat "$TMPDIR/out")" = "$build/libgramme.so:libm.so.6 libpthread.so.0" ] ||
	fail "LD_PRELOAD is $(cat "$TMPDIR/out")"

# Children belong to the run, with their CPU time.
meter_ok -- sh -c "'$prog/spin' 300 & '$prog/spin' 300; wait; (sleep 1.2; sleep 0.3)"
holds '.run.processes >= 4 and .run.cpu_ns >= 500000000'

# What goes on in the background is left alone, and noted.
"$gramme" run --ledger-dir "$ledgers" -- sh -c 'sleep 1000 >/dev/null 2>&1 & echo $!' \
	>"$TMPDIR/out" 2>"$TMPDIR/err"
kill -0 "$(cat "$TMPDIR/out")" || fail "the background process is gone"
grep -q '1 of its processes still run' "$TMPDIR/err" || fail "not noted: $(cat "$TMPDIR/err")"
kill "$(cat "$TMPDIR/out")"

# With ever fewer descriptors there is ever less to meter with; the program runs.
for limit in $(seq 5 40); do
	status=0
	(ulimit -n "$limit" && exec "${run[@]}" sh -c 'exit 7') 2>"$TMPDIR/err" || status=$?
	[ "$status" -eq 7 ] || fail "status $status with $limit descriptors: $(cat "$TMPDIR/err")"
	[ "$(wc -l <"$TMPDIR/err")" -le 2 ] || fail "$limit descriptors: $(cat "$TMPDIR/err")"
done
# And without a second process.
$python - "${run[@]}" <<'PYTHON'
import os, resource, subprocess, sys
def few():
    if os.getuid() == 0:
        os.setgroups([])
        os.setuid(60123)
    resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))
done = subprocess.run(sys.argv[1:] + ["echo", "alone"], preexec_fn=few, capture_output=True, cwd="/",
                      text=True)
assert done.returncode == 0 and done.stdout == "alone\n", done
PYTHON

# Nothing is left behind.
[ -z "$(find "$TMPDIR" -maxdepth 1 -name 'gramme-*')" ] || fail "a private folder is left"
