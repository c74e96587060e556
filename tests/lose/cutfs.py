#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A file system for power cuts: it notes everything that is done to it, in order and with the time,
so that what a disk would hold after a cut at any of these moments can be laid out afterwards.

  cutfs.py MOUNTPOINT LOG FAULT

It stays in the foreground until it is unmounted. LOG gets one JSON object per change and per sync.
While the file FAULT holds the name of an error (EROFS, EDQUOT, ...), nothing can be changed: every
attempt gives that error.
"""
import base64
import errno
import json
import os
import stat
import sys
import time

try:
    from fusepy import FUSE, FuseOSError, Operations  # Debian's name for it
except ImportError:
    from fuse import FUSE, FuseOSError, Operations


class Node:
    def __init__(self, number, mode):
        self.number = number
        self.mode = mode
        self.data = bytearray()
        self.names = {}  # of a folder
        self.links = 0

    def is_folder(self):
        return stat.S_ISDIR(self.mode)


class CutFs(Operations):
    def __init__(self, log, fault):
        self.log = log
        self.fault = fault
        self.root = Node(0, stat.S_IFDIR | 0o755)
        self.made = 1
        self.handles = {}
        self.next_handle = 1

    def note(self, what, **fields):
        json.dump({"t_ns": time.monotonic_ns(), "what": what, **fields}, self.log)
        self.log.write("\n")
        self.log.flush()

    def refuse_if_faulty(self):
        try:
            with open(self.fault, encoding="ascii") as file:
                name = file.read().strip()
        except OSError:
            name = ""
        if name:
            raise FuseOSError(getattr(errno, name))

    # ---- finding ----

    def find(self, path):
        node = self.root
        for name in filter(None, path.split("/")):
            if not node.is_folder():
                raise FuseOSError(errno.ENOTDIR)
            if name not in node.names:
                raise FuseOSError(errno.ENOENT)
            node = node.names[name]
        return node

    def place(self, path):
        folder, name = os.path.split(path)
        return self.find(folder), name

    def node(self, path, handle):
        return self.handles[handle] if handle else self.find(path)

    def handle_of(self, node):
        handle = self.next_handle
        self.next_handle += 1
        self.handles[handle] = node
        return handle

    # ---- looking ----

    def getattr(self, path, fh=None):
        node = self.node(path, fh)
        return {"st_ino": node.number + 1, "st_mode": node.mode, "st_size": len(node.data),
                "st_nlink": 2 if node.is_folder() else node.links, "st_uid": os.getuid(),
                "st_gid": os.getgid()}

    def readdir(self, path, fh):
        return [".", "..", *self.find(path).names]

    def open(self, path, flags=os.O_RDONLY):
        node = self.find(path)
        if flags & (os.O_WRONLY | os.O_RDWR):
            self.refuse_if_faulty()
        return self.handle_of(node)

    opendir = open

    def read(self, path, size, offset, fh):
        return bytes(self.handles[fh].data[offset:offset + size])

    def release(self, path, fh):
        self.handles.pop(fh, None)
        return 0

    releasedir = release

    def statfs(self, path):
        return {"f_bsize": 4096, "f_frsize": 4096, "f_blocks": 1 << 20, "f_bfree": 1 << 20,
                "f_bavail": 1 << 20}

    # ---- changing ----

    def make(self, path, mode):
        self.refuse_if_faulty()
        folder, name = self.place(path)
        node = Node(self.made, mode)
        self.made += 1
        node.links = 1
        folder.names[name] = node
        self.note("make", folder=folder.number, name=name, node=node.number,
                  is_folder=node.is_folder())
        return node

    def mkdir(self, path, mode):
        self.make(path, stat.S_IFDIR | mode)

    def create(self, path, mode, fi=None):
        return self.handle_of(self.make(path, stat.S_IFREG | mode))

    def write(self, path, data, offset, fh):
        self.refuse_if_faulty()
        node = self.handles[fh]
        node.data.extend(bytes(max(0, offset + len(data) - len(node.data))))
        node.data[offset:offset + len(data)] = data
        self.note("write", node=node.number, offset=offset,
                  data=base64.b64encode(data).decode("ascii"))
        return len(data)

    def truncate(self, path, length, fh=None):
        self.refuse_if_faulty()
        node = self.node(path, fh)
        del node.data[length:]
        node.data.extend(bytes(length - len(node.data)))
        self.note("truncate", node=node.number, length=length)

    def unlink(self, path):
        self.refuse_if_faulty()
        folder, name = self.place(path)
        folder.names.pop(name).links -= 1
        self.note("remove", folder=folder.number, name=name)

    def rmdir(self, path):
        if self.find(path).names:
            raise FuseOSError(errno.ENOTEMPTY)
        self.unlink(path)

    def rename(self, old, new):
        self.refuse_if_faulty()
        folder, name = self.place(old)
        to_folder, to_name = self.place(new)
        if to_name in to_folder.names:
            to_folder.names[to_name].links -= 1
        to_folder.names[to_name] = folder.names.pop(name)
        self.note("rename", folder=folder.number, name=name, to_folder=to_folder.number,
                  to_name=to_name)

    def chmod(self, path, mode):
        node = self.find(path)
        node.mode = stat.S_IFMT(node.mode) | mode

    def chown(self, path, uid, gid):
        pass

    def utimens(self, path, times=None):
        pass

    def fsync(self, path, datasync, fh):
        self.refuse_if_faulty()
        self.note("sync", node=self.node(path, fh).number)

    fsyncdir = fsync


def main():
    mountpoint, log, fault = sys.argv[1:]
    with open(log, "w", encoding="ascii") as file:
        FUSE(CutFs(file, fault), mountpoint, foreground=True, nothreads=True, hard_remove=True,
             default_permissions=True, attr_timeout=0, entry_timeout=0, fsname="cutfs")


if __name__ == "__main__":
    main()
