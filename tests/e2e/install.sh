#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# make install into an empty tree, a run from there, and an uninstall that leaves nothing.
. tests/e2e/lib.sh

root=$TMPDIR/root
install_() {
	make --no-print-directory O="$GRAMME_BUILD" DESTDIR="$root" PREFIX=/usr "$1" >"$TMPDIR/make" 2>&1 || {
		cat "$TMPDIR/make"
		fail "make $1"
	}
}

install_ install
find "$root" -type f | sed "s|$root||" | sort >"$TMPDIR/files"
cat "$TMPDIR/files"
grep -qx /usr/bin/gramme "$TMPDIR/files" || fail "no /usr/bin/gramme"
grep -qx '/usr/lib.*/gramme/libgramme.so' "$TMPDIR/files" || fail "no libgramme.so"
grep -qx /usr/lib/systemd/system/gramme.service "$TMPDIR/files" || fail "no unit"
grep -qx /usr/lib/systemd/user/gramme.service "$TMPDIR/files" || fail "no unit for users"
! grep -r '@BINDIR@' "$root/usr/lib/systemd" || fail "a place is not filled in"
grep -qx /usr/share/man/man1/gramme.1 "$TMPDIR/files" || fail "no man page"
[ -z "$(find "$root" -type f -perm /022)" ] || fail "writable by others"

# From its place, with nothing of the build folder in reach.
gramme=$root/usr/bin/gramme
meter_ok -- "$prog/cl_linked" --launches 30
same_counts "$TMPDIR/out" kernel
meter_ok -- "$prog/cl_dlopen" libOpenCL.so.1 30
same_counts "$TMPDIR/out" kernel

# The folder is the one that the loader's $LIB names.
# shellcheck disable=SC2016 # the loader's variable, not the shell's
lib=$(LD_PRELOAD='/$LIB/none.so' LD_DEBUG=files /bin/true 2>&1 | sed -n 's|.*/\(lib.*\)/none\.so.*|\1|p' | head -n 1)
[ -z "$lib" ] || [ -e "$root/usr/$lib/gramme/libgramme.so" ] || fail "the loader looks in /usr/$lib/gramme"

install_ uninstall
[ -z "$(find "$root" -type f -o -type l)" ] || fail "left behind: $(find "$root" -type f -o -type l)"
[ -z "$(find "$root" -name gramme)" ] || fail "left behind: $(find "$root" -name gramme)"
