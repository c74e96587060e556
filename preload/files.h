/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which descriptors are read as data and which are being saved to, in a table by descriptor. Every
 * wrapper of files_hook.c and files_stream.c tells what it saw; what is worth telling becomes a
 * note. Nothing here allocates, waits for a lock or changes errno.
 */
#ifndef GRAMME_FILES_H
#define GRAMME_FILES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "preload/clock.h"
#include "preload/note.h"
#include "preload/passes.h"

extern __attribute__((visibility("hidden"))) atomic_bool files_bound;

/*
 * True while files are followed: the process is metered, and not about to close a seccomp filter
 * over itself, within which our questions to the kernel could be its death.
 */
static inline bool files_on(void)
{
	return __builtin_expect(note_is_on(), 0) &&
	       !atomic_load_explicit(&files_bound, memory_order_relaxed);
}

/* A call that reads. */
struct files_reading {
	uint64_t begin_ns;
	uint32_t slot; /* PASSES_NONE where the descriptor is not followed */
	int fd;
};

/* Before the real call. */
void files_begin(struct files_reading *reading, int fd);
/* Behind it: `n` is its result; at the descriptor's own position, or at an offset. */
void files_read(const struct files_reading *reading, ssize_t n);
void files_read_at(const struct files_reading *reading, ssize_t n, off_t offset);

/*
 * Before a file is opened: the time, or 0 while files are not followed. To open is a part of what
 * is done with a file: one whose last contents are still on their way to a busy disk took up to
 * 211 ms to be opened for the next save (ext4, 2026-11-22).
 */
static inline uint64_t files_opening(void)
{
	return files_on() ? clock_ns() : 0;
}

/* `fd` was opened with open's flags from then on; below 0 it was not. Never what it was before. */
void files_opened(int fd, int flags, uint64_t begin_ns);
/* `fd` stands for another file from now on; below 0 there is none. */
void files_replaced(int fd);
/* The descriptor now stands at `offset`; below 0 it does not. */
void files_moved(int fd, off_t offset);
/* A part of what the descriptor stands for was mapped to be read. */
void files_mapped(int fd, off_t offset, size_t bytes);

/* A file that was written and is being closed. */
struct files_saving {
	uint64_t key; /* 0: there is none */
	uint64_t begin_ns;
	uint64_t bytes;
	char name[PASSES_NAME];
};

/* Before it is closed; `written` of it at least, where a stream holds what is not in it yet. */
void files_closing(int fd, uint64_t written, struct files_saving *saving);
/* It was closed without an error. */
void files_saved(const struct files_saving *saving);
/* The process ends at once: what was read and not told is told, but for a little. */
void files_ending(void);
/* Something was renamed to `path`, which is relative to `folder`. */
void files_renamed(int folder, const char *path);

/* How far a stream was read, told before it is moved or closed; its descriptor stood elsewhere. */
void files_stream_at(int fd, off_t offset);
/* Where it was moved to, or begins. */
void files_stream_moved(int fd, off_t offset);
/* True if the descriptor is one whose stream must be asked. */
bool files_is_followed(int fd);
bool files_is_saved(int fd);

#endif
