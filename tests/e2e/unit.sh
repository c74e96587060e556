#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The systemd unit: well-formed, tight, and it leaves the collector what it needs. Nothing is started
# by systemd here; the collector runs as the unit would have it: root with five capabilities, file
# systems that cannot be written, its two folders where it looks for them by itself. A user's run is
# metered by counters of this machine that are root's alone.
# shellcheck disable=SC2016 # what is quoted is for a shell within
. tests/e2e/lib.sh
use_fake
user=65534
root=$TMPDIR/root
make --no-print-directory O="$GRAMME_BUILD" PREFIX="$root" install >"$TMPDIR/make" 2>&1 || {
	cat "$TMPDIR/make"
	fail "make install"
}
unit=$root/lib/systemd/system/gramme.service

systemd-analyze verify --man=no "$unit" >"$TMPDIR/verify" 2>&1 || fail "verify: $(cat "$TMPDIR/verify")"
[ ! -s "$TMPDIR/verify" ] || fail "verify: $(cat "$TMPDIR/verify")"
XDG_RUNTIME_DIR=$TMPDIR systemd-analyze verify --user --man=no "$root/lib/systemd/user/gramme.service" >"$TMPDIR/verify" 2>&1 ||
	fail "verify: $(cat "$TMPDIR/verify")"
systemd-analyze security --no-pager --offline=yes --threshold=32 "$unit" >"$TMPDIR/security" ||
	fail "exposed: $(tail -n 1 "$TMPDIR/security")"
tail -n 1 "$TMPDIR/security"

# setting NAME: what the unit says.
setting() {
	sed -n "s/^$1=//p" "$unit"
}
[ "/run/$(setting RuntimeDirectory)/collector.sock" = "$(sed -n 's/^#define CMD_ROOT_SOCKET "\(.*\)"/\1/p' collector/cmd/cmd.h)" ] ||
	fail "it listens elsewhere"
[ "/var/lib/$(setting StateDirectory)" = "$(sed -n 's/^#define CMD_ROOT_LEDGER "\(.*\)"/\1/p' collector/cmd/cmd.h)" ] ||
	fail "its ledgers go elsewhere"

needs_root "only root can confine a collector"
needs_leave unshare -m true

# confined COMMAND...: with the unit's capabilities, and nothing to be written but the two folders.
cat >"$TMPDIR/confined" <<'END'
mount -o remount,bind,ro / && mount -t tmpfs -o mode=755 tmpfs /home || exit 1
caps=$(sed -n 's/^CapabilityBoundingSet=//p' "$UNIT" | tr 'A-Z' 'a-z' | sed 's/cap_/,+/g; s/ //g')
exec setpriv --no-new-privs --bounding-set="-all$caps" --clear-groups "$@"
END
# The collector of one user, whose unit gives him the counters and nothing else of root's.
cat >"$TMPDIR/alone" <<'END'
chown "$USER_ID:$USER_ID" /run/gramme /var/lib/gramme
exec setpriv --reuid "$USER_ID" --regid "$USER_ID" --clear-groups --no-new-privs \
	--inh-caps=+dac_read_search --ambient-caps=+dac_read_search \
	"$@" --socket /run/gramme/collector.sock --ledger-dir /var/lib/gramme
END

# The machine: a package whose counter goes on at 20 W, and a user's program.
cat >"$TMPDIR/story" <<'END'
set -eu
mount -t tmpfs -o mode=755 tmpfs /run
mount --bind "$STATE" /var/lib
mount --bind "$TMPDIR" "$TMPDIR"
mount -t tmpfs -o mode=755 tmpfs /sys/class
zone=/sys/class/powercap/intel-rapl:0
mkdir -p /run/gramme /var/lib/gramme "$zone"
echo package-0 >"$zone/name"
echo 262143328850 >"$zone/max_energy_range_uj"
echo 1000000000 >"$zone/energy_uj"
chmod 0400 "$zone/energy_uj"
(
	while sleep 0.02; do
		read -r up _ </proc/uptime
		echo $((1000000000 + ${up/./} * 200000)) 1<>"$zone/energy_uj" # in one write, and never empty
	done
) &
driver=$!
unshare -m bash "$TMPDIR/$AS" "$@" 2>"$TMPDIR/collector" &
collector=$!
trap 'kill "$driver" "$collector"' EXIT
until [ -S /run/gramme/collector.sock ]; do
	kill -0 "$collector"
	sleep 0.05
done
export GRAMME_SOCKET=/run/gramme/collector.sock
setpriv --reuid "$USER_ID" --regid "$USER_ID" --clear-groups test ! -r "$zone/energy_uj"
# What the counter says before it begins, once it has, while it is still there, and when all is over.
: >"$TMPDIR/said"
cat "$zone/energy_uj" >"$TMPDIR/counted"
env -u FAKECL_COUNT_FILE LD_PRELOAD="$SHIM" setpriv --reuid "$USER_ID" --regid "$USER_ID" --clear-groups \
	"$PROGRAM" --launches 40 --until "$TMPDIR/go" >"$TMPDIR/said" &
program=$!
until grep -q count "$TMPDIR/said"; do sleep 0.05; done
cat "$zone/energy_uj" >>"$TMPDIR/counted"
sleep 2.5
cat "$zone/energy_uj" >>"$TMPDIR/counted"
touch "$TMPDIR/go"
wait "$program"
for _ in $(seq 200); do
	! find /var/lib/gramme -name '*.jsonl' -exec grep -q '"close"' {} + || break
	sleep 0.1
done
cat "$zone/energy_uj" >>"$TMPDIR/counted"
grep Cap "/proc/$(pgrep -P "$collector" -x gramme || echo "$collector")/status"
END

chmod 711 "$TMPDIR"
chmod -R a+rX "$root"
mkdir -p "$TMPDIR/state"
shim=$(find "$root" -name libgramme.so)

# collects AS WHERE [COMMAND...]: how the collector is confined, where the ledger is to be, and what the
# collector is run by.
collects() {
	local way=$1 place=$2

	shift 2
	rm -rf "$TMPDIR/state/gramme" "$TMPDIR/go"
	AS=$way STATE=$TMPDIR/state UNIT=$unit SHIM=$shim PROGRAM=$prog/cl_linked USER_ID=$user \
		unshare -m bash "$TMPDIR/story" "$@" "$root/bin/gramme" collect >"$TMPDIR/out" 2>"$TMPDIR/err" ||
		fail "status $?: $(cat "$TMPDIR/err")"
	ledger=$(newest "$TMPDIR/state/gramme")
	[ -n "$ledger" ] || fail "no ledger"
	verified
	[ "${ledger#"$TMPDIR/state/gramme/$place/"}" != "$ledger" ] || fail "not in $place: $ledger"
	[ "$(stat -c %u "$ledger")" = $user ] || fail "his ledger is not his"
	holds '[.kernels[].count] == [20, 20] and .chain.closed'
	holds '[.energy.domains[] | select(.name == "package-0") | .source, .quality] == ["powercap", "measured"]'
	# The run is as long as the program computed and waited; the counter was read within a tick of its ends.
	mapfile -t uj <"$TMPDIR/counted"
	holds ".energy.domains[] | select(.name == \"package-0\").domain_uj
		| . >= ($((uj[2] - uj[1]))) * 3 / 4 and . <= $((uj[3] - uj[0]))"
}

collects confined "$(id -nu $user)"
cat "$TMPDIR/out" "$TMPDIR/collector"
collects alone default
cat "$TMPDIR/out" "$TMPDIR/collector"

# Every system call of it is one that the unit lets pass.
command -v strace >/dev/null || fail "no strace"
collects confined "$(id -nu $user)" strace -f -qq -o "$TMPDIR/calls"
cat >"$TMPDIR/allowed.py" <<'END'
import re, subprocess, sys

groups = {}
text = subprocess.run(["systemd-analyze", "syscall-filter", "--no-pager"], capture_output=True, text=True).stdout
for line in text.splitlines():
    if line.startswith("@"):
        group = groups.setdefault(line.strip(), [])
    elif line.startswith("    ") and not line.strip().startswith("#"):
        group.append(line.strip())

def calls(name):
    if not name.startswith("@"):
        return {name}
    return set().union(*(calls(one) for one in groups[name])) if groups[name] else set()

allowed = set()
for line in open(sys.argv[1]):
    if line.startswith("SystemCallFilter="):
        names = line.strip().partition("=")[2]
        listed = set().union(*(calls(name) for name in names.lstrip("~").split()))
        allowed = allowed - listed if names.startswith("~") else allowed | listed
seen = set()
begun = False
for line in open(sys.argv[2]):
    call = re.match(r"\d+ +(\w+)\(", line)
    begun = begun or "bin/gramme" in line  # what came before is not the unit's
    if call and begun:
        seen.add(call.group(1))
print(len(seen), "of", len(allowed), "system calls were used")
if not {"perf_event_open", "setfsuid", "openat"} & seen or seen - allowed:
    sys.exit("not let pass: %s" % sorted(seen - allowed))
END
"$python" "$TMPDIR/allowed.py" "$unit" "$TMPDIR/calls" || fail "the unit's filter"
