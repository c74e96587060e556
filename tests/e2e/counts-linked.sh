#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A C program that links -lOpenCL, metered on PoCL: counts against its own.
. tests/e2e/lib.sh

meter_ok -- "$prog/cl_linked" --launches 1001
same_counts "$TMPDIR/out" kernel
covered
holds '.run.complete == true and .run.exit_status == 0'
holds '[.kernels[] | select(.kind == "kernel")] | all(.timed == "device")'
