#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# timeout: 400
# The dynamic loader: symbols, bindings, plugins, other preloads, audit, sanitizers, exceptions.
# shellcheck disable=SC2016 # what is quoted is for the program's shell
. tests/harm/lib.sh
make_c calls -rdynamic
make_c state -Wl,--no-as-needed -lm -lstdc++ -ldl -lOpenCL
make_c plugin -shared -fPIC -Wl,--enable-new-dtags,-rpath,'$ORIGIN/deep'
mkdir "$bin/deep"
make_c hidden -shared -fPIC
mv "$bin/hidden" "$bin/deep/libhidden.so"
cp "$bin/plugin" "$bin/plugin-hidden"
# A vendor's own OpenCL, which only its plugin's RUNPATH leads to.
make_c plugin -shared -fPIC -Wl,--enable-new-dtags,-rpath,'$ORIGIN/deep' \
	-DHIDDEN='"libOpenCL.so.1"'
mv "$bin/plugin" "$bin/plugin-opencl"
mv "$bin/plugin-hidden" "$bin/plugin"
make_c hidden -shared -fPIC -Wl,-soname,libOpenCL.so.1
mv "$bin/hidden" "$bin/deep/libOpenCL.so.1"
make_c interposer -shared -fPIC -fno-builtin
make_c audit -shared -fPIC
make_c throw -lOpenCL

# What the shim defines for linked programs, and no more, may be found elsewhere than without it.
exported="($(nm -D --defined-only "$shim" | awk '{ print $3 }' | paste -sd'|'))"
nm -D --defined-only /lib/*/libc.so.6 /lib/*/libm.so.6 /usr/lib/*/libstdc++.so.6 \
	/usr/lib/*/libOpenCL.so.1 "$shim" | awk 'NF == 3 { sub(/@.*/, "", $3); print $3 }' |
	sort -u >"$TMPDIR/names"
[ "$(grep -cE '^(malloc|dlsym|write|clFinish|cos|_ZdlPv)$' "$TMPDIR/names")" -eq 6 ]
same symbols --mask "^symbol $exported " -- "$bin/state" "$TMPDIR/names"

# bindings NAME PROGRAM...: who is bound to whom, as the loader says.
bindings() {
	same "bindings-$1" --mask "libgramme.so to |to .*libgramme.so: .*symbol .$exported'" \
		--mask "symbol .$exported'" -- sh -c 'LD_BIND_NOW=1 LD_DEBUG=bindings \
		LD_DEBUG_OUTPUT=b "$@" >out 2>&1; cut -f2- b.* | grep -o "file .*" |
		grep -v "file [^ ]*libgramme" | sort | uniq -c' sh "${@:2}"
}
bindings git git --version
bindings c++ "$bin/throw"
bindings python "$python" -c 'import ssl, sqlite3, ctypes'

for what in dlerror errno next vfork spawn clone; do
	same "$what" -- "$bin/calls" "$what"
done
same title --leave-out environment -- "$bin/calls" title
same fixed-map -- "$bin/calls" fixed-map
# Two lanes of the arena are mapped and its notes (2.7 MB), and tables for names; memory indeed where
# all is locked.
same lock --memory 3712 -- "$bin/calls" lock
same lock-limited --memory 3712 --rlimit MEMLOCK=8000000 -- "$bin/calls" lock
if is_root && have setpriv; then
	same lock-user --memory 3712 --rlimit MEMLOCK=8000000 -- \
		setpriv --reuid 65534 --regid 65534 --clear-groups "$bin/calls" lock
fi
same runpath -- "$bin/calls" plugins "$bin/plugin"
same runpath-opencl -- "$bin/calls" plugins "$bin/plugin-opencl"
same opencl-handles -- "$bin/calls" opencl
same deepbind -- "$bin/calls" deepbind "$bin/plugin"
same namespace -- "$bin/calls" namespace "$bin/plugin"

same interposer --own "$bin/interposer" -- "$bin/calls" plugins "$bin/plugin"
same interposer-first --own-first "$bin/interposer" -- "$bin/calls" next
same interposer-python --own "$bin/interposer" -- "$python" -c 'import ctypes, ssl; print(1)'
for library in /usr/lib/*/libjemalloc.so.2 /usr/lib/*/libtcmalloc_minimal.so.4; do
	if have "$library"; then
		own=$(basename "$library" .so.2)
		same "$own" --own "$library" -- sh -c 'seq 20000 | sort -rn | tail -n 1; ls /etc >/dev/null'
		same "$own-first" --own-first "$library" -- "$python" -c 'print(len("x" * 9999999))'
	fi
done
# Left to itself, libfaketime makes a semaphore and a segment named by the process id, which stay in
# /dev/shm when a process execs or is killed; the next process of that id fails (2026-11-21: two
# comparisons of 300, bare ones too, with 618 pairs left over). So it is given a pair.
for library in /usr/lib/*/faketime/libfaketime.so.1; do
	if have "$library"; then
		pair=gramme-$$
		trap 'rm -f "/dev/shm/$pair" "/dev/shm/sem.$pair"' EXIT
		truncate -s 4096 "/dev/shm/$pair"
		"$python" -c "import ctypes, os
ctypes.CDLL(None).sem_open(b'/$pair', os.O_CREAT, 0o600, 1)"
		same faketime --env 'FAKETIME=@2001-02-03 04:05:06' --own "$library" \
			--env "FAKETIME_SHARED=/$pair /$pair" -- \
			sh -c 'date +%Y; TZ=UTC ls -ld --time-style=+%Y . '
		same faketime-first --env 'FAKETIME=@2001-02-03 04:05:06' --own-first "$library" \
			--env "FAKETIME_SHARED=/$pair /$pair" -- date +%Y
	fi
done
same stdbuf-preload --own /usr/libexec/coreutils/libstdbuf.so --env _STDBUF_O=L -- \
	sh -c 'echo a; ls /usr; seq 3'
same audit --env "LD_AUDIT=$bin/audit" -- "$bin/calls" plugins "$bin/plugin"
same audit-threads --env "LD_AUDIT=$bin/audit" -- "$bin/throw"
same bind-now --env LD_BIND_NOW=1 -- "$bin/calls" dlerror
same trace-loaded --mask libgramme --env LD_TRACE_LOADED_OBJECTS=1 --cannot 'it only lists' -- \
	"$bin/throw"
same ldd --mask libgramme -- ldd "$bin/calls"

same exceptions -- "$bin/throw"
export OCL_ICD_VENDORS=$build/tests/fake/libfakecl.so
same exceptions-opencl --computes --env "OCL_ICD_VENDORS=$OCL_ICD_VENDORS" -- "$bin/throw" opencl
if is_root; then
	same exceptions-opencl-locked --computes --env "OCL_ICD_VENDORS=$OCL_ICD_VENDORS" \
		--memory 3840 -- "$bin/throw" opencl lock
fi

cat >"$TMPDIR/bad.c" <<'C'
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int shared;
static void *race(void *arg)
{
	shared++;
	return arg;
}
int main(int argc, char **argv)
{
	char *block = malloc(10);
	pthread_t a, b;
	int big = 0x7fffffff;

	puts("before");
	fflush(stdout);
	if (argc > 1 && !strcmp(argv[1], "overflow"))
		block[argc * 8] = 1;
	if (argc > 1 && !strcmp(argv[1], "undefined"))
		printf("%d\n", big + argc);
	if (argc > 1 && !strcmp(argv[1], "race")) {
		pthread_create(&a, NULL, race, NULL);
		pthread_create(&b, NULL, race, NULL);
		pthread_join(a, NULL);
		pthread_join(b, NULL);
	}
	free(block);
	puts("after");
	return 4;
}
C
for kind in address undefined thread; do
	gcc -g -fsanitize=$kind -o "$bin/bad-$kind" "$TMPDIR/bad.c" -pthread
	same "sanitize-$kind" -- "$bin/bad-$kind"
done
same sanitize-address-caught --mask '^ *#|PID|T[0-9]' -- "$bin/bad-address" overflow
same sanitize-undefined-caught -- "$bin/bad-undefined" undefined
same sanitize-thread-caught --mask '^ *#|[tp]id=' -- "$bin/bad-thread" race
if have clang && clang -fsanitize=address -o "$bin/bad-clang" "$TMPDIR/bad.c" -pthread 2>/dev/null; then
	same sanitize-clang --mask '^ *#|PID|T[0-9]' -- "$bin/bad-clang" overflow
fi
verdict
