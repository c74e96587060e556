/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hears what the program prints, on standard output and error and into logs of its own, and tells
 * the lines that are worth it (filter.h) as notes. Called behind the real call, with what it took.
 *
 * Any thread may call, also in a signal handler: no allocation, no system call, and a lock that is
 * tried and never waited for. Unfinished lines are kept per stream until their end comes.
 */
#ifndef GRAMME_OUTPUT_H
#define GRAMME_OUTPUT_H

#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "preload/share.h"

/* Somebody listens: set by the constructor, for a process that may be metered. */
extern __attribute__((visibility("hidden"))) atomic_bool output_on;

static inline bool output_listens(void)
{
	return __builtin_expect(atomic_load_explicit(&output_on, memory_order_relaxed), 0);
}

/* The program wrote to a descriptor itself: these bytes may have waited in a buffer of its own. */
void output_written(int fd, const void *data, size_t bytes);
void output_gathered(int fd, const struct iovec *part, int parts, size_t bytes);

/* The program printed by a stream of the C library on that descriptor: now. */
void output_said(int fd, const void *text, size_t bytes);
/* The same, and the end of a line behind it. */
void output_said_line(int fd, const char *text, size_t bytes);

/*
 * The program printed by a format. Only what may be worth telling is formatted again, which needs
 * errno as it was then (%m). Changes errno.
 */
void output_printed(int fd, const char *format, va_list list, int error);

/*
 * `fd` was opened with open's flags, below 0 it was not: to be written, it may be a log. And it is
 * about to be closed.
 */
void output_opened(int fd, int flags);
void output_closed(int fd);

/* `to` is a copy of `from`. */
void output_copied(int from, int to);

struct stream;

/* How a piece of output came: */
#define OUTPUT_BUFFERED 0x1u /* several lines of it may have been printed before, one by one */
#define OUTPUT_ENDED	0x2u /* a newline follows that is not in the text */

/* Looks at every line of a piece of output of a stream; `how` is OUTPUT_*. */
void output_hear(struct stream *stream, const char *text, size_t bytes, unsigned how);

/* Whether one more line of that shape, or by that format, may be looked at now. */
enum share output_share(unsigned shape, uint64_t t_ns);

/* Asks the kernel what standard output is. With the arena, since it is a system call. */
void output_look(void);

#endif
