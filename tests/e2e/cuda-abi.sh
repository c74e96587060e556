#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Numbers and layouts in preload/cuda_abi.h are those of the header that NVIDIA ships.
. tests/e2e/lib.sh

wheel nvidia-cuda-runtime
header=$(find "$venv" -name cuda.h -print -quit)
[ -n "$header" ] || fail "the wheel carries no cuda.h any more"

"${CC:-cc}" -iquote . -o "$TMPDIR/own" tests/prog/cuda_abi.c
"${CC:-cc}" -DVENDOR -I "${header%/*}" -o "$TMPDIR/vendor" tests/prog/cuda_abi.c
"$TMPDIR/own" >"$TMPDIR/own.txt"
"$TMPDIR/vendor" >"$TMPDIR/vendor.txt"
[ "$(wc -l <"$TMPDIR/own.txt")" -ge 130 ] || fail "only $(wc -l <"$TMPDIR/own.txt") facts are compared"
diff "$TMPDIR/own.txt" "$TMPDIR/vendor.txt" || fail "the interface is another"
