/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A disk that takes its time, for a program that this is preloaded to: while the file SLOW_DISK is
 * there, each sync takes 100 ms. How many there were at most in a row, without the program having
 * listened to anybody in between, is appended to that file.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SYNC_NS 100000000L

#pragma GCC visibility push(default)
ssize_t recvmsg(int socket, struct msghdr *message, int flags);
int fsync(int fd);
int fdatasync(int fd);
#pragma GCC visibility pop

static unsigned in_a_row, most;

ssize_t recvmsg(int socket, struct msghdr *message, int flags)
{
	in_a_row = 0;
	return syscall(SYS_recvmsg, socket, message, flags);
}

static int wait_for_disk(void)
{
	const struct timespec pause = {.tv_nsec = SYNC_NS};
	const char *path = getenv("SLOW_DISK");
	int fd = path ? open(path, O_WRONLY | O_APPEND | O_CLOEXEC) : -1;

	if (fd < 0)
		return 0;
	nanosleep(&pause, NULL);
	if (++in_a_row > most) {
		most = in_a_row;
		dprintf(fd, "%u\n", most);
	}
	return close(fd);
}

int fsync(int fd)
{
	(void)fd;
	return wait_for_disk();
}

int fdatasync(int fd)
{
	(void)fd;
	return wait_for_disk();
}
