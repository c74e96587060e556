/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private memory of the shim: whole, zeroed, from the kernel and never from malloc.
 */
#ifndef GRAMME_MEMORY_H
#define GRAMME_MEMORY_H

#include <stddef.h>

/* Returns NULL where there is none. */
void *memory_make(size_t bytes);
void memory_free(void *memory, size_t bytes);

#endif
