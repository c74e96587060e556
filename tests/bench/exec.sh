#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What the shim costs each program image: /bin/true, started under it, under a library with the same
# exports and empty bodies, and under one with nothing in it. A collector is there, and named.
. tests/bench/lib.sh

start_collector "$work/ledgers"
GRAMME_SOCKET=$socket "$build/tests/bench/exec" $((turns * 200)) "$empty" "$nop" "$shim" >"$work/exec"

title "One exec of /bin/true"
awk '{ print $1 }' "$work/exec" | figure "an empty library preloaded" us 1 1000
awk '{ print $2 }' "$work/exec" | figure "empty bodies" us 1 1000
awk '{ print $3 }' "$work/exec" | figure "metered" us 1 1000
awk '{ print $3 - $1 }' "$work/exec" | target "exec of /bin/true: metered - empty library" us 1 1000 most 10
