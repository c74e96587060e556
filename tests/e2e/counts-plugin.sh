#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Plugins opened RTLD_LOCAL that carry a loader of their own under another name: one that computes
# when it is called, one that does while it is loaded, one that is closed with commands under way.
. tests/e2e/lib.sh

meter_ok -- "$prog/cl_host" "$prog/cl_plugin.so" 500
same_counts "$TMPDIR/out" kernel
covered

# Its constructor waits for a thread that computes: who waited for the dynamic loader's lock in that
# thread would wait for ever. In a host that knows no OpenCL, and in one that links it.
use_fake
meter_ok -- timeout 20 "$prog/cl_host" "$prog/cl_constructor.so" 0
same_counts "$(tally)" kernel call
cc -o "$TMPDIR/linked" "$prog/cl_host.o" -Wl,--no-as-needed -lOpenCL
use_fake
meter_ok -- timeout 20 "$TMPDIR/linked" "$prog/cl_constructor.so" 0
same_counts "$(tally)" kernel call

# What is under way when the plugin and its loader are closed is asked for when the next one waits.
use_fake
export FAKECL_COMMAND_NS=1000000
cc -shared -o "$TMPDIR/other.so" "$prog/cl_constructor.o" "$prog/launch.o" -lOpenCL
meter_ok -- env CL_PLUGIN_LEAVE=1 "$TMPDIR/linked" "$prog/cl_plugin.so" "$TMPDIR/other.so" 50
same_counts "$(tally)" kernel call
