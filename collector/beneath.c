/* SPDX-License-Identifier: Apache-2.0 */
/*
 * openat2 does it since Linux 5.6. Clusters still run 4.18 (RHEL 8), and qemu-user 7.2 answers
 * ENOSYS, as some sandboxes do with EPERM: there the path is walked, link by link.
 */
#include "collector/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LINKS_MAX 40 /* as the kernel's own */

struct walk {
	char done[PATH_MAX]; /* from the root on, free of links */
	char left[PATH_MAX];
	unsigned links;
};

static int step_up(struct walk *w)
{
	char *slash = strrchr(w->done, '/');

	if (!w->done[0])
		return -EXDEV;
	*(slash ? slash : w->done) = '\0';
	return 0;
}

static int step_into(struct walk *w, const char *name, size_t length)
{
	size_t at = strlen(w->done);

	if (at + 1 + length >= sizeof(w->done))
		return -ENAMETOOLONG;
	snprintf(w->done + at, sizeof(w->done) - at, "%s%.*s", at ? "/" : "", (int)length, name);
	return 0;
}

/* If the last step was into a link, puts what it says in its place. */
static int follow(int root, struct walk *w)
{
	char target[PATH_MAX];
	ssize_t length = readlinkat(root, w->done, target, sizeof(target));
	size_t left = strlen(w->left);

	if (length < 0)
		return errno == EINVAL ? 0 : -errno;
	if (++w->links > LINKS_MAX)
		return -ELOOP;
	if (target[0] == '/')
		return -EXDEV;
	if ((size_t)length + 1 + left >= sizeof(w->left))
		return -ENAMETOOLONG;
	memmove(w->left + length + 1, w->left, left + 1);
	memcpy(w->left, target, (size_t)length);
	w->left[length] = '/';
	return step_up(w);
}

static int step(int root, struct walk *w)
{
	char name[PATH_MAX];
	const char *from = w->left + strspn(w->left, "/");
	size_t length = strcspn(from, "/");
	int error;

	memcpy(name, from, length);
	name[length] = '\0';
	memmove(w->left, from + length, strlen(from + length) + 1);
	if (!length || !strcmp(name, "."))
		return 0;
	if (!strcmp(name, ".."))
		return step_up(w);
	error = step_into(w, name, length);
	return error ? error : follow(root, w);
}

int beneath_walk(int root, const char *path, int flags)
{
	struct walk w = {0};
	int fd, error = 0;

	if (path[0] == '/')
		return -EXDEV;
	if (strlen(path) >= sizeof(w.left))
		return -ENAMETOOLONG;
	strcpy(w.left, path);
	while (!error && w.left[0])
		error = step(root, &w);
	if (error)
		return error;
	fd = openat(root, w.done[0] ? w.done : ".", flags | O_NOFOLLOW);
	return fd < 0 ? -errno : fd;
}

int beneath_open(int root, const char *path, int flags)
{
	struct open_how how = {
		.flags = (unsigned)flags,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	long fd = syscall(SYS_openat2, root, path, &how, sizeof(how));

	if (fd < 0 && (errno == ENOSYS || errno == EPERM))
		return beneath_walk(root, path, flags);
	return fd < 0 ? -errno : (int)fd;
}
