/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The wrappers by which programs open, read, map, close and rename files by descriptor. Where the
 * process is not metered each is its real function and one branch.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "preload/files.h"
#include "preload/libc.h"
#include "preload/sys.h"
#include "preload/output.h"

/* ---- open ---- */

#define OPEN(name, params, args, flags)                                                            \
	LIBC_WRAP(int, name, params)                                                               \
	{                                                                                          \
		const uint64_t begin_ns = files_opening();                                         \
		const int fd = LIBC_REAL(name) args;                                               \
                                                                                                   \
		if (begin_ns)                                                                      \
			files_opened(fd, flags, begin_ns);                                         \
		if (output_listens())                                                              \
			output_opened(fd, flags);                                                  \
		return fd;                                                                         \
	}

OPEN(open, (const char *path, int flags, mode_t mode), (path, flags, mode), flags)
OPEN(open64, (const char *path, int flags, mode_t mode), (path, flags, mode), flags)
OPEN(openat, (int folder, const char *path, int flags, mode_t mode), (folder, path, flags, mode),
     flags)
OPEN(openat64, (int folder, const char *path, int flags, mode_t mode), (folder, path, flags, mode),
     flags)
OPEN(__open_2, (const char *path, int flags), (path, flags), flags)
OPEN(__open64_2, (const char *path, int flags), (path, flags), flags)
OPEN(__openat_2, (int folder, const char *path, int flags), (folder, path, flags), flags)
OPEN(__openat64_2, (int folder, const char *path, int flags), (folder, path, flags), flags)
OPEN(creat, (const char *path, mode_t mode), (path, mode), O_CREAT | O_WRONLY | O_TRUNC)
OPEN(creat64, (const char *path, mode_t mode), (path, mode), O_CREAT | O_WRONLY | O_TRUNC)

/* ---- read ---- */

/* In two functions: where nothing is followed the first is a jump, and saves no registers. */
#define READ(name, params, args, told)                                                             \
	__attribute__((noinline)) static ssize_t followed_##name params                            \
	{                                                                                          \
		struct files_reading reading;                                                      \
		ssize_t n;                                                                         \
                                                                                                   \
		files_begin(&reading, fd);                                                         \
		n = LIBC_REAL(name) args;                                                          \
		told;                                                                              \
		return n;                                                                          \
	}                                                                                          \
	LIBC_WRAP(ssize_t, name, params)                                                           \
	{                                                                                          \
		if (files_on())                                                                    \
			return followed_##name args;                                               \
		return LIBC_REAL(name) args;                                                       \
	}
#define READ_ON(name, params, args) READ(name, params, args, files_read(&reading, n))
#define READ_AT(name, params, args) READ(name, params, args, files_read_at(&reading, n, offset))

READ_ON(read, (int fd, void *to, size_t bytes), (fd, to, bytes))
READ_ON(__read_chk, (int fd, void *to, size_t bytes, size_t room), (fd, to, bytes, room))
READ_ON(readv, (int fd, const struct iovec *to, int parts), (fd, to, parts))
READ_AT(pread, (int fd, void *to, size_t bytes, off_t offset), (fd, to, bytes, offset))
READ_AT(pread64, (int fd, void *to, size_t bytes, off_t offset), (fd, to, bytes, offset))
READ_AT(__pread_chk, (int fd, void *to, size_t bytes, off_t offset, size_t room),
	(fd, to, bytes, offset, room))
READ_AT(__pread64_chk, (int fd, void *to, size_t bytes, off_t offset, size_t room),
	(fd, to, bytes, offset, room))
READ_AT(preadv, (int fd, const struct iovec *to, int parts, off_t offset), (fd, to, parts, offset))
READ_AT(preadv64, (int fd, const struct iovec *to, int parts, off_t offset),
	(fd, to, parts, offset))

#define SEEK(name)                                                                                 \
	LIBC_WRAP(off_t, name, (int fd, off_t offset, int whence))                                 \
	{                                                                                          \
		const off_t at = LIBC_REAL(name)(fd, offset, whence);                              \
                                                                                                   \
		if (files_on())                                                                    \
			files_moved(fd, at);                                                       \
		return at;                                                                         \
	}

SEEK(lseek)
SEEK(lseek64)

/* Libraries are mapped by the dynamic loader itself; code that others map is no data either. */
static bool is_data(int access, int flags)
{
	return access & PROT_READ && !(access & PROT_EXEC) && !(flags & MAP_ANONYMOUS);
}

#define MAP(name)                                                                                  \
	LIBC_WRAP(void *, name,                                                                    \
		  (void *at, size_t bytes, int access, int flags, int fd, off_t offset))           \
	{                                                                                          \
		void *map = LIBC_REAL(name)(at, bytes, access, flags, fd, offset);                 \
                                                                                                   \
		if (is_data(access, flags) && map != MAP_FAILED && files_on())                     \
			files_mapped(fd, offset, bytes);                                           \
		return map;                                                                        \
	}

MAP(mmap)
MAP(mmap64)

/* ---- close, rename ---- */

LIBC_WRAP(int, close, (int fd))
{
	struct files_saving saving;
	int error;

	if (output_listens())
		output_closed(fd);
	if (!files_on())
		return LIBC_REAL(close)(fd);
	files_closing(fd, 0, &saving);
	error = LIBC_REAL(close)(fd);
	if (!error)
		files_saved(&saving);
	return error;
}

/*
 * How workers end that were forked to load data: nothing else tells of the last that they read. The
 * end of any other process comes by no wrapper.
 */
#define END(name)                                                                                  \
	LIBC_WRAP(void, name, (int status))                                                        \
	{                                                                                          \
		if (files_on())                                                                    \
			files_ending();                                                            \
		LIBC_REAL(name)(status);                                                           \
		for (;;)                                                                           \
			sys(exit_group, status);                                                   \
	}

END(_exit)
END(_Exit)

#define RENAME(name, params, args, folder)                                                         \
	LIBC_WRAP(int, name, params)                                                               \
	{                                                                                          \
		const int error = LIBC_REAL(name) args;                                            \
                                                                                                   \
		if (!error && files_on())                                                          \
			files_renamed(folder, to);                                                 \
		return error;                                                                      \
	}

RENAME(rename, (const char *from, const char *to), (from, to), AT_FDCWD)
RENAME(renameat, (int from_folder, const char *from, int to_folder, const char *to),
       (from_folder, from, to_folder, to), to_folder)
RENAME(renameat2,
       (int from_folder, const char *from, int to_folder, const char *to, unsigned flags),
       (from_folder, from, to_folder, to, flags), to_folder)

/*
 * Who gives up privileges or closes a filter by this call may be killed from then on for asking
 * the kernel anything new, as we would. Without privileges no filter can be closed but behind it.
 */
LIBC_WRAP(int, prctl,
	  (int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d))
{
	if (option == PR_SET_NO_NEW_PRIVS || option == PR_SET_SECCOMP)
		atomic_store(&files_bound, true);
	return LIBC_REAL(prctl)(option, a, b, c, d);
}
