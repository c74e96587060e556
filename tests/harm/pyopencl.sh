#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# PyOpenCL's own tests, of the version that Debian has, on PoCL: the same pass as without.
# timeout: 3600
. tests/harm/lib.sh

version=$("$python" -c 'import pytest, pyopencl; print(pyopencl.VERSION_TEXT)') || {
	echo "skip: Debian's python3-pyopencl and python3-pytest are not installed (scripts/deps test slow)"
	exit 77
}
source=$build/tests/pyopencl-$version
if ! [ -e "$source/ready" ]; then
	rm -rf "$source"
	"$python" -m venv --system-site-packages "$source"
	"$source/bin/pip" install --quiet setuptools wheel >"$TMPDIR/pip" 2>&1 || true
	if ! "$source/bin/pip" download --quiet --dest "$source" --no-deps --no-binary :all: \
		--no-build-isolation "pyopencl==$version" >>"$TMPDIR/pip" 2>&1; then
		tail -n 3 "$TMPDIR/pip"
		echo "skip: pip could not fetch the source of pyopencl $version"
		exit 77
	fi
	tar -xzf "$source/pyopencl-$version.tar.gz" -C "$source"
	touch "$source/ready"
fi
# test_array is left out: its compilations alone take PoCL many minutes.
tests=$source/pyopencl-$version/test
suite pytest "$tests/test_wrapper.py" "$tests/test_enqueue_copy.py" \
	"$tests/test_arrays_in_structs.py" "$tests/test_clrandom.py" "$tests/test_clmath.py"
