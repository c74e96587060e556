#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A socket of another user that calls itself a collector is given nothing: no memory, no arguments,
# not a byte. The program runs as it would.
. tests/e2e/lib.sh
use_fake
if [ "$(id -u)" -ne 0 ]; then
	echo "skip: it takes root to be two users"
	exit 77
fi
chmod 711 "$TMPDIR"

cat >"$TMPDIR/false.py" <<'PYTHON'
import os, socket, sys
path, said = sys.argv[1:]
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.bind(path)
os.chmod(path, 0o777)
s.listen(100)
with open(path + ".wake", "wb") as wake:
    wake.write(b"\0" * 4096)
os.chmod(path + ".wake", 0o444)
out = open(said, "w", buffering=1)
print("listening", file=out)
while True:
    c, _ = s.accept()
    c.settimeout(60)
    while True:
        data, fds, _, _ = socket.recv_fds(c, 70000, 10)
        if not data and not fds:
            break
        print("got", len(data), "bytes and", len(fds), "descriptors:", data, file=out)
        for fd in fds:
            os.close(fd)
    print("hung up", file=out)
PYTHON
chmod 644 "$TMPDIR/false.py"

# listen UID: a false collector of that user. What it is told stands in $TMPDIR/UID/said.
listen() {
	install -d -m 711 -o "$1" "$TMPDIR/$1"
	setpriv --reuid "$1" --regid "$1" --clear-groups \
		$python "$TMPDIR/false.py" "$TMPDIR/$1/socket" "$TMPDIR/$1/said" &
	pids+=($!)
	until grep -qs listening "$TMPDIR/$1/said"; do
		kill -0 $! || fail "nobody listens"
		sleep 0.05
	done
	export GRAMME_SOCKET=$TMPDIR/$1/socket
}
pids=()
trap 'kill -KILL "${pids[@]}" 2>/dev/null || true' EXIT

# as UID COMMAND...
as() {
	local uid=$1

	shift
	setpriv --reuid "$uid" --regid "$uid" --clear-groups env -u FAKECL_COUNT_FILE "$@"
}

listen 65530
for uid in 0 65531; do
	as $uid LD_PRELOAD="$build/libgramme.so" "$prog/cl_linked" --launches 10 >"$TMPDIR/out" ||
		fail "status $? of a program of user $uid"
	grep -q 'count kernel scale 5' "$TMPDIR/out" || fail "another output: $(cat "$TMPDIR/out")"
	as $uid GRAMME_EAGER=1 LD_PRELOAD="$build/libgramme.so" /bin/true || fail "status $? of true"
	as $uid "$gramme" run --quiet -- /bin/sh -c 'exit 7' secret \
		2>"$TMPDIR/err" && fail "gramme run returned 0"
done
# The last one has been heard when one more has.
$python - <<'PYTHON'
import os, socket
with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
    s.connect(os.environ["GRAMME_SOCKET"])
    s.send(b"the end")
PYTHON
until grep -q 'the end' "$TMPDIR/65530/said"; do sleep 0.05; done
cat "$TMPDIR/65530/said"
[ "$(grep -c '^got' "$TMPDIR/65530/said")" -eq 1 ] || fail "the false collector was told something"
[ "$(grep -c '^hung up' "$TMPDIR/65530/said")" -ge 6 ] || fail "not each of the six asked who it is"

# To one of its own user a program does speak: that the other one heard nothing means something.
listen 65531
as 65531 LD_PRELOAD="$build/libgramme.so" "$prog/cl_linked" --launches 10 >"$TMPDIR/out"
until grep -q 'hung up' "$TMPDIR/65531/said"; do sleep 0.05; done
cat "$TMPDIR/65531/said"
grep -q '^got .* and 1 descriptors' "$TMPDIR/65531/said" || fail "nothing was handed over"
