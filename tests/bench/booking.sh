#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# How many events one core of the collector books a second, from the rings of an arena to the energy
# of its kernels: commands of one thread, which come in order, and of four, which overlap.
. tests/bench/lib.sh

for threads in 1 4; do
	"$build/tests/bench/drain" $((turns * 2)) "$threads" | awk '{ print 1000000 / $1 }' \
		>"$work/booking.$threads"
done

# What a recogniser that listens adds, in turns with none.
for _ in $(seq "$turns"); do
	for threads in 1 4; do
		"$build/tests/bench/drain" 3 "$threads" | tail -n 1 >>"$work/deaf.$threads"
		"$build/tests/bench/drain" 3 "$threads" phases | tail -n 1 >>"$work/listens.$threads"
	done
done

title "The collector: events booked"
target "collector: events a second and core, one thread" million 1 1 least 10 <"$work/booking.1"
target "collector: the same, four threads that overlap" million 1 1 least 10 <"$work/booking.4"
minus "$work/listens.1" "$work/deaf.1" |
	target "collector: more an event to recognise phases, one thread" ns 1 1000 most 40
minus "$work/listens.4" "$work/deaf.4" |
	target "collector: the same, four threads that overlap" ns 1 1000 most 40
