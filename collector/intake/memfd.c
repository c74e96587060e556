/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stranger's memory, taken in safely. Without F_SEAL_SHRINK its owner could cut it and kill us
 * by SIGBUS; huge pages could do the same where none are left, so only plain shared memory is
 * taken. Without F_SEAL_FUTURE_WRITE he could punch holes into it again and again, for us to fill.
 * And each is taken once: who offers the same one a thousand times would have it read and counted
 * as often.
 */
#include "collector/intake/memfd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "collector/intake/arena.h"

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

#define PAST 256u

#define SIZE_SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

/* One mapping. */
struct memfd {
	struct memfd *next;
	const struct wire_layout *layout;
	dev_t device;
	ino_t inode;
	struct pages pages;
};

static struct memfd *first;

/* Those that were let go last, in a ring. The kernel counts inodes up, and starts anew at 2^32. */
static struct {
	dev_t device;
	ino_t inode;
} past[PAST];
static unsigned past_next;

static struct memfd **find(const struct wire_layout *layout)
{
	struct memfd **link = &first;

	while ((*link)->layout != layout)
		link = &(*link)->next;
	return link;
}

static bool is_known(const struct stat *st)
{
	struct memfd *memfd = first;

	while (memfd && (memfd->device != st->st_dev || memfd->inode != st->st_ino))
		memfd = memfd->next;
	for (unsigned i = 0; i < PAST && !memfd; i++)
		if (past[i].device == st->st_dev && past[i].inode == st->st_ino)
			return true;
	return memfd != NULL;
}

/* Kernels before 5.1 do not know the seal, and then no shim has set it. */
static int wanted_seals(void)
{
	static int seals;
	int fd = seals ? -1 : memfd_create("gramme", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd >= 0) {
		bool known = fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE) == 0;
		seals = SIZE_SEALS | (known ? F_SEAL_FUTURE_WRITE : 0);
		close(fd);
	}
	return seals ? seals : SIZE_SEALS;
}

static int acceptable(int fd, struct stat *st)
{
	struct statfs fs;
	int seals = fcntl(fd, F_GET_SEALS);
	int wanted = wanted_seals();

	if (seals < 0 || (seals & wanted) != wanted)
		return -EPERM;
	if (fstatfs(fd, &fs) < 0 || fs.f_type != TMPFS_MAGIC)
		return -EPERM;
	if (fstat(fd, st) < 0)
		return -errno;
	if (st->st_size != (off_t)WIRE_ARENA_BYTES)
		return -EMSGSIZE;
	return is_known(st) ? -EEXIST : 0;
}

/* Maps it; a header that is not there would be zeros, and is not looked at. */
static int map_layout(struct memfd *memfd, int fd)
{
	int error;

	if (!pages_there(&memfd->pages, 0))
		return -EPROTO;
	void *map = mmap(NULL, WIRE_ARENA_BYTES, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	error = arena_check(map);
	if (error)
		munmap(map, WIRE_ARENA_BYTES);
	else
		memfd->layout = map;
	return error;
}

int memfd_map(int fd, const struct wire_layout **layout)
{
	struct stat st;
	int error = acceptable(fd, &st);
	struct memfd *memfd;

	if (error)
		return error;
	memfd = calloc(1, sizeof(*memfd));
	if (!memfd)
		return -ENOMEM;
	memfd->device = st.st_dev;
	memfd->inode = st.st_ino;
	error = pages_open(&memfd->pages, fd);
	if (!error) {
		error = map_layout(memfd, fd);
		if (error)
			pages_close(&memfd->pages);
	}
	if (error) {
		free(memfd);
		return error;
	}
	memfd->next = first;
	first = memfd;
	*layout = memfd->layout;
	return 0;
}

void memfd_unmap(const struct wire_layout *layout)
{
	struct memfd **link = find(layout), *memfd = *link;

	*link = memfd->next;
	past[past_next].device = memfd->device;
	past[past_next].inode = memfd->inode;
	past_next = (past_next + 1) % PAST;
	munmap((void *)layout, WIRE_ARENA_BYTES);
	pages_close(&memfd->pages);
	free(memfd);
}

struct pages *memfd_pages(const struct wire_layout *layout)
{
	return &(*find(layout))->pages;
}
