# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# What the stories share. Sourced with GRAMME_BUILD and a private TMPDIR set (scripts/one).
# shellcheck disable=SC2034 # most of these names are for the stories
set -eu

build=$(realpath "$GRAMME_BUILD")
gramme=$build/gramme
prog=$build/tests/prog
fake=$build/tests/fake
ledgers=$TMPDIR/ledgers
ledger=
python=/usr/bin/python3

# A story must not find what the user keeps at home, nor leave anything there.
export HOME=$TMPDIR/home
mkdir -p "$HOME" "$ledgers"
export PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin
unset XDG_DATA_HOME XDG_RUNTIME_DIR XDG_CACHE_HOME
# Compiled kernels may be kept between stories: they are the driver's business.
export POCL_CACHE_DIR=$build/tests/pocl-cache
mkdir -p "$POCL_CACHE_DIR"

# Says what went wrong, and what everybody had to say to it.
fail() {
	local file

	echo "FAILED: $*"
	for file in "$TMPDIR"/{out,err,collector,events}; do
		[ -s "$file" ] || continue
		echo "the end of ${file##*/}:"
		tail -n 12 "$file" | cut -c 1-200
	done
	if [ -n "$ledger" ] && [ -e "$ledger" ]; then
		"$gramme" show --json "$ledger" 2>&1 | jq -c '.coverage, .run' || true
	fi
	exit 1
}

# Prints the newest ledger beneath a folder.
newest() {
	find "$1" -name '*.jsonl' -printf '%T@ %p\n' | sort -n | tail -n 1 | cut -d' ' -f2-
}

# meter [OPTION...] -- PROGRAM [ARG...]: meters it; its output goes to $TMPDIR/out, what gramme
# and the program say on stderr to $TMPDIR/err, its status to $status, its ledger to $ledger.
meter() {
	local run=("$gramme" run --quiet --ledger-dir "$ledgers" "$@")

	ledger=
	status=0
	"${run[@]}" >"$TMPDIR/out" 2>"$TMPDIR/err" || status=$?
	ledger=$(newest "$ledgers")
	if [ -z "$ledger" ]; then
		cat "$TMPDIR/err"
		fail "no ledger from: $*"
	fi
}

# The same, for a program that is expected to end well.
meter_ok() {
	meter "$@"
	if [ "$status" -ne 0 ]; then
		tail -n 20 "$TMPDIR/out" "$TMPDIR/err"
		fail "exit status $status from: $*"
	fi
}

# json FILTER [LEDGER]: asks the ledger's summary.
json() {
	"$gramme" show --json "${2:-$ledger}" | jq -r "$1"
}

# holds FILTER: fails, showing the summary, unless the filter gives true.
holds() {
	if [ "$(json "$1")" != true ]; then
		"$gramme" show --json "$ledger" || true
		fail "does not hold: $1"
	fi
}

# Adds up "count KIND NAME N" and "refused KIND NAME N" lines: counts_of KIND... <LINES
counts_of() {
	awk -v kinds=" $* " '($1 == "count" || $1 == "refused") && index(kinds, " " $2 " ") {
			n[$1 " " $2 " " $3] += $4
		}
		END { for (k in n) printf "%s %.0f\n", k, n[k] }' | sort
}

# What the ledger says it saw, in the same form. Waits of the program are no commands.
ledger_counts() {
	# shellcheck disable=SC2016 # jq's variables
	json '(.kernels + .commands)[] | select(.kind != "sync")
		| (if .kind == "kernel" then "kernel" else "call" end) as $kind
		| (select(.count > 0) | "count \($kind) \(.name) \(.count)"),
		  (select(.failed > 0) | "refused \($kind) \(.name) \(.failed)")'
}

# same_counts FILE KIND...: the ledger's counts are those in the file, for these kinds.
same_counts() {
	local file=$1

	shift
	counts_of "$@" <"$file" >"$TMPDIR/expected"
	ledger_counts | counts_of "$@" >"$TMPDIR/seen"
	[ -s "$TMPDIR/expected" ] || fail "nothing was counted in $file"
	diff -u "$TMPDIR/expected" "$TMPDIR/seen" || fail "the ledger counts otherwise (-made +seen)"
	verified
}

# Chain and balance hold.
verified() {
	"$gramme" verify "$ledger" >"$TMPDIR/verify" 2>&1 || {
		cat "$TMPDIR/verify"
		fail "gramme verify $ledger"
	}
}

# On the recorded server with two sockets: the meters gave 120 W, 90 W, 12 W and 10 W for as long
# as the run took, but for the moments between its first and last tick and its start and end.
metered() {
	# shellcheck disable=SC2016 # jq's variables
	holds '[.run.duration_ns as $t | .energy.domains[]
		| ({"package-0": 120, "package-1": 90, "dram-0": 12, "dram-1": 10}[.name] * $t / 1000) as $e
		| (.domain_uj - $e) | fabs <= $e * 0.02 + 100000] | length == 4 and all'
}

# Nothing went past the shim, and the ledger says so. ldconfig, which Python asks for its libraries,
# is static and over in a millisecond: a look may meet it.
covered() {
	holds '[.coverage.uncovered[] | select(.program != "ldconfig")] == []'
}

# Takes the counting driver instead of the machine's, and has it count into a file.
use_fake() {
	export OCL_ICD_VENDORS=$fake/libfakecl.so
	export FAKECL_COUNT_FILE=$TMPDIR/tally
	rm -f "$FAKECL_COUNT_FILE"
}

# Has the OpenCL loader itself count the calls of the program that follows, as a peer.
use_count_layer() {
	export OPENCL_LAYERS=$fake/libcount_layer.so
	export COUNT_LAYER_FILE=$TMPDIR/tally
	rm -f "$COUNT_LAYER_FILE"
}

# What the driver or the layer counted, as a file of "count ..." lines.
tally() {
	"$fake/tally" "$TMPDIR/tally" >"$TMPDIR/tally.txt"
	echo "$TMPDIR/tally.txt"
}

# start_collector [OPTION...]: one of our own; it is $collector, listens on GRAMME_SOCKET, and tells
# its troubles to $TMPDIR/collector.
start_collector() {
	export GRAMME_SOCKET=$TMPDIR/socket
	: >"$TMPDIR/collector" # of one before
	"$gramme" collect --socket "$GRAMME_SOCKET" --ledger-dir "$ledgers" "$@" 2>"$TMPDIR/collector" &
	collector=$!
	trap 'kill -KILL "$collector" 2>/dev/null || true' EXIT
	until grep -q "^gramme: collecting on $GRAMME_SOCKET\$" "$TMPDIR/collector"; do
		kill -0 "$collector" || fail "no collector: $(cat "$TMPDIR/collector")"
		sleep 0.05
	done
}

# It is still there, ends when it is told to, and has named nothing twice.
stop_collector() {
	kill -TERM "$collector"
	wait "$collector" || fail "the collector ended with status $?: $(cat "$TMPDIR/collector")"
	[ "$(sort "$TMPDIR/collector" | uniq -d | wc -l)" -eq 0 ] || {
		cat "$TMPDIR/collector"
		fail "a refusal is named twice"
	}
}

# await COMMAND...: until it succeeds, and for a minute at least: a test waits for what is to be seen, and
# for no length of time. What is said meanwhile is nobody's business.
await() {
	local tries=1200

	until "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || fail "waited in vain for: $*"
		sleep 0.05
	done
}

# ledger_begun: the newest ledger has something in it, and is $ledger.
ledger_begun() {
	ledger=$(newest "$ledgers")
	[ -n "$ledger" ] && [ -s "$ledger" ]
}

# ledgers_closed N: so many have their last line.
ledgers_closed() {
	[ "$(find "$ledgers" -name '*.jsonl' -exec grep -l '"type":"close"' {} + | wc -l)" -ge "$1" ]
}

# ledger_closed: the newest ledger has its last line, and is $ledger.
ledger_closed() {
	ledger_begun && grep -q '"type":"close"' "$ledger"
}

# taken_in N: a holder keeps the memory of so many programs now, and the runs that they are in: whatever
# becomes of them or of the collector, they are of these runs.
taken_in() {
	local pid

	for pid in $(pgrep -x gramme-holder); do
		if grep -qsz "^TMPDIR=$TMPDIR\$" "/proc/$pid/environ" &&
			[ "$(find "/proc/$pid/fd" -lname '/memfd:gramme (*' | wc -l)" -eq "$1" ]; then
			return
		fi
	done
	return 1
}

# wait_for WORDS: until the collector has said so.
wait_for() {
	for _ in $(seq 600); do
		! grep -q "$1" "$TMPDIR/collector" || return 0
		sleep 0.1
	done
	cat "$TMPDIR/collector"
	fail "the collector never said: $1"
}

# honest LAUNCHES [OPTION...]: a well-behaved program that is metered by GRAMME_SOCKET's collector;
# as another user where we are root, so that what strangers are refused is not its business.
honest() {
	local launches=$1 as=()

	shift
	if [ "$(id -u)" -eq 0 ]; then
		chmod 711 "$TMPDIR"
		as=(setpriv --reuid 65534 --regid 65534 --clear-groups)
	fi
	env -u FAKECL_COUNT_FILE LD_PRELOAD="$build/libgramme.so" "${as[@]}" \
		"$prog/cl_linked" --launches "$launches" "$@"
}

# honest_is_counted LAUNCHES: exactly, in a ledger that is closed. A collector that came to read of
# it only after its end does not know its name.
honest_is_counted() {
	local where=("$ledgers" -path '*/cl_linked/*')

	if [ "$(id -u)" -eq 0 ]; then
		where=("$ledgers/$(id -nu 65534)")
	fi
	for _ in $(seq 600); do
		ledger=$(find "${where[@]}" -name '*.jsonl' 2>/dev/null) || true
		! { [ -n "$ledger" ] && grep -q '"close"' "$ledger"; } || break
		sleep 0.1
	done
	[ -n "$ledger" ] || fail "the honest program has no ledger: $(cat "$TMPDIR/collector")"
	holds "[.kernels[].count] == [$(($1 / 2)), $(($1 / 2))] and .chain.closed"
	verified
}

# Takes the simulated CUDA driver, which tallies what it is asked and what it executes.
use_simgpu() {
	export LD_LIBRARY_PATH=$fake/cuda
	export SIMGPU_TALLY=$TMPDIR/tally
	rm -f "$SIMGPU_TALLY"
}

# What no package can mend, and only that, is a reason to leave a test out.
skip() {
	echo "skip: $*"
	exit 77
}

# needs_root WHY: two users, and capabilities, are given by the kernel to root alone.
needs_root() {
	[ "$(id -u)" -eq 0 ] || skip "$1, and this is user $(id -u)"
}

# needs_x86 WHAT: what comes as machine code.
needs_x86() {
	[ "$(uname -m)" = x86_64 ] || skip "$1 is for x86-64 alone, and this is $(uname -m)"
}

# needs_leave COMMAND...: the kernel, or the container around us, has to let root do it. Nobody but it
# may refuse: another failure is one.
needs_leave() {
	"$@" 2>"$TMPDIR/leave" && return
	grep -qE 'Operation not permitted|Permission denied|Read-only file system|No space left' "$TMPDIR/leave" ||
		fail "$*: $(cat "$TMPDIR/leave")"
	skip "the kernel does not let us: $(cat "$TMPDIR/leave")"
}

# no_index PIP-LOG WHAT: pip failed to bring that. Only a machine that reaches no index at all (then
# pip knows of no version) is let off; whatever else fails is a failure.
no_index() {
	tail -n 3 "$1"
	grep -q 'from versions: none' "$1" || fail "pip could not bring the wheel of $2"
	skip "no index of Python packages is reached"
}

# unpacked NAME==VERSION [PIP-OPTION...]: that wheel, for whatever Python, unpacked at $unpacked. Kept
# for other stories, which may be asking for it at the same time.
unpacked() {
	unpacked=$build/tests/wheel-$1
	[ ! -e "$unpacked" ] || return 0
	"$python" -m venv "$TMPDIR/venv"
	"$TMPDIR/venv/bin/pip" download --quiet --no-deps --only-binary=:all: -d "$TMPDIR/wheel" "$@" \
		>"$TMPDIR/pip" 2>&1 || no_index "$TMPDIR/pip" "$1"
	"$python" -m zipfile -e "$TMPDIR"/wheel/*.whl "$TMPDIR/unpacked"
	mv -T "$TMPDIR/unpacked" "$unpacked" 2>/dev/null || [ -e "$unpacked" ]
}

# The newest of NVIDIA's runtimes that does not have the driver prove itself NVIDIA's (CUDA 11.2 and
# later do), at $runtime; a wheel carries it.
cuda_runtime() {
	needs_x86 "torchvision's wheel with a CUDA runtime"
	unpacked torchvision==0.10.1 --python-version 3.8 --platform manylinux1_x86_64
	runtime=$(find "$unpacked" -name 'libcudart.*.so.10.2')
	[ -n "$runtime" ] || fail "the wheel carries no CUDA runtime any more"
	mkdir -p "$TMPDIR/runtime"
	ln -sf "$runtime" "$TMPDIR/runtime/libcudart.so.10.2"
	runtime=$TMPDIR/runtime/libcudart.so.10.2
}

# runtime_program LIBRARY [COMPILER-OPTION...]: tests/prog/cuda_runtime.c, of that runtime, at $program.
runtime_program() {
	local library=$1

	shift
	program=$TMPDIR/cuda_runtime
	cc -std=gnu11 -O2 "$@" -o "$program" tests/prog/cuda_runtime.c "$library" \
		-Wl,-rpath,"$(dirname "$library")" -pthread -ldl -lrt
}

# runtime_story PART ROUNDS: what the program launched, by its own word, is what the driver
# executed, bare and metered, and what the ledger tells.
runtime_story() {
	use_simgpu
	"$program" "$1" "$2" >"$TMPDIR/bare" || fail "bare: $(cat "$TMPDIR/bare")"
	counts_of kernel <"$TMPDIR/bare" >"$TMPDIR/expected"
	[ -s "$TMPDIR/expected" ] || fail "nothing was launched"
	counts_of kernel <"$(tally)" | diff -u "$TMPDIR/expected" - || fail "the driver executed otherwise"
	rm "$SIMGPU_TALLY"
	meter_ok -- "$program" "$1" "$2"
	diff -u "$TMPDIR/bare" "$TMPDIR/out" || fail "the program sees another world when metered"
	same_counts "$(tally)" kernel call
	covered
}

# runtime_gives_up: a runtime that has the driver prove itself NVIDIA's finds its functions in the
# simulated one, asks for that proof and gives up; metered it goes the same road to the same end.
runtime_gives_up() {
	local asked='$2 == "api" && $3 ~ /^cuGetProcAddress/'

	use_simgpu
	status=0
	"$program" basic >"$TMPDIR/bare" || status=$?
	[ "$status" -eq 3 ] || fail "exit status $status: $(cat "$TMPDIR/bare")"
	awk "$asked" "$(tally)" >"$TMPDIR/asked"
	awk '{ n += $4 } END { exit n < 300 }' "$TMPDIR/asked" || fail "it hardly asked for functions"
	rm "$SIMGPU_TALLY"
	meter -- "$program" basic
	[ "$status" -eq 3 ] || fail "exit status $status when metered"
	diff -u "$TMPDIR/bare" "$TMPDIR/out" || fail "the program sees another world when metered"
	awk "$asked" "$(tally)" | diff -u "$TMPDIR/asked" - || fail "the driver is asked otherwise"
	verified
}

# wheel NAME...: a Python of its own beneath $venv, with those wheels.
wheel() {
	venv=$build/tests/venv-$1
	[ ! -e "$venv/ready" ] || return 0
	rm -rf "$venv"
	"$python" -m venv "$venv"
	"$venv/bin/pip" install --quiet --only-binary=:all: "$@" >"$TMPDIR/pip" 2>&1 ||
		no_index "$TMPDIR/pip" "$1"
	touch "$venv/ready"
}
