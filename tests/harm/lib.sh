# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# What the tests of harm share: `same NAME [OPTION...] -- PROGRAM [ARG...]` runs a program with and
# without the shim (compare.py says how, and its options); `verdict` ends the test. Sourced with
# GRAMME_BUILD and a private TMPDIR set (scripts/one).
set -eu

build=$(realpath "$GRAMME_BUILD")
here=tests/harm
bin=$TMPDIR/bin
python=/usr/bin/python3
failed=0
compared=0
missing=

export HOME=$TMPDIR
export PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin

# Other users must reach the shim and the programs, as they do where it is installed.
umask 022
chmod 711 "$TMPDIR"
mkdir -p "$bin" "$TMPDIR/lib"
cp "$build/libgramme.so" "$build/libgramme-opencl.so" "$build/libgramme-cuda.so" "$TMPDIR/lib"
shim=$TMPDIR/lib/libgramme.so

# make_c SOURCE [FLAG...]: compiles tests/harm/SOURCE.c (or .cc) to $bin/SOURCE, or as -o says.
make_c() {
	local source=$here/$1.c cc=gcc

	if [ -e "$source"c ]; then
		source=${source}c cc=g++
	fi
	$cc -O1 -g -Wall -Wextra -D_GNU_SOURCE -o "$bin/$1" "$source" "${@:2}" -pthread
}

compare() {
	"$python" -B "$here/compare.py" --gramme "$build/gramme" "$@"
}

same() {
	compared=$((compared + 1))
	compare --shim "$shim" "$@" || failed=$((failed + 1))
}

# suite KIND [OPTION...] UNIT...: somebody else's tests, one by one (suite.py).
suite() {
	"$python" -B "$here/suite.py" --gramme "$build/gramme" --shim "$shim" --kind "$@"
}

# have PROGRAM...: are they all on this machine? What is not is listed at the end.
have() {
	local program

	for program; do
		if ! [ -e "$program" ] && ! command -v "$program" >/dev/null; then
			missing="$missing $program"
			return 1
		fi
	done
}

# The user's way of changing to nobody.
is_root() {
	if [ "$(id -u)" -eq 0 ]; then
		return 0
	fi
	missing="$missing root"
	return 1
}

verdict() {
	echo "compared: $compared, harmed: $failed${missing:+, left out for want of:$missing}"
	[ "$compared" -gt 0 ] && [ "$failed" -eq 0 ]
	exit
}
