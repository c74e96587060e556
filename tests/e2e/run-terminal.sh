#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Under an interactive shell on a terminal: the program has it, Ctrl-C and Ctrl-\ reach it once,
# Ctrl-Z stops the job and fg and bg continue it, and a window change is seen.
. tests/e2e/lib.sh

cat >"$TMPDIR/reader.py" <<'PYTHON'
# Tells what happens to it, a line in one piece; ends on "end".
import os, signal, sys, threading
watched = {signal.SIGINT, signal.SIGQUIT, signal.SIGCONT, signal.SIGWINCH}
def tell(*words):
    os.write(1, (" ".join(map(str, words)) + "\n").encode())
def watch():
    while True:
        tell("signal", signal.Signals(signal.sigwait(watched)).name)
signal.pthread_sigmask(signal.SIG_BLOCK, watched)
threading.Thread(target=watch, daemon=True).start()
tell("terminal", [os.isatty(fd) for fd in (0, 1, 2)], os.tcgetpgrp(0) == os.getpgrp())
for line in sys.stdin:
    tell("line", line.strip())
    if line.strip() == "end":
        os._exit(6)
PYTHON

cat >"$TMPDIR/drive.py" <<'PYTHON'
import fcntl, os, pty, re, select, struct, sys, termios, time
gramme, ledgers, tmp = sys.argv[1:4]
pid, tty = pty.fork()
if pid == 0:
    os.environ.update(PS1="prompt> ", TERM="dumb")
    os.execvp("bash", ["bash", "--norc", "--noprofile", "--noediting", "-i"])
said = ""

def expect(text, times=1):
    """Waits until the terminal shows it, and forgets what came up to there."""
    global said
    end = time.monotonic() + 60
    while len(re.findall(text, said)) < times:
        if time.monotonic() > end or not select.select([tty], [], [], 1)[0] and \
                time.monotonic() > end:
            raise SystemExit(f"FAILED: no {text!r} in {said!r}")
        if select.select([tty], [], [], 1)[0]:
            said += os.read(tty, 65536).decode(errors="replace")
    seen, said = said, ""
    return seen

def type_(text):
    os.write(tty, text.encode())

def quiet():
    """What the terminal still shows in a while in which nothing more should come."""
    global said
    end = time.monotonic() + 0.5
    while time.monotonic() < end:
        if select.select([tty], [], [], 0.1)[0]:
            said += os.read(tty, 65536).decode(errors="replace")
    seen, said = said, ""
    return seen

run = f"{gramme} run --ledger-dir {ledgers} -- "
expect("prompt> ")
type_(run + f"{sys.executable} {tmp}/reader.py\n")
expect(r"terminal \[True, True, True\] True")
type_("hello\n")
expect("line hello")
for key, name in (("\x03", "SIGINT"), ("\x1c", "SIGQUIT")):
    type_(key)
    seen = expect("signal " + name) + quiet()
    assert seen.count("signal") == 1, seen
fcntl.ioctl(tty, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 120, 0, 0))
seen = expect("signal SIGWINCH") + quiet()
assert seen.count("signal") == 1, seen

# Stopped, looked at, continued, stopped again, continued in the background, and back.
type_("\x1a")
expect(r"Stopped.*\n.*prompt> ")
type_("jobs -l\n")
expect(r"Stopped.*\n.*prompt> ")
type_("fg\n")
seen = expect("signal SIGCONT") + quiet()
assert seen.count("signal") == 1, seen
type_("again\n")
expect("line again")
type_("\x1a")
expect(r"Stopped.*\n.*prompt> ")
type_("bg\n")
expect(r"\[1\].*&\r")
# In the background its read from the terminal stops it.
type_("jobs\n")
for _ in range(100):
    if "Stopped" in quiet():
        break
    type_("jobs\n")
else:
    raise SystemExit("FAILED: not stopped by its read in the background")
type_("fg\n")
expect("signal SIGCONT")
type_("end\n")
seen = expect("prompt> ")
assert "line end" in seen and "CO2e" in seen, seen
type_("echo status $?\n")
expect(r"status 6\r")

# A program that does not care for Ctrl-C dies by it, and so does gramme: the shell's loop ends.
type_(f"for i in 1 2 3; do echo round $i; {run} sleep 100; done\n")
expect("round 1\r")
quiet()
type_("\x03")
seen = expect("prompt> ") + quiet()
assert "round 2" not in seen, seen
type_("echo status $?\n")
expect("status 130\r")

# A child that stops itself as a full-screen editor does: the shell gets its prompt.
type_(run + """sh -c 'kill -STOP $$; echo continued; exit 7'\n""")
expect(r"Stopped.*\n.*prompt> ")
type_("fg\n")
expect("continued\r")
expect("prompt> ")
type_("echo status $?\n")
expect(r"status 7\r")
type_("exit\n")
os.waitpid(pid, 0)
PYTHON
$python "$TMPDIR/drive.py" "$gramme" "$ledgers" "$TMPDIR"
for ledger in "$ledgers"/*/*/*.jsonl; do
	verified
done
