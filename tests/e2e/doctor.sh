#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# gramme doctor names what is missing with its fix, and each fix, when it is done, mends it.
. tests/e2e/lib.sh
unset LD_PRELOAD

# says WORD [OPTION...]: the line that names it, at $line; what is right is no "fix".
says() {
	local word=$1

	shift
	status=0
	"$gramme" doctor "$@" >"$TMPDIR/out" 2>"$TMPDIR/err" || status=$?
	[ ! -s "$TMPDIR/err" ] || fail "it complains"
	line=$(grep -m 1 -e "$word" "$TMPDIR/out") || {
		cat "$TMPDIR/out"
		fail "nothing of $word"
	}
	echo "$line"
	[ "$status" -eq "$(grep -q '^fix ' "$TMPDIR/out" && echo 1 || echo 0)" ] || fail "exit status $status"
}

# ill WORD [OPTION...], well WORD [OPTION...]: the line is one of that kind.
ill() {
	says "$@"
	[[ $line == "fix "*"fix: "* ]] || fail "no fix: $line"
}
well() {
	says "$@"
	[[ $line == "ok "* ]] || fail "not well: $line"
}

echo "the library"
mkdir -p "$TMPDIR/alone/a b"
cp "$gramme" "$TMPDIR/alone/gramme"
gramme=$TMPDIR/alone/gramme
ill libgramme.so
GRAMME_PRELOAD=$build/libgramme.so well library
cp "$build/libgramme.so" "$TMPDIR/alone"
ill libgramme-opencl.so
ill libgramme-cuda.so
cp "$build"/libgramme-*.so "$TMPDIR/alone"
well library
! grep -q 'libgramme-' "$TMPDIR/out" || fail "the stand-ins are there"
mv "$TMPDIR"/alone/*.so "$TMPDIR/alone/a b"
GRAMME_PRELOAD="$TMPDIR/alone/a b/libgramme.so" ill 'blanks'
gramme=$build/gramme
GRAMME_DISABLE=1 ill GRAMME_DISABLE

echo "the zone"
ill zone
ill ATLANTIS --zone ATLANTIS
well zone --zone FR
GRAMME_ZONE=FR well zone

echo "the collector"
export GRAMME_SOCKET=$TMPDIR/socket
ill collector
fix=$(sed 's/.*fix: //; s/ & .*//' <<<"$line")
[ "$fix" = "gramme collect --socket $GRAMME_SOCKET" ] || fail "another fix: $fix"
start_collector
well collector
well ledgers
says zone
[[ $line == "note zone: the collector's"* ]] || fail "the zone is the collector's to say: $line"
stop_collector
unset GRAMME_SOCKET
says collector
[[ $line == "note "* ]] || fail "nothing is wrong without: $line"

echo "the ledgers"
touch "$TMPDIR/file"
ill ledgers --ledger-dir "$TMPDIR/file/x"
well ledgers --ledger-dir "$TMPDIR/made/when/needed"
[ ! -w / ] || well ledgers --ledger-dir "/gramme-none-$$"
"$gramme" doctor 2>&1 >/dev/full | grep -q 'cannot write' || fail "nothing was written, and nothing said"
[ ! -e "$TMPDIR/made" ] || fail "it made a folder"
home=$(awk -F: -v uid="$(id -u)" '$3 == uid { print $6; exit }' /etc/passwd)
[ -z "$home" ] || env -i "$gramme" doctor | grep -q "ledgers: $home/.local/share/gramme" ||
	fail "without HOME it does not find home: $(env -i "$gramme" doctor | grep ledgers)"
(ulimit -f 1000 && ill 'ulimit -f') || exit 1

echo "programs"
ill 'static binary' -- "$prog/spin-static"
ill 'not found' -- no-such-program
well program: -- "$prog/spin"
touch "$TMPDIR/script"
ill executed -- "$TMPDIR/script"
chmod +x "$TMPDIR/script"
well program: -- "$TMPDIR/script"

echo "recorded machines"
ill powercap: --replay tests/data/machines/no-permission
well package-0: --replay tests/data/machines/two-socket-server

if [ "$(id -u)" -ne 0 ] || ! unshare -m true 2>/dev/null; then
	echo "(not root: counters that are opened to users are left out)"
	exit 0
fi
echo "counters of this machine, by a user"
cat >"$TMPDIR/user" <<'END'
set -e
mount -t tmpfs -o mode=755 tmpfs /sys/class
zone=/sys/class/powercap/intel-rapl:0
mkdir -p "$zone"
echo package-0 >"$zone/name"
echo 262143328850 >"$zone/max_energy_range_uj"
echo 1000000000 >"$zone/energy_uj"
chmod 0400 "$zone/energy_uj"
doctor() {
	setpriv --reuid 65534 --regid 65534 --clear-groups env HOME="$TMPDIR/home" "$GRAMME" doctor --zone FR || true
}
doctor >"$TMPDIR/out"
grep '^fix  powercap: ' "$TMPDIR/out"
eval "$(sed -n 's/^fix  powercap: .*until the next boot: //p' "$TMPDIR/out")"
doctor | grep '^ok   package-0: measured by powercap'
END
chmod 711 "$TMPDIR"
chmod 777 "$TMPDIR/home"
GRAMME=$gramme unshare -m bash "$TMPDIR/user" || fail "a user's counters"
