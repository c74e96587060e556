#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# dlopen + dlsym by callers with search paths of their own: each opens the library that it opens
# without gramme, and its calls are counted; where that cannot be foretold, the ledger says so.
# shellcheck disable=SC2016 # $ORIGIN is for the dynamic loader
. tests/e2e/lib.sh

bin=$TMPDIR/bin
mkdir -p "$bin"/{a,b,odd,empty} "$bin"/varied/glibc-hwcaps/x86-64-v2
real=$(realpath "$(cc -print-file-name=libOpenCL.so)")
for folder in a b varied varied/glibc-hwcaps/x86-64-v2; do
	cp "$real" "$bin/$folder/libOpenCL.so.1"
	ln -s libOpenCL.so.1 "$bin/$folder/libOpenCL.so"
done
# Of the other class: the dynamic loader passes it over.
printf '\177ELF\001\001\001\0\0\0\0\0\0\0\0\0\003\0\003\0\001\0\0\0' >"$bin/odd/libOpenCL.so.1"
truncate -s 4096 "$bin/odd/libOpenCL.so.1"

# build NAME [FLAG...]: the program or plugin, with these search paths.
build() {
	cc -o "$bin/$1" "$prog/cl_dlopen.o" "${@:2}"
}
runpath=-Wl,--enable-new-dtags,-rpath
rpath=-Wl,--disable-new-dtags,-rpath

use_fake

# alike PROGRAM [ARG...]: what the program can see, and its status, are those of the bare run.
alike() {
	local bare=0

	"$@" >"$TMPDIR/bare" 2>&1 || bare=$?
	rm -f "$TMPDIR/tally"
	meter -- "$@"
	cat "$TMPDIR/out" "$TMPDIR/err" | diff -u "$TMPDIR/bare" - || fail "differs (-bare +metered): $*"
	[ "$status" -eq "$bare" ] || fail "status $status, bare $bare: $*"
}

# counted FILE PROGRAM [ARG...]: it loads the library from that file, and is counted.
counted() {
	alike "${@:2}"
	[ "$status" -eq 0 ] || fail "status $status: ${*:2}"
	grep -qx "loaded $1" "$TMPDIR/out" || fail "did not load $1: ${*:2}"
	same_counts "$TMPDIR/out" kernel call
	same_counts "$(tally)" kernel call
	covered
}

# said PROGRAM [ARG...]: it is not counted, and the ledger says why.
said() {
	alike "$@"
	[ "$status" -eq 0 ] || fail "status $status: $*"
	[ "$(json '.coverage.uncovered[].why')" = "an OpenCL loader that could not be stood in for" ] ||
		fail "nothing was said: $(json .coverage)"
}

build runpath $runpath,'$ORIGIN/a'
build rpath $rpath,'$ORIGIN/a'
build far $runpath,"/nonexistent:$bin/empty:$bin/a:$bin/b"
build none $runpath,"$bin/empty"
build plain
for name in libOpenCL.so.1 libOpenCL.so; do
	counted "$bin/a/$name" "$bin/runpath" --see $name 11
	counted "$bin/a/$name" "$bin/rpath" --see $name 12
	counted "$bin/a/$name" "$bin/far" --see $name 13
	# LD_LIBRARY_PATH stands before a RUNPATH, and behind an RPATH.
	counted "$bin/b/$name" env LD_LIBRARY_PATH="$bin/b" "$bin/runpath" --see $name 14
	counted "$bin/a/$name" env LD_LIBRARY_PATH="$bin/b" "$bin/rpath" --see $name 15
	counted "$bin/b/$name" env LD_LIBRARY_PATH="$bin/b" "$bin/none" --see $name 16
	counted "$bin/b/$name" env LD_LIBRARY_PATH="$bin/b" "$bin/plain" --see $name 17
done
counted "/.*/libOpenCL.so.1" "$bin/none" --see libOpenCL.so.1 18
(cd "$bin" && build relative $runpath,a)
cd "$bin"
counted a/libOpenCL.so.1 ./relative --see libOpenCL.so.1 19
cd "$OLDPWD"
counted "$bin/b/libOpenCL.so.1" "$bin/runpath" --see "$bin/b/libOpenCL.so.1" 20

# Plugins opened RTLD_LOCAL by a program that knows nothing of it.
build plugin-runpath -shared $runpath,'$ORIGIN/a'
build plugin-rpath -shared $rpath,'$ORIGIN/a'
build libinner.so -shared -Wl,-soname,libinner.so
cc -shared -o "$bin/plugin-heir" $rpath,"$bin:$bin/a" -Wl,--no-as-needed "$bin/libinner.so" \
	-x c /dev/null
for name in libOpenCL.so.1 libOpenCL.so; do
	export CL_DLOPEN=$name
	counted "$bin/a/$name" "$prog/cl_host" "$bin/plugin-runpath" 21
	counted "$bin/a/$name" "$prog/cl_host" "$bin/plugin-rpath" 22
	# The RPATH of who needs the caller is searched, too.
	counted "$bin/a/$name" "$prog/cl_host" "$bin/plugin-heir" 23
done
export CL_DLOPEN=libOpenCL.so.1
# What is loaded is found by its soname, whatever the caller's own path says.
cc -o "$bin/linked" -Wl,--no-as-needed -rdynamic "$prog/cl_host.o" -lOpenCL
counted "/.*/libOpenCL.so.1" "$bin/linked" "$bin/plugin-runpath" 24
# And by the name that it was opened as.
build plugin-other -shared $runpath,'$ORIGIN/b'
export CL_DLOPEN=libOpenCL.so
counted "$bin/a/libOpenCL.so" "$prog/cl_host" "$bin/plugin-runpath" "$bin/plugin-other" 24

# What cannot be foretold is left to the program's own call.
build passing $runpath,"$bin/odd:$bin/a"
build preferring $runpath,"$bin/varied"
build plugin-empty -shared $runpath,"$bin/empty"
cc -o "$bin/host-rpath" -rdynamic "$prog/cl_host.o" $rpath,"$bin/b"
export CL_DLOPEN=libOpenCL.so.1
said "$bin/passing" --see libOpenCL.so.1 25
said "$bin/preferring" --see libOpenCL.so.1 26
said "$bin/host-rpath" "$bin/plugin-empty" 27 # a RUNPATH leaves the program's RPATH out
said "$bin/runpath" --see '$ORIGIN/b/libOpenCL.so.1' 28

# Such a name that led nowhere does not stand in the way of the next one.
use_fake
meter_ok -- "$bin/runpath" '$ORIGIN/none/libOpenCL.so.1,libOpenCL.so.1' 29
same_counts "$(tally)" kernel call

# What is not there fails as ever, and nothing is left loaded.
for name in libOpenCL.so.1.9 "$bin/empty/libOpenCL.so.1"; do
	alike "$bin/runpath" --see "$name" 29
	[ "$status" -eq 1 ] || fail "$name is there"
done
build plugin-frugal -shared $runpath,"$bin/empty" -Wl,-z,nodefaultlib
alike "$prog/cl_host" "$bin/plugin-frugal" 30
[ "$status" -eq 1 ] || fail "a plugin that wants no default folder looked there"
