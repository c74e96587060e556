/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The C library's functions that print. Its own stdio never comes by our write, so both layers are
 * wrapped: descriptors, and streams.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "preload/files.h"
#include "preload/libc.h"
#include "preload/output.h"

/* Once the real call is over, errno is what the program is to find. */
#define KEEPING_ERRNO(...)                                                                         \
	do {                                                                                       \
		const int saved = errno;                                                           \
		__VA_ARGS__;                                                                       \
		errno = saved;                                                                     \
	} while (0)

/* ---- by descriptor ---- */

LIBC_WRAP(ssize_t, write, (int fd, const void *data, size_t bytes))
{
	const ssize_t result = LIBC_REAL(write)(fd, data, bytes);

	if (output_listens() && result > 0)
		output_written(fd, data, (size_t)result);
	return result;
}

LIBC_WRAP(ssize_t, writev, (int fd, const struct iovec *part, int parts))
{
	const ssize_t result = LIBC_REAL(writev)(fd, part, parts);

	if (output_listens() && result > 0)
		output_gathered(fd, part, parts, (size_t)result);
	return result;
}

#define PWRITE(name)                                                                               \
	LIBC_WRAP(ssize_t, name, (int fd, const void *data, size_t bytes, off_t offset))           \
	{                                                                                          \
		const ssize_t result = LIBC_REAL(name)(fd, data, bytes, offset);                   \
                                                                                                   \
		if (output_listens() && result > 0)                                                \
			output_written(fd, data, (size_t)result);                                  \
		return result;                                                                     \
	}
PWRITE(pwrite)
PWRITE(pwrite64)

LIBC_WRAP(int, dup, (int fd))
{
	const int result = LIBC_REAL(dup)(fd);

	if (output_listens())
		output_copied(fd, result);
	return result;
}

LIBC_WRAP(int, dup2, (int fd, int to))
{
	const int result = LIBC_REAL(dup2)(fd, to);

	if (output_listens())
		output_copied(fd, result);
	if (files_on())
		files_replaced(result);
	return result;
}

LIBC_WRAP(int, dup3, (int fd, int to, int flags))
{
	const int result = LIBC_REAL(dup3)(fd, to, flags);

	if (output_listens())
		output_copied(fd, result);
	if (files_on())
		files_replaced(result);
	return result;
}

#define FCNTL(name)                                                                                \
	LIBC_WRAP(int, name, (int fd, int command, long argument))                                 \
	{                                                                                          \
		const int result = LIBC_REAL(name)(fd, command, argument);                         \
                                                                                                   \
		if ((command == F_DUPFD || command == F_DUPFD_CLOEXEC) && output_listens())        \
			output_copied(fd, result);                                                 \
		return result;                                                                     \
	}
FCNTL(fcntl)
FCNTL(fcntl64)

/* ---- by stream ---- */

/* Reads a field of the stream, and takes no lock. Streams without a descriptor have -1. */
static int fd_of(FILE *stream)
{
	return LIBC_REAL(fileno)(stream);
}

LIBC_WRAP(int, puts, (const char *text))
{
	const int result = LIBC_REAL(puts)(text);

	if (output_listens() && result >= 0)
		output_said_line(STDOUT_FILENO, text, LIBC_REAL(strlen)(text));
	return result;
}

#define FPUTS(name)                                                                                \
	LIBC_WRAP(int, name, (const char *text, FILE *stream))                                     \
	{                                                                                          \
		const int result = LIBC_REAL(name)(text, stream);                                  \
                                                                                                   \
		if (output_listens() && result >= 0)                                               \
			KEEPING_ERRNO(output_said(fd_of(stream), text, LIBC_REAL(strlen)(text)));  \
		return result;                                                                     \
	}
FPUTS(fputs)
FPUTS(fputs_unlocked)

#define FWRITE(name)                                                                               \
	LIBC_WRAP(size_t, name, (const void *data, size_t size, size_t n, FILE *stream))           \
	{                                                                                          \
		const size_t result = LIBC_REAL(name)(data, size, n, stream);                      \
                                                                                                   \
		if (output_listens() && result)                                                    \
			KEEPING_ERRNO(output_said(fd_of(stream), data, size *result));             \
		return result;                                                                     \
	}
FWRITE(fwrite)
FWRITE(fwrite_unlocked)

static void said_byte(int fd, int byte)
{
	const char text = (char)byte;

	output_said(fd, &text, 1);
}

#define PUTCHAR(name)                                                                              \
	LIBC_WRAP(int, name, (int byte))                                                           \
	{                                                                                          \
		const int result = LIBC_REAL(name)(byte);                                          \
                                                                                                   \
		if (output_listens() && result != EOF)                                             \
			KEEPING_ERRNO(said_byte(STDOUT_FILENO, byte));                             \
		return result;                                                                     \
	}
PUTCHAR(putchar)
PUTCHAR(putchar_unlocked)

#define PUTC(name)                                                                                 \
	LIBC_WRAP(int, name, (int byte, FILE *stream))                                             \
	{                                                                                          \
		const int result = LIBC_REAL(name)(byte, stream);                                  \
                                                                                                   \
		if (output_listens() && result != EOF)                                             \
			KEEPING_ERRNO(said_byte(fd_of(stream), byte));                             \
		return result;                                                                     \
	}
PUTC(putc)
PUTC(putc_unlocked)
PUTC(_IO_putc)
PUTC(fputc)
PUTC(fputc_unlocked)

/* ---- by format ---- */

#define PRINT(name, params, fd, args)                                                              \
	LIBC_WRAP(int, name, params)                                                               \
	{                                                                                          \
		const int before = errno;                                                          \
		va_list copy;                                                                      \
		int result;                                                                        \
                                                                                                   \
		if (!output_listens())                                                             \
			return LIBC_REAL(name) args;                                               \
		va_copy(copy, list);                                                               \
		result = LIBC_REAL(name) args;                                                     \
		if (result > 0)                                                                    \
			KEEPING_ERRNO(output_printed(fd, format, copy, before));                   \
		va_end(copy);                                                                      \
		return result;                                                                     \
	}
PRINT(vprintf, (const char *format, va_list list), STDOUT_FILENO, (format, list))
PRINT(vfprintf, (FILE * stream, const char *format, va_list list), fd_of(stream),
      (stream, format, list))
PRINT(vdprintf, (int fd, const char *format, va_list list), fd, (fd, format, list))
PRINT(__vprintf_chk, (int flag, const char *format, va_list list), STDOUT_FILENO,
      (flag, format, list))
PRINT(__vfprintf_chk, (FILE * stream, int flag, const char *format, va_list list), fd_of(stream),
      (stream, flag, format, list))
PRINT(__vdprintf_chk, (int fd, int flag, const char *format, va_list list), fd,
      (fd, flag, format, list))

#define LIBC_PRINT(name, params, last, real, args)                                                 \
	LIBC_WRAP(int, name, params)                                                               \
	{                                                                                          \
		va_list list;                                                                      \
		int result;                                                                        \
                                                                                                   \
		va_start(list, last);                                                              \
		result = wrap_##real args;                                                         \
		va_end(list);                                                                      \
		return result;                                                                     \
	}
#include "preload/libc.def"
