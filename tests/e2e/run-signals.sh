#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Signals reach the program exactly once, whomever they were sent to: gramme alone, the whole
# process group, or every process of a job. And whatever is sent, gramme does not stand in the way.
. tests/e2e/lib.sh

cat >"$TMPDIR/counter.py" <<'PYTHON'
# Tells the signals that it gets; SIGUSR2 ends it.
import signal
watched = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGQUIT,
           signal.SIGCONT, signal.SIGTSTP, signal.SIGRTMIN + 3, signal.SIGUSR2}
signal.pthread_sigmask(signal.SIG_BLOCK, watched)
print("ready", flush=True)
number = None
while number != signal.SIGUSR2:
    number = signal.sigwait(watched)
    print(int(number), flush=True)
PYTHON

cat >"$TMPDIR/drive.py" <<'PYTHON'
import os, signal, subprocess, sys, time
gramme, ledgers, tmp = sys.argv[1:4]
counter = [sys.executable, tmp + "/counter.py"]

def start(program):
    process = subprocess.Popen([gramme, "run", "-q", "--ledger-dir", ledgers, "--"] + program,
                               stdout=subprocess.PIPE, start_new_session=True, text=True)
    assert process.stdout.readline() == "ready\n"
    return process

def children(pid):
    return [int(p) for t in os.listdir(f"/proc/{pid}/task")
            for p in open(f"/proc/{pid}/task/{t}/children").read().split()]

def program_of(process):
    # What gramme forks bears its own name only a moment later, and executes nothing.
    return [p for p in children(process.pid)
            if os.readlink(f"/proc/{p}/exe") != os.path.realpath(gramme)][0]

def wait_for(what, condition):
    for _ in range(3000):
        if condition():
            return
        time.sleep(0.01)
    raise SystemExit(f"FAILED: waited in vain for {what}")

def state(pid):
    return open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[0]

def settle():
    # Nothing to wait for: a second delivery, if there were one, must have had the time to come.
    time.sleep(0.3)

def got(process, number):
    line = process.stdout.readline()
    if line != f"{int(number)}\n":
        raise SystemExit(f"FAILED: signal {line!r} instead of {number}")

def end(process, pid):
    """Nothing more has come before it ends."""
    settle()
    os.kill(pid, signal.SIGUSR2)
    got(process, signal.SIGUSR2)
    assert process.stdout.read() == ""
    assert process.wait() == 0, process.returncode

some = [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGQUIT,
        signal.SIGRTMIN + 3]

def check(what, send):
    print("check:", what, flush=True)
    process = start(counter)
    pid = program_of(process)
    for number in some:
        send(process, pid, number)
        got(process, number)
        settle()
    end(process, pid)

def to_each(process, pid, number):
    # As a batch system does: every process of the job, one after the other.
    for target in children(process.pid) + [process.pid]:
        os.kill(target, number)

check("to gramme alone", lambda process, pid, number: os.kill(process.pid, number))
check("to the program alone", lambda process, pid, number: os.kill(pid, number))
check("to the process group", lambda process, pid, number: os.killpg(process.pid, number))
check("to each process", to_each)

# A stop and a continuation that were meant for gramme alone reach the program.
process = start(counter)
pid = program_of(process)
for number in (signal.SIGTSTP, signal.SIGCONT):
    os.kill(process.pid, number)
    got(process, number)
end(process, pid)

# A program that is stopped by its PID is continued by its PID; gramme does not hang.
process = start(counter)
pid = program_of(process)
os.kill(pid, signal.SIGSTOP)
wait_for("the stop", lambda: state(pid) == "T")
settle()
assert state(process.pid) in "SRD", state(process.pid)
os.kill(pid, signal.SIGCONT)
got(process, signal.SIGCONT)
end(process, pid)

# gramme killed: the program goes on and ends in its own time; nothing else stays.
process = start(counter)
pid = program_of(process)
def named(name):
    return [p for p in children(process.pid) if open(f"/proc/{p}/comm").read() == name + "\n"]
wait_for("a witness and a holder",
         lambda: len(named("gramme-witness")) == 1 and len(named("gramme-holder")) == 1)
others = [p for p in children(process.pid) if p != pid]
witness = named("gramme-witness")
assert len(others) == 2
process.kill()
assert process.wait() == -9
def gone(p):
    return not os.path.exists(f"/proc/{p}") or state(p) == "Z"
wait_for("the witness to go", lambda: gone(witness[0]))
assert state(pid) in "SRD"
os.kill(pid, signal.SIGUSR2)
got(process, signal.SIGUSR2)
assert process.stdout.read() == ""
wait_for("the holder to go", lambda: all(gone(p) for p in others))
wait_for("its folder to go",
         lambda: not [f for f in os.listdir(tmp) if f.startswith("gramme-")])

# The program sends a signal to its whole group, or to its parent: that is its own affair.
shell = ["sh", "-c", "trap 'echo got' TERM; echo ready; kill -TERM 0; exit 4"]
process = start(shell)
assert process.stdout.read() == "got\n"
assert process.wait() == 4
process = start(["sh", "-c", "trap 'echo got' TERM; echo ready; kill -TERM $PPID; exit 5"])
assert process.stdout.read() == ""
assert process.wait() == 5
PYTHON
$python "$TMPDIR/drive.py" "$gramme" "$ledgers" "$TMPDIR"

# The ledger of the run whose gramme was killed is partial, and valid.
for ledger in "$ledgers"/*/*/*.jsonl; do
	verified
done
