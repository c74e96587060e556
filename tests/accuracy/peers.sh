#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# timeout: 900
# What four trackers and gramme book of one job with four ranks, side by side, while all of them read
# the same counters: /sys/class/powercap of a mount namespace, driven by peers-node.py. Prints the
# table of docs/accuracy.md. Fails if gramme's ledgers do not add up to the node; what the others
# book is told, and judged by nobody.
#
#   scripts/one tests/accuracy/peers.sh     PEERS_SECONDS=30 and PEERS_TABLE=FILE, which gets the table
. tests/e2e/lib.sh

ranks=4
seconds=${PEERS_SECONDS:-30}

# No network: a tracker that asks where it is shall be refused at once.
if [ "${1:-}" != inside ]; then
	wheel codecarbon==3.3.2 carbontracker==2.4.7 zeus==0.16.0
	export venv
	unshare --mount --net true || {
		echo "skip: no mount namespace may be made here"
		exit 77
	}
	exec unshare --mount --net --propagation private bash "$0" inside
fi

# /sys/class as it is, but for powercap, which most virtual machines have not got.
mkdir "$TMPDIR/class" "$TMPDIR/job"
mount --bind /sys/class "$TMPDIR/class"
mount -t tmpfs -o mode=755 class /sys/class
for path in "$TMPDIR"/class/*; do
	mkdir "/sys/class/${path##*/}"
	[ "${path##*/}" = powercap ] || mount --bind "$path" "/sys/class/${path##*/}"
done
mkdir -p /sys/class/powercap
nice -n -10 "$python" tests/accuracy/peers-node.py /sys/class/powercap "$TMPDIR/node" &
node=$!
until [ -s "$TMPDIR/node" ]; do
	kill -0 $node || fail "no counters"
	sleep 0.1
done

# The job as torchrun would start it, each rank metered by itself, and whatever starts them too: that
# run begins before all of them and ends after them, so its ledger knows of all the node drew meanwhile.
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MPLCONFIGDIR=$HOME
start_collector --zone FR
trap 'kill -KILL "$collector" $node 2>/dev/null || true' EXIT
cat >"$TMPDIR/launch" <<'END'
gramme=$1 ranks=$2
shift 2
for ((rank = 0; rank < ranks; rank++)); do
	RANK=$rank LOCAL_RANK=$rank WORLD_SIZE=$ranks "$gramme" run --quiet --project peers \
		--experiment "rank-$rank" -- "$@" "$rank" "$ranks" "$SECONDS_EACH" "$TMPDIR/job" &
	pids+=($!)
done
for pid in "${pids[@]}"; do
	wait "$pid" || exit
done
END
SECONDS_EACH=$seconds "$gramme" run --quiet --project peers --experiment launcher -- \
	bash "$TMPDIR/launch" "$gramme" $ranks "$venv/bin/python" tests/accuracy/peers-rank.py \
	>"$TMPDIR/out" 2>"$TMPDIR/err" || fail "the job ended with status $?"
stop_collector
sleep 1 # for one more tick of the counters
kill $node
wait $node 2>/dev/null || true

for name in launcher $(seq -f 'rank-%.0f' 0 $((ranks - 1))); do
	ledger=$(find "$ledgers" -path "*/$name/*.jsonl")
	[ -f "$ledger" ] || fail "not one ledger of $name: '$ledger'"
	verified
	json . >"$TMPDIR/job/$name.ledger"
done
"$python" tests/accuracy/peers-table.py "$TMPDIR/node" "$TMPDIR/job" >"$TMPDIR/table" || {
	cat "$TMPDIR/table"
	fail "gramme's ledgers do not add up to the node"
}
tee ${PEERS_TABLE:+"$PEERS_TABLE"} <"$TMPDIR/table"
