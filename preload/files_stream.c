/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Streams of the C library. Their reads and writes never come by our wrappers, and getc or fscanf
 * are too short to be wrapped: so a stream is asked for its position when it is moved or closed,
 * and where a block or a line could not be read because the end was met.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "preload/files.h"
#include "preload/libc.h"
#include "preload/output.h"

static int descriptor_of(FILE *stream)
{
	const int saved = errno;
	const int fd = LIBC_REAL(fileno)(stream);

	errno = saved;
	return fd;
}

static off_t position(FILE *stream)
{
	const int saved = errno;
	const off_t at = LIBC_REAL(ftello)(stream);

	errno = saved;
	return at;
}

/* What open's flags would have been, as far as we ask. */
static int flags_of(const char *mode)
{
	switch (mode[0]) {
	case 'w':
		return O_WRONLY | O_CREAT | O_TRUNC;
	case 'a':
		return O_WRONLY | O_CREAT | O_APPEND;
	default:
		return O_RDONLY;
	}
}

static void opened(FILE *stream, const char *mode, uint64_t begin_ns)
{
	if (stream && begin_ns)
		files_opened(descriptor_of(stream), flags_of(mode), begin_ns);
	if (stream && output_listens())
		output_opened(descriptor_of(stream), flags_of(mode));
}

/* Before it is moved or closed. */
static void leave(FILE *stream)
{
	const int fd = descriptor_of(stream);

	if (files_is_followed(fd))
		files_stream_at(fd, position(stream));
}

/* Behind that. */
static void arrive(FILE *stream)
{
	const int fd = descriptor_of(stream);

	if (files_is_followed(fd))
		files_stream_moved(fd, position(stream));
}

#define OPEN(name)                                                                                 \
	LIBC_WRAP(FILE *, name, (const char *path, const char *mode))                              \
	{                                                                                          \
		const uint64_t begin_ns = files_opening();                                         \
		FILE *stream = LIBC_REAL(name)(path, mode);                                        \
                                                                                                   \
		if (output_listens())                                                              \
			opened(stream, mode, begin_ns);                                            \
		return stream;                                                                     \
	}

OPEN(fopen)
OPEN(fopen64)

/* A program that sends its own output elsewhere saves nothing by that. */
#define REOPEN(name)                                                                               \
	LIBC_WRAP(FILE *, name, (const char *path, const char *mode, FILE *stream))                \
	{                                                                                          \
		const uint64_t begin_ns = files_opening();                                         \
		FILE *again;                                                                       \
                                                                                                   \
		if (files_on())                                                                    \
			leave(stream);                                                             \
		again = LIBC_REAL(name)(path, mode, stream);                                       \
		if (output_listens())                                                              \
			opened(again, mode[0] == 'r' ? mode : "a", begin_ns);                      \
		return again;                                                                      \
	}

REOPEN(freopen)
REOPEN(freopen64)

LIBC_WRAP(FILE *, fdopen, (int fd, const char *mode))
{
	FILE *stream = LIBC_REAL(fdopen)(fd, mode);

	if (stream && mode[0] == 'r' && files_on())
		arrive(stream);
	return stream;
}

LIBC_WRAP(int, fclose, (FILE * stream))
{
	struct files_saving saving;
	off_t written = 0;
	int error, fd;

	if (output_listens())
		output_closed(descriptor_of(stream));
	if (!files_on())
		return LIBC_REAL(fclose)(stream);
	leave(stream);
	fd = descriptor_of(stream);
	if (files_is_saved(fd))
		written = position(stream);
	files_closing(fd, written > 0 ? (uint64_t)written : 0, &saving);
	error = LIBC_REAL(fclose)(stream);
	if (!error)
		files_saved(&saving);
	return error;
}

#define MOVE(name, params, args)                                                                   \
	LIBC_WRAP(int, name, params)                                                               \
	{                                                                                          \
		int error;                                                                         \
                                                                                                   \
		if (!files_on())                                                                   \
			return LIBC_REAL(name) args;                                               \
		leave(stream);                                                                     \
		error = LIBC_REAL(name) args;                                                      \
		arrive(stream);                                                                    \
		return error;                                                                      \
	}

MOVE(fseek, (FILE * stream, long offset, int whence), (stream, offset, whence))
MOVE(fseeko, (FILE * stream, off_t offset, int whence), (stream, offset, whence))
MOVE(fseeko64, (FILE * stream, off_t offset, int whence), (stream, offset, whence))
MOVE(fsetpos, (FILE * stream, const fpos_t *position), (stream, position))
MOVE(fsetpos64, (FILE * stream, const fpos_t *position), (stream, position))

LIBC_WRAP(void, rewind, (FILE * stream))
{
	if (files_on())
		leave(stream);
	LIBC_REAL(rewind)(stream);
	if (files_on())
		arrive(stream);
}

/* ---- the end ---- */

static void end(FILE *stream)
{
	leave(stream);
	arrive(stream);
}

#define READ(result, name, params, args, at_end)                                                   \
	LIBC_WRAP(result, name, params)                                                            \
	{                                                                                          \
		result got = LIBC_REAL(name) args;                                                 \
                                                                                                   \
		if (__builtin_expect(at_end, 0) && files_on())                                     \
			end(stream);                                                               \
		return got;                                                                        \
	}

READ(size_t, fread, (void *to, size_t size, size_t n, FILE *stream), (to, size, n, stream), got < n)
READ(size_t, fread_unlocked, (void *to, size_t size, size_t n, FILE *stream), (to, size, n, stream),
     got < n)
READ(size_t, __fread_chk, (void *to, size_t room, size_t size, size_t n, FILE *stream),
     (to, room, size, n, stream), got < n)
READ(size_t, __fread_unlocked_chk, (void *to, size_t room, size_t size, size_t n, FILE *stream),
     (to, room, size, n, stream), got < n)
READ(char *, fgets, (char *to, int bytes, FILE *stream), (to, bytes, stream), !got)
READ(char *, fgets_unlocked, (char *to, int bytes, FILE *stream), (to, bytes, stream), !got)
READ(char *, __fgets_chk, (char *to, size_t room, int bytes, FILE *stream),
     (to, room, bytes, stream), !got)
READ(char *, __fgets_unlocked_chk, (char *to, size_t room, int bytes, FILE *stream),
     (to, room, bytes, stream), !got)
READ(ssize_t, getline, (char **to, size_t *room, FILE *stream), (to, room, stream), got < 0)
READ(ssize_t, getdelim, (char **to, size_t *room, int stop, FILE *stream), (to, room, stop, stream),
     got < 0)
READ(ssize_t, __getdelim, (char **to, size_t *room, int stop, FILE *stream),
     (to, room, stop, stream), got < 0)
