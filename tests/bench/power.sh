#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What reading the counters of energy costs: those of two sockets, with cores and memory each, in a
# tree of files as the kernel has it. What it takes to ask the hardware is not in it: this is ours,
# with the wake-ups. Of NVML, BMCs and servers others are asked, in threads and a process of their own.
. tests/bench/lib.sh

# zone ID NAME
zone() {
	local path=/sys/class/powercap/$1

	mkdir -p "$work/machine/root$path"
	echo "$2" >"$work/machine/root$path/name"
	echo 262143328850 >"$work/machine/root$path/max_energy_range_uj"
	echo 100000000000 >"$work/machine/root$path/energy_uj"
}

for socket in 0 1; do
	zone "intel-rapl:$socket" "package-$socket"
	zone "intel-rapl:$socket:0" core
	zone "intel-rapl:$socket:1" dram
done

for _ in $(seq "$turns"); do
	for hz in 1 10; do
		"$build/tests/bench/power" "$work/machine" 3 "$hz" >>"$work/hz.$hz"
	done
done

title "Reading six counters of energy"
target "six counters, once a second" "% of a core" 4 10000000 most 0.05 <"$work/hz.1"
target "six counters, ten times a second" "% of a core" 4 10000000 most 0.3 <"$work/hz.10"
