#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Memory of a GPU, as the shim tells it in its arena: what the process has allocated there, and the
# most that it ever had. A listener in place of the collector reads it when the program has ended.
. tests/e2e/lib.sh

cat >"$TMPDIR/listen.py" <<'PYTHON'
import mmap, os, socket, struct, subprocess, sys
path, program = sys.argv[1], sys.argv[2:]
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.bind(path)
s.listen(10)
child = subprocess.Popen(program, stdout=subprocess.DEVNULL)
c, _ = s.accept()
_, fds, _, _ = socket.recv_fds(c, 70000, 10)
status = child.wait()
arena = mmap.mmap(fds[0], 4096 + 32 * 256, prot=mmap.PROT_READ)
for i in range(2, 31):  # struct wire_device in preload/wire.h
    ready, kind, api, _ = struct.unpack_from("<IIII", arena, 4096 + 256 * i)
    uuid = arena[4096 + 256 * i + 200:][:40].rstrip(b"\0").decode()
    if ready:
        print(kind, api, uuid, *struct.unpack_from("<QQ", arena, 4096 + 256 * i + 240))
sys.exit(status)
PYTHON

# told STORY LINE: that is what the arena says of devices.
told() {
	use_simgpu
	rm -f "$TMPDIR/socket"
	GRAMME_SOCKET=$TMPDIR/socket "$python" "$TMPDIR/listen.py" "$TMPDIR/socket" \
		env LD_PRELOAD="$build/libgramme.so" "$prog/cuda_story" dlopen "$1" 4 >"$TMPDIR/told" ||
		fail "status $?"
	echo "$2" | diff - "$TMPDIR/told" || fail "the arena says otherwise (<expected >told)"
}

# booked STORY BYTES: the same peak, from the arena into the ledger.
booked() {
	use_simgpu
	meter_ok -- "$prog/cuda_story" dlopen "$1" 4
	verified
	holds ".devices | length == 1 and (.[0] | .api == \"cuda\" and .memory_peak_bytes == $2)"
}

mib=1048576
booked memory $((7 * mib))
booked train 4096
told memory "2 6 6772616d6d6540008000000000000000 $mib $((7 * mib))"
# Physical memory counts while it is mapped, where it lies.
told mapped "2 6 6772616d6d6540008000000000000000 $((2 * mib)) $((6 * mib))"
told train "2 6 6772616d6d6540008000000000000000 4096 4096"
