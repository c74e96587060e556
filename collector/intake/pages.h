/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which pages of a sealed memfd its owner has ever written. A page that is only read through a
 * mapping is made by the kernel and charged to the reader: of an arena with holes that is up to 42
 * MB of ours for a few kilobytes of a stranger's. So what is not there is not looked at; it would
 * be zeros.
 *
 * A page that is there stays: F_SEAL_FUTURE_WRITE keeps everybody from punching holes (memfd.c).
 */
#ifndef GRAMME_PAGES_H
#define GRAMME_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "preload/wire.h"

#define PAGES_BYTES 4096u
#define PAGES_COUNT (sizeof(struct wire_layout) / PAGES_BYTES)
#define PAGES_WORDS ((PAGES_COUNT + 63) / 64)

struct pages {
	int fd;			     /* of the memfd; owned */
	uint64_t there[PAGES_WORDS]; /* a bit each: it is known to be there */
	uint64_t hole[PAGES_WORDS];  /* it was not there when it was last asked for */
};

/* Begins with nothing known. `fd` stays the caller's. Returns 0 or -errno. */
int pages_open(struct pages *pages, int fd);
void pages_close(struct pages *pages);

/* What was a hole may have been written in the meantime: ask again. */
void pages_look_again(struct pages *pages);

/* Is the page there that holds this byte of the layout? The kernel is asked only where it must. */
bool pages_there(struct pages *pages, size_t offset);

#endif
