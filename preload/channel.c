/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sockets and shared memory. Runs once per process, at its first compute.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "preload/channel.h"

#define TRUSTED_UID_FILE "/etc/gramme/collector-uid"

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

static int seal(int fd)
{
	const int size = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

	/* Our own mapping stays writable; nobody makes another one (kernel 5.1 and later). */
	if (!fcntl(fd, F_ADD_SEALS, size | F_SEAL_FUTURE_WRITE))
		return 0;
	return fcntl(fd, F_ADD_SEALS, size) ? -errno : 0;
}

/* Enlarging a file beyond RLIMIT_FSIZE raises SIGXFSZ, whose default is to kill the program. */
static int file_size_allowed(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_FSIZE, &limit))
		return -errno;
	return limit.rlim_cur < WIRE_ARENA_BYTES ? -EFBIG : 0;
}

int channel_make_arena(struct wire_layout **arena, int *fd)
{
	void *map = MAP_FAILED;
	int error = file_size_allowed();

	if (error)
		return error;
	*fd = memfd_create("gramme", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (*fd < 0)
		return -errno;
	if (ftruncate(*fd, (off_t)WIRE_ARENA_BYTES))
		error = -errno;
	if (!error) {
		map = mmap(NULL, WIRE_ARENA_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
		error = map == MAP_FAILED ? -errno : seal(*fd);
	}
	if (!error) {
		*arena = map;
		return 0;
	}
	if (map != MAP_FAILED)
		munmap(map, WIRE_ARENA_BYTES);
	close(*fd);
	return error;
}

/* One decimal number, in a file that only root can have written. */
static bool is_trusted_uid(uid_t uid)
{
	char text[16];
	struct stat st;
	uint64_t value = 0;
	ssize_t n = -1;
	int fd = open(TRUSTED_UID_FILE, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return false;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_uid == 0 && !(st.st_mode & 022))
		n = read(fd, text, sizeof(text) - 1);
	close(fd);
	for (ssize_t i = 0; i < n && text[i] != '\n'; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		value = value * 10 + (uint64_t)(text[i] - '0');
	}
	return n > 0 && value == uid;
}

static bool is_trusted(int socket, uid_t *peer)
{
	struct ucred who;
	socklen_t size = sizeof(who);

	if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &who, &size) || size != sizeof(who))
		return false;
	*peer = who.uid;
	return who.uid == geteuid() || who.uid == 0 || is_trusted_uid(who.uid);
}

static int send_arena(int socket, int fd)
{
	struct wire_hello hello = {
		.message = {WIRE_MAGIC, WIRE_VERSION, WIRE_HELLO, sizeof(hello)},
		.pid = (uint32_t)getpid(),
		.ppid = (uint32_t)getppid(),
		.arena_bytes = WIRE_ARENA_BYTES,
	};
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct iovec iov = {&hello, sizeof(hello)};
	struct msghdr message = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *part = CMSG_FIRSTHDR(&message);

	part->cmsg_level = SOL_SOCKET;
	part->cmsg_type = SCM_RIGHTS;
	part->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(part), &fd, sizeof(int));
	return sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -errno : 0;
}

/* The page beside the socket, if it is the collector's own. FUTEX_WAKE needs no right to write. */
static const uint32_t *map_wake(const struct sockaddr_un *to, uid_t peer)
{
	char path[sizeof(to->sun_path) + sizeof(".wake")];
	struct stat st;
	void *page = MAP_FAILED;
	int fd;

	memcpy(path, to->sun_path, sizeof(to->sun_path));
	memcpy(path + strlen(to->sun_path), ".wake", sizeof(".wake"));
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return NULL;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_uid == peer && st.st_size >= 4096)
		page = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	return page == MAP_FAILED ? NULL : page;
}

int channel_hand_over(const char *path, int fd, const uint32_t **wake)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	uid_t peer = (uid_t)-1;
	int error = 0;
	int s = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (s < 0) {
		error = -errno;
		close(fd);
		return error;
	}
	memcpy(to.sun_path, path, strnlen(path, sizeof(to.sun_path) - 1));
	if (connect(s, (const struct sockaddr *)&to, sizeof(to)))
		error = -errno;
	else if (!is_trusted(s, &peer))
		error = -EPERM;
	else
		error = send_arena(s, fd);
	if (!error)
		*wake = map_wake(&to, peer);
	close(s);
	close(fd);
	return error;
}
