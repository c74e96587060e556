/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A text in memory that outlives who writes it: a memfd that the holder keeps. It is replaced as a
 * whole; a writer that is killed at any moment leaves the old text or the new one.
 */
#ifndef GRAMME_MEMORY_H
#define GRAMME_MEMORY_H

#include <stddef.h>

#define MEMORY_MAX (64u << 20)

/* Returns a descriptor, or -errno. */
int memory_make(void);

/* Replaces the text. Returns 0, -EMSGSIZE above MEMORY_MAX, or -errno; the old one then stands. */
int memory_write(int fd, const char *text, size_t length);

/* Returns 0 with *text (to be freed; zero-terminated), -ENODATA before the first one was written,
 * -EBADMSG for what is no such memory, -ENOMEM or -errno. */
int memory_read(int fd, char **text, size_t *length);

#endif
