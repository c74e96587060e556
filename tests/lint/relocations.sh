#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What is preloaded costs little in every exec: no text is relocated, and few words are, on x86-64
# and on aarch64 alike. A table of pointers or an address taken of every wrapper would be seen here.
set -eu

# 12 and 16 on 2026-11-21: the imports from libc, thread-local storage, and what linkers bring (on aarch64
# eight addresses of our own functions and tables; the headers call our variables hidden, lest each be one).
most=20

check() {
	local library=$1 limit=$2 kinds relocations

	readelf -dW "$library" >"$TMPDIR/dynamic"
	readelf -rW "$library" >"$TMPDIR/relocations"
	relocations=$(grep -c ' R_[A-Z]' "$TMPDIR/relocations" || true)
	kinds=$(awk '$3 ~ /^R_/ { print $3 }' "$TMPDIR/relocations" | sort -u | xargs)
	echo "$library: $relocations relocations, $kinds"
	if grep TEXTREL "$TMPDIR/dynamic"; then
		echo "$library: its text is relocated (above)"
		return 1
	fi
	if [ "$relocations" -eq 0 ] || [ "$relocations" -gt "$limit" ]; then
		cat "$TMPDIR/relocations"
		echo "$library: $relocations relocations, not 1 to $limit"
		return 1
	fi
	# A pointer to a symbol is looked up by its name; thread-local storage is at a fixed place.
	if grep -E 'R_X86_64_64|R_AARCH64_ABS64|DTPMOD|TLSDESC' "$TMPDIR/relocations"; then
		echo "$library: a kind that costs a look-up or a call (above)"
		return 1
	fi
}

check "$GRAMME_BUILD/libgramme.so" $most
check "$GRAMME_BUILD/libgramme-opencl.so" 4
check "$GRAMME_BUILD/libgramme-cuda.so" 4

# with COMPILER: the same libraries, built by another one.
with() {
	local other=$TMPDIR/$1

	make --no-print-directory -j2 CC="$1" O="$other" WERROR=1 "$other/libgramme.so" \
		"$other/libgramme-opencl.so" "$other/libgramme-cuda.so"
	check "$other/libgramme.so" $most
	check "$other/libgramme-opencl.so" 4
	check "$other/libgramme-cuda.so" 4
}

with clang
cc=aarch64-linux-gnu-gcc
if scripts/deps --check cross >/dev/null 2>&1 && command -v $cc >/dev/null; then
	with $cc
else
	echo "(no $cc: only this machine's libraries were looked at)"
fi
