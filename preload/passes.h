/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How far a program got with each of the files that it reads: bytes read against size, by whatever
 * descriptor and thread, and when something of that is worth telling. Pure but for the memory it is
 * given: moments and identities are arguments, and what is to be told is handed back.
 *
 * Any thread may come here at any time, also out of a signal handler. Counters are atomic; the
 * table is only changed by who takes its lock at once, and others go without.
 */
#ifndef GRAMME_PASSES_H
#define GRAMME_PASSES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "preload/rate.h"

#define PASSES_FILES 128u
#define PASSES_NAME  120u
#define PASSES_NONE  UINT32_MAX
#define PASSES_SMALL 65536u /* bytes; the first reading of less is told once there is a second */

/* Read and not told yet. */
struct passes_file {
	_Atomic uint64_t size;
	_Atomic uint64_t bytes;
	_Atomic uint64_t begin_ns; /* of the first of them; 0: there are none */
	_Atomic uint64_t end_ns;   /* of the last */
	_Atomic uint32_t flags;	   /* WIRE_NOTE_FROM_START, WIRE_NOTE_TO_END */
	atomic_bool again;	   /* reading came back to the beginning */
	char name[PASSES_NAME];
};

/* Zeroed memory is an empty table. */
struct passes {
	_Atomic uint64_t key[PASSES_FILES]; /* identity of the file; 0: free */
	_Atomic uint64_t rank[PASSES_FILES];
	_Atomic uint64_t least; /* rank of a file that would be admitted; 0 while there is room */
	struct rate rate;	/* of telling */
	_Atomic uint32_t owner; /* 0, or who changes the table */
	atomic_bool hurried;	/* this process may end before it reads anything twice */
	struct passes_file file[PASSES_FILES];
};

/* What is to be told. */
struct passes_part {
	uint64_t key;
	uint64_t begin_ns;
	uint64_t end_ns;
	uint64_t bytes;
	uint64_t size;
	uint32_t flags;
	char name[PASSES_NAME];
};

#define PASSES_PARTS 2u /* most that one reading gives */

/* The slot of a file, or PASSES_NONE. */
uint32_t passes_find(const struct passes *p, uint64_t key);

/* True if a file of that size would be admitted. */
bool passes_wants(const struct passes *p, uint64_t key, uint64_t size);

/*
 * To change the table: `who` is not 0, and differs in a forked child from its parent, which may
 * have left the lock behind. False where another is at it.
 */
bool passes_take(struct passes *p, uint32_t who);
void passes_leave(struct passes *p);

/*
 * Under the lock: admits a file (size > 0), and forgets another if there is no room. Among more
 * files than there is room for those stay that a hash of their identity, weighted by size, puts
 * first: every process chooses the same. Returns the slot, or PASSES_NONE.
 */
uint32_t passes_admit(struct passes *p, uint64_t key, uint64_t size, const char *name);

/*
 * `bytes` were read at `offset` between two moments; 0 bytes: the end was met. Returns how many
 * parts are to be told.
 */
unsigned passes_read(struct passes *p, uint32_t slot, uint64_t offset, uint64_t bytes,
		     uint64_t begin_ns, uint64_t end_ns, struct passes_part part[PASSES_PARTS]);

/* A descriptor of the file was closed. Returns how many parts are to be told, 0 or 1. */
unsigned passes_close(struct passes *p, uint32_t slot, uint64_t now_ns, struct passes_part *part);

/* In a forked child: what was read and not told is the parent's. */
void passes_forget_unread(struct passes *p);

#endif
