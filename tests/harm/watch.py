# SPDX-License-Identifier: Apache-2.0
"""Follows one process and its threads, not its children, up to the moment of its exit.

The kernel stops the process there (PTRACE_O_TRACEEXIT), however it ends, with everything that it
holds still in place. Nothing is loaded into it and none of its calls is stopped (but for those up to
the first sendmsg, where the caller asks for that one), so that a program that closes all, execs, or
is killed can be looked at like any other.
"""

import ctypes
import os
import platform
import re
import signal

WALL = 0x40000000
CONT, DETACH, SYSCALL, GETEVENTMSG, SEIZE = 7, 17, 24, 0x4201, 0x4206
INTERRUPT, LISTEN, GET_SYSCALL_INFO = 0x4207, 0x4208, 0x420E
OPTION_SYSGOOD, OPTION_CLONE, OPTION_EXIT, OPTION_EXITKILL = 1, 1 << 3, 1 << 6, 1 << 20
SYSCALL_STOP, INFO_ENTRY, INFO_EXIT = signal.SIGTRAP | 0x80, 1, 2
SENDMSG = {"x86_64": 46, "aarch64": 211}[platform.machine()]
EVENT_CLONE, EVENT_EXIT, EVENT_STOP = 3, 6, 128
STOPS = (signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU)

LIBC_SIGNALS = 1 << 31 | 1 << 32  # 32 and 33 are the C library's own

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.restype = ctypes.c_long
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]


class SyscallInfo(ctypes.Structure):
    """struct ptrace_syscall_info, as far as it is read here."""
    _fields_ = [("op", ctypes.c_uint8), ("arch", ctypes.c_uint32), ("ip", ctypes.c_uint64),
                ("sp", ctypes.c_uint64), ("number", ctypes.c_uint64), ("rest", ctypes.c_uint64 * 6)]


def ptrace(request, tid, data):
    """Returns the error number; ESRCH is what a process killed meanwhile gives."""
    return ctypes.get_errno() if libc.ptrace(request, tid, None, data) else 0


def seize(pid):
    error = ptrace(SEIZE, pid, OPTION_SYSGOOD | OPTION_CLONE | OPTION_EXIT | OPTION_EXITKILL)
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


def memory_kib(pid):
    """A page of a sparse file counts once it is touched; the files' own pages are the peak's."""
    kib = {key: int(value.split()[0]) for key, value in status_of(pid).items()
           if key in ("RssAnon", "RssShmem", "VmHWM", "VmLck", "VmSize")}
    if not kib:
        return {}
    return {"memory": kib["RssAnon"] + kib["RssShmem"], "peak memory": kib["VmHWM"],
            "locked memory": kib["VmLck"], "address space": kib["VmSize"]}


def observe(pid):
    """What a process holds, as lists of lines."""
    status = status_of(pid)

    def signals(key):
        return f"{key} {int(status[key], 16) & ~LIBC_SIGNALS:x}"

    identity = ("Uid", "Gid", "Groups", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb",
                "NoNewPrivs", "Seccomp")
    settings = ("Cpus_allowed", "Mems_allowed_list", "THP_enabled")
    files = ("oom_score_adj", "personality", "coredump_filter", "timerslack_ns", "cgroup")
    return {
        "descriptors": list(descriptors(pid)),
        "environment": list(environment(pid)),
        "working folder": [link(f"/proc/{pid}/cwd"), link(f"/proc/{pid}/root")],
        "umask": [status["Umask"]],
        "signal mask": [signals("SigBlk")],
        "signal dispositions": [signals("SigIgn"), signals("SigCgt")],
        "resource limits": read(f"/proc/{pid}/limits").split("\n"),
        "credentials": [f"{key} {status.get(key)}" for key in identity],
        "settings": [f"{key} {status.get(key)}" for key in settings] +
                    [f"{name} {read(f'/proc/{pid}/{name}').strip()}" for name in files],
        "name": [status["Name"]],
    }


class Watch:
    """One process, seized. The caller waits for it by `follow`."""

    def __init__(self, pid, at_exit, at_sendmsg=None):
        self.pid = pid
        self.at_exit, self.at_sendmsg = at_exit, at_sendmsg
        self.threads, self.sending = 1, False
        seize(pid)
        if at_sendmsg:
            ptrace(INTERRUPT, pid, 0)

    def _event_clone(self, tid):
        new = ctypes.c_ulong()
        libc.ptrace(GETEVENTMSG, tid, None, ctypes.byref(new))
        self.threads += self._is_thread(new.value)

    def _event_call(self):
        """Holds the process at the end of its first sendmsg, while the caller is told."""
        info = SyscallInfo()
        libc.ptrace(GET_SYSCALL_INFO, self.pid, ctypes.sizeof(info), ctypes.byref(info))
        if info.op == INFO_ENTRY:
            self.sending = info.number == SENDMSG
        elif info.op == INFO_EXIT and self.sending:
            self.at_sendmsg()
            self.at_sendmsg = None

    def _is_thread(self, tid):
        return status_of(tid).get("Tgid") == str(self.pid)

    def _resume(self, tid, status):
        event, number = status >> 16, os.WSTOPSIG(status)
        if number == SYSCALL_STOP:
            self._event_call()
            number = 0
        elif event == EVENT_EXIT and tid == self.pid:
            self.at_exit(tid)
        elif event == EVENT_CLONE:
            self._event_clone(tid)
        elif event == EVENT_STOP and not self._is_thread(tid):
            return ptrace(DETACH, tid, 0)  # a clone that is a process of its own
        elif event == EVENT_STOP and number in STOPS:
            return ptrace(LISTEN, tid, 0)
        onwards = SYSCALL if self.at_sendmsg and tid == self.pid else CONT
        return ptrace(onwards, tid, 0 if event else number)

    def follow(self):
        """Returns the wait status."""
        while True:
            tid, status = os.waitpid(-1, WALL)
            if os.WIFSTOPPED(status):
                self._resume(tid, status)
            elif tid == self.pid:
                return status
