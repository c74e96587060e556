#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Others that define the API's names: a tracer preloaded before and after us, a library and a
# program that forward it, a library opened with RTLD_DEEPBIND. Each call is counted once, and who
# listens hears each once.
. tests/e2e/lib.sh

use_fake

shim=$build/libgramme.so
tool=$prog/cl_listener.so
for order in "$tool:$shim" "$shim:$tool"; do
	use_fake
	meter_ok -- env LD_PRELOAD="$order" "$prog/cl_linked" --launches 600
	same_counts "$TMPDIR/out" kernel
	same_counts "$(tally)" kernel call
	covered
	finishes=$(json '.commands[] | select(.name == "clFinish").count')
	[ "$(grep heard "$TMPDIR/err")" = "heard clFinish $finishes clEnqueueNDRangeKernel 600" ] ||
		fail "order $order: clFinish was counted $finishes times, $(cat "$TMPDIR/err")"
done

# forwarded PROGRAM [ARG...]: counted once, not for ever.
forwarded() {
	use_fake
	meter_ok -- timeout 20 "$@"
	same_counts "$TMPDIR/out" call
	same_counts "$(tally)" call
	covered
}
echo 'int plugin_main(unsigned); int main(void) { return plugin_main(70); }' >"$TMPDIR/main.c"
cc -o "$TMPDIR/linked" "$TMPDIR/main.c" "$prog/cl_forward.so"
cc -o "$TMPDIR/exporting" -rdynamic "$TMPDIR/main.c" "$prog/cl_forward.o"
forwarded "$prog/cl_host" "$prog/cl_forward.so" 60
forwarded "$TMPDIR/linked"
forwarded "$TMPDIR/exporting"

use_fake
meter_ok -- timeout 20 "$prog/cl_dlopen" --deepbind libOpenCL.so.1 40
[ "$(json '.coverage.uncovered[].why')" = "a library opened with RTLD_DEEPBIND" ] ||
	fail "nothing was said: $(json .coverage)"
