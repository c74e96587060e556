#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What a program saves is told: each file once, with its size and final name; and nothing else is.
. tests/e2e/lib.sh

export GRAMME_EAGER=1
events=$TMPDIR/events
mkdir "$TMPDIR/saved"

# saved: name and bytes of what was saved, in the order of time. One that was renamed into place
# stands for what it was before.
saved() {
	awk -F'\t' '$1 == "file" && $3 == 3 { key = $5 " " $6; if (!(key in at)) at[key] = ++n
			name[at[key]] = $10 " " $8 }
		END { for (i = 1; i <= n; i++) print name[i] }' "$events"
}

meter_ok --events "$events" -- "$prog/saves" "$TMPDIR/saved"
for i in 0 1 2; do
	for road in by-descriptor by-stream by-renaming by-forking; do
		echo "$road-$i 30000"
	done
done >"$TMPDIR/expected"
saved | diff -u "$TMPDIR/expected" - || fail "not what the program saved (-made +told)"
[ "$(awk -F'\t' '$1 == "file" && $3 == 3' "$events" | wc -l)" -eq 15 ] ||
	fail "something is told more than once, beyond what was renamed"
awk -F'\t' '$1 == "file" && $3 == 3 && $6 > $7 { exit 1 }' "$events" || fail "ends before it begins"

cat >"$TMPDIR/saves.py" <<'P'
import os, pickle, subprocess, sys

os.chdir(sys.argv[1])
for epoch in range(3):
    with open("model.pkl", "wb") as f:
        pickle.dump(list(range(10000)), f)
        subprocess.run(["true"], close_fds=True)
    with open("weights.tmp", "wb") as f:
        f.write(b"x" * 12345)
    os.replace("weights.tmp", "weights-%d" % epoch)
print("Epochs: 3")
P
meter_ok --events "$events" -- $python "$TMPDIR/saves.py" "$TMPDIR/saved"
bytes=$(stat -c %s "$TMPDIR/saved/model.pkl")
for i in 0 1 2; do
	echo "model.pkl $bytes"
	echo "weights-$i 12345"
done >"$TMPDIR/expected"
saved | diff -u "$TMPDIR/expected" - || fail "not what Python saved (-made +told)"

if $python -c 'import torch' 2>/dev/null; then
	meter_ok --events "$events" -- $python -c '
import sys, torch
for epoch in range(3):
    torch.save({"w": torch.zeros(5000)}, sys.argv[1] + "/model-%d.pt" % epoch)' "$TMPDIR/saved"
	for i in 0 1 2; do
		echo "model-$i.pt $(stat -c %s "$TMPDIR/saved/model-$i.pt")"
	done >"$TMPDIR/expected"
	saved | grep '\.pt ' | diff -u "$TMPDIR/expected" - || fail "not what PyTorch saved (-made +told)"
fi

# ---- to open is a part of a save: a busy disk makes a program wait there

cat >"$TMPDIR/slow.c" <<'C'
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define SLOW(type, name, params, args, writes)                                     \
	type slow_##name params __asm__(#name);                                    \
	type slow_##name params                                                    \
	{                                                                          \
		if (writes)                                                        \
			usleep(50000);                                             \
		return ((type(*) params)dlsym(RTLD_NEXT, #name)) args;             \
	}
SLOW(int, open, (const char *path, int flags, mode_t mode), (path, flags, mode), flags & O_CREAT)
SLOW(FILE *, fopen, (const char *path, const char *mode), (path, mode), *mode == 'w')
C
cc -D_GNU_SOURCE -shared -fPIC -o "$TMPDIR/slow.so" "$TMPDIR/slow.c"
mkdir "$TMPDIR/slowly"
meter_ok --events "$events" -- env LD_PRELOAD="$build/libgramme.so:$TMPDIR/slow.so" "$prog/saves" "$TMPDIR/slowly"
awk -F'\t' '$1 == "file" && $3 == 3 { n++; quick += $7 - $6 < 50000000 } END { exit n != 15 || quick }' "$events" ||
	fail "what a program waits for an open file is no part of its save: $(grep ^file "$events")"
