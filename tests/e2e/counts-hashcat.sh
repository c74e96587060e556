#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# hashcat's MD5 benchmark: counts against those of a layer inside the OpenCL loader.
. tests/e2e/lib.sh

use_count_layer
meter_ok -- hashcat -b -m 0 --force
grep -q 'Speed.#1' "$TMPDIR/out" || fail "hashcat did not come to its end"
same_counts "$(tally)" kernel call
covered
