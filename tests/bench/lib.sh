# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# What the parts of the bench share. tests/bench/run starts each part from the root with
# GRAMME_BUILD, a private folder in BENCH_WORK, and BENCH_TURNS. A part measures its variants in
# turns, keeps one number a turn in a file each, and hands figures and targets over, which are
# shown at once and kept in $BENCH_WORK/rows for the page.
# shellcheck disable=SC2034 # some of these names are for the parts
set -eu

build=$(realpath "$GRAMME_BUILD")
work=$BENCH_WORK
turns=$BENCH_TURNS
python=/usr/bin/python3
shim=$build/libgramme.so
nop=$build/libgramme-nop.so
empty=$build/tests/bench/empty.so
fake=$build/tests/fake/libfakecl.so
enqueue=$build/tests/bench/enqueue
socket=$work/s
collector=
layer= # the folder of another's layer, and the loader that it is to call
real_loader=
# A part finds nothing at home, and leaves nothing there; hashcat runs only once in each.
export HOME=$work
# Compiled kernels may be kept: they are the driver's business.
export POCL_CACHE_DIR=$build/tests/pocl-cache
mkdir -p "$POCL_CACHE_DIR"
export BENCH_SHARED=$work/shared

fail() {
	echo "bench: $*" >&2
	exit 1
}

stop_collector() {
	[ -z "$collector" ] || kill "$collector" 2>/dev/null || true
	[ -z "$collector" ] || wait "$collector" 2>/dev/null || true
	collector=
}
trap stop_collector EXIT

# A collector as a lab has one, of this part alone: start_collector LEDGER_DIR.
start_collector() {
	: >"$work/collector"
	"$build/gramme" collect --socket "$socket" --ledger-dir "$1" 2>"$work/collector" &
	collector=$!
	until grep -q 'collecting on' "$work/collector"; do
		kill -0 "$collector" 2>/dev/null ||
			fail "the collector does not start: $(cat "$work/collector")"
		sleep 0.05
	done
}

# rotated TURN WORD...: the words, beginning with another one in each turn. What a variant leaves
# behind, such as a collector that closes its ledger, must not always hit the same one.
rotated() {
	local by=$(($1 % ($# - 1)))

	shift
	echo "${@:by + 1}" "${@:1:by}"
}

# prove_metered EVENTS: some run's ledger saw so many. An inert shim would be fast.
prove_metered() {
	local seen

	stop_collector
	seen=$(find "$work/ledgers" -name '*.jsonl' -exec "$build/gramme" show --json {} \; |
		sed -n 's/.*"events_seen": \([0-9]*\).*/\1/p' | sort -n | tail -n 1)
	[ "${seen:-0}" -ge "$1" ] || fail "the ledgers saw ${seen:-no} events, and not $1"
}

# The middle of the numbers on stdin, and the quartiles: divided, with so many digits, by tabs. As
# `interval`: not where the numbers lie but how well their middle is known, which is between those of
# the ranks told here in 95 of 100 cases, whatever the numbers are like.
spread() {
	sort -g | awk -v digits="$1" -v by="$2" -v as="${3:-quartiles}" '{ v[NR] = $1 / by }
		END {
			if (!NR)
				exit 1
			form = "%." digits "f"
			low = int((NR + 3) / 4)
			high = int((3 * NR + 3) / 4)
			if (as == "interval") {
				low = int((NR + 1) / 2 - 0.98 * sqrt(NR))
				high = NR + 1 - low
				if (low < 1) {
					low = 1
					high = NR
				}
			}
			printf form "\t" form "\t" form, v[int((NR + 1) / 2)], v[low], v[high]
		}'
}

median() {
	sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

# minus A B: what A has above B, turn by turn; over A B: how many times B it is.
minus() {
	paste "$1" "$2" | awk '{ print $1 - $2 }'
}
over() {
	paste "$1" "$2" | awk '{ print $1 / $2 }'
}

title() {
	printf '\n%s\n' "$1"
	printf 'title\t%s\n' "$1" >>"$work/rows"
	[ ! -s "$BENCH_SHARED" ] || tell_shared
}

# How often the core was another's, too (tests/bench/alone.h), of all that the part measured by now.
tell_shared() {
	local rounds shared again

	read -r rounds shared again < <(awk '{ n += $1; s += $2; a += $3 } END { print n, s, a }' "$BENCH_SHARED")
	awk "BEGIN { print 100 * $again / ($rounds + $again) }" |
		figure "rounds that were taken again: the core was shared" % 1 1
	awk "BEGIN { print 100 * $shared / $rounds }" |
		figure "rounds that count although it was" % 1 1
	: >"$BENCH_SHARED"
}

# added NAME FILE MOST: what one call costs, from FILE.bare, FILE.nop and FILE.shim in picoseconds,
# and what of it is ours, which is at most MOST ns.
added() {
	figure "$1, bare" ns 1 1000 <"$2.bare"
	figure "$1, empty bodies" ns 1 1000 <"$2.nop"
	figure "$1, metered" ns 1 1000 <"$2.shim"
	minus "$2.shim" "$2.nop" | target "$1: metered - empty bodies" ns 1 1000 most "$3"
}

# figure NAME UNIT DIGITS DIVISOR [interval] <NUMBERS
figure() {
	local middle low high

	IFS=$'\t' read -r middle low high <<<"$(spread "$3" "$4" "${5:-}")"
	[ -n "$high" ] || fail "no numbers for: $1"
	printf '  %-54s %12s  (%s .. %s) %s\n' "$1" "$middle" "$low" "$high" "$2"
	printf 'figure\t%s\t%s\t%s\t%s\t%s\n' "$1" "$2" "$middle" "$low" "$high" >>"$work/rows"
}

# target NAME UNIT DIGITS DIVISOR most|least LIMIT <NUMBERS: the figure is judged by its median.
target() {
	local middle low high met

	IFS=$'\t' read -r middle low high <<<"$(spread "$3" "$4")"
	[ -n "$high" ] || fail "no numbers for: $1"
	met=$(awk -v m="$middle" -v l="$6" -v most="$5" \
		'BEGIN { print (most == "most" ? m + 0 <= l + 0 : m + 0 >= l + 0) ? "met" : "missed" }')
	printf '  %-54s %12s  (%s .. %s) %s; at %s %s: %s\n' "$1" "$middle" "$low" "$high" "$2" "$5" \
		"$6" "$met"
	printf 'target\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$1" "$2" "$middle" "$low" "$high" "$5" "$6" \
		"$met" >>"$work/rows"
}

# skip NAME REASON: a row of the table that cannot be measured here.
skip() {
	printf '  %-54s not measured: %s\n' "$1" "$2"
	printf 'skip\t%s\t%s\n' "$1" "$2" >>"$work/rows"
}

# under VARIANT COMMAND...: runs it bare, with empty bodies, metered, or under another's layer.
under() {
	local variant=$1

	shift
	case $variant in
	bare | own) "$@" ;;
	nop) LD_PRELOAD=$nop "$@" ;;
	shim) GRAMME_SOCKET=$socket LD_PRELOAD=$shim "$@" ;;
	layer)
		mkdir -p "$work/layer"
		CLI_OpenCLFileName=$real_loader CLI_DevicePerformanceTiming=1 CLI_SuppressLogging=1 \
			CLI_DumpDir=$work/layer LD_LIBRARY_PATH=$layer "$@" 2>"$work/layer/log"
		;;
	esac
}

# loop NAME VARIANT WORD...: one run of the enqueue loop; the medians of its rounds go behind those
# of the turns before, to $work/NAME.VARIANT.call (the calls alone), .all (with their share of
# clFinish) and $work/NAME.clock (two reads of the clock).
loop() {
	local name=$1 variant=$2 words=("${@:3}")

	[ "$variant" != own ] || words+=(events)
	under "$variant" "$enqueue" "${words[@]}" >"$work/round"
	awk '{ print $1 }' "$work/round" | median >>"$work/$name.$variant.call"
	awk '{ print $2 }' "$work/round" | median >>"$work/$name.$variant.all"
	awk '{ print $3 }' "$work/round" | median >>"$work/$name.clock"
}
