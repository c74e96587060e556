#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# How many events one core of the collector books a second, from the rings of an arena to the energy
# of its kernels: commands of one thread, which come in order, and of four, which overlap.
. tests/bench/lib.sh

for threads in 1 4; do
	"$build/tests/bench/drain" $((turns * 2)) "$threads" | awk '{ print 1000000 / $1 }' \
		>"$work/booking.$threads"
done

title "The collector: events booked"
target "collector: events a second and core, one thread" million 1 1 least 10 <"$work/booking.1"
target "collector: the same, four threads that overlap" million 1 1 least 10 <"$work/booking.4"
