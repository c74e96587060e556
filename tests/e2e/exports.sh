#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The built library: its exports are the table and no more, it needs libc alone, and it imports
# nothing that could end, stop, signal or wait for the program that it lives in.
. tests/e2e/lib.sh

library=$build/libgramme.so

# Exports: the tables' CORE calls, dlopen, dlclose, the stand-in's way to the wrappers, and the one
# question of AddressSanitizer.
cat >"$TMPDIR/table.c" <<'C'
#define ROW_CORE(name) export name
#define ROW_EXTENSION(name)
#define ENQUEUE(road, name, kind, params, args, kernel, bytes, blocking) ROW_##road(name)
#define ENQUEUE_MAP(name, params, args, bytes, blocking) ROW_CORE(name)
#define ENQUEUE_BARE(name, kind, params, args) ROW_CORE(name)
#define HAND(road, result, name, params, args, none) ROW_##road(name)
#include "preload/calls.def"
#define ROW(name) export name
#include "preload/cpu.def"
#define LIBC(result, name, params, args) export name
#define LIBC_PRINT(name, params, last, real, args) export name
#include "preload/libc.def"
#define CUDA_ROW(name, params, args) export name
#include "preload/cuda.def"
C
{
	cc -E -P -I . "$TMPDIR/table.c" | grep -o 'export [A-Za-z_0-9]*' | cut -d' ' -f2
	echo dlopen
	echo dlclose
	echo gramme_opencl_hook
	echo gramme_cuda_hooks
	echo gramme_math_hooks
	echo __asan_default_options
} | sort -u >"$TMPDIR/table"
[ "$(wc -l <"$TMPDIR/table")" -gt 40 ] || fail "the table could not be read"
nm -D --defined-only "$library" | awk '{ print $3 }' | sort -u >"$TMPDIR/exports"
diff -u "$TMPDIR/table" "$TMPDIR/exports" || fail "exports differ from the table (-table +library)"

needed() {
	readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | grep -v '^ld-linux' | xargs
}
[ "$(needed "$library")" = libc.so.6 ] || fail "libgramme.so needs: $(needed "$library")"
[ "$(needed "$build/libgramme-opencl.so")" = libOpenCL.so.1 ] ||
	fail "libgramme-opencl.so needs: $(needed "$build/libgramme-opencl.so")"
[ "$(needed "$build/libgramme-cuda.so")" = libcuda.so.1 ] ||
	fail "libgramme-cuda.so needs: $(needed "$build/libgramme-cuda.so")"

# Every stand-in was built with the library, which finds that in what it reads of one.
stamp=$(grep -a -o 'gramme stand-in [0-9a-f]*' "$library")
within=$(sed -n 's/^#define STAMP_WITHIN \([0-9]*\)$/\1/p' preload/stamp.h)
for stand_in in "$build"/libgramme-*.so*; do
	case ${stand_in##*/} in
	libgramme-nop.so | libgramme-path.so) continue ;;
	esac
	[ "$(head -c "$within" "$stand_in" | grep -a -o 'gramme stand-in [0-9a-f]*')" = "$stamp" ] ||
		fail "${stand_in##*/} has another stamp than '$stamp'"
done

# The module for call paths, where there is one: four names of its own, and nobody else's unwinder.
if [ -e "$build/libgramme-path.so" ]; then
	[ "$(needed "$build/libgramme-path.so" | sed 's/ libc.so.6$//')" = libunwind-x86_64.so.8 ] ||
		fail "libgramme-path.so needs: $(needed "$build/libgramme-path.so")"
	[ "$(nm -D --defined-only "$build/libgramme-path.so" | awk '{ print $3 }' | sort | xargs)" = \
		'gramme_path_begin gramme_path_forget gramme_path_object gramme_path_walk' ] ||
		fail "libgramme-path.so exports other names"
fi

nm -D --undefined-only "$library" | awk '{ print $2 }' | sed 's/@.*//' | sort -u >"$TMPDIR/imports"
forbidden='_?_?(exit|_exit|_Exit|quick_exit|abort|assert.*|stack_chk_fail|fortify_fail)
pthread_.*|sem_.*|sigaction|signal|sigprocmask|raise|kill|alarm|setitimer|atexit|on_exit
malloc|calloc|realloc|free|aligned_alloc|posix_memalign|memalign|strdup|asprintf|getline
.*printf.*|puts|fputs|putchar|perror|f?open64|fopen|fdopen|fwrite|fread|fclose|setvbuf|stdout|stderr
system|popen|fork|vfork|execv.*|posix_spawn.*|setenv|putenv|unsetenv|dlsym|dlerror|wait.*'
if grep -xE "($(echo "$forbidden" | paste -sd'|'))" "$TMPDIR/imports"; then
	fail "forbidden imports (above)"
fi

# Thread-local storage is laid out at start, so that no access of it can allocate.
if readelf -r -W "$library" | grep -E 'DTPMOD|TLSDESC'; then
	fail "thread-local storage that is not initial-exec"
fi
