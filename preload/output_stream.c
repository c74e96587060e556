/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which descriptor means which stream. Whoever loses a race hears less, or a line under another's
 * name; nothing else can come of it.
 */
#include <fcntl.h>

#include "preload/output.h"
#include "preload/output_stream.h"

struct stream stream_table[STREAMS];
_Atomic uint8_t stream_of_fd[STREAM_FDS];

static bool is_standard(const struct stream *stream)
{
	return stream < &stream_table[2];
}

static void release(struct stream *stream)
{
	if (is_standard(stream) || atomic_fetch_sub(&stream->copies, 1) != 1)
		return;
	/* Nothing more comes that could end it. */
	if (atomic_load(&stream->waiting) && stream->kind == STREAM_TEXT)
		output_hear(stream, "\n", 1, 0);
}

void stream_drop(int fd)
{
	uint8_t number;

	if ((unsigned)fd >= STREAM_FDS)
		return;
	number = atomic_load_explicit(&stream_of_fd[fd], memory_order_relaxed);
	if (number && atomic_compare_exchange_strong(&stream_of_fd[fd], &number, 0))
		release(&stream_table[number - 1]);
}

void stream_set(int to, struct stream *stream)
{
	stream_drop(to);
	if ((unsigned)to >= STREAM_FDS || to == 1 || to == 2)
		return;
	atomic_fetch_add(&stream->copies, 1);
	atomic_store_explicit(&stream_of_fd[to], (uint8_t)(stream - stream_table + 1),
			      memory_order_release);
}

/* Where there are too many, this one is not heard. */
static void make_log(int fd)
{
	static _Atomic uint64_t logs;

	for (unsigned i = 2; i < STREAMS; i++) {
		struct stream *stream = &stream_table[i];
		uint32_t free = 0;

		if (!atomic_compare_exchange_strong(&stream->copies, &free, 1))
			continue;
		stream_empty(stream);
		atomic_store(&stream->busy, 0);
		atomic_store(&stream->heard, 0);
		/* Even, unlike what is known by its inode. */
		stream->file = 2 * (atomic_fetch_add(&logs, 1) + 1);
		stream->kind = STREAM_UNKNOWN;
		stream->is_log = stream->first = true;
		stream->skip = 0;
		stream_set(fd, stream);
		atomic_fetch_sub(&stream->copies, 1);
		return;
	}
	stream_drop(fd);
}

void output_opened(int fd, int flags)
{
	if (fd == 1)
		atomic_store(&stream_table[0].terminal, false); /* not known */
	else if (fd > 2 && (flags & O_ACCMODE) != O_RDONLY)
		make_log(fd);
	else
		stream_drop(fd);
}

void output_closed(int fd)
{
	stream_drop(fd);
}

void output_copied(int from, int to)
{
	struct stream *stream = stream_of(from);

	if (to < 0 || from == to)
		return;
	if (to == 1)
		atomic_store(&stream_table[0].terminal, false); /* not known */
	if (stream)
		stream_set(to, stream);
	else
		stream_drop(to);
}
