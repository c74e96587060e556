#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What a printf and a write cost whose line is dropped by the filter: metered, above the same under
# empty bodies.
. tests/bench/lib.sh

# So that it is seen to be metered; it computes nothing.
export GRAMME_EAGER=1
start_collector "$work/ledgers"
for turn in $(seq "$turns"); do
	for call in print write; do
		for variant in $(rotated "$turn" bare nop shim); do
			under "$variant" "$build/tests/bench/$call" 100 4096 2>/dev/null |
				median >>"$work/$call.$variant"
		done
	done
done
stop_collector
[ -n "$(find "$work/ledgers" -name '*.jsonl')" ] || fail "nobody was metered"

title "One printed line that is dropped"
added "a printf" "$work/print" 40
added "a write to /dev/null" "$work/write" 40
