/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sockets and shared memory. Runs once per process, at its first compute.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>

#include "preload/channel.h"
#include "preload/sys.h"

#define TRUSTED_UID_FILE "/etc/gramme/collector-uid"
#define WAKE_BYTES	 4096
#define FIRST_LANES	 2u
#define PAGE_BYTES_MOST	 65536u /* where a mapping begins in every machine's pages */

/* vm.memfd_noexec=2 refuses memfds that could be executed. */
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif
#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

static long seal(int fd)
{
	const int size = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

	/* Our own mapping stays writable; nobody makes another one (kernel 5.1 and later). */
	if (!sys(fcntl, fd, F_ADD_SEALS, size | F_SEAL_FUTURE_WRITE))
		return 0;
	return sys(fcntl, fd, F_ADD_SEALS, size);
}

/* Enlarging a file beyond RLIMIT_FSIZE raises SIGXFSZ, whose default is to kill the program. */
static long file_size_allowed(void)
{
	struct rlimit limit = {0, 0};
	long error = sys(prlimit64, 0, RLIMIT_FSIZE, NULL, &limit);

	if (error)
		return error;
	return limit.rlim_cur < WIRE_ARENA_BYTES ? -EFBIG : 0;
}

/* The kernel's mmap tells an error by an address in its last page. */
static bool is_error(long address)
{
	return address < 0 && address > -4096;
}

static size_t lane_offset(uint32_t number)
{
	return offsetof(struct wire_layout, lane) + number * sizeof(struct wire_lane);
}

static long map_lanes(int fd, uint32_t lanes)
{
	return sys(mmap, NULL, lane_offset(lanes), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
}

static bool can_map_more(long map)
{
	long again = sys(mremap, map, 0, lane_offset(1), MREMAP_MAYMOVE);

	if (is_error(again))
		return false;
	sys(munmap, again, lane_offset(1));
	return true;
}

static int map_arena(struct channel_arena *arena, int fd)
{
	long map = map_lanes(fd, FIRST_LANES);
	long all = -EINVAL;

	if (is_error(map))
		return (int)map;
	if (!can_map_more(map))
		all = map_lanes(fd, WIRE_LANES);
	if (!is_error(all))
		sys(munmap, map, lane_offset(FIRST_LANES));
	arena->layout = (struct wire_layout *)(is_error(all) ? map : all);
	arena->lanes = is_error(all) ? FIRST_LANES : WIRE_LANES;
	return 0;
}

int channel_make_arena(struct channel_arena *arena, int *fd)
{
	long error = file_size_allowed();

	if (error)
		return (int)error;
	*fd = (int)sys(memfd_create, "gramme", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
	if (*fd == -EINVAL) /* before kernel 6.3 */
		*fd = (int)sys(memfd_create, "gramme", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (*fd < 0)
		return *fd;
	error = sys(ftruncate, *fd, WIRE_ARENA_BYTES);
	if (!error)
		error = map_arena(arena, *fd);
	if (!error) {
		error = seal(*fd);
		if (error)
			channel_free_arena(arena);
	}
	if (error)
		sys(close, *fd);
	return (int)error;
}

void channel_free_arena(const struct channel_arena *arena)
{
	sys(munmap, arena->layout, lane_offset(arena->lanes));
}

/*
 * mremap with an old size of 0 maps the pages of a shared mapping once more, and what follows them
 * in the file. What lies before the lane is given back, up to the start of its first page.
 */
struct wire_lane *channel_map_lane(struct wire_lane *lower, uint32_t lower_number, uint32_t number)
{
	const size_t from = lane_offset(lower_number) & ~(size_t)(PAGE_BYTES_MOST - 1);
	const size_t keep = lane_offset(number) & ~(size_t)(PAGE_BYTES_MOST - 1);
	const size_t end = lane_offset(number + 1);
	const char *old = (const char *)lower - (lane_offset(lower_number) - from);
	long map = sys(mremap, old, 0, end - from, MREMAP_MAYMOVE);

	if (is_error(map))
		return NULL;
	sys(munmap, map, keep - from);
	return (struct wire_lane *)(map + (long)(lane_offset(number) - from));
}

/* Opens a regular file of `owner` for reading. Returns its descriptor, or -errno. */
static int open_of(const char *path, uid_t owner, struct statx *st)
{
	int fd =
		(int)sys(openat, AT_FDCWD, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0);

	if (fd < 0)
		return fd;
	if (!sys(statx, fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, st) && S_ISREG(st->stx_mode) &&
	    st->stx_uid == owner)
		return fd;
	sys(close, fd);
	return -EPERM;
}

/* One decimal number, in a file that only root can have written. */
static bool is_trusted_uid(uid_t uid)
{
	char text[16];
	struct statx st;
	uint64_t value = 0;
	long n = -1;
	int fd = open_of(TRUSTED_UID_FILE, 0, &st);

	if (fd < 0)
		return false;
	if (!(st.stx_mode & 022))
		n = sys(read, fd, text, sizeof(text) - 1);
	sys(close, fd);
	for (long i = 0; i < n && text[i] != '\n'; i++) {
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

	if (sys(getsockopt, socket, SOL_SOCKET, SO_PEERCRED, &who, &size) || size != sizeof(who))
		return false;
	*peer = who.uid;
	return who.uid == (uid_t)sys(geteuid, 0) || who.uid == 0 || is_trusted_uid(who.uid);
}

static long send_arena(int socket, int fd)
{
	struct wire_hello hello = {
		.message = {WIRE_MAGIC, WIRE_VERSION, WIRE_HELLO, sizeof(hello)},
		.pid = (uint32_t)sys(getpid, 0),
		.ppid = (uint32_t)sys(getppid, 0),
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
	long sent = sys(sendmsg, socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
	return sent < 0 ? sent : 0;
}

/* The page beside the socket, if it is the collector's own. FUTEX_WAKE needs no right to write. */
static const uint32_t *map_wake(const struct sockaddr_un *to, uid_t peer)
{
	char path[sizeof(to->sun_path) + sizeof(".wake")];
	struct statx st;
	long page = -EINVAL;
	int fd;

	memcpy(path, to->sun_path, sizeof(to->sun_path));
	memcpy(path + strlen(to->sun_path), ".wake", sizeof(".wake"));
	fd = open_of(path, peer, &st);
	if (fd < 0)
		return NULL;
	if (st.stx_size >= WAKE_BYTES)
		page = sys(mmap, NULL, WAKE_BYTES, PROT_READ, MAP_SHARED, fd, 0);
	sys(close, fd);
	return is_error(page) ? NULL : (const uint32_t *)page;
}

/*
 * As many connections as a socket may have waiting can be there for a moment (4096; a stranger's
 * will do). We have one chance to be metered: at most 50 ms of it are spent on trying again.
 */
static long connect_soon(int socket, const struct sockaddr_un *to)
{
	const struct timespec pause = {.tv_nsec = 1000000};
	long error = sys(connect, socket, to, sizeof(*to));

	for (int i = 0; i < 50 && error == -EAGAIN; i++) {
		sys(nanosleep, &pause, NULL);
		error = sys(connect, socket, to, sizeof(*to));
	}
	return error;
}

int channel_hand_over(const char *path, int fd, const uint32_t **wake)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	uid_t peer = (uid_t)-1;
	int s = (int)sys(socket, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	long error = s < 0 ? s : 0;

	memcpy(to.sun_path, path, strnlen(path, sizeof(to.sun_path) - 1));
	if (!error)
		error = connect_soon(s, &to);
	if (!error && !is_trusted(s, &peer))
		error = -EPERM;
	if (!error)
		error = send_arena(s, fd);
	if (!error)
		*wake = map_wake(&to, peer);
	if (s >= 0)
		sys(close, s);
	sys(close, fd);
	return (int)error;
}
