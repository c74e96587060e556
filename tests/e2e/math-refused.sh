#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What a library refuses may point nowhere and say that there is a lot of it: nobody looks.
. tests/e2e/lib.sh

cat >"$TMPDIR/main.c" <<'END'
#include <stdio.h>
int cublasSgemmGroupedBatched(void *, void *, void *, void *, void *, void *, void *, void *, void *,
	void *, void *, void *, void *, void *, int, void *);
int cublasLtMatmul(void *, void *, void *, void *, void *, void *, void *, void *, void *, void *,
	void *, void *, void *, void *, unsigned long, void *);
int cudnnConvolutionForward(void *, void *, void *, void *, void *, void *, void *, int, void *,
	unsigned long, void *, void *, void *);
int main(void)
{
	void *wild = (void *)8;

	printf("%d\n", cublasSgemmGroupedBatched(NULL, wild, wild, wild, wild, wild, wild, wild, wild,
						 wild, wild, wild, wild, wild, 1 << 30, wild));
	printf("%d\n", cublasLtMatmul(NULL, wild, wild, wild, wild, wild, wild, wild, wild, wild, wild,
				      wild, wild, wild, 1, wild));
	printf("%d\n", cudnnConvolutionForward(NULL, wild, wild, wild, wild, wild, wild, 0, wild, 1,
					       wild, wild, wild));
	return 0;
}
END
export LD_LIBRARY_PATH=$fake/math
cc -o "$TMPDIR/main" "$TMPDIR/main.c" "$fake"/math/{libcublas.so.12,libcublasLt.so.12,libcudnn.so.9} ||
	fail "the program was not built"
"$TMPDIR/main" >"$TMPDIR/bare" || fail "bare: status $?"
meter_ok -- "$TMPDIR/main"
diff "$TMPDIR/bare" "$TMPDIR/out" || fail "refused otherwise (<bare >metered)"
holds '[.commands[] | select(.kind == "call") | [.name, .count, .failed]] | sort == [
	["cublasLtMatmul", 0, 1], ["cublasSgemmGroupedBatched", 0, 1], ["cudnnConvolutionForward", 0, 1]]'
verified
