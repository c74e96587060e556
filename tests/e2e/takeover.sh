#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# timeout: 900
# Collectors are killed, restarted and killed again under programs that compute, and so are their
# holders: no program notices, every launch is in a ledger once, every ledger verifies, and
# nothing is left behind. The long form: 200 SIGKILLs and 50 restarts under 20 programs.
. tests/e2e/lib.sh
use_fake

programs=5 kills=10 restarts=4 holders=2
[ -z "${GRAMME_SLOW:-}" ] || programs=20 kills=200 restarts=50 holders=20

cat >"$TMPDIR/drive.py" <<'PYTHON'
import os, random, re, signal, subprocess, sys, threading, time

gramme, prog, shim, ledgers, tmp = sys.argv[1:6]
programs, kills, restarts, holders = map(int, sys.argv[6:10])
dice = random.Random(int(os.environ.get("SEED", "0")) or time.time_ns())
socket = tmp + "/socket"
linked = prog + "/cl_linked"
slowly = ["--batch", "20", "--rest-ms", "10"]
log = open(tmp + "/collector", "w")

# What a program may be: alone for a long or a short time, with children, with a successor, forked
# from one that computes, or under gramme run.
kinds = [
    ["--launches", "3000"] + slowly,
    ["--launches", "800", "--threads", "3"] + slowly,
    ["--launches", "100"],
    ["--launches", "300", "--workers", "3", "--compute-first"] + slowly,
    ["--launches", "200", "--pause-ms", "300", "--exec", linked, "--launches", "300"] + slowly,
    ["--launches", "60", "--pause-ms", "700"],
]
wrong = []
made = {}  # by the name of each program, which is the experiment of its ledgers
course = {}
over = threading.Event()
ran = [0]

def program(number):
    """One program after the other, until it is over. None of them may notice anything."""
    mine = random.Random(number)
    while not over.is_set():
        kind = mine.choice(kinds)
        client = number % 5 == 4
        ran[0] += 1
        name = f"p{number}.{ran[0]}"
        env = dict(os.environ, GRAMME_SOCKET=socket, GRAMME_LEDGER_DIR=ledgers,
                   GRAMME_EXPERIMENT=name)
        begun = time.strftime("%T", time.gmtime())
        if not client:
            env["LD_PRELOAD"] = shim
        command = ([gramme, "run", "-q", "--"] if client else []) + [linked] + kind
        p = subprocess.run(command, env=env, capture_output=True, text=True)
        if p.returncode or not re.fullmatch(r"(count kernel (scale|add) \d+\n)+", p.stdout):
            wrong.append(f"{command}: status {p.returncode}, {p.stdout!r}, {p.stderr!r}")
        # gramme run may say that it found nobody who answers: that is no word of the program.
        if p.stderr and not client:
            wrong.append(f"{command}: {p.stderr!r}")
        made[name] = sum(map(int, re.findall(r"count kernel \w+ (\d+)", p.stdout)))
        course[name] = f"{' '.join(command[-len(kind):])}, {begun} to {time.strftime('%T', time.gmtime())}"
        # Each is a run, and each run some waits for the disk.
        time.sleep(mine.random() * programs / 5)

said = [0]  # so far, when the present collector began

def begin(patience=60):
    said[0] = os.stat(tmp + "/collector").st_size
    return subprocess.Popen([gramme, "collect", "--socket", socket, "--ledger-dir", ledgers,
                             "--zone", "FR", "--patience", str(patience)], stderr=log)

def ours(name):
    """The processes of this test that bear a name."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if open(f"/proc/{pid}/comm").read() == name + "\n" and \
               f"\0TMPDIR={tmp}\0".encode() in b"\0" + open(f"/proc/{pid}/environ", "rb").read():
                found.append(int(pid))
        except OSError:
            pass
    return found

def parent(pid):
    return int(re.search(r"PPid:\s*(\d+)", open(f"/proc/{pid}/status").read())[1])

def held():
    """The holder of the collector's socket, not those of gramme run, and not its spare, which bears
    its name at birth."""
    found = [p for p in ours("gramme-holder") if b"collect\0" in
             open(f"/proc/{p}/cmdline", "rb").read()]
    return [p for p in found if parent(p) not in found]

def wait_for(what, condition):
    for _ in range(3000):
        if condition():
            return
        time.sleep(0.01)
    raise SystemExit(f"FAILED: waited in vain for {what}: " + open(tmp + "/collector").read())

replaced = "another one has taken its place"

def told(words):
    return open(tmp + "/collector").read()[said[0]:].count(words)

def ready():
    return told("gramme: collecting on")

def kill_holder():
    """Either of the two may die, but one has to have taken over from the other before it does."""
    wait_for("the collector", ready)
    before = told(replaced)
    for pid in held():
        os.kill(pid, signal.SIGKILL)
    wait_for("another holder", lambda: told(replaced) > before)

def alive(p):
    if p.poll() is not None:
        raise SystemExit(f"FAILED: a collector ended with {p.returncode}: "
                         + open(tmp + "/collector").read())

collector = begin()
wait_for("the first collector", ready)
threads = [threading.Thread(target=program, args=(i,), daemon=True) for i in range(programs)]
for t in threads:
    t.start()
todo = ["kill"] * kills + ["restart"] * restarts + ["holder"] * holders
dice.shuffle(todo)
for what in todo:
    time.sleep(dice.choice((0.02, 0.2, 0.6, 2)) * dice.random())
    alive(collector)
    if what == "holder":
        kill_holder()
        continue
    collector.send_signal(signal.SIGKILL if what == "kill" else signal.SIGHUP)
    if collector.wait() not in (-9, -1, 0):  # -1: it was not ready to hand over yet
        raise SystemExit(f"FAILED: a collector ended with {collector.returncode}")
    # Sometimes nobody is there for a while.
    time.sleep(dice.choice((0, 0, 0.05, 0.5)) * dice.random())
    collector = begin()
over.set()
for t in threads:
    t.join()
alive(collector)
print(f"{ran[0]} programs ran")
if wrong:
    raise SystemExit("FAILED: a program noticed:\n" + "\n".join(wrong[:10]))

def closed(path):
    """Closed, or of a collector that died before it had anything else to say."""
    text = open(path).read()
    return '"type":"close"' in text or (text.count("\n") <= 1 and
        time.time() - os.stat(path).st_mtime > 8 and
        not os.path.exists(path.replace(".jsonl", ".journal")))

def all_closed():
    return all(closed(os.path.join(folder, name)) for folder, _, names in os.walk(ledgers)
               for name in names if name.endswith(".jsonl"))

for _ in range(600):
    if all_closed():
        break
    time.sleep(0.1)
else:
    raise SystemExit("FAILED: ledgers stay open")
with open(tmp + "/made", "w") as file:
    for name in made:
        file.write(f"{name}\t{made[name]}\t{course[name]}\n")
collector.terminate()
if collector.wait() != 0:
    raise SystemExit(f"FAILED: the last collector ended with {collector.returncode}")
for _ in range(300):
    left = ours("gramme-holder") + ours("gramme-spare") + ours("gramme")
    files = [f for f in os.listdir(tmp) if f.startswith(("socket", "gramme-"))]
    if not left and not files:
        break
    time.sleep(0.1)
else:
    raise SystemExit(f"FAILED: left behind: processes {left}, files {files}")
PYTHON

$python "$TMPDIR/drive.py" "$gramme" "$prog" "$build/libgramme.so" "$ledgers" "$TMPDIR" \
	$programs $kills $restarts $holders || {
	tail -n 20 "$TMPDIR/collector"
	exit 1
}
grep -c '^gramme: went on with' "$TMPDIR/collector" | sed 's/$/ takeovers/'
grep -e 'cannot go on' -e 'does not fit' "$TMPDIR/collector" && fail "a run was lost"

# One that died while it made a ledger leaves none, or one with its opening line alone, and the run is
# in another.
find "$ledgers" -name '*.jsonl' >"$TMPDIR/list"
xargs "$gramme" verify <"$TMPDIR/list" >"$TMPDIR/verify" 2>&1 || {
	grep -v ': ok' "$TMPDIR/verify"
	fail "a ledger does not verify"
}
while read -r ledger; do
	ledger_counts
done <"$TMPDIR/list" | counts_of kernel >"$TMPDIR/seen"
counts_of kernel <"$(tally)" >"$TMPDIR/expected"
cat "$TMPDIR/seen"
[ -s "$TMPDIR/expected" ] || fail "nothing was launched"
diff -u "$TMPDIR/expected" "$TMPDIR/seen" || {
	# Of one that a collector only met when it was dead, nobody knows the name.
	while read -r ledger; do
		json '"\(.run.experiment) \([.kernels[].count] | add // 0)"'
	done <"$TMPDIR/list" >"$TMPDIR/by-name"
	awk 'NR == FNR { seen[$1] += $2; next }
		{ if (seen[$1] != $2) print $0 ": seen " seen[$1] + 0; delete seen[$1] }
		END { for (i in seen) print i, seen[i] }' "$TMPDIR/by-name" "$TMPDIR/made" | tail -n 40
	diff -u "$TMPDIR/expected" "$TMPDIR/seen" | tail -n 4
	grep -v -e 'collecting on' -e 'went on with' -e 'taken its place' "$TMPDIR/collector" | tail -n 10
	ledger=
	fail "the ledgers count otherwise (-made +seen)"
}
