/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Processes as /proc tells them.
 */
#include "collector/run/proc.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collector/intake/clean.h"
#include "collector/rights.h"
#include "collector/units.h"

/* Fields of /proc/PID/stat behind the name, numbered as in proc(5). */
enum {
	FIELD_STATE = 3,
	FIELD_PPID = 4,
	FIELD_UTIME = 14,
	FIELD_STIME = 15,
	FIELD_CUTIME = 16,
	FIELD_CSTIME = 17,
	FIELD_THREADS = 20,
	FIELD_START = 22,
	FIELD_RSS = 24,
	FIELD_STARTCODE = 26,
	FIELD_ENDCODE = 27,
	FIELD_STARTSTACK = 28,
	FIELD_ARG_START = 48,
	FIELD_ENV_END = 51,
	FIELDS = 53
};

static uint64_t ticks_to_ns(uint64_t ticks)
{
	return units_mul_div(ticks, UNITS_NS_PER_S, (uint64_t)sysconf(_SC_CLK_TCK));
}

/*
 * Where the image lies changes with every exec: code, stack, arguments and environment are laid out
 * anew, at random or at least by their sizes. Zeros stand there while that is being done, and for
 * a process that we may not look into.
 */
static uint64_t image_of(const uint64_t *field)
{
	uint64_t hash = 14695981039346656037ULL; /* FNV-1a */

	if (field[FIELD_STARTSTACK] == 0 || field[FIELD_ENV_END] == 0)
		return 0;
	for (int i = FIELD_STARTCODE; i <= FIELD_STARTSTACK; i++)
		hash = (hash ^ field[i]) * 1099511628211ULL;
	for (int i = FIELD_ARG_START; i <= FIELD_ENV_END; i++)
		hash = (hash ^ field[i]) * 1099511628211ULL;
	return hash ? hash : 1;
}

int proc_parse_stat(const char *text, struct proc_stat *stat)
{
	const char *open = strchr(text, '(');
	const char *close = strrchr(text, ')');
	uint64_t field[FIELDS] = {0};
	char *end;

	if (!open || !close || close < open || close[1] != ' ' || !close[2] || close[3] != ' ')
		return -EBADMSG;
	long pid = strtol(text, &end, 10);
	if (pid <= 0 || pid > INT_MAX || end == text)
		return -EBADMSG;
	*stat = (struct proc_stat){.pid = (pid_t)pid, .state = close[2]};
	clean_copy(stat->comm, sizeof(stat->comm), open + 1, (size_t)(close - open - 1));
	const char *at = close + 3;
	int n = FIELD_PPID;
	for (; n < FIELDS; n++) {
		/* Some fields are negative; none of these is used. */
		field[n] = strtoull(at, &end, 10);
		if (end == at)
			break;
		at = end;
	}
	if (n <= FIELD_RSS || field[FIELD_PPID] > INT_MAX)
		return -EBADMSG;
	stat->ppid = (pid_t)field[FIELD_PPID];
	stat->start_ticks = field[FIELD_START];
	stat->own_ns = ticks_to_ns(field[FIELD_UTIME] + field[FIELD_STIME]);
	stat->child_ns = ticks_to_ns(field[FIELD_CUTIME] + field[FIELD_CSTIME]);
	stat->threads = (uint32_t)field[FIELD_THREADS];
	stat->rss_bytes = field[FIELD_RSS] * (uint64_t)sysconf(_SC_PAGESIZE);
	stat->image = image_of(field);
	return 0;
}

/*
 * Some files of a process are readable by its user alone (its environment, 0400): a collector that
 * gave up the power over all files opens them with that user's rights.
 */
static int open_as_owner(const char *path)
{
	struct rights before;
	struct stat st;
	int fd = -1;

	if (stat(path, &st) || rights_take(st.st_uid, st.st_gid, &before))
		return -1;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	rights_return(&before);
	return fd;
}

int proc_open(const char *root, pid_t pid, const char *name)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s/%d/%s", root, (int)pid, name);

	if (n < 0 || (size_t)n >= sizeof(path))
		return -ENAMETOOLONG;
	int raised = rights_raise(CAP_SYS_PTRACE);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == EACCES)
		fd = open_as_owner(path);
	rights_lower(raised);
	return fd < 0 ? -errno : fd;
}

static ssize_t read_up_to(int fd, char *text, size_t size)
{
	size_t length = 0;

	while (length < size - 1) {
		ssize_t n = read(fd, text + length, size - 1 - length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		length += (size_t)n;
	}
	text[length] = '\0';
	return (ssize_t)length;
}

ssize_t proc_read(const char *root, pid_t pid, const char *name, char *text, size_t size)
{
	/* Some of it is asked for when it is read. */
	int raised = rights_raise(CAP_SYS_PTRACE);
	int fd = proc_open(root, pid, name);
	ssize_t n = fd < 0 ? fd : read_up_to(fd, text, size);

	rights_lower(raised);
	if (fd >= 0)
		close(fd);
	return n;
}

ssize_t proc_load(const char *root, pid_t pid, const char *name, size_t limit, char **text)
{
	char *whole = malloc(limit + 1);

	if (!whole)
		return -ENOMEM;
	ssize_t n = proc_read(root, pid, name, whole, limit + 1);
	if (n < 0) {
		free(whole);
		return n;
	}
	*text = whole;
	return n;
}

int proc_stat(const char *root, pid_t pid, struct proc_stat *stat)
{
	char text[2048];
	ssize_t n = proc_read(root, pid, "stat", text, sizeof(text));

	return n < 0 ? (int)n : proc_parse_stat(text, stat);
}

static int by_pid(const void *a, const void *b)
{
	const struct proc_stat *x = a, *y = b;

	return (x->pid > y->pid) - (x->pid < y->pid);
}

static struct proc_stat *find_in(struct proc_stat *stat, size_t n, pid_t pid)
{
	const struct proc_stat key = {.pid = pid};

	return n ? bsearch(&key, stat, n, sizeof(key), by_pid) : NULL;
}

/* Room for one more. */
static struct proc_stat *grow(struct proc_snapshot *snapshot)
{
	if (snapshot->n == snapshot->room) {
		size_t room = snapshot->room ? snapshot->room * 2 : 256;
		struct proc_stat *more = realloc(snapshot->stat, room * sizeof(*more));
		if (!more)
			return NULL;
		snapshot->stat = more;
		snapshot->room = room;
	}
	return &snapshot->stat[snapshot->n];
}

/*
 * The kernel makes a folder's inode when it is first listed and keeps it while the process lives
 * and memory lasts: with the same inode it is the same process. To list a process costs a tenth of
 * reading it.
 */
static int add_process(struct proc_snapshot *snapshot, const char *root, const struct dirent *entry)
{
	pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
	const struct proc_stat *before = find_in(snapshot->before, snapshot->before_n, pid);
	struct proc_stat *stat = grow(snapshot);

	if (!stat)
		return -ENOMEM;
	if (before && before->stranger && before->inode == entry->d_ino)
		*stat = *before;
	else if (proc_stat(root, pid, stat))
		return 0; /* it is gone by now, or cannot be read */
	stat->inode = entry->d_ino;
	snapshot->n++;
	return 0;
}

static int add_stranger(struct proc_snapshot *snapshot, const char *root,
			const struct dirent *entry)
{
	struct proc_stat *stat = grow(snapshot);

	(void)root;
	if (!stat)
		return -ENOMEM;
	*stat = (struct proc_stat){.pid = (pid_t)strtol(entry->d_name, NULL, 10),
				   .inode = entry->d_ino,
				   .stranger = true};
	snapshot->n++;
	return 0;
}

static void swap_buffers(struct proc_snapshot *snapshot)
{
	const struct proc_snapshot now = *snapshot;

	*snapshot = (struct proc_snapshot){.stat = now.before,
					   .room = now.before_room,
					   .before = now.stat,
					   .before_n = now.n,
					   .before_room = now.room};
}

static bool in_order(const struct proc_snapshot *snapshot)
{
	size_t i = 1;

	while (i < snapshot->n && snapshot->stat[i - 1].pid < snapshot->stat[i].pid)
		i++;
	return i >= snapshot->n;
}

/* Containers can have a loadavg of somebody's making over the kernel's (lxcfs), seconds old. */
static bool is_kernels(int fd, const char *root)
{
	struct stat file, folder;

	return !fstat(fd, &file) && !stat(root, &folder) && file.st_dev == folder.st_dev;
}

/* The PID that was given out last, which is the last word of loadavg; 0 where it is not told. */
static long newest_pid(const char *root)
{
	char path[PATH_MAX], text[128];
	int n = snprintf(path, sizeof(path), "%s/loadavg", root);
	int fd = n > 0 && (size_t)n < sizeof(path) ? open(path, O_RDONLY | O_CLOEXEC) : -1;

	if (fd < 0)
		return 0;
	ssize_t length = is_kernels(fd, root) ? read_up_to(fd, text, sizeof(text)) : -1;
	close(fd);
	const char *last = length > 0 ? strrchr(text, ' ') : NULL;
	return last ? strtol(last, NULL, 10) : 0;
}

static int list(const char *root, struct proc_snapshot *snapshot,
		int (*add)(struct proc_snapshot *, const char *, const struct dirent *))
{
	DIR *dir = opendir(root);
	struct dirent *entry;
	int error = 0;

	if (!dir)
		return -errno;
	swap_buffers(snapshot);
	while (!error && (entry = readdir(dir)))
		if (isdigit((unsigned char)entry->d_name[0]))
			error = add(snapshot, root, entry);
	closedir(dir);
	/* The kernel lists them by PID; a recorded folder does not. */
	if (!in_order(snapshot))
		qsort(snapshot->stat, snapshot->n, sizeof(*snapshot->stat), by_pid);
	return error;
}

/* Nobody has come: who may be ours is read, and is here or gone. */
static void look_again(const char *root, struct proc_snapshot *snapshot)
{
	size_t n = 0;

	for (size_t i = 0; i < snapshot->n; i++) {
		struct proc_stat *stat = &snapshot->stat[i];
		const uint64_t inode = stat->inode;

		if (!stat->stranger && proc_stat(root, stat->pid, stat))
			continue;
		stat->inode = inode;
		snapshot->stat[n++] = *stat;
	}
	snapshot->n = n;
}

int proc_snapshot(const char *root, struct proc_snapshot *snapshot)
{
	/* Asked first: who comes while we list may be missed, and is looked for the next time. */
	const long newest = newest_pid(root);
	/* Once for all of them: two system calls around each were a quarter of those of a tick. */
	const int raised = rights_raise(CAP_SYS_PTRACE);
	int error = 0;

	if (newest > 0 && newest == snapshot->newest)
		look_again(root, snapshot);
	else
		error = list(root, snapshot, add_process);
	rights_lower(raised);
	snapshot->newest = error ? 0 : newest;
	return error;
}

int proc_snapshot_strangers(const char *root, struct proc_snapshot *snapshot)
{
	snapshot->newest = 0;
	return list(root, snapshot, add_stranger);
}

void proc_snapshot_release(struct proc_snapshot *snapshot)
{
	free(snapshot->stat);
	free(snapshot->before);
	*snapshot = (struct proc_snapshot){0};
}

struct proc_stat *proc_find(const struct proc_snapshot *snapshot, pid_t pid)
{
	return find_in(snapshot->stat, snapshot->n, pid);
}

int proc_link(const char *root, pid_t pid, const char *name, char *target, size_t size)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s/%d/%s", root, (int)pid, name);

	if (n < 0 || (size_t)n >= sizeof(path))
		return -ENAMETOOLONG;
	int raised = rights_raise(CAP_SYS_PTRACE);
	ssize_t length = readlink(path, target, size - 1);
	rights_lower(raised);
	if (length < 0)
		return -errno;
	target[length] = '\0';
	return 0;
}

int proc_user(const char *root, pid_t pid, uid_t *real, uid_t *effective)
{
	char text[4096];
	unsigned ruid, euid;
	ssize_t n = proc_read(root, pid, "status", text, sizeof(text));

	if (n < 0)
		return (int)n;
	const char *line = strstr(text, "\nUid:");
	if (!line || sscanf(line, "\nUid: %u %u", &ruid, &euid) != 2)
		return -EBADMSG;
	*real = ruid;
	*effective = euid;
	return 0;
}

int proc_memory_alone(const char *root, pid_t pid, uint64_t *bytes)
{
	char text[256];
	unsigned long long size, resident, shared;
	ssize_t n = proc_read(root, pid, "statm", text, sizeof(text));

	if (n < 0)
		return (int)n;
	if (sscanf(text, "%llu %llu %llu", &size, &resident, &shared) != 3 || shared > resident)
		return -EBADMSG;
	*bytes = (resident - shared) * (uint64_t)sysconf(_SC_PAGESIZE);
	return 0;
}

int proc_memory(const char *root, pid_t pid, uint64_t *bytes)
{
	char text[2048];
	unsigned long long kib;
	ssize_t n = proc_read(root, pid, "smaps_rollup", text, sizeof(text));

	const char *line = n > 0 ? strstr(text, "\nPss:") : NULL;
	if (!line || sscanf(line, "\nPss: %llu", &kib) != 1)
		return proc_memory_alone(root, pid, bytes);
	*bytes = kib * 1024;
	return 0;
}
