# SPDX-License-Identifier: Apache-2.0
"""What strangers say to a collector: packets, descriptors and memory of any kind, for the stories
about hostile clients. The socket is GRAMME_SOCKET's."""
import errno
import fcntl
import os
import socket
import struct
import time

MAGIC, HELLO, BEGIN, READY, END = 0x31656d6d617267, 1, 2, 3, 4
# Where the parts of an arena lie (preload/wire.h), and how large they are.
DEVICES, ENTRIES, NAMES, NOTES = 4096, 12288, 45056, 307200
LANES = NOTES + 2048 * 512
TOTALS, RING, SLOTS = 4096, 4096 + 2048 * 64, 8192
LANE = RING + SLOTS * 64
BYTES = LANES + 64 * LANE
F_ADD_SEALS, SHRINK_GROW_SEAL, FUTURE_WRITE = 1033, 2 | 4 | 1, 16
SEALS = SHRINK_GROW_SEAL | FUTURE_WRITE


def connect():
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    s.connect(os.environ["GRAMME_SOCKET"])
    s.settimeout(60)
    return s


def packet(kind, body=b"", magic=MAGIC, version=3, length=None):
    length = 16 + len(body) if length is None else length
    return struct.pack("<QHHI", magic, version, kind, length) + body


def hello(pid=None):
    return packet(HELLO, struct.pack("<IIQ", os.getpid() if pid is None else pid, 1, BYTES))


def begin(pid, *strings):
    text = b"".join(s.encode() + b"\0" for s in strings)
    return packet(BEGIN, struct.pack("<IIII", pid, len(strings), 0, 0) + text)


def ended(s):
    """The collector hangs up on us, at most after a reply that names an error."""
    try:
        reply = s.recv(1000)
        if reply:
            assert struct.unpack_from("<H", reply, 10)[0] == READY, reply
            assert struct.unpack_from("<i", reply, 16)[0] > 0, reply
            reply = s.recv(1000)
        return reply == b""
    except ConnectionResetError:
        return True


def say(s, *packets, fds=()):
    """Sends what the collector takes before it hangs up."""
    try:
        for p in packets:
            if fds:
                socket.send_fds(s, [p], fds)
            else:
                s.send(p)
    except (BrokenPipeError, ConnectionResetError):
        pass
    except OSError as error:
        # The kernel bounds the descriptors that a user has on their way.
        if error.errno != errno.ETOOMANYREFS:
            raise


def refused(*packets, fds=()):
    with connect() as s:
        say(s, *packets, fds=fds)
        assert ended(s), packets


def memfd(size=BYTES, seals=SEALS, content=None, flags=0):
    fd = os.memfd_create("x", os.MFD_ALLOW_SEALING | flags)
    os.ftruncate(fd, size)
    for offset, data in (content or {}).items():
        os.pwrite(fd, data, offset)
    if seals:
        fcntl.fcntl(fd, F_ADD_SEALS, seals)
    return fd


def header(**other):
    f = dict(magic=MAGIC, version=3, devices=32, entries=2048, name_bytes=262144, lanes=64,
             ring_slots=SLOTS, start=time.monotonic_ns(), devices_used=1, entries_used=2,
             names_used=16, lanes_used=1, entries_refused=0, untimed=0, implausible=0,
             uncovered=0, cost=50)
    f.update(other)
    return struct.pack("<QIIIIIIQIIIIQQQII", *f.values())


def lies():
    """An arena with every figure at its worst, names out of range and no UTF-8, torn slots."""
    worst = {0: header(devices_used=0xffffffff, entries_used=0xffffffff, lanes_used=0xffffffff,
                       uncovered=0xffffffff, cost=0xffffffff)}
    for i in range(0, 2048, 7):
        worst[ENTRIES + 16 * i] = struct.pack("<IIHBBBBH", 1, 0xfffffff0 - i, 0xffff, i & 255,
                                              i & 255, i & 255, 255, 0)
    for i in range(32):
        worst[DEVICES + 256 * i] = struct.pack("<IIII", 1, i, i, 1) + b"\xc3\x28\x1b[31m" * 20
    worst[NAMES] = bytes(range(256)) * 1024
    for lane in range(64):
        base = LANES + lane * LANE
        worst[base] = struct.pack("<IIQ", 1, 1, (1 << 64) - 1 - lane)
        for i in range(0, 2048, 101):
            worst[base + TOTALS + 64 * i] = struct.pack("<QQQQQQ", *([(1 << 64) - 1] * 6))
        for i in range(0, SLOTS, 997):
            number = (1 << 64) - 1 - lane - SLOTS + i
            slot = base + RING + 64 * (number % SLOTS)
            worst[slot] = struct.pack("<QQQQQIHHIIQ", number + 1, 0, 1 << 63, (1 << 64) - 1, 0, 0,
                                      0xffff if i % 2 else i % 2048, 0, 1, 0, 0)
    return worst
