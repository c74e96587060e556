#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The library is updated while programs run: what such a program opens next is a stand-in of other rows,
# which is not used, and what goes past is told. Files are exchanged as wholes.
. tests/e2e/lib.sh

mkdir "$TMPDIR/lib"
cp "$build"/libgramme.so "$build"/libgramme-*.so "$TMPDIR/lib"
export GRAMME_PRELOAD=$TMPDIR/lib/libgramme.so

echo "its own stand-in"
meter_ok -- "$prog/cl_dlopen" libOpenCL.so.1 30
same_counts "$TMPDIR/out" kernel
covered
cp "$TMPDIR/out" "$TMPDIR/own"

echo "that of another build"
before=$(stat -c %s "$TMPDIR/lib/libgramme-opencl.so")
LC_ALL=C sed -i 's/gramme stand-in ./gramme stand-in -/' "$TMPDIR/lib/libgramme-opencl.so"
[ "$(stat -c %s "$TMPDIR/lib/libgramme-opencl.so")" -eq "$before" ] || fail "it is no longer the same"
! cmp -s "$build/libgramme-opencl.so" "$TMPDIR/lib/libgramme-opencl.so" || fail "it has no stamp"
meter_ok -- "$prog/cl_dlopen" libOpenCL.so.1 30
diff "$TMPDIR/own" "$TMPDIR/out" || fail "the program saw another world"
verified
holds '.kernels == [] and (.coverage.uncovered | length) == 1'

echo "in the middle of a program: the one that is loaded goes on, the next one is not taken"
cat >"$TMPDIR/opens.py" <<'END'
import _ctypes, ctypes, os, sys


def opened():
    library = ctypes.CDLL("libOpenCL.so.1", mode=ctypes.RTLD_LOCAL)
    print(any("libgramme-opencl" in line for line in open("/proc/self/maps")))
    return library


first = opened()
os.rename(sys.argv[1], sys.argv[2])
second = opened()
_ctypes.dlclose(first._handle)
_ctypes.dlclose(second._handle)
opened()
END
mv "$TMPDIR/lib/libgramme-opencl.so" "$TMPDIR/other"
cp "$build/libgramme-opencl.so" "$TMPDIR/lib"
meter_ok -- "$python" "$TMPDIR/opens.py" "$TMPDIR/other" "$TMPDIR/lib/libgramme-opencl.so"
[ "$(xargs <"$TMPDIR/out")" = "True True False" ] || fail "$(cat "$TMPDIR/out")"

echo "an install over one that is in use"
root=$TMPDIR/root
put() {
	make --no-print-directory O="$GRAMME_BUILD" DESTDIR="$root" PREFIX=/usr install >"$TMPDIR/make" 2>&1 || {
		cat "$TMPDIR/make"
		fail "make install"
	}
}
put
library=$(find "$root" -name libgramme.so)
exec 9<"$library"
put
[ "$(stat -L -c %h "/proc/$$/fd/9")" -eq 0 ] || fail "it was written over"
cmp "/proc/$$/fd/9" "$library" || fail "who had it open has something else now"
[ -z "$(find "$root" -name '*.new')" ] || fail "pieces are left"
