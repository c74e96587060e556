#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every BLAS name of the table is counted once with its arithmetic, and its arguments arrive as
# they were given; a product inside a region books its own time once; and real libraries under
# Python's numpy.
. tests/e2e/lib.sh

meter_ok -- "$prog/blas_every"
same_counts "$TMPDIR/out" kernel
holds '[.kernels[]] | all((.api == "blas" or .api == "lapack") and .timed == "host")'
# Dimensions of products are 3 x 5 x 7, a batch has 2 x 1 x 2 x 4 besides, or four of them. The n-th
# argument of LAPACK is n + 1; what it does to a square matrix of that order, in thirds.
awk '
function cube(n) { return n * n * n }
BEGIN {
	flop["GEMM"] = flop["GEMMT"] = flop["SYRK"] = flop["COMPUTE"] = 210
	flop["SYR2K"] = 420
	flop["SYMM"] = 150
	flop["GEMV"] = 30
	flop["TRMM"] = 45 # of order 3, on the left
	flop["BATCH"] = 210 + 2 * 16
	flop["STRIDED"] = 4 * 210
	thirds["GETRF"] = 6 * 2 * 3 * 2 - 3 * 5 * 4 + 2 * 8 # 2 x 3
	thirds["GETRI"] = 4 * cube(2)
	thirds["GETRS"] = 6 * 9 * 4
	thirds["GESV"] = 2 * cube(2) + 6 * 4 * 3
	thirds["POTRF"] = cube(3)
	thirds["POTRI"] = 2 * cube(3)
	thirds["POTRS"] = 6 * 9 * 4
	thirds["POSV"] = cube(3) + 6 * 9 * 4
	thirds["GEQRF"] = 6 * 3 * 4 - 2 * 8
	thirds["ORMQR"] = 12 * 5 * 4 * 5 - 6 * 4 * 25 # on the right of 4 x 5, of 6 reflectors five
	thirds["SYTRF"] = cube(3)
	thirds["ORGQR"] = 12 * 2 * 3 * 2 - 6 * 5 * 4 + 4 * 8 # of 4 reflectors two
}
/^count/ {
	times = $6 ? 4 : 1
	print $3, $5 in flop ? flop[$5] * times : $5 in thirds ? int(thirds[$5] * times / 3) : "null"
}' "$TMPDIR/out" | sort >"$TMPDIR/expected"
json '.kernels[] | "\(.name) \(.flop)"' | sort >"$TMPDIR/seen"
diff -u "$TMPDIR/expected" "$TMPDIR/seen" || fail "the arithmetic is another (-made +seen)"

meter_ok -- "$prog/blas_every" vain
holds '[.kernels[] | "\(.name) \(.count) \(.flop)"] == ["dgeqrf_ 1 null", "dgesv_ 1 null"]'
meter_ok -- "$prog/blas_ilp64"
same_counts "$TMPDIR/out" kernel
holds '.arithmetic.flop == 210'

# On one thread, so that all time is that of one: the run is as long as its products.
export OMP_NUM_THREADS=1 FAKEBLAS_MS=20
meter_ok -- "$prog/blas_every" region 20
holds '[.kernels[] | select(.api == "openmp") | .count] == [20]'
holds '[.kernels[] | select(.api == "blas") | .count] == [20]'
holds '([.kernels[].device_ns] | add) <= .run.duration_ns'
# A moment on the call path is right within 2 us, and each product has two (preload/clock.c).
holds '([.kernels[] | select(.api == "blas") | .device_ns] | add) >= 20 * (20000000 - 4000)'
# Nobody else kept the CPUs busy, so what a row kept busy is its own time, the region's a little.
holds '.kernels | all(.busy_ns - .device_ns | fabs <= 1000000)'
holds '[.kernels[] | select(.api == "blas") | .busy_ns] == [.arithmetic.counted_busy_ns]'
# Two threads of a region share what they cover, and the region has no more for itself than before.
OMP_NUM_THREADS=2 meter_ok -- "$prog/blas_every" region 20
holds '[.kernels[] | select(.api == "blas") | .count] == [40]'
holds '.kernels | all(.busy_ns <= .device_ns + 1000000)'
holds '([.kernels[].busy_ns] | add) <= .run.duration_ns'
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

# A factorisation is one kernel, whatever products it does to get its work done.
cat >"$TMPDIR/solve.py" <<'PY'
import numpy
n = 600
a = numpy.random.default_rng(1).random((n, n)) + n * numpy.eye(n)
s = a + a.T
numpy.linalg.solve(a, numpy.ones((n, 3)))
numpy.linalg.cholesky(s)
numpy.linalg.qr(a[:, :200])
numpy.linalg.eigh(s[:50, :50])
numpy.linalg.svd(a[:50, :40])
PY
meter_ok -- "$python" "$TMPDIR/solve.py"
holds '[.kernels[].api] | unique == ["lapack"]'
for call in \
	"dgesv_ 1 $(((2 * 600 * 600 * 600 + 6 * 600 * 600 * 3) / 3))" \
	"dpotrf_ 1 $((600 * 600 * 600 / 3))" \
	"dgeqrf_ 2 $(((6 * 600 * 200 * 200 - 2 * 200 * 200 * 200) / 3))" \
	"dorgqr_ 2 $(((12 * 600 * 200 * 200 - 6 * 800 * 200 * 200 + 4 * 200 * 200 * 200) / 3))" \
	"dsyevd_ 2 null" "dgesdd_ 2 null"; do
	holds '[.kernels[] | "\(.name) \(.count) \(.flop)"] | index("'"$call"'") != null'
done
