#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A plugin opened RTLD_LOCAL that carries a loader of its own under another name.
. tests/e2e/lib.sh

meter_ok -- "$prog/cl_host" "$prog/cl_plugin.so" 500
same_counts "$TMPDIR/out" kernel
covered
