#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What the shim costs each program image: /bin/true, started under it, under a library with the same
# exports and empty bodies, and under one with nothing in it. A collector is there, and named.
#
# All three are as a machine has them after it was started: copied, written out, let go of, and read
# from the disk again. What a linker or a copying program has just written lies otherwise in memory,
# in larger or smaller pieces by chance, and that alone makes 7 us (2026-11-21, Linux 6.18, ext4).
. tests/bench/lib.sh

# settle LIBRARY: a copy as told above; its path.
settle() {
	local copy
	copy=$work/$(basename "$1")

	cp "$1" "$copy"
	dd of="$copy" oflag=nocache conv=notrunc,fdatasync count=0 status=none
	[ -z "$(LD_PRELOAD=$copy /bin/true 2>&1)" ] || fail "$1 cannot be preloaded"
	echo "$copy"
}

start_collector "$work/ledgers"
settled=("$(settle "$empty")" "$(settle "$nop")" "$(settle "$shim")")
GRAMME_SOCKET=$socket "$build/tests/bench/exec" $((turns * 200)) "${settled[@]}" >"$work/exec"
# That one is a shim, and speaks to this collector.
GRAMME_EAGER=1 GRAMME_SOCKET=$socket LD_PRELOAD=${settled[2]} /bin/true
heard() {
	[ -n "$(find "$work/ledgers" -name '*.jsonl')" ]
}
for _ in $(seq 100); do
	heard && break
	sleep 0.05
done
heard || fail "the collector heard nothing"

title "One exec of /bin/true"
awk '{ print $1 }' "$work/exec" | figure "an empty library preloaded" us 1 1000
awk '{ print $2 }' "$work/exec" | figure "empty bodies" us 1 1000
awk '{ print $3 }' "$work/exec" | figure "metered" us 1 1000
awk '{ print $3 - $1 }' "$work/exec" >"$work/added"
target "exec of /bin/true: metered - empty library" us 1 1000 most 10 <"$work/added"
figure "the same, and the 95 % interval of its median" us 1 1000 interval <"$work/added"
