/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Processes as /proc tells them. `root` is "/proc", or a recorded copy of it.
 */
#ifndef GRAMME_PROC_H
#define GRAMME_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PROC_COMM_MAX 64

struct proc_stat {
	pid_t pid;
	pid_t ppid;
	char state;
	char comm[PROC_COMM_MAX];
	uint64_t start_ticks; /* since boot; with the PID, a process' identity */
	uint64_t own_ns;      /* utime + stime of all its threads, in steps of a clock tick */
	uint64_t child_ns;    /* of children that it has reaped, and of theirs */
	uint32_t threads;
	uint64_t rss_bytes;
	uint64_t image; /* changes when the process executes another program; 0 not readable */
	uint64_t inode; /* of its folder: another one is another process */
	bool stranger;
};

/* Parses the text of /proc/PID/stat. Returns 0 or -EBADMSG. */
int proc_parse_stat(const char *text, struct proc_stat *stat);

/* Reads one process. Returns 0, or -errno (-ENOENT, -ESRCH: it is gone). */
int proc_stat(const char *root, pid_t pid, struct proc_stat *stat);

/*
 * All processes at one moment (as nearly as /proc allows), by rising PID. A process that is marked
 * as a stranger is not read again while it is there, since most of a node's processes are none of
 * ours: what stands here of it may be old. While no process was made since the snapshot before, the
 * others are read alone, and a stranger that ended stays.
 */
struct proc_snapshot {
	long newest; /* PID given out last, as /proc/loadavg had it before; 0: not known */
	struct proc_stat *stat;
	size_t n;
	size_t room;
	struct proc_stat *before; /* the snapshot before */
	size_t before_n;
	size_t before_room;
};

/* Takes a snapshot into *snapshot, which begins as zeros. Returns 0 or -errno. */
int proc_snapshot(const char *root, struct proc_snapshot *snapshot);
/* The same of processes that are all strangers: nothing is read of them but that they are there. */
int proc_snapshot_strangers(const char *root, struct proc_snapshot *snapshot);
void proc_snapshot_release(struct proc_snapshot *snapshot);

/* The process in a snapshot, or NULL. */
struct proc_stat *proc_find(const struct proc_snapshot *snapshot, pid_t pid);

/* Opens "<root>/<pid>/<name>" for reading. Returns a descriptor or -errno. */
int proc_open(const char *root, pid_t pid, const char *name);

/*
 * Reads the start of a file of a process, zero-terminated. Returns its length (at most
 * size - 1) or -errno.
 */
ssize_t proc_read(const char *root, pid_t pid, const char *name, char *text, size_t size);

/* Reads a whole file of at most `limit` bytes; *text is the caller's to free. As above. */
ssize_t proc_load(const char *root, pid_t pid, const char *name, size_t limit, char **text);

/* Reads where a link of a process points to ("cwd", "exe"). Returns 0 or -errno. */
int proc_link(const char *root, pid_t pid, const char *name, char *target, size_t size);

/* The real user of a process, from its status. Returns 0 or -errno. */
int proc_user(const char *root, pid_t pid, uid_t *real, uid_t *effective);

/*
 * Proportional memory of a process (its share of what it shares), or where that may not be read
 * what it holds alone. The kernel looks at each page for it, and holds the process' map meanwhile:
 * 3.5 ms for 310 MB (2026-11-22). Returns 0 or -errno.
 */
int proc_memory(const char *root, pid_t pid, uint64_t *bytes);
/* What it shares with no file and no shared memory, which the kernel has at hand: 10 us. */
int proc_memory_alone(const char *root, pid_t pid, uint64_t *bytes);

#endif
