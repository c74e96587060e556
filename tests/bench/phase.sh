#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What the recogniser of phases costs the collector: CPU time a kernel, of a training that repeats
# itself exactly and of one in which the data asks for a kernel more now and then; and the memory
# that it has taken after a hundred million kernels of one process.
. tests/bench/lib.sh

for _ in $(seq "$turns"); do
	"$build/tests/bench/phase" 1000000 | cut -f1 >>"$work/plain"
	"$build/tests/bench/phase" 1000000 20 | cut -f1 >>"$work/noisy"
done
"$build/tests/bench/phase" 100000000 | cut -f2 >"$work/memory"
"$build/tests/bench/phase" 100000000 20 | cut -f2 >>"$work/memory"

title "The collector: recognising phases"
target "recogniser: a kernel" ns 1 1000 most 40 <"$work/plain"
target "recogniser: a kernel, every fiftieth unexpected" ns 1 1000 most 40 <"$work/noisy"
target "recogniser: memory after 100 million kernels" MB 2 1000000 most 4 <"$work/memory"
