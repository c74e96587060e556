/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A Unix socket that takes whole messages.
 */
#include "collector/intake/listener.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Is somebody listening there? */
static bool answers(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool alive = fd >= 0 &&
		     (connect(fd, (const void *)address, sizeof(*address)) == 0 || errno == EAGAIN);

	if (fd >= 0)
		close(fd);
	return alive;
}

int listener_open(const char *path, unsigned mode)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int error = 0;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	if (answers(&address))
		return -EADDRINUSE;
	struct stat st;
	if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
		unlink(path);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	mode_t mask = umask(0177);
	if (bind(fd, (const void *)&address, sizeof(address)) < 0)
		error = -errno;
	umask(mask);
	if (!error && (chmod(path, (mode_t)mode) < 0 || listen(fd, 4096) < 0))
		error = -errno;
	if (!error)
		return fd;
	close(fd);
	return error;
}
