/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does the shim speak for a process? The maps of the process are the proof; its program file and
 * its environment only say why not.
 */
#include "collector/run/cover.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "collector/run/proc.h"
#include "preload/wire.h"

#define SHIM	    "libgramme.so"
#define KEPT	    sizeof("/" SHIM " (deleted)") /* of one read for the next */
#define ENVIRON_MAX (1u << 20)
#define HEADERS_MAX 256 /* program headers; a usual file has 13 */

/* 1 if the shim is mapped, 0 if not, -errno where that cannot be read (-ESRCH: nothing is). */
static int shim_mapped(const char *root, pid_t pid)
{
	char part[16384];
	size_t kept = 0;
	bool any = false;
	int fd = proc_open(root, pid, "maps");

	if (fd < 0)
		return fd;
	for (;;) {
		ssize_t n = read(fd, part + kept, sizeof(part) - 1 - kept);
		if (n <= 0) {
			int error = n < 0 ? -errno : any ? 0 : -ESRCH;
			close(fd);
			return error;
		}
		size_t length = kept + (size_t)n;
		any = true;
		part[length] = '\0';
		/* The maps hold no zero bytes; a line may lie across two reads. */
		if (strstr(part, "/" SHIM "\n") || strstr(part, "/" SHIM " (deleted)\n")) {
			close(fd);
			return 1;
		}
		kept = length < KEPT ? length : KEPT;
		memmove(part, part + length - kept, kept);
	}
}

/* Does the ELF file name an interpreter, which would load the shim? -ENOEXEC: no ELF file. */
static int has_interpreter(int fd)
{
	Elf64_Ehdr head;
	Elf64_Phdr segment;

	if (pread(fd, &head, sizeof(head), 0) != sizeof(head) ||
	    memcmp(head.e_ident, ELFMAG, SELFMAG) != 0)
		return -ENOEXEC;
	/* The other class has other headers, and our shim is of no use to it. */
	if (head.e_ident[EI_CLASS] != ELFCLASS64 || head.e_phentsize != sizeof(segment))
		return 1;
	for (unsigned i = 0; i < head.e_phnum && i < HEADERS_MAX; i++) {
		off_t at = (off_t)(head.e_phoff + i * sizeof(segment));
		if (pread(fd, &segment, sizeof(segment), at) != sizeof(segment))
			return -EIO;
		if (segment.p_type == PT_INTERP)
			return 1;
	}
	return 0;
}

/* True where the kernel would make the loader forget LD_PRELOAD for our user. */
static bool gains_rights(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return false;
	if ((st.st_mode & S_ISUID) && st.st_uid != getuid())
		return true;
	if ((st.st_mode & S_ISGID) && (st.st_mode & S_IXGRP) && st.st_gid != getgid())
		return true;
	return geteuid() != 0 && fgetxattr(fd, "security.capability", NULL, 0) > 0;
}

static bool secure(const char *root, pid_t pid)
{
	uint64_t pair[2];
	uid_t real, effective;
	bool found = false;
	int fd = proc_open(root, pid, "auxv");

	while (fd >= 0 && !found && read(fd, pair, sizeof(pair)) == sizeof(pair) && pair[0])
		found = pair[0] == AT_SECURE && pair[1];
	if (fd >= 0)
		close(fd);
	return found || (proc_user(root, pid, &real, &effective) == 0 && real != effective);
}

static bool is_static(const char *root, pid_t pid)
{
	int fd = proc_open(root, pid, "exe");

	if (fd < 0)
		return false;
	int interpreter = has_interpreter(fd);
	close(fd);
	return interpreter == 0;
}

/* What its environment said about the shim when it began its program. */
struct wish {
	bool known; /* it could be read */
	bool empty;
	bool preload;
	bool socket;
	bool disable;
};

static bool is_set(const char *value)
{
	return *value && strcmp(value, "0") != 0;
}

static struct wish read_wish(const char *root, pid_t pid)
{
	struct wish wish = {0};
	char *text;
	ssize_t n = proc_load(root, pid, "environ", ENVIRON_MAX, &text);

	if (n < 0)
		return wish;
	wish.known = true;
	wish.empty = n == 0;
	for (const char *at = text; at < text + n; at += strlen(at) + 1) {
		if (!strncmp(at, "LD_PRELOAD=", 11))
			wish.preload = wish.preload || strstr(at, SHIM);
		else if (!strncmp(at, "GRAMME_SOCKET=", 14))
			wish.socket = is_set(at + 14);
		else if (!strncmp(at, "GRAMME_DISABLE=", 15))
			wish.disable = is_set(at + 15);
	}
	free(text);
	return wish;
}

/* May the process make a shared memory of the shim's size? It counts as a file. */
static bool has_room(const char *root, pid_t pid)
{
	static const char name[] = "\nMax file size ";
	char text[4096], *end;
	const char *line;

	if (proc_read(root, pid, "limits", text, sizeof(text)) < 0)
		return true;
	line = strstr(text, name);
	if (!line)
		return true;
	unsigned long long bytes = strtoull(line + strlen(name), &end, 10);
	/* What begins with no digit is "unlimited". */
	return end == line + strlen(name) || bytes >= WIRE_ARENA_BYTES;
}

/* In the midst of an exec it has no environment yet, and is nothing that could be judged. */
static bool is_begun(const char *root, pid_t pid)
{
	struct proc_stat stat;

	return proc_stat(root, pid, &stat) < 0 || stat.image;
}

enum cover cover_process(const char *root, pid_t pid)
{
	int mapped = shim_mapped(root, pid);

	if (mapped == -EACCES || mapped == -EPERM)
		return COVER_SETUID;
	if (mapped < 0)
		return COVER_UNKNOWN;
	const struct wish wish = read_wish(root, pid);
	if (mapped > 0 && wish.preload && (wish.disable || !wish.socket))
		return COVER_OFF;
	if (mapped > 0)
		return has_room(root, pid) ? COVER_SHIM : COVER_LIMITED;
	if (is_static(root, pid))
		return COVER_STATIC;
	if (secure(root, pid))
		return COVER_SETUID;
	if (wish.preload || !wish.known)
		return COVER_NOT_LOADED;
	return wish.empty && !is_begun(root, pid) ? COVER_UNKNOWN : COVER_SCRUBBED;
}

/* The interpreter of a script, cut out of its first line in place; NULL for no script. */
static char *interpreter_of(char *text)
{
	if (strncmp(text, "#!", 2))
		return NULL;
	char *path = text + 2 + strspn(text + 2, " \t");
	path[strcspn(path, " \t\r\n")] = '\0';
	return *path ? path : NULL;
}

enum cover cover_file(const char *path)
{
	char text[4096];
	enum cover cover = COVER_UNKNOWN;
	const char *file = path;

	/* An interpreter may be a script again; the kernel follows four. */
	for (int depth = 0; file && depth < 5; depth++) {
		int fd = open(file, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return COVER_UNKNOWN;
		int interpreter = has_interpreter(fd);
		if (interpreter == 0)
			cover = COVER_STATIC;
		else if (interpreter == 1 && gains_rights(fd))
			cover = COVER_SETUID;
		file = NULL;
		if (interpreter == -ENOEXEC) {
			ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
			text[n > 0 ? n : 0] = '\0';
			file = interpreter_of(text);
		}
		close(fd);
	}
	return cover;
}

const char *cover_why(enum cover cover)
{
	static const char *const why[COVER_COUNT] = {
		[COVER_UNKNOWN] = "not looked at",
		[COVER_SHIM] = "covered",
		[COVER_STATIC] = "static binary",
		[COVER_SETUID] = "setuid",
		[COVER_SCRUBBED] = "no shim in its environment",
		[COVER_NOT_LOADED] = "shim not loaded",
		[COVER_OFF] = "shim switched off",
		[COVER_LIMITED] = "limit on file sizes",
	};

	return why[cover];
}
