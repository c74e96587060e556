#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every clEnqueue* of the headers, each another number of times; and with one in three refused.
. tests/e2e/lib.sh

use_fake
meter_ok -- "$prog/cl_every"
same_counts "$TMPDIR/out" kernel call
same_counts "$(tally)" kernel call
[ "$(wc -l <"$TMPDIR/expected")" -ge 30 ] || fail "the program calls too little to show anything"

use_fake
export FAKECL_FAIL_EVERY=3
meter -- "$prog/cl_every"
same_counts "$(tally)" kernel call
grep -q '^refused' "$TMPDIR/tally.txt" || fail "nothing was refused"
