#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# clpeak, which nobody here wrote: counts against those of a layer inside the OpenCL loader.
. tests/e2e/lib.sh

use_count_layer
meter_ok -- clpeak --kernel-latency
same_counts "$(tally)" kernel call
covered

use_count_layer
meter_ok -- clpeak --transfer-bandwidth
same_counts "$(tally)" kernel call
