#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Python: child processes of every kind, pools, threads, ctypes.
# timeout: 600
. tests/harm/lib.sh

same startup -- "$python" -c 'import sys; print(sys.version_info[:2])'
same subprocess -- "$python" -c '
import subprocess, os
print(subprocess.run(["sh", "-c", "echo a; exit 3"], capture_output=True))
print(subprocess.run(["env"], env={"A": "b"}, capture_output=True).returncode)
p = subprocess.Popen(["cat"], stdin=-1, stdout=-1, close_fds=False, start_new_session=True)
print(p.communicate(b"x"), os.system("exit 5") >> 8, os.popen("echo p").read())
try: subprocess.run(["/nonexistent"])
except FileNotFoundError as e: print(e)
try: subprocess.run(["sleep", "9"], timeout=0.1)
except subprocess.TimeoutExpired: print("late")'

cat >"$TMPDIR/pool.py" <<'P'
import multiprocessing as m, os, sys

def square(x):
    return x * x

def fail(x):
    raise ValueError(x)

if __name__ == "__main__":
    context = m.get_context(sys.argv[1])
    with context.Pool(3) as pool:
        print(pool.map(square, range(20)))
        try:
            pool.apply(fail, (4,))
        except ValueError as error:
            print("caught", error)
    queue = context.Queue()
    process = context.Process(target=queue.put, args=(5,))
    process.start()
    print(queue.get())
    process.join()
    process = context.Process(target=os._exit, args=(7,))
    process.start()
    process.join()
    print(process.exitcode)
P
for how in fork spawn forkserver; do
	same "pool-$how" --leave-out threads --seconds 60 -- "$python" "$TMPDIR/pool.py" $how
done
same executor --leave-out threads -- "$python" -c '
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
print(list(ThreadPoolExecutor(4).map(abs, range(-5, 5))))
print(list(ProcessPoolExecutor(2).map(abs, range(-5, 5))))'
same fork-in-thread -- "$python" -c '
import os, threading
def work():
    pid = os.fork()
    if not pid: os._exit(6)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
for i in range(3):
    t = threading.Thread(target=work); t.start(); t.join()'
same ctypes -- "$python" -c '
import ctypes, ctypes.util, sys
libc = ctypes.CDLL(None, use_errno=True)
ctypes.set_errno(9)
print(libc.strlen(b"abc"), ctypes.get_errno(), libc.open(b"/none", 0), ctypes.get_errno())
print(ctypes.util.find_library("m"), ctypes.CDLL("libm.so.6").abs(-3))
try: ctypes.CDLL("libnothing.so")
except OSError as e: print(e)
try: libc.no_such_name
except AttributeError as e: print(str(e).split(":")[-1])'
same faulthandler --mask '^  File|Extension' -- "$python" -X faulthandler -c '
import ctypes; print("x", flush=True); ctypes.string_at(0)'
same signals --mask 'File|0x' -- "$python" -c '
import signal, os, time
rung = []
signal.signal(signal.SIGUSR1, lambda *a: print("usr1"))
signal.signal(signal.SIGALRM, lambda *a: rung.append(print("alarm")))
signal.setitimer(signal.ITIMER_REAL, 0.05)
os.kill(os.getpid(), signal.SIGUSR1)
while not rung: time.sleep(5) # not pause: on a busy machine it may have rung already
print(signal.getsignal(signal.SIGINT), signal.pthread_sigmask(0, ()))
os.kill(os.getpid(), signal.SIGINT); time.sleep(1)'
same asyncio -- "$python" -c '
import asyncio
async def main():
    p = await asyncio.create_subprocess_exec("sh", "-c", "cat; exit 2", stdin=-1, stdout=-1)
    print(await p.communicate(b"data"), p.returncode)
    print(await asyncio.gather(*(asyncio.sleep(0.01, i) for i in range(3))))
asyncio.run(main())'
same exit-in-thread -- "$python" -c '
import os, threading, time
threading.Thread(target=lambda: os._exit(11)).start(); time.sleep(5)'
same terminal --pty 'import os' --pty 'print(os.isatty(0), os.getpgrp() == os.tcgetpgrp(0))' \
	--pty 'raise SystemExit(3)' -- "$python" -I -c '
while True:
    exec(input("harm% "))'
verdict
