# SPDX-License-Identifier: Apache-2.0
"""Follows one process and its threads, not its children, up to the moment of its exit.

The kernel stops the process there (PTRACE_O_TRACEEXIT), however it ends, with everything that it
holds still in place. Nothing is loaded into it and none of its calls is stopped, so that a program
that closes all, execs, or is killed can be looked at like any other.
"""

import ctypes
import os
import re
import signal

WALL = 0x40000000
CONT, DETACH, GETEVENTMSG, SEIZE, LISTEN = 7, 17, 0x4201, 0x4206, 0x4208
OPTION_CLONE, OPTION_EXIT, OPTION_EXITKILL = 1 << 3, 1 << 6, 1 << 20
EVENT_CLONE, EVENT_EXIT, EVENT_STOP = 3, 6, 128
STOPS = (signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU)

LIBC_SIGNALS = 1 << 31 | 1 << 32  # 32 and 33 are the C library's own

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.restype = ctypes.c_long
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]


def ptrace(request, tid, data):
    """Returns the error number; ESRCH is what a process killed meanwhile gives."""
    return ctypes.get_errno() if libc.ptrace(request, tid, None, data) else 0


def seize(pid):
    error = ptrace(SEIZE, pid, OPTION_CLONE | OPTION_EXIT | OPTION_EXITKILL)
    if error:
        raise OSError(error, "PTRACE_SEIZE: " + os.strerror(error))


def adopt_orphans():
    """From here on whatever the programs leave behind becomes our child."""
    PR_SET_CHILD_SUBREAPER = 36
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def read(path):
    try:
        with open(path, "rb") as f:
            return f.read().decode("utf-8", "backslashreplace")
    except OSError as error:
        return error.strerror


def status_of(tid):
    pairs = (line.split(":", 1) for line in read(f"/proc/{tid}/status").split("\n") if ":" in line)
    return {key: value.strip() for key, value in pairs}


def plain(target):
    """Numbers that differ from run to run are no difference."""
    target = re.sub(r"^(pipe|socket):\[\d+\]$", r"\1", target)
    target = re.sub(r"(/dev/shm/.*_)\d+", r"\1N", target)
    return re.sub(r"/proc/\d+", "/proc/PID", re.sub(r"/dev/pts/\d+", "/dev/pts/N", target))


def link(path):
    try:
        return plain(os.readlink(path))
    except OSError as error:
        return error.strerror


def descriptors(pid):
    for fd in sorted(map(int, os.listdir(f"/proc/{pid}/fd"))):
        flags = re.search(r"flags:\s*(\d+)", read(f"/proc/{pid}/fdinfo/{fd}"))
        yield f"{fd} {link(f'/proc/{pid}/fd/{fd}')} {flags and flags[1]}"


def environment(pid):
    for name in read(f"/proc/{pid}/environ").split("\0"):
        if not re.match(r"LD_PRELOAD=|GRAMME_", name):
            yield name


def observe(pid):
    """What a process holds, as lists of lines."""
    status = status_of(pid)

    def signals(key):
        return f"{key} {int(status[key], 16) & ~LIBC_SIGNALS:x}"

    identity = ("Uid", "Gid", "Groups", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb",
                "NoNewPrivs", "Seccomp")
    return {
        "descriptors": list(descriptors(pid)),
        "environment": list(environment(pid)),
        "working folder": [link(f"/proc/{pid}/cwd"), link(f"/proc/{pid}/root")],
        "umask": [status["Umask"]],
        "signal mask": [signals("SigBlk")],
        "signal dispositions": [signals("SigIgn"), signals("SigCgt")],
        "resource limits": read(f"/proc/{pid}/limits").split("\n"),
        "credentials": [f"{key} {status.get(key)}" for key in identity],
        "name": [status["Name"]],
    }


class Watch:
    """One process, seized. The caller waits for it by `follow`."""

    def __init__(self, pid, at_exit):
        self.pid = pid
        self.at_exit = at_exit
        self.threads = 1
        seize(pid)

    def _event_clone(self, tid):
        new = ctypes.c_ulong()
        libc.ptrace(GETEVENTMSG, tid, None, ctypes.byref(new))
        self.threads += self._is_thread(new.value)

    def _is_thread(self, tid):
        return status_of(tid).get("Tgid") == str(self.pid)

    def _resume(self, tid, status):
        event, number = status >> 16, os.WSTOPSIG(status)
        if event == EVENT_EXIT and tid == self.pid:
            self.at_exit(tid)
        elif event == EVENT_CLONE:
            self._event_clone(tid)
        elif event == EVENT_STOP and not self._is_thread(tid):
            return ptrace(DETACH, tid, 0)  # a clone that is a process of its own
        elif event == EVENT_STOP and number in STOPS:
            return ptrace(LISTEN, tid, 0)
        return ptrace(CONT, tid, 0 if event else number)

    def follow(self):
        """Returns the wait status."""
        while True:
            tid, status = os.waitpid(-1, WALL)
            if os.WIFSTOPPED(status):
                self._resume(tid, status)
            elif tid == self.pid:
                return status
