#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every line that could carry a counter or a metric is heard, whole and once, and no other: by all
# roads of C, C++ and Python, in pieces and in lumps, in logs of the program's own, into a file and
# on a terminal.
. tests/e2e/lib.sh

events=$TMPDIR/events
unset PYTHONUNBUFFERED

# heard_of KIND: flags and text of the lines that were told; KIND: printed or logged.
heard_of() {
	awk -F'\t' -v logged="$([ "$1" = logged ] && echo 1 || echo 0)" '
		$1 == "line" && int($3 / 8) % 2 == logged { print $3 "\t" $6 }' "$events"
}

# hears WHAT KIND: what was told is what stands on the input.
hears() {
	cat >"$TMPDIR/expected"
	heard_of "$2" >"$TMPDIR/heard"
	diff -u "$TMPDIR/expected" "$TMPDIR/heard" || fail "$1: it was heard otherwise (-printed +heard)"
}

# say PROGRAM [ARG...]: runs it into a file.
say() {
	meter_ok --events "$events" -- "$@"
}

# on_terminal PROGRAM [ARG...]: the same on a terminal of its own. The terminal's end is here, and
# no program of gramme's.
on_terminal() {
	cat >"$TMPDIR/terminal.py" <<'P'
import os, pty, sys
sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:], lambda fd: os.read(fd, 65536))))
P
	"$python" "$TMPDIR/terminal.py" "$gramme" run --quiet --ledger-dir "$ledgers" --events "$events" \
		-- "$@" >"$TMPDIR/out" 2>&1 </dev/null || fail "exit status of $* on a terminal"
}

formats() {
	printf '0\t%s\n' "printf: epoch 1, 12.5%" "%m: epoch 2: Permission denied" \
		"fprintf: epoch   3|4   |0.12|x" "__printf_chk: epoch 4" "__fprintf_chk: epoch 5" \
		"vprintf: epoch 6" "vfprintf: epoch 7" "__vprintf_chk: epoch 8" "__vfprintf_chk: epoch 9.5" \
		"positional: epoch 10" "a whole line: epoch 11"
}

descriptors() {
	printf '%s\n' "write: epoch 1" "writev: epoch 2" "dprintf: epoch 3" "__dprintf_chk: epoch 4" \
		"vdprintf: epoch 5" "__vdprintf_chk: epoch 6" "dup: epoch 7" "dup2: epoch 8" \
		"fcntl: epoch 9" "stderr: epoch 10"
}

streams() {
	printf '0\t%s\n' "puts: epoch 1" "fputs: epoch 2" "fputs_unlocked: epoch 3" "fwrite: epoch 4" \
		"fwrite: epoch 5" "fwrite_unlocked: epoch 6" "putchar: epoch 7" "putc: epoch 8" \
		"fputc: epoch 9" "stderr: epoch 10"
}

pieces() {
	printf '0\tpieces: epoch 1, loss 0.250\n'
	printf '2\tbar: epoch %d\n' 2 3
	printf '0\t%s\n' "bar: epoch 4" "returned: epoch 5" "coloured: epoch 6"
	printf '0\t%s\n' "$(printf 'long %d ' $(seq 0 59) | head -c 440)"
	printf '0\t%s\n' "two: epoch 7" "two: epoch 8"
}

places() {
	printf '0\t%s\n' "unbuffered: epoch 1" "handler: epoch 2" "child: epoch 3" "locked: epoch 4" \
		"at exit: epoch 5"
}

for run in say on_terminal; do
	for way in formats streams pieces places; do
		$run "$prog/hears" $way
		$way | hears "$way, $run" printed
	done
	$run "$prog/hears" descriptors
	heard_of printed | cut -f2 >"$TMPDIR/heard"
	descriptors | diff -u - "$TMPDIR/heard" || fail "descriptors, $run: (-printed +heard)"
done

# Whoever prints a lot of one shape does not drown the rest, nor the collector.
# Each in a program of its own: together they are more than is let through at once.
for line in burst:few:1000 flood:between:20; do
	IFS=: read -r way name times <<<"$line"
	say "$prog/hears" "$way"
	heard_of printed | sed -n "s/^0\t$name: epoch //p" >"$TMPDIR/heard"
	seq "$times" | cmp - "$TMPDIR/heard" || fail "a $way: $(wc -l <"$TMPDIR/heard") lines of $times"
done
many=$(heard_of printed | grep -c many:)
[ "$many" -ge 100 ] || fail "a flood: only $many lines of it are heard"
[ "$(stat -c %s "$TMPDIR/out")" -gt $((many * 1000)) ] || fail "a flood: $many lines are no bound"

say "$prog/hears" logs "$TMPDIR"
{
	printf '8\t%s\n' "log: epoch 1" "name,loss" "0,0.00" "1,0.50" "2,1.00"
} | hears "logs of C" logged
: | hears "logs of C" printed

cat >"$TMPDIR/says.cc" <<'C'
#include <cstdio>
#include <fstream>
#include <iostream>

int main(int argc, char **argv)
{
	std::cout << "synced: epoch " << 1 << std::endl;
	std::cout << "synced says nothing" << '\n' << "synced: loss " << 0.5 << '\n';
	std::cerr << "error: epoch " << 2 << '\n';
	std::ofstream log(argv[1]);
	log << "epoch 3, loss 0.25" << std::endl << "nothing" << std::endl;
	std::ios::sync_with_stdio(false);
	std::cout << "unsynced: epoch " << 4 << std::endl;
	std::cout << "lump: epoch 5\nlump: epoch 6\n";
	return 0;
}
C
c++ -O2 -o "$TMPDIR/says" "$TMPDIR/says.cc"
say "$TMPDIR/says" "$TMPDIR/cc.log"
printf '%d\t%s\n' 0 "synced: epoch 1" 0 "synced: loss 0.5" 0 "error: epoch 2" 0 "unsynced: epoch 4" \
	4 "lump: epoch 5" 4 "lump: epoch 6" | hears "C++" printed
printf '8\tepoch 3, loss 0.25\n' | hears "C++" logged

cat >"$TMPDIR/says.py" <<'P'
import csv, json, logging, os, sys
folder = sys.argv[1]
print("print: epoch 1", flush=True)
print("nothing", flush=True)
print("print:", "epoch", 2, {"loss": 0.5}, end="", flush=True)
print(flush=True)
logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
logging.info("starting")
logging.info("logging: epoch 3")
for i in range(1, 4):
    sys.stderr.write("\r%3d%%|##| %d/3" % (i * 33, i))
    sys.stderr.flush()
sys.stderr.write("\n")
for i in range(1, 4):  # as Keras draws it
    sys.stdout.write("\b" * 14 * (i > 1) + "\r%d/3 loss: %.2f" % (i, i / 4) + "\n" * (i == 3))
    sys.stdout.flush()
log = logging.FileHandler(folder + "/py.log")
logging.getLogger().addHandler(log)
logging.getLogger().removeHandler(logging.getLogger().handlers[0])
logging.info("file: epoch 4")
with open(folder + "/py.csv", "w", newline="") as f:
    w = csv.writer(f)
    w.writerow(["round", "loss"])
    for i in range(2):
        w.writerow([i, 0.5 / (i + 1)])
with open(folder + "/py.jsonl", "w") as f:
    for i in range(2):
        f.write(json.dumps({"epoch": i, "loss": 0.25}) + "\n")
        f.flush()
with open(folder + "/py.bin", "wb") as f:
    f.write(bytes(range(256)) + b"\nepoch 9\n")
os.write(1, b"os.write: epoch 5\n")
print("late: epoch 6")
print("late: epoch 7")
P
python_prints() {
	printf '%d\t%s\n' 0 "print: epoch 1" 0 "print: epoch 2 {'loss': 0.5}" 0 "DATE logging: epoch 3" \
		2 " 33%|##| 1/3" 2 " 66%|##| 2/3" 0 " 99%|##| 3/3" \
		2 "1/3 loss: 0.25" 2 "2/3 loss: 0.50" 0 "3/3 loss: 0.75" 0 "os.write: epoch 5" \
		"$1" "late: epoch 6" "$1" "late: epoch 7"
}
for run in say on_terminal; do
	$run "$python" "$TMPDIR/says.py" "$TMPDIR"
	sed -i -E 's/[0-9-]{10} [0-9:]{8},[0-9]{3} logging/DATE logging/' "$events"
	late=4
	[ $run = say ] || late=0
	python_prints $late | hears "Python, $run" printed
	printf '%d\t%s\n' 8 "file: epoch 4" 12 "round,loss" 12 "0,0.5" 12 "1,0.25" \
		8 '{"epoch": 0, "loss": 0.25}' 8 '{"epoch": 1, "loss": 0.25}' | hears "Python, $run" logged
done

# TensorBoard's event files, as its writers write them: a version, then scalars, in one write or in
# several; a long record (a graph) in between is passed over.
cat >"$TMPDIR/board.py" <<'P'
import struct, sys
def part(field, data): return bytes([field << 3 | 2]) + varint(len(data)) + data
def varint(n):
    out = b""
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])
def record(data): return struct.pack("<Q", len(data)) + b"crc1" + data + b"crc2"
time = bytes([1 << 3 | 1]) + struct.pack("<d", 1.7e9)
def scalar(step, tag, value):
    value = part(1, tag.encode()) + bytes([2 << 3 | 5]) + struct.pack("<f", value)
    return record(time + bytes([2 << 3]) + varint(step) + part(5, part(1, value)))
with open(sys.argv[1] + "/events.out.tfevents.1", "wb", buffering=0) as f:
    f.write(record(time + part(3, b"brain.Event:2")))
    f.write(scalar(1, "loss", 0.5))
    f.write(record(time + part(4, b"graph" * 1000)))
    both = scalar(300, "loss", 0.25) + scalar(300, "accuracy", 0.875)
    f.write(both[:30])
    f.write(both[30:])
P
say "$python" "$TMPDIR/board.py" "$TMPDIR"
heard_of logged | cut -f2 >"$TMPDIR/heard"
printf '%s\n' "loss: 0.5 step: 1" "loss: 0.25 step: 300" "accuracy: 0.875 step: 300" |
	diff -u - "$TMPDIR/heard" || fail "TensorBoard's events: (-written +heard)"

# A program that computes nothing is heard from its start; its children are not, unless they compute.
# shellcheck disable=SC2016 # the program's own
say bash -c 'echo "epoch 1"; /bin/echo "epoch 2"; for i in 3 4; do printf "epoch %d\n" $i; done'
printf '0\tepoch %d\n' 1 3 4 | hears "a shell" printed

# Where nobody meters, nothing is heard, and nothing is different.
LD_PRELOAD=$build/libgramme.so "$prog/hears" formats >"$TMPDIR/with"
"$prog/hears" formats >"$TMPDIR/without"
sed -i 's/0x[0-9a-f]*/0x/g' "$TMPDIR/with" "$TMPDIR/without"
cmp "$TMPDIR/with" "$TMPDIR/without" || fail "it prints otherwise"
