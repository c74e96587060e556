#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A library that defines the driver's interface itself, and loads the driver when it is first
# called, gets to be called: linked, and opened for itself alone.
. tests/e2e/lib.sh

cat >"$TMPDIR/forward.c" <<'END'
#include <dlfcn.h>
static void *find(const char *name)
{
	void *driver = dlopen("libcuda.so.1", RTLD_NOW);

	return driver ? dlsym(driver, name) : 0;
}
int cuInit(unsigned flags)
{
	int (*real)(unsigned) = (int (*)(unsigned))find("cuInit");

	return real ? real(flags) : 999;
}
int cuDevicePrimaryCtxReset_v2(int device)
{
	return ((int (*)(int))find("cuDevicePrimaryCtxReset_v2"))(device);
}
int start(void)
{
	return cuInit(0) * 1000 + cuDevicePrimaryCtxReset_v2(0);
}
END
cat >"$TMPDIR/main.c" <<'END'
#include <dlfcn.h>
#include <stdio.h>
#ifdef LINKED
int start(void);
#endif
int main(void)
{
#ifndef LINKED
	void *library = dlopen("libforward.so", RTLD_NOW | RTLD_LOCAL);
	int (*start)(void) = (int (*)(void))dlsym(library, "start");
#endif
	printf("%d\n", start());
	return 0;
}
END
if ! cc -shared -fPIC -o "$TMPDIR/libforward.so" "$TMPDIR/forward.c" ||
	! cc -o "$TMPDIR/opened" "$TMPDIR/main.c" ||
	! cc -DLINKED -o "$TMPDIR/linked" "$TMPDIR/main.c" "$TMPDIR/libforward.so"; then
	fail "the program was not built"
fi
use_simgpu
LD_LIBRARY_PATH+=:$TMPDIR
for program in linked opened; do
	"$TMPDIR/$program" >"$TMPDIR/bare" || fail "bare: status $?"
	grep -qx 0 "$TMPDIR/bare" || fail "bare: $(cat "$TMPDIR/bare")"
	meter_ok -- "$TMPDIR/$program"
	diff "$TMPDIR/bare" "$TMPDIR/out" || fail "$program: another result (<bare >metered)"
done
