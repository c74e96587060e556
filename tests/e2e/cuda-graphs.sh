#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Kernels of graphs: a launch of one counts them all, those of child graphs too, as it is at that
# moment: with a node switched off, with another function in a node, updated from another graph.
. tests/e2e/lib.sh

for road in dlopen proc2; do
	use_simgpu
	meter_ok -- "$prog/cuda_story" "$road" graphs 13
	same_counts "$(tally)" kernel
	covered
	# 13 and one with five alphas and a beta; one without its first; one whose first is a beta; one
	# of betas alone.
	holds '[.kernels[] | select(.kind == "kernel") | {(.name): .count}] | add ==
		{alpha: (13 * 5 + 4 + 4), beta: (13 + 1 + 2 + 6)}'
	holds '[(.kernels + .commands)[] | select(.name == "cuGraphLaunch") | .count] == [16]'
done
