/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Logs. A scalar of an event file is told as the line "tag: value step: n", so that whoever reads
 * lines reads it.
 */
#include "preload/output_log.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "preload/events.h"
#include "preload/files.h"
#include "preload/libc.h"
#include "preload/note.h"
#include "preload/output.h"
#include "preload/sys.h"

#define MOST_BYTES (16u << 20) /* of a log that is heard: what is larger is data */
#define LOOKED	   64u

/* Text has no control characters but those that lay it out. */
static bool is_text(const char *data, size_t bytes)
{
	for (size_t i = 0; i < bytes && i < LOOKED; i++)
		if ((unsigned char)data[i] < ' ' && (data[i] < '\a' || data[i] > '\r') &&
		    data[i] != '\33')
			return false;
	return true;
}

static bool is_same(const struct statx *a, const struct statx *b)
{
	return a->stx_ino == b->stx_ino && a->stx_dev_major == b->stx_dev_major &&
	       a->stx_dev_minor == b->stx_dev_minor;
}

static bool ask(int fd, struct statx *st)
{
	return !sys(statx, fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, st);
}

/*
 * What the descriptor stands for. False if it is no file to be a log: perhaps what standard output
 * or error is, opened anew ("/dev/stdout"), and then it is heard as that from now on. Where the
 * kernel may not be asked it is taken for a log.
 */
static bool identify(int fd, struct stream *stream)
{
	struct statx st, standard;

	if (!files_on())
		return true;
	if (!ask(fd, &st))
		return false;
	for (int i = 1; i <= 2; i++)
		if (ask(i, &standard) && is_same(&st, &standard)) {
			output_copied(i, fd);
			return false;
		}
	stream->file = note_identity(st.stx_dev_major, st.stx_dev_minor, st.stx_ino);
	return S_ISREG(st.stx_mode);
}

static bool is_wanted(int fd, struct stream *stream, const char *data, size_t bytes)
{
	if (atomic_fetch_add(&stream->heard, bytes) + bytes > MOST_BYTES)
		return false;
	if (stream->kind == STREAM_UNKNOWN && !identify(fd, stream))
		return false;
	if (stream->kind == STREAM_UNKNOWN)
		stream->kind = events_begin(data, bytes) ? STREAM_EVENTS : STREAM_TEXT;
	return stream->kind == STREAM_EVENTS || is_text(data, bytes);
}

static int print(char *text, size_t room, const char *format, ...)
{
	va_list list;
	int bytes;

	va_start(list, format);
	bytes = LIBC_REAL(vsnprintf)(text, room, format, list);
	va_end(list);
	return bytes;
}

static void tell(const struct stream *stream, const struct events_event *event, unsigned how)
{
	char line[WIRE_NOTE_TEXT];

	for (size_t i = 0; i < event->values; i++) {
		const struct events_value *v = &event->value[i];
		const size_t most = sizeof(line) - 64;
		const int tag = (int)(v->tag_bytes < most ? v->tag_bytes : most);
		const int bytes = print(line, sizeof(line), "%.*s: %.9g step: %lld", tag, v->tag,
					(double)v->value, (long long)event->step);

		if (bytes > 0 && bytes < (int)sizeof(line))
			note_line(stream->file,
				  WIRE_NOTE_LOG | (how & OUTPUT_BUFFERED ? WIRE_NOTE_LATE : 0),
				  SHARE_MANY, note_now(), line, (size_t)bytes);
	}
}

static size_t less(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Takes what belongs to the record under way. Returns how much of the data that was. */
static size_t take_record(struct stream *stream, const char *data, size_t bytes, unsigned how)
{
	const bool headed = stream->used >= EVENTS_HEAD;
	const uint64_t length = headed ? events_length(stream->text) : 0;
	const size_t whole = EVENTS_HEAD + (headed ? (size_t)length + EVENTS_TAIL : 0);
	const size_t n = less(bytes, whole - stream->used);
	struct events_event event;

	memcpy(stream->text + stream->used, data, n);
	stream->used += (uint32_t)n;
	if (stream->used < whole)
		return n;
	if (!headed) {
		/* Of long records (graphs, images) nothing is wanted. */
		const uint64_t next = events_length(stream->text);
		if (next > sizeof(stream->text) - EVENTS_HEAD - EVENTS_TAIL) {
			stream->skip = next < UINT32_MAX - EVENTS_TAIL
					       ? (uint32_t)next + EVENTS_TAIL
					       : UINT32_MAX;
			stream->used = 0;
		}
		return n;
	}
	if (events_read(stream->text + EVENTS_HEAD, (size_t)length, &event))
		tell(stream, &event, how);
	stream->used = 0;
	return n;
}

static void hear_events(struct stream *stream, const char *data, size_t bytes, unsigned how)
{
	if (!stream_try(stream))
		return;
	while (bytes) {
		size_t n = less(bytes, stream->skip);

		if (n)
			stream->skip -= (uint32_t)n;
		else
			n = take_record(stream, data, bytes, how);
		data += n;
		bytes -= n;
	}
	stream_leave(stream);
}

void output_log(int fd, struct stream *stream, const char *data, size_t bytes, unsigned how)
{
	if (!is_wanted(fd, stream, data, bytes)) {
		if (stream_of(fd) == stream)
			stream_drop(fd);
		else
			output_written(fd, data, bytes);
	} else if (stream->kind == STREAM_EVENTS) {
		hear_events(stream, data, bytes, how);
	} else {
		output_hear(stream, data, bytes, how);
	}
}
