#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What can befall a ledger in mid-run: a limit on file sizes, its removal, a quota, a file system
# that turns read-only. One line says so, and the program ends as it would have.
. tests/e2e/lib.sh

# The program waits until its ledger is well on its way, which a journal shows, lets $1 happen and
# sees the trouble out.
cat >"$TMPDIR/program" <<'END'
#!/bin/bash
tries=${TRIES:-1200}
until [ -n "$(find "$LEDGERS" -name '*.journal')" ] || [ "$tries" -eq 0 ]; do
	tries=$((tries - 1))
	sleep 0.05
done
eval "$1"
echo ran
exit 7
END
chmod +x "$TMPDIR/program"

# befall WHAT WORD HAPPENS [OPTION...]: it is said in one line with that word; else nothing is
# different.
befall() {
	local what=$1 word=$2 happens=$3 status=0

	shift 3
	echo "$what"
	rm -rf "${ledgers:?}"
	mkdir "$ledgers"
	LEDGERS=$ledgers "$gramme" run --quiet --ledger-dir "$ledgers" "$@" -- \
		"$TMPDIR/program" "$happens" >"$TMPDIR/out" 2>"$TMPDIR/err" || status=$?
	cat "$TMPDIR/err"
	[ "$status" -eq 7 ] || fail "exit status $status instead of the program's 7"
	[ "$(cat "$TMPDIR/out")" = ran ] || fail "the program's output is lost"
	[ "$(wc -l <"$TMPDIR/err")" -eq 1 ] || fail "not one line"
	grep -q "$word" "$TMPDIR/err" || fail "the line says nothing of '$word'"
}

# Nobody reads what is said: that is no reason to end the program. Beside the others, as it takes
# its time.
unread() {
	local status=0

	mkdir "$TMPDIR/unread"
	mkfifo "$TMPDIR/pipe"
	(exec 3<"$TMPDIR/pipe") &
	LEDGERS=$TMPDIR/unread "$gramme" run --quiet --ledger-dir "$TMPDIR/unread" -- \
		"$TMPDIR/program" "rm -r $TMPDIR/unread; sleep 6" >"$TMPDIR/unread-out" \
		2>"$TMPDIR/pipe" || status=$?
	[ "$status" -eq 7 ] || fail "unread: exit status $status instead of the program's 7"
}
unread &
unread=$!

export TRIES=0 # no ledger will come, or no journal is needed
# One KiB is too little to meter at all, four are with names of that length for the first line.
(
	ulimit -f 1
	befall "a limit on file sizes that nothing fits in" 'not metered: File too large' 'true'
)
(
	ulimit -f 4
	befall "a limit on file sizes that no ledger fits in" 'no ledger .*: File too large' 'true' \
		--project "$(printf %04500d 0)"
)
[ -z "$(newest "$ledgers")" ] || fail "there is a piece of a ledger"
(
	ulimit -f 4
	befall "a limit on file sizes that half a ledger fits in" 'is incomplete: File too large' \
		'true' --project "$(printf %02000d 0)"
)
ledger=$(newest "$ledgers")
verified
holds '.chain.closed == false and .chain.journal == "used" and .run.duration_ns > 0'

unset TRIES
befall "the folder is removed" 'is incomplete: No such file or directory' "rm -r $ledgers"

# What a disk may say, said by a file system of ours.
if [ "$(id -u)" -ne 0 ] || ! [ -w /dev/fuse ] || ! "$python" -c 'import fusepy' 2>/dev/null; then
	echo "(no FUSE here: quota and read-only are left out)"
	wait "$unread"
	exit
fi
disk=$TMPDIR/disk
ledgers=$disk/ledgers
mkdir "$disk"
"$python" tests/lose/cutfs.py "$disk" "$TMPDIR/log" "$TMPDIR/fault" &
trap 'umount -l "$disk"' EXIT
await mountpoint -q "$disk"

befall "a quota" 'is incomplete: Disk quota exceeded' "echo EDQUOT >$TMPDIR/fault"
rm "$TMPDIR/fault"
ledger=$(newest "$ledgers")
verified
holds '.chain.closed == false'

# Until the journal was refused, and then no more: nothing is missing.
befall "read-only for a while" 'cannot be written: Read-only file system' \
	"echo EROFS >$TMPDIR/fault; until grep -q written $TMPDIR/err; do sleep 0.05; done; rm $TMPDIR/fault"
ledger=$(newest "$ledgers")
verified
holds '.chain.closed and .run.complete and .run.exit_status == 7'

wait "$unread"
