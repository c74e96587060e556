#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Threads: four on four queues, and 64 that make the first call of all at the same moment.
. tests/e2e/lib.sh

meter_ok -- "$prog/cl_linked" --threads 4 --launches 3000
same_counts "$TMPDIR/out" kernel
covered

use_fake
meter_ok -- "$prog/cl_corner" first 64
same_counts "$TMPDIR/out" call
same_counts "$(tally)" call

# A driver that takes its time to describe the device: no queue is made before it is known whether
# its commands may be timed. (More threads than there are lanes would share one, and are not.)
use_fake
meter_ok -- env CL_LISTENER=slow LD_PRELOAD="$build/libgramme.so:$prog/cl_listener.so" \
	"$prog/cl_corner" first 40
same_counts "$(tally)" call
holds '[.commands[] | select(.name == "clEnqueueWriteBuffer")
	| .count == 4000 and .timed_count == 4000] == [true]'
