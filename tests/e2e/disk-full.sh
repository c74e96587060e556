#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The disk fills up in mid-run and is freed again: one line says so once, and the ledger holds all
# that the program did. Where it stays full: the same line, and what was written before verifies.
. tests/e2e/lib.sh

mkdir "$TMPDIR/disk"
mount -t tmpfs -o size=64k tmpfs "$TMPDIR/disk" 2>/dev/null || {
	echo "skip: no mount allowed here"
	exit 77
}
trap 'umount -l "$TMPDIR/disk"' EXIT
ledgers=$TMPDIR/disk
use_fake
export FAKECL_COMMAND_NS=1000000

fill() {
	dd if=/dev/zero of="$TMPDIR/disk/filler" bs=4k 2>/dev/null || true
}

# start SECONDS: a program that computes for so long, metered; its ledger has begun.
start() {
	rm -rf "$TMPDIR/disk/default" "$FAKECL_COUNT_FILE"
	"$gramme" run --quiet --ledger-dir "$ledgers" -- "$prog/cl_linked" --batch 32 \
		--launches $(($1 * 1000)) >"$TMPDIR/out" 2>"$TMPDIR/err" &
	await ledger_begun
	fill
}

said_once() {
	cat "$TMPDIR/err"
	[ "$(wc -l <"$TMPDIR/err")" -eq 1 ] || fail "not one line"
	grep -q "$ledgers/.*: No space left on device" "$TMPDIR/err" || fail "not that line"
}

seconds=9
[ -z "${GRAMME_SLOW:-}" ] || seconds=75 # past a minute an interval line is refused, too
start "$seconds"
await grep -q 'cannot be written' "$TMPDIR/err"
[ -z "${GRAMME_SLOW:-}" ] || sleep 62
rm "$TMPDIR/disk/filler"
wait $! || fail "exit status $?"
said_once
ledger=$(newest "$ledgers")
same_counts "$TMPDIR/out" kernel
same_counts "$(tally)" kernel call
holds '.run.complete and .chain.closed and .run.exit_status == 0'

# It stays full: what there is, is a ledger.
start 6
wait $! || fail "exit status $?"
said_once
ledger=$(newest "$ledgers")
verified
