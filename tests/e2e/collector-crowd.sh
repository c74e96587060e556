#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# timeout: 600
# Ten thousand connections, a flood of messages and lies, and claims on others' runs: the
# collector's memory stays bounded, and programs beside that are counted exactly.
. tests/e2e/lib.sh
use_fake
[ "$(ulimit -Hn)" -ge 11000 ] || {
	echo "skip: 10,000 connections need more descriptors than $(ulimit -Hn)"
	exit 77
}
if [ "$(id -u)" -ne 0 ]; then
	echo "skip: strangers and honest programs must be two users, which root alone can be"
	exit 77
fi
start_collector
memory() {
	awk -v name="$1:" '$1 == name { print $2 }' "/proc/$collector/status"
}
base=$(memory VmHWM)

cat >"$TMPDIR/stranger.py" <<'PYTHON'
import random, resource, signal, sys
sys.path.insert(0, "tests/prog")
from stranger import *

kind, seconds, victim = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
end = time.monotonic() + seconds
if kind == "crowd":
    resource.setrlimit(resource.RLIMIT_NOFILE, (11000, 11000))
    held = [connect() for _ in range(10000)]
    print("ready", flush=True)
    time.sleep(max(0, end - time.monotonic()))
elif kind == "noise":
    # Connects, says something, and does not wait for the answer.
    dice = random.Random(1)
    words = [b"x", packet(HELLO), packet(END, b"\0" * 8), b"\xff" * 65536, packet(99),
             begin(1, "p", "e", "", "a"), hello()]
    print("ready", flush=True)
    while time.monotonic() < end:
        with connect() as s:
            say(s, *dice.choices(words, k=dice.randrange(20)))
elif kind == "lies":
    # Arenas whose every figure is at its worst, one after the other.
    liar = memfd(content=lies())
    print("ready", flush=True)
    while time.monotonic() < end:
        with connect() as s:
            say(s, *[hello()] * 15, fds=[liar])
elif kind == "claims":
    # Another user's run: begun, said hello for, ended by a stranger.
    print("ready", flush=True)
    while time.monotonic() < end:
        refused(begin(victim, "p", "e", "", "a"))
        refused(packet(END, struct.pack("<iI", 0, 0)))
        with connect() as s:
            say(s, begin(victim, "p", "e", "", "a"), packet(END, struct.pack("<iI", 1, 9)))
        with connect() as s:
            say(s, hello(victim), fds=[memfd(seals=0)])
        time.sleep(0.01)
PYTHON

# strangers KIND [VICTIM]: each kind as a user of its own, so that none hides behind another.
user=65530
strangers() {
	user=$((user - 1))
	setpriv --reuid $user --regid $user --clear-groups \
		$python "$TMPDIR/stranger.py" "$1" 300 "${2:-1}" >"$TMPDIR/$1" 2>&1 &
	pids+=($!)
	until grep -q ready "$TMPDIR/$1"; do
		kill -0 $! 2>/dev/null || fail "the strangers: $(tail -n 5 "$TMPDIR/$1")"
		sleep 0.1
	done
}
pids=()
trap 'kill -KILL "$collector" "${pids[@]}" 2>/dev/null || true' EXIT
chmod 711 "$TMPDIR"
chmod 644 "$TMPDIR/stranger.py"

strangers crowd
honest 2000 --pause-ms 200 &
victim=$!
strangers noise
strangers lies
strangers claims $victim
for i in 1 2 3 4 5; do
	setpriv --reuid 65531 --regid 65531 --clear-groups \
		"$gramme" run --quiet --zone FR --project besides -- /bin/sh -c "exit $i" && status=0 || status=$?
	[ "$status" -eq "$i" ] || fail "gramme run besides the strangers ended with $status, not $i"
done
[ "$(find "$ledgers" -path '*/besides/*.jsonl' | wc -l)" -eq 5 ] || fail "gramme run was not served besides them"
wait $victim || fail "the honest program failed with status $?"
honest_is_counted 2000

for pid in "${pids[@]}"; do
	kill "$pid" 2>/dev/null || fail "strangers went by themselves: $(tail -n 5 "$TMPDIR"/{crowd,noise,lies,claims})"
done
wait "${pids[@]}" 2>/dev/null || true
echo "VmHWM $base KiB before, $(memory VmHWM) KiB after; of its own $(memory RssAnon) KiB"
[ "$(memory RssAnon)" -lt 65536 ] || fail "that is too much"
stop_collector
cat "$TMPDIR/collector"
grep -q 'user 65529: it holds too many connections' "$TMPDIR/collector" || fail "nothing on the crowd"
grep -q 'user 65528: it does not speak' "$TMPDIR/collector" || fail "nothing on the noise"
! grep -q 'user 65534' "$TMPDIR/collector" || fail "the honest user was refused"
