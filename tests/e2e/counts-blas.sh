#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every BLAS name of the table is counted once with its arithmetic, and its arguments arrive as
# they were given; a product inside a region books its own time once; and real libraries under
# Python's numpy.
. tests/e2e/lib.sh

meter_ok -- "$prog/blas_every"
same_counts "$TMPDIR/out" kernel
holds '[.kernels[]] | all(.api == "blas" and .timed == "host")'
# Dimensions are 3 x 5 x 7; a complex operation is four real ones.
awk '/^count/ {
	flop = ($5 == "SYR2K" ? 420 : $5 == "SYMM" ? 150 : $5 == "TRMM" ? 45 : 210)
	print $3, flop * ($6 ? 4 : 1)
}' "$TMPDIR/out" | sort >"$TMPDIR/expected"
json '.kernels[] | "\(.name) \(.flop)"' | sort >"$TMPDIR/seen"
diff -u "$TMPDIR/expected" "$TMPDIR/seen" || fail "the arithmetic is another (-made +seen)"

# On one thread, so that all time is that of one: the run is as long as its products.
export OMP_NUM_THREADS=1 FAKEBLAS_MS=20
meter_ok -- "$prog/blas_every" region 20
holds '[.kernels[] | select(.api == "openmp") | .count] == [20]'
holds '[.kernels[] | select(.api == "blas") | .count] == [20]'
holds '([.kernels[].device_ns] | add) <= .run.duration_ns'
holds '([.kernels[] | select(.api == "blas") | .device_ns] | add) >= 20 * 20000000'
unset FAKEBLAS_MS OMP_NUM_THREADS

cat >"$TMPDIR/product.py" <<'PY'
import numpy
a = numpy.ones((500, 300), numpy.float32)
b = numpy.ones((300, 200), numpy.float32)
for _ in range(50):
    c = a @ b
z = numpy.ones((64, 64), numpy.complex128)
z = z @ z
print(int(c.sum()), int(z.real.sum()))
PY
meter_ok -- "$python" "$TMPDIR/product.py"
[ "$(cat "$TMPDIR/out")" = "30000000 262144" ] || fail "numpy computes $(cat "$TMPDIR/out")"
holds '.arithmetic.flop == 50 * 2 * 500 * 300 * 200 + 8 * 64 * 64 * 64'
verified
