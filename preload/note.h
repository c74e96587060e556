/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Notes: what the program printed, logged, read and saved, as the recogniser is told of it. They
 * go into a ring of the arena. The hooks of libc set nothing up, so before there is an arena the
 * last few wait here, and are handed over once it is there. A forked child that has no arena of its
 * own writes to its parent's: workers that load data compute nothing.
 *
 * Any thread may call, also in a signal handler: no allocation, no lock, no system call but one
 * futex wake every half ring. errno is kept. Where the process is not metered nothing happens.
 */
#ifndef GRAMME_NOTE_H
#define GRAMME_NOTE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "preload/rate.h"
#include "preload/share.h"
#include "preload/wire.h"

struct life;

/* What shares one bound of rate. */
enum note_class {
	NOTE_PRINTED,
	NOTE_REDRAWN,
	NOTE_LOGGED,
	NOTE_READ,
	NOTE_SAVED,
	NOTE_PATHS,
	NOTE_CLASSES
};

/* The arena that notes go to, once there is one: this process's, or that of who forked it. */
extern __attribute__((visibility("hidden"))) struct wire_layout *_Atomic note_arena;

/* True where there is. Cheap, for wrappers that have nothing to do otherwise. */
static inline bool note_is_on(void)
{
	return atomic_load_explicit(&note_arena, memory_order_acquire) != NULL;
}

/* CLOCK_MONOTONIC without a system call; 0 where that cannot be had before there is an arena. */
uint64_t note_now(void);

/*
 * One line, without its end; what is longer than WIRE_NOTE_TEXT is cut. `file` is 0 for standard
 * output and error; flags are WIRE_NOTE_*; `share` says whether it is one of many. t_ns is
 * note_now(); where that is 0 nothing is noted.
 */
void note_line(uint64_t file, uint32_t flags, enum share share, uint64_t t_ns, const char *text,
	       size_t bytes);

/*
 * A part of a file was read, or a file written and closed; `name` is its base name, flags are
 * WIRE_NOTE_*.
 */
void note_file(enum wire_note_kind kind, uint32_t flags, uint64_t file, uint64_t begin_ns,
	       uint64_t t_ns, uint64_t bytes, uint64_t size, const char *name);

/* Who called what is counted under `entry`: `frames` words, the innermost first. */
void note_path(uint16_t entry, uint32_t flags, uint64_t t_ns, const uint64_t *frame,
	       uint32_t frames);

/* Counts a line or file that a caller left out to bound the rate. */
void note_refuse(void);

/* Identity of a file, from its device and inode; never 0. */
static inline uint64_t note_identity(uint32_t major, uint32_t minor, uint64_t inode)
{
	const uint64_t device = (uint64_t)major << 32 | minor;

	/* An odd factor mixes without loss, and the device stays apart from small inodes. */
	return (inode * 0x9e3779b97f4a7c15u ^ device * 0xc2b2ae3d27d4eb4fu) | 1u;
}

/* The arena is there: what waited goes into it. */
void note_hand_over(struct life *life);

#endif
