/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From pieces of output to lines. Most of it is whole lines, one or several a call, which are
 * looked at where they lie. What has no end yet waits in its stream.
 */
#include "preload/output.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "preload/filter.h"
#include "preload/note.h"
#include "preload/output_log.h"
#include "preload/output_stream.h"
#include "preload/rate.h"
#include "preload/start.h"
#include "preload/sys.h"

/* What is looked at in long writes: so many bytes at once, and a second. */
#define LONG	      512u
#define LOOK_BURST    (8u << 20)
#define LOOK_PER_S    (4u << 20)
#define TERMINAL_MOST 1024u /* bytes that a line-buffered stream writes at once */

atomic_bool output_on START_DATA;

static struct share_shapes shapes;
static struct rate looked;

enum share output_share(unsigned shape, uint64_t t_ns)
{
	return share_take(&shapes, shape, t_ns);
}

static void tell(const struct stream *stream, uint32_t flags, uint64_t t_ns, const char *line,
		 size_t bytes)
{
	const enum share share = output_share(filter_shape(line, bytes), t_ns);

	if (share == SHARE_NONE)
		note_refuse();
	else
		note_line(stream->file, flags | (stream->is_log ? WIRE_NOTE_LOG : 0), share, t_ns,
			  line, bytes);
}

/* The first line of a log may name the columns of what follows. */
static bool is_first(struct stream *stream)
{
	const bool first = stream->is_log && stream->first;

	if (first)
		stream->first = false;
	return first;
}

/* One whole line: tells it, if it is worth it. Found before: whether it has a digit, an escape. */
static void judge(struct stream *stream, uint32_t flags, uint64_t t_ns, const char *text,
		  const struct filter_line *line)
{
	char plain[WIRE_NOTE_TEXT + 1];
	size_t bytes = line->bytes;
	bool columns;

	if (!bytes)
		return;
	/* Longer lines of a file are data: vectors of words, rows of images. */
	if (stream->is_log && bytes >= WIRE_NOTE_TEXT)
		return;
	if (line->escape && line->digit) {
		bytes = filter_strip(text, bytes, plain, sizeof(plain));
		text = plain;
	}
	columns = is_first(stream) && filter_is_columns(text, bytes);
	if (columns || (line->digit ? filter_keeps(text, bytes) : filter_is_head(text, bytes)))
		tell(stream, flags, t_ns ? t_ns : note_now(), text, bytes);
}

/* Adds to the line that waits; what is more than a note can hold is cut. */
static void keep(struct stream *stream, const char *text, const struct filter_line *line)
{
	const size_t room = sizeof(stream->text) - stream->used;

	memcpy(stream->text + stream->used, text, line->bytes < room ? line->bytes : room);
	stream->used += (uint32_t)(line->bytes < room ? line->bytes : room);
	stream->escape |= line->escape;
	stream->digit |= line->digit;
}

/* Bytes at the beginning that go back to the beginning of a line, to draw it anew. */
static size_t taken_back(const char *text, size_t bytes)
{
	size_t n = 0;

	while (n < bytes && (text[n] == '\b' || text[n] == '\r'))
		n++;
	return n;
}

/* The line that waited is over, and this is the rest of it. */
static void end_waiting(struct stream *stream, uint32_t flags, const char *rest,
			const struct filter_line *line)
{
	uint64_t t_ns = 0;

	if (taken_back(rest, line->bytes) == line->bytes) { /* it was printed when it waited */
		flags = (flags & ~WIRE_NOTE_LATE) | stream->flags;
		t_ns = stream->t_ns;
	} else {
		keep(stream, rest, line);
	}
	if (!stream->broken)
		judge(stream, flags, t_ns, stream->text,
		      &(struct filter_line){.bytes = stream->used,
					    .digit = stream->digit,
					    .escape = stream->escape});
	stream_empty(stream);
}

/* What is left without an end waits for it. */
static void wait(struct stream *stream, uint32_t flags, const char *text,
		 const struct filter_line *line)
{
	if (!stream_try(stream))
		return;
	keep(stream, text, line);
	if (!atomic_load_explicit(&stream->waiting, memory_order_relaxed))
		stream->t_ns = note_now();
	stream->flags = flags;
	atomic_store_explicit(&stream->waiting, true, memory_order_relaxed);
	stream_leave(stream);
}

static void end(struct stream *stream, uint32_t flags, const char *text,
		const struct filter_line *line)
{
	if (!atomic_load_explicit(&stream->waiting, memory_order_relaxed)) {
		judge(stream, flags, 0, text, line);
	} else if (stream_try(stream)) {
		end_waiting(stream, flags, text, line);
		stream_leave(stream);
	}
}

/* How a line ended, and with how many bytes of the text. */
static uint32_t ending(const char *text, size_t bytes, unsigned how, const struct filter_line *line,
		       size_t *used)
{
	*used = line->bytes + line->ended;
	if (!line->ended || text[line->bytes] == '\n')
		return 0;
	if (*used == bytes)
		return how & OUTPUT_ENDED ? 0 : WIRE_NOTE_REDRAWN;
	if (text[*used] != '\n')
		return WIRE_NOTE_REDRAWN;
	++*used; /* as terminals end lines */
	return 0;
}

void output_hear(struct stream *stream, const char *text, size_t bytes, unsigned how)
{
	/* What takes back a line before it draws the next is no line beside it: Keras' bars. */
	const size_t all = bytes - taken_back(text, bytes);

	do {
		const struct filter_line line = filter_line(text, bytes);
		size_t used;
		uint32_t flags = ending(text, bytes, how, &line, &used);

		if ((how & OUTPUT_BUFFERED) && used != all)
			flags |= WIRE_NOTE_LATE;
		if (line.ended || (how & OUTPUT_ENDED))
			end(stream, flags, text, &line);
		else
			wait(stream, flags, text, &line);
		text += used;
		bytes -= used;
	} while (bytes);
}

static bool may_look(size_t bytes)
{
	if (bytes <= LONG || rate_take(&looked, note_now(), bytes, LOOK_BURST, LOOK_PER_S))
		return true;
	note_refuse();
	return false;
}

/* The short way out, which most output takes: one line that says nothing. */
static inline bool says_nothing(const struct stream *stream, const char *text, size_t bytes,
				unsigned how)
{
	const size_t ends = !(how & OUTPUT_ENDED);
	struct filter_line line;

	if (stream->is_log || bytes > LONG ||
	    atomic_load_explicit(&stream->waiting, memory_order_relaxed))
		return false;
	line = filter_line(text, bytes);
	return line.bytes + ends == bytes && line.ended == ends && !line.digit &&
	       (!ends || text[line.bytes] == '\n') && !filter_is_head(text, line.bytes);
}

static void hear_any(int fd, struct stream *stream, const char *data, size_t bytes, unsigned how)
{
	if (says_nothing(stream, data, bytes, how) || !may_look(bytes))
		return;
	if (stream->is_log)
		output_log(fd, stream, data, bytes, how);
	else
		output_hear(stream, data, bytes, how);
}

/* Whether lines that come in one write may have been printed one after the other. */
static unsigned buffered(const struct stream *stream, size_t bytes)
{
	return stream_is_error(stream) || (bytes < TERMINAL_MOST && atomic_load(&stream->terminal))
		       ? 0
		       : OUTPUT_BUFFERED;
}

void output_written(int fd, const void *data, size_t bytes)
{
	struct stream *stream = stream_of(fd);

	if (stream)
		hear_any(fd, stream, data, bytes, buffered(stream, bytes));
}

void output_gathered(int fd, const struct iovec *part, int parts, size_t bytes)
{
	struct stream *stream = stream_of(fd);
	const unsigned how = stream ? buffered(stream, bytes) : 0;

	for (int i = 0; stream && i < parts && bytes; i++) {
		const size_t n = part[i].iov_len < bytes ? part[i].iov_len : bytes;

		if (n)
			hear_any(fd, stream, part[i].iov_base, n, how);
		bytes -= n;
	}
}

void output_said(int fd, const void *text, size_t bytes)
{
	struct stream *stream = stream_of(fd);

	if (stream && bytes)
		hear_any(fd, stream, text, bytes, 0);
}

void output_said_line(int fd, const char *text, size_t bytes)
{
	struct stream *stream = stream_of(fd);

	if (stream)
		hear_any(fd, stream, text, bytes, OUTPUT_ENDED);
}

void output_look(void)
{
	struct statx st;

	if (!sys(statx, 1, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &st) && S_ISCHR(st.stx_mode) &&
	    st.stx_rdev_major >= 136 && st.stx_rdev_major <= 143) /* Unix98 pseudo-terminals */
		atomic_store(&stream_table[0].terminal, true);
}
