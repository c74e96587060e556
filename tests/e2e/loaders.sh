#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Several OpenCL libraries and platforms in one program: each call goes where it went without us,
# with a collector, with a dead one, and with none; handles and errors are the program's.
. tests/e2e/lib.sh

for number in 1 2; do
	mkdir "$TMPDIR/$number"
	ln -s libOpenCL.so.1 "$TMPDIR/$number/libOpenCL.so"
	cc -std=gnu11 -shared -fPIC -fvisibility=hidden -DCL_TARGET_OPENCL_VERSION=300 -DNUMBER=$number \
		-Wl,-soname,libOpenCL.so.1 -o "$TMPDIR/$number/libOpenCL.so.1" tests/prog/cl_own.c
done
one=$TMPDIR/1/libOpenCL.so.1
other=$TMPDIR/2/libOpenCL.so.1

# alike PROGRAM [ARG...]: three runs that print the same.
alike() {
	"$@" >"$TMPDIR/bare" 2>&1 || fail "bare: $(cat "$TMPDIR/bare")"
	LD_PRELOAD=$build/libgramme.so GRAMME_SOCKET=$TMPDIR/nobody \
		timeout 20 "$@" >"$TMPDIR/dead" 2>&1 || fail "dead: status $?"
	diff -u "$TMPDIR/bare" "$TMPDIR/dead" || fail "differs with a dead collector: $*"
	meter_ok -- "$@"
	cat "$TMPDIR/out" "$TMPDIR/err" | diff -u "$TMPDIR/bare" - || fail "differs metered: $*"
	verified
}

# finished N: so many clFinish were seen.
finished() {
	holds "[.commands[] | select(.name == \"clFinish\").count] | add == $1"
}

# said WHY: the ledger tells of what it could not see.
said() {
	[ "$(json '.coverage.uncovered[].why')" = "$1" ] || fail "not said: $1: $(json .coverage)"
}

alike "$prog/cl_loaders" platforms "$one"
finished 2
same_counts <(echo "count call clEnqueueAcquireExternalMemObjectsKHR 2") call
covered

alike "$prog/cl_loaders" by-name "$one"
said "an unknown entry point"

# The second of one soname is left alone, and said; the first is counted, before and after.
alike "$prog/cl_loaders" two "$one" "$other"
finished 4
said "an OpenCL loader that could not be stood in for"
LD_LIBRARY_PATH=$TMPDIR/2 alike "$prog/cl_loaders" two "$one" libOpenCL.so
finished 4

alike "$prog/cl_loaders" probed "$one" "$other"
finished 2
covered

alike "$prog/cl_loaders" errors "$one"
finished 2

# A plugin that is linked with it: our first look at a loader must not ask the dynamic loader.
cat >"$TMPDIR/plugin.c" <<'C'
#include <CL/cl.h>
#include <dlfcn.h>
#include <stdio.h>
int plugin_main(unsigned launches)
{
	cl_platform_id platform[2];
	char *error;

	clGetPlatformIDs(2, platform, NULL);
	dlopen("libnothing.so.9", RTLD_NOW);
	clFinish(clCreateCommandQueue(NULL, (cl_device_id)platform[0], 0, NULL));
	error = dlerror();
	printf("%u pending %s\n", launches, error ? error : "nothing");
	return 0;
}
C
cc -shared -fPIC -DCL_TARGET_OPENCL_VERSION=120 -o "$TMPDIR/plugin.so" "$TMPDIR/plugin.c" "$one" \
	-Wl,-rpath,"$TMPDIR/1"
alike "$prog/cl_host" "$TMPDIR/plugin.so" 1
finished 1

# Two plugins with a loader each, of which the second comes to lie where the first was.
for number in 1 2; do
	cc -std=gnu11 -shared -fPIC -fvisibility=hidden -DCL_TARGET_OPENCL_VERSION=300 -DNUMBER=$number \
		-Wl,-soname,libOpenCL-$number.so -o "$TMPDIR/libOpenCL-$number.so" tests/prog/cl_own.c
	cc -shared -fPIC -DCL_TARGET_OPENCL_VERSION=120 -o "$TMPDIR/plugin-$number.so" \
		"$TMPDIR/plugin.c" "$TMPDIR/libOpenCL-$number.so" -Wl,-rpath,"$TMPDIR"
done
alike "$prog/cl_host" "$TMPDIR/plugin-1.so" "$TMPDIR/plugin-2.so" 1
finished 2
covered

# The other C library, whose dlopen does not look at its caller.
if command -v musl-gcc >/dev/null; then
	musl=(musl-gcc -std=gnu11 -w -D_GNU_SOURCE -DCL_TARGET_OPENCL_VERSION=300 -idirafter /usr/include)
	mkdir "$TMPDIR/musl"
	"${musl[@]}" -shared -fPIC -fvisibility=hidden -Wl,-soname,libOpenCL.so.1 \
		-o "$TMPDIR/musl/libOpenCL.so.1" tests/prog/cl_own.c
	"${musl[@]}" -o "$TMPDIR/cl_loaders" tests/prog/cl_loaders.c -Wl,-rpath,"$TMPDIR/musl"
	alike "$TMPDIR/cl_loaders" errors libOpenCL.so.1
	finished 2
	alike "$TMPDIR/cl_loaders" platforms libOpenCL.so.1
	finished 2
	covered
fi
