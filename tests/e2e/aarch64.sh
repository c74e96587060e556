#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# timeout: 900
# gramme on aarch64, under qemu-user: it cross-compiles without a warning, its unit tests pass, and
# programs that link or dlopen the fake driver of OpenCL, or the simulated one of CUDA, are counted
# exactly, whether the collector is one of this machine's kind or of theirs.
. tests/e2e/lib.sh

skip() {
	echo "skip: $*"
	exit 77
}

[ "$(uname -m)" != aarch64 ] || skip "this machine is one itself: the other tests tell"
scripts/deps --check cross >"$TMPDIR/deps" 2>&1 || skip "$(head -n 1 "$TMPDIR/deps")"
cc=aarch64-linux-gnu-gcc
for tool in "$cc" qemu-aarch64-static; do
	command -v "$tool" >/dev/null || skip "no $tool"
done

arm=$build-arm64
# What is installed, and what is run below; without debugging information, that nobody reads there.
here=${arm#"$PWD/"} # as the Makefile calls it
run=("$here"/tests/prog/{cl_linked,cl_dlopen,cl_every,cuda_linked,cuda_story}
	"$here"/tests/fake/{libfakecl.so,cuda/libcuda.so.1,nvml/libnvidia-ml.so.1})
make --no-print-directory -j2 CC=$cc O="$arm" OPT=-O2 WERROR=1 all unit "${run[@]}" >"$TMPDIR/make" 2>&1 ||
	fail "it does not build: $(tail -n 30 "$TMPDIR/make")"

# A damaged byte is found by the same code wherever it is: every seventeenth tells of this processor.
echo "unit tests"
export GRAMME_TEST_ONE_OF=17
# shellcheck disable=SC2016 # for the inner shell
find "$arm/tests/unit" -type f -executable -print0 | GRAMME_BUILD=$arm xargs -0 -n 1 -P 2 bash -c '
	qemu-aarch64-static "$0" >"$TMPDIR/${0##*/}.log" 2>&1 && echo "${0##*/}" ||
		{ cat "$TMPDIR/${0##*/}.log"; exit 255; }' >"$TMPDIR/units" ||
	fail "unit tests: $(tail -n 50 "$TMPDIR/units")"
diff <(for test in tests/unit/*.c; do basename "$test" .c; done | sort) <(sort "$TMPDIR/units") ||
	fail "not every unit test was run (above)"

use_fake
export OCL_ICD_VENDORS=$arm/tests/fake/libfakecl.so
stories=(
	"cl_linked --launches 1001"
	"cl_linked --launches 300 --threads 4"
	"cl_dlopen libOpenCL.so.1 321"
	"cl_dlopen --by-address libOpenCL.so.1 77"
	"cl_every"
)
stories+=(
	"cuda_linked linked launches 50"
	"cuda_story dlopen graphs 30"
	"cuda_story proc0 capture 20"
	"cuda_story proc2 threads 40"
)
# Splits a story into the command that tells it.
begin() {
	echo "$1"
	rm -f "$TMPDIR/tally"
	read -r -a words <<<"$arm/tests/prog/$1"
	command=(qemu-aarch64-static -E "LD_PRELOAD=$arm/libgramme.so"
		-E "LD_LIBRARY_PATH=$arm/tests/fake/cuda" -E "SIMGPU_TALLY=$TMPDIR/tally" "${words[@]}")
}
# A program of CUDA's does not say what it made; its kernels have no device time.
exact() {
	local timed=none

	if [[ ${words[0]} != */cuda_* ]]; then
		timed=device
		same_counts "$TMPDIR/out" kernel call
	fi
	same_counts "$(tally)" kernel call
	holds ".coverage.events_lost == 0 and ([.kernels[] | select(.kind == \"kernel\")]
		| all(.timed == \"$timed\"))"
}

echo "read by this machine's collector"
for story in "${stories[@]}" "cl_linked --launches 100 --workers 3"; do
	begin "$story"
	meter_ok -- "${command[@]}"
	exact
done

echo "read by one of its own kind"
gramme=$TMPDIR/gramme-arm64
printf '#!/bin/sh\nexec qemu-aarch64-static %s/gramme "$@"\n' "$arm" >"$gramme"
chmod +x "$gramme"
start_collector --zone FR
for story in "${stories[@]}"; do
	rm -rf "${ledgers:?}"/*
	begin "$story"
	"${command[@]}" >"$TMPDIR/out" || fail "exit status $? from: $story"
	for _ in $(seq 300); do
		ledger=$(grep -rls --include='*.jsonl' '"close"' "$ledgers" || true)
		[ -z "$ledger" ] || break
		sleep 0.1
	done
	exact
done
kill -TERM "$collector"
wait "$collector" || fail "the collector ended with status $?"
