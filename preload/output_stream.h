/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where output goes: standard output and error, their copies, and a bounded number of logs, found
 * by descriptor. Descriptors 1 and 2 are output whatever is behind them.
 */
#ifndef GRAMME_OUTPUT_STREAM_H
#define GRAMME_OUTPUT_STREAM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "preload/wire.h"

#define STREAMS	    18u /* the first two are standard output and error */
#define STREAM_FDS  1024u
#define STREAM_NONE 255u

/* What a log turned out to hold. */
enum stream_kind { STREAM_UNKNOWN, STREAM_TEXT, STREAM_EVENTS };

struct stream {
	_Atomic uint32_t busy;	 /* tried, never waited for: guards what follows `waiting` */
	_Atomic uint32_t copies; /* descriptors that mean it; 0: free */
	atomic_bool terminal;	 /* it is one: whoever buffers ends with a line */
	bool is_log;
	enum stream_kind kind;
	uint64_t file;		/* 0 for standard output and error */
	_Atomic uint64_t heard; /* bytes of a log */
	atomic_bool waiting;	/* there is a line without its end */
	bool escape, digit;	/* in that line */
	bool broken;		/* a piece of it is missing */
	bool first;		/* nothing of the log was told yet */
	uint32_t flags;		/* WIRE_NOTE_* of the last piece */
	uint32_t used;
	uint32_t skip; /* bytes of an event record that are not looked at */
	uint64_t t_ns; /* of the last piece */
	char text[WIRE_NOTE_TEXT];
};

extern __attribute__((visibility("hidden"))) struct stream stream_table[STREAMS];
extern __attribute__((visibility("hidden"))) _Atomic uint8_t stream_of_fd[STREAM_FDS];

/* The stream of a descriptor, or NULL: most. */
static inline struct stream *stream_of(int fd)
{
	uint8_t number;

	if ((unsigned)fd >= STREAM_FDS)
		return NULL;
	number = atomic_load_explicit(&stream_of_fd[fd], memory_order_acquire);
	if (number)
		return &stream_table[number - 1];
	return fd == 1 || fd == 2 ? &stream_table[fd - 1] : NULL;
}

/* Takes the stream, or says no where another thread, or we beneath a signal handler, has it. */
static inline bool stream_try(struct stream *stream)
{
	uint32_t free = 0;

	return atomic_compare_exchange_strong_explicit(&stream->busy, &free, 1,
						       memory_order_acquire, memory_order_relaxed);
}

static inline void stream_leave(struct stream *stream)
{
	atomic_store_explicit(&stream->busy, 0, memory_order_release);
}

/* Forgets the line that waits. The caller has taken the stream. */
static inline void stream_empty(struct stream *stream)
{
	atomic_store_explicit(&stream->waiting, false, memory_order_relaxed);
	stream->used = 0;
	stream->escape = stream->digit = stream->broken = false;
	stream->flags = 0;
}

/*
 * A descriptor means that stream from now on; `to` may have meant another. Descriptors 1 and 2 stay
 * what they are.
 */
void stream_set(int to, struct stream *stream);

/* A piece of a line is missing: the line will not be told. */
static inline void stream_break(struct stream *stream)
{
	if (!stream_try(stream))
		return;
	stream->broken = true;
	atomic_store_explicit(&stream->waiting, true, memory_order_relaxed);
	stream_leave(stream);
}

/* A descriptor means no stream any more. */
void stream_drop(int fd);

/* Nobody buffers what goes to standard error. */
static inline bool stream_is_error(const struct stream *stream)
{
	return stream == &stream_table[1];
}

#endif
