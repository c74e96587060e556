/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libgramme-path.so: who called. It is loaded only where call paths are asked for, RTLD_LOCAL, so
 * that libunwind, which it brings along, binds nobody else's _Unwind_* names.
 *
 * A walk asks nobody for a lock that anything else could hold: the files' tables are found by
 * _dl_find_object, which takes none, and libunwind works for us alone, in an address space of
 * ours. It follows nothing that the kernel does not call readable, and it runs on a stack of its
 * own, since that of the program may be small. One walk at a time, and signals blocked meanwhile:
 * the caller sees to both.
 */
#ifndef GRAMME_PATH_WALK_H
#define GRAMME_PATH_WALK_H

#include <link.h>
#include <stdbool.h>
#include <stdint.h>

#include "preload/wire.h"

#define PATH_LIBRARY "libgramme-path.so"

struct path_frame {
	uintptr_t call;	  /* an address within the call: the byte before where it returns to */
	uintptr_t object; /* where the file that holds it is mapped; 0: none does */
};

struct path_walk {
	uintptr_t own; /* where the shim itself is mapped: such frames are left out */
	uint32_t frames;
	bool cut;				   /* there were more */
	struct path_frame frame[WIRE_PATH_FRAMES]; /* the innermost first */
};

/* Allocates what walks need, once. Returns 0, -ENOSYS where glibc is older than 2.35, -ENOMEM. */
int gramme_path_begin(void);

/* Tells who called the caller, outwards. */
void gramme_path_walk(struct path_walk *walk);

/* Files were unloaded: what was known of the code at their addresses is void. */
void gramme_path_forget(void);

/*
 * The file mapped there: its path as the loader knows it ("" for the program's own), where it was
 * put, and its program headers. False if it is not there, or has no head to be read.
 */
bool gramme_path_object(uintptr_t object, struct dl_phdr_info *info);

/* For walk.c alone: the registers as they are when path_switch returns. */
struct path_registers {
	uintptr_t bx, bp, r12, r13, r14, r15, sp, ip;
};

/* Notes the caller's registers, and calls `function(arg)` on the stack that ends at `top`. */
void path_switch(struct path_registers *registers, void *top, void (*function)(void *), void *arg);

#endif
