# SPDX-License-Identifier: Apache-2.0
"""A live collector of the harness, and what it saw: each arena begins a ledger of its own."""

import glob
import os
import signal
import subprocess
import time

import watch

ARENA_S = 10


def wait(condition, seconds):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.001)
    return True


def descendants(pid):
    """The process and all that came of it, oldest first."""
    pids = [pid]
    for one in pids:
        for task in os.listdir(f"/proc/{one}/task"):
            pids += map(int, watch.read(f"/proc/{one}/task/{task}/children").split())
    return pids


class Collector:
    def __init__(self, gramme, folder):
        os.makedirs(folder, 0o711, exist_ok=True)
        os.chmod(folder, 0o711)
        self.socket, self.ledgers = folder + "/s", folder + "/ledgers"
        self.log, self.library = folder + "/log", os.path.dirname(gramme) + "/libgramme.so"
        command = [gramme, "collect", "--socket", self.socket, "--ledger-dir", self.ledgers,
                   "--zone", "FR"]
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(command, stderr=log)
        if not wait(lambda: "collecting on" in watch.read(self.log), ARENA_S):
            self.process.kill()
            raise RuntimeError("the collector does not start: " + watch.read(self.log))

    def ledgers_of(self, experiment):
        return glob.glob(f"{self.ledgers}/**/{experiment}/*.jsonl", recursive=True)

    def arenas(self):
        return len(self.ledgers_of("*")) - len(self.ledgers_of("barrier"))

    def has_arenas(self):
        """For good: what came to the socket before the barrier was taken before it."""
        env = dict(os.environ, LD_PRELOAD=self.library, GRAMME_SOCKET=self.socket,
                   GRAMME_EAGER="1", GRAMME_EXPERIMENT="barrier")
        before = len(self.ledgers_of("barrier"))
        with subprocess.Popen(["sleep", "60"], env=env) as barrier:
            taken = wait(lambda: len(self.ledgers_of("barrier")) > before, ARENA_S)
            barrier.kill()
        if not taken:
            raise RuntimeError("the collector takes no arena at all")
        return self.arenas() > 0

    def kill(self):
        """Its holder as well, which would keep every connection as if nothing had happened, and the
        spare that would go on for the holder: none may see another's end before its own."""
        pids = descendants(self.process.pid)
        for signo in (signal.SIGSTOP, signal.SIGKILL):
            for pid in pids:
                os.kill(pid, signo)
        self.process.wait()

    def stop(self):
        """Returns the exit status of an orderly end."""
        self.process.terminate()
        try:
            return self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()
