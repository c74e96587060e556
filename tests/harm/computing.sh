#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Programs that compute, by themselves and inside tools: here the shim does all that it does.
# timeout: 600
. tests/harm/lib.sh
cl=$build/tests/prog/cl_linked
fake=$build/tests/fake/libfakecl.so

# computes NAME [OPTION...] -- PROGRAM...: on a driver that is a counting fake. A lane of the arena
# and its list of commands under way are up to 890 KiB for each thread.
computes() {
	same "$1" --computes --env "OCL_ICD_VENDORS=$fake" --memory 4096 "${@:2}"
}

computes plain -- "$cl" --launches 100
computes threads -- "$cl" --launches 100 --threads 4
computes workers -- "$cl" --launches 100 --workers 3
computes workers-after -- "$cl" --launches 100 --workers 3 --compute-first
computes exec -- "$cl" --launches 10 --exec "$cl" --launches 20
computes no-finish -- "$cl" --launches 100 --no-finish
computes out-of-order -- "$cl" --launches 100 --out-of-order
computes profiling --mask '^(time|wall)' -- "$cl" --launches 100 --profiling
computes limit --rlimit AS=60000000 -- "$cl" --launches 10
# What LLVM gives back of its memory differs by 50 MB from run to run; the peak does not.
same pocl --computes --leave-out memory --memory 4096 --seconds 60 -- \
	"$cl" --launches 100 --threads 2

for library in /usr/lib/*/libjemalloc.so.2 /usr/lib/*/libtcmalloc_minimal.so.4 \
	/usr/lib/*/libeatmydata.so; do
	if have "$library"; then
		computes "$(basename "${library%%.so*}")" --own-first "$library" -- \
			"$cl" --launches 100 --threads 2
	fi
done
for kind in address undefined thread; do
	gcc -g -fsanitize=$kind -D_GNU_SOURCE -DCL_TARGET_OPENCL_VERSION=300 -iquote . \
		-o "$bin/cl-$kind" tests/prog/cl_linked.c tests/prog/launch.c -lOpenCL -pthread
	computes "sanitize-$kind" --memory 65536 --seconds 60 --env ASAN_OPTIONS=detect_leaks=0 -- \
		"$bin/cl-$kind" --launches 100 --threads 2
	computes "sanitize-$kind-fork" --memory 65536 --seconds 60 \
		--env ASAN_OPTIONS=detect_leaks=0 -- "$bin/cl-$kind" --launches 100 --workers 2
done

if have strace; then
	computes strace -- strace -f -qq -o /dev/null "$cl" --launches 100 --threads 2
fi
if have gdb; then
	computes gdb --mask 'LWP|Thread|libthread|process' -- gdb -q -nx -batch \
		-iex 'set debuginfod enabled off' -ex 'break launch_print' -ex run \
		-ex 'info inferiors' -ex continue --args "$cl" --launches 10
fi
if have valgrind; then
	computes valgrind --seconds 100 --leave-out descriptors --leave-out 'address space' \
		--memory 65536 -- valgrind -q --error-exitcode=9 "$cl" --launches 10 --threads 2
	computes helgrind --seconds 100 --leave-out descriptors --leave-out 'address space' \
		--memory 65536 -- valgrind -q --tool=helgrind "$cl" --launches 10
fi
if have perf; then
	# It reads the symbols of each library in which it finds the program.
	computes perf --mask '[0-9]' --memory 65536 -- perf record -q -o p -e cpu-clock "$cl" --launches 100
fi
if have ltrace; then
	computes ltrace --mask '^' --seconds 60 -- ltrace -f -o lt "$cl" --launches 3
fi
if have bwrap; then
	computes bwrap -- bwrap --ro-bind / / --dev /dev --proc /proc --unshare-all \
		--die-with-parent "$cl" --launches 10
fi
if have proot; then
	computes proot --seconds 60 -- proot -0 "$cl" --launches 10
fi
if have fakeroot; then
	computes fakeroot -- fakeroot "$cl" --launches 10
fi
if have mpirun; then
	computes mpirun --sort --seconds 60 --leave-out threads --memory 16384 \
		--env OMPI_ALLOW_RUN_AS_ROOT=1 --env OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 -- \
		mpirun --oversubscribe -n 4 "$cl" --launches 10
fi
if is_root && have unshare setpriv; then
	computes unshare -- unshare -Urmpf "$cl" --launches 10
	computes nobody -- setpriv --reuid 65534 --regid 65534 --clear-groups "$cl" --launches 10
fi
verdict
