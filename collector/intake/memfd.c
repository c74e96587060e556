/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stranger's memory, taken in safely. Without F_SEAL_SHRINK its owner could cut it and kill us
 * by SIGBUS; huge pages could do the same where none are left, so only plain shared memory is
 * taken.
 */
#include "collector/intake/memfd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "collector/intake/arena.h"

#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

static int acceptable(int fd)
{
	struct statfs fs;
	struct stat st;
	int seals = fcntl(fd, F_GET_SEALS);

	if (seals < 0 || (seals & SEALS) != SEALS)
		return -EPERM;
	if (fstatfs(fd, &fs) < 0 || fs.f_type != TMPFS_MAGIC)
		return -EPERM;
	if (fstat(fd, &st) < 0)
		return -errno;
	return st.st_size == (off_t)WIRE_ARENA_BYTES ? 0 : -EMSGSIZE;
}

int memfd_map(int fd, const struct wire_layout **layout)
{
	int error = acceptable(fd);

	if (error)
		return error;
	void *map = mmap(NULL, WIRE_ARENA_BYTES, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	error = arena_check(map);
	if (error) {
		munmap(map, WIRE_ARENA_BYTES);
		return error;
	}
	*layout = map;
	return 0;
}

void memfd_unmap(const struct wire_layout *layout)
{
	munmap((void *)layout, WIRE_ARENA_BYTES);
}
