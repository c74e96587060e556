/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shim's life in one process: nothing until the first compute, then an arena that the
 * collector was handed, or off for good. Everything that belongs to one process hangs on one
 * page that the kernel wipes in a child (MADV_WIPEONFORK), however the child was made: it finds
 * zeros, and begins a life of its own. Under vfork the page is the parent's, as it must be.
 */
#ifndef GRAMME_LIFE_H
#define GRAMME_LIFE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "preload/note.h"
#include "preload/wire.h"

struct cpu;
struct cuda;
struct opencl;
struct entry_labels;

enum life_phase { LIFE_UNBORN = 0, LIFE_SETTING_UP, LIFE_ON, LIFE_OFF };

struct life {
	_Atomic uint32_t phase;
	_Atomic uint32_t maker;	     /* the thread that sets up */
	_Atomic uint32_t generation; /* unique in the line of forks; 0 until on */
	struct wire_layout *arena;   /* the tables and the first lanes; lanes are reached below */
	uint32_t lanes;		     /* mapped with the tables */
	struct wire_lane *_Atomic lane[WIRE_LANES];
	_Atomic uint32_t owner[WIRE_LANES]; /* thread ids; 0 where nobody owns the lane */
	const uint32_t *wake;		    /* the collector's futex word, or NULL */
	struct rate note_rate[NOTE_CLASSES];
	_Atomic uint32_t files_number;		/* of this process, to files.c; 0: not met yet */
	_Atomic uintptr_t device[WIRE_DEVICES]; /* what claimed the slots, to device.c */
	struct entry_labels *labels;
	struct opencl *opencl;
	struct cpu *cpu;
	struct cuda *_Atomic cuda; /* made when the API is first met */
};

extern __attribute__((visibility("hidden"))) struct life *_Atomic life_page;

/* Sets the process up if that was not tried yet. True if it is on now. Keeps errno. */
bool life_begin(void);

/* This process's life, or NULL where it is not on. */
static inline struct life *life_now(void)
{
	struct life *life = atomic_load_explicit(&life_page, memory_order_acquire);

	if (__builtin_expect(!life, 0))
		return NULL;
	if (atomic_load_explicit(&life->phase, memory_order_acquire) != LIFE_ON)
		return NULL;
	return life;
}

/* WIRE_UNCOVERED_*: remembered until there is an arena, and in it from then on. */
void life_uncovered(uint32_t bits);

#endif
