#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What users get wrong, and what machines refuse: one clear line, and the program runs whenever
# it can, with its own exit status.
. tests/e2e/lib.sh

said() {
	local lines

	lines=$(wc -l <"$TMPDIR/err")
	cat "$TMPDIR/err"
	[ "$lines" -eq 1 ] || fail "$lines lines instead of one"
	grep -q "$1" "$TMPDIR/err" || fail "the line says nothing of '$1'"
}

# refused STATUS WORD ARG...: gramme gives that status and one line with that word; nothing ran.
refused() {
	local expected=$1 word=$2 status=0

	shift 2
	echo "gramme $*"
	"$gramme" "$@" >"$TMPDIR/out" 2>"$TMPDIR/err" || status=$?
	[ "$status" -eq "$expected" ] || fail "exit status $status instead of $expected"
	[ -s "$TMPDIR/out" ] && fail "something was printed on stdout"
	said "$word"
}

# runs WORD ARG...: the program runs with its status 7 and its output, and one line is said.
runs() {
	local word=$1 status=0

	shift
	echo "gramme run $*"
	"$gramme" run "$@" -- sh -c 'echo ran; exit 7' >"$TMPDIR/out" 2>"$TMPDIR/err" || status=$?
	[ "$status" -eq 7 ] || fail "exit status $status instead of the program's 7"
	[ "$(cat "$TMPDIR/out")" = ran ] || fail "the program's output is lost"
	said "$word"
}

dir=(--ledger-dir "$ledgers")
refused 125 bogus run --bogus -- true
refused 125 ATLANTIS run "${dir[@]}" --zone ATLANTIS -- true
refused 125 pue run "${dir[@]}" --pue nonsense -- true
refused 125 program run "${dir[@]}"
refused 125 "$TMPDIR/nowhere" run "${dir[@]}" --replay "$TMPDIR/nowhere" -- true
refused 127 no-such-program run --quiet "${dir[@]}" -- no-such-program
touch "$TMPDIR/not-executable"
refused 126 not-executable run --quiet "${dir[@]}" -- "$TMPDIR/not-executable"
refused 1 nothing-here show "$TMPDIR/nothing-here"
refused 1 nothing-here verify "$TMPDIR/nothing-here"
refused 2 frobnicate frobnicate

# A folder that cannot be written, by root neither: a file stands in its place.
touch "$TMPDIR/file"
runs "$TMPDIR/file" --quiet --ledger-dir "$TMPDIR/file"

# A full disk, and one that is not to be written to.
mkdir "$TMPDIR/full"
if mount -t tmpfs -o size=4k tmpfs "$TMPDIR/full" 2>/dev/null; then
	trap 'umount "$TMPDIR/full"' EXIT
	dd if=/dev/zero of="$TMPDIR/full/filler" bs=4k 2>/dev/null || true
	runs 'No space left' --quiet --ledger-dir "$TMPDIR/full"
	mount -o remount,ro "$TMPDIR/full"
	runs 'Read-only file system' --quiet --ledger-dir "$TMPDIR/full/not/there"
else
	echo "(no mount allowed here: the full disk is left out)"
fi

# No OpenCL device: nothing to count, and nothing to say about it; the program's own complaint.
mkdir "$TMPDIR/no-drivers"
OCL_ICD_VENDORS=$TMPDIR/no-drivers meter -- "$prog/cl_linked"
[ "$status" -eq 1 ] || fail "exit status $status instead of the program's 1"
said 'OpenCL error'
verified
holds '.kernels == []'

# Damaged ledgers: the file and the line.
meter_ok -- "$prog/cl_linked" --launches 10
verified
lines=$(wc -l <"$ledger")
for line in $(seq "$lines"); do
	sed "${line}s/[0-9]/x/" "$ledger" >"$TMPDIR/damaged.jsonl"
	refused 1 "damaged.jsonl:$line:" verify "$TMPDIR/damaged.jsonl"
done
head -c 2000 /dev/urandom >"$TMPDIR/noise.jsonl"
refused 1 noise.jsonl verify "$TMPDIR/noise.jsonl"
refused 1 noise.jsonl show "$TMPDIR/noise.jsonl"
