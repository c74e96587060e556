#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# More events than any ring holds: some may be lost, and then it is said, but counts stay exact.
. tests/e2e/lib.sh

use_fake
export FAKECL_COMMAND_NS=0
meter_ok -- "$prog/cl_linked" --threads 2 --launches 400000 --batch 256
same_counts "$TMPDIR/out" kernel
same_counts "$(tally)" kernel call
holds '.coverage.events_seen >= 800000 and .coverage.events_lost <= .coverage.events_seen'
# The program asked for no event: those that metering takes must be given back, and few at a time.
live=$(sed -n 's/^gauge live-events //p' "$TMPDIR/tally.txt")
most=$(sed -n 's/^gauge live-events-max //p' "$TMPDIR/tally.txt")
[ "${live:-0}" -eq 0 ] || fail "$live events were never released"
[ "${most:-0}" -le 4096 ] || fail "$most events were alive at once"
