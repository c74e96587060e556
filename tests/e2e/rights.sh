#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A collector of root's that serves users: it reads counters that are root's alone, and looks into
# their processes, with nothing in force but one capability for that moment. Whose status is looked at
# from outside says so at any moment.
# shellcheck disable=SC2016 # what is quoted is for the program's shell
. tests/e2e/lib.sh
needs_root "only root has rights to give up"
use_fake
user=65534

cp -r tests/data/machines/two-socket-server "$TMPDIR/machine"
find "$TMPDIR/machine" -name energy_uj -exec chmod 0400 {} +
chmod 711 "$TMPDIR"

# in_force: the capabilities that the threads of the collector and of its holder have in force now.
in_force() {
	cat /proc/"$collector"/task/*/status "${holders[@]/%//status}" 2>/dev/null | sed -n 's/^CapEff:\t//p'
}

start_collector --replay "$TMPDIR/machine"
mapfile -t holders < <(grep -ls "^PPid:.$collector\$" /proc/[0-9]*/status | xargs -n 1 dirname)
[ "${#holders[@]}" -gt 0 ] || fail "no holder is seen"
nothing_in_force() {
	[ "$(in_force | sort -u)" = 0000000000000000 ]
}
await nothing_in_force
[ "$(sed -n 's/^NoNewPrivs:\t//p' "/proc/$collector/status")" = 1 ] || fail "it could gain privileges"
allowed=$(printf '%016x' $((1 << 0 | 1 << 6 | 1 << 7 | 1 << 19 | 1 << 38)))
kept=$(sed -n 's/^CapPrm:\t//p' "/proc/$collector/status")
[ $((0x$kept & ~0x$allowed)) -eq 0 ] || fail "it keeps $kept"

echo "a user's run, with a child that no shim speaks for"
env -u FAKECL_COUNT_FILE LD_PRELOAD="$build/libgramme.so" setpriv --reuid $user --regid $user --clear-groups \
	"$prog/cl_linked" --launches 40 --pause-ms 800 --exec sh -c 'exec "$0" 500' "$prog/spin-static" \
	>"$TMPDIR/out" 2>"$TMPDIR/err" &
program=$!
: >"$TMPDIR/seen"
while kill -0 $program 2>/dev/null; do
	in_force >>"$TMPDIR/seen"
	sleep 0.02
done
wait $program || fail "the program ended with status $?"
sort "$TMPDIR/seen" | uniq -c | sort -rn
# How often is the business of whoever else wants this CPU: a right may be held while one waits for it.
grep -q '^0*$' "$TMPDIR/seen" || fail "something is in force all the time"
while read -r seen; do
	[ $((0x$seen & (0x$seen - 1))) -eq 0 ] || fail "several at once: $seen"
done < <(sort -u "$TMPDIR/seen")

name=$(id -nu $user)
await ledger_closed
verified
[ "$(stat -c %u:%a "$ledger")" = "$user:644" ] || fail "$(stat -c '%u %a' "$ledger"): not his"
[ "$(stat -c %u:%a "$ledgers/$name")" = "$user:700" ] || fail "his folder is $(stat -c '%u %a' "$ledgers/$name")"
metered
holds '[.kernels[].count] == [20, 20]'
holds '[.coverage.uncovered[] | select(.program == "spin-static").why] == ["static binary"]'
await nothing_in_force
stop_collector
