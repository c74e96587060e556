#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What OpenMP regions are called: by the symbol of their body, from the program's own file, a file of
# debugging symbols or its exports; by object, offset and build-id where there is none.
. tests/e2e/lib.sh

export OMP_NUM_THREADS=2 OMP_WAIT_POLICY=passive
place='\\+0x[0-9a-f]+ \\([0-9a-f]{16}\\)$'

# named PATTERN: all regions are called so.
named() {
	holds '[.kernels[] | select(.api == "openmp") | .name | test("'"$1$place"'")] | length >= 9 and all'
	verified
}

cp "$prog/omp_every" "$TMPDIR/program"
cd "$TMPDIR"
meter_ok -- ./program 1
named '^[a-z]+\\._omp_fn\\.[0-9]+ in program'
# Folders are private, and people need the symbol alone.
! grep -q "$TMPDIR" "$ledger" || fail "the ledger tells where the program lies"
"$gramme" show "$ledger" | grep -qE '^  [a-z]+\._omp_fn\.[0-9]+  ' || fail "the page does not name the bodies"

objcopy --only-keep-debug program symbols
strip program
meter_ok -- ./program 1
named '^program'

# As a distribution keeps the symbols of what it strips.
id=$(readelf -n program | sed -n 's/.*Build ID: //p')
mkdir -p "debug/.build-id/${id:0:2}"
mv symbols "debug/.build-id/${id:0:2}/${id:2}.debug"
if [ -d /usr/lib/debug ] && unshare -m true 2>/dev/null; then
	gramme_there() {
		# shellcheck disable=SC2016 # the inner shell's words
		unshare -m bash -c 'mount --bind "$0" /usr/lib/debug && exec "$@"' "$TMPDIR/debug" "$build/gramme" "$@"
	}
	gramme=gramme_there meter_ok -- ./program 1
	named '^[a-z]+\\._omp_fn\\.[0-9]+ in program'
else
	echo "(no mount namespace here: files of debugging symbols were left out)"
fi

# Functions that a file exports it has a name for, stripped or not.
mkdir bin fake
strip -o bin/exporter "$prog/omp_calls"
cp "$fake/libfakeomp.so" fake/
meter_ok -- bin/exporter 1
named '^[a-z]+_body in exporter'

# A program whose file is gone when it computes is called as before.
cp "$prog/omp_every" short-lived
meter_ok -- bash -c 'exec 3<short-lived && rm short-lived && exec /proc/self/fd/3 1'
named '^short-lived'
