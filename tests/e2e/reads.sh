#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What a program reads is told, pass by pass: by every road of C, by C++, Python and numpy, by threads
# and forked workers.
. tests/e2e/lib.sh

export GRAMME_EAGER=1
events=$TMPDIR/events
data=$TMPDIR/data.txt
size=3000000
# Lines of 100 bytes.
yes 0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456 |
	sed 's/$/ \n/' | tr -d '\n' | tr ' ' '\n' | head -c $size >"$data"
[ "$(stat -c %s "$data")" -eq $size ] || fail "the data are not as they should be"

# notes KIND NAME: flags, identity, begin, end, bytes and size of each, separated by tabs.
notes() {
	awk -F'\t' -v kind="$1" -v name="$2" '$1 == "file" && $3 == kind && $10 == name' "$events" |
		cut -f 4-9
}

# told NAME SIZE PASSES [SLACK]: so many passes from the beginning to the end, all bytes of them and
# up to SLACK more (a header that is read twice).
told() {
	notes 2 "$1" | awk -F'\t' -v size="$2" -v passes="$3" -v slack="${4:-0}" '
		{ bytes += $5; starts += int($1 / 16) % 2; ends += int($1 / 32) % 2 }
		$6 != size || $3 > $4 || $3 < before { bad = 1 }
		{ before = $4 }
		END {
			if (bad || starts != passes || ends != passes || bytes < size * passes ||
			    bytes > size * passes + slack) {
				print bytes, "bytes,", starts, "starts,", ends, "ends"
				exit 1
			}
		}' || {
		notes 2 "$1"
		fail "$1 is not told to be read $3 times by: $road"
	}
}

# read_by PROGRAM [ARG...]: meters it and keeps what it is told to have read.
read_by() {
	road=$*
	meter_ok --events "$events" -- "$@"
}

for way in read reopen readv pread preadv mmap fread fgets ending getc pipe; do
	read_by "$prog/reads" $way "$data" 5
	told data.txt $size 5
done

# Where readers do not go from end to end, bytes alone tell.
for way in shuffled records circles; do
	read_by "$prog/reads" $way "$data" 5
	notes 2 data.txt | awk -F'\t' '{ n += $5 } END { exit n < 4.8 * 3e6 || n > 5 * 3e6 }' || {
		notes 2 data.txt
		fail "not five passes of data.txt by: $road"
	}
done

# Of workers that end without a word, nearly all.
read_by "$prog/reads" workers "$data" 3
notes 2 data.txt | awk -F'\t' '{ n += $5 } END { exit n < 2.7 * 3e6 || n > 3 * 3e6 }' || {
	notes 2 data.txt
	fail "not three passes of data.txt by: $road"
}

# What a parent has read is not told once more by its children, who read three pieces a pass.
read_by "$prog/reads" parent "$data" 3
notes 2 data.txt | awk -F'\t' '{ n += $5 } END { exit n < 3 * 3e6 || n > 3 * 3.15e6 }' || {
	notes 2 data.txt
	fail "not three passes of data.txt by: $road"
}

# Who closes a filter over itself is not killed for a question of ours.
read_by "$prog/reads" sandbox "$data" 3

g++ -O1 -o "$TMPDIR/stream" -x c++ - <<'C'
#include <fstream>
#include <string>
int main(int, char **argv)
{
	std::ifstream in(argv[1]);
	std::string line;

	for (int i = 0; i < 5; i++) {
		while (std::getline(in, line))
			;
		in.clear();
		in.seekg(0);
	}
}
C
read_by "$TMPDIR/stream" "$data"
told data.txt $size 5

read_by $python -c '
import sys
for i in range(5):
    for line in open(sys.argv[1]):
        pass' "$data"
told data.txt $size 5

# A shuffled folder of small files: a sample of them is told, the first reading with the second.
mkdir "$TMPDIR/images"
for i in $(seq 300); do
	head -c 5000 "$data" >"$TMPDIR/images/$i.img"
done
read_by $python -c '
import glob, random, sys, time
files = sorted(glob.glob(sys.argv[1] + "/*.img"))
for epoch in range(3):
    random.shuffle(files)
    for name in files:
        open(name, "rb").read()
    time.sleep(3)' "$TMPDIR/images"
awk -F'\t' '$1 == "file" && $10 ~ /img$/ && $4 == 48 && $8 == 5000 { n[$10]++ }
	END { for (i in n) { files++; thrice += n[i] == 3; } print files, thrice
		exit files < 40 || thrice < files * 0.9 }' "$events" ||
	fail "not three passes of a sample of images"

if $python -c 'import numpy' 2>/dev/null; then
	read_by $python -c '
import numpy, sys
name = sys.argv[1]
numpy.save(name + "/array.npy", numpy.zeros(400000))
numpy.zeros(400000).tofile(name + "/plain.bin")
for i in range(5):
    numpy.load(name + "/array.npy")
    numpy.fromfile(name + "/plain.bin")
for i in range(5):
    numpy.memmap(name + "/plain.bin", mode="r")
' "$TMPDIR"
	told array.npy 3200128 5 50000
	told plain.bin 3200000 10
	[ "$(notes 3 array.npy | cut -f 5)" = 3200128 ] || fail "array.npy was not saved once"
	[ "$(notes 3 plain.bin | cut -f 5)" = 3200000 ] || fail "plain.bin was not saved once"
fi
