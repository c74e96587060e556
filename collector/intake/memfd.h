/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stranger's memory, taken in safely.
 */
#ifndef GRAMME_MEMFD_H
#define GRAMME_MEMFD_H

#include "collector/intake/pages.h"
#include "preload/wire.h"

/*
 * Maps an arena read-only, if its size can never change under us, it is an arena of this version
 * and it was not mapped before. The descriptor stays the caller's. Returns 0 with *layout (to be
 * given to memfd_unmap), -EPERM for missing seals or a file that is no memfd, -EMSGSIZE for a
 * wrong size, -EPROTO or -EPROTONOSUPPORT as arena_check, -EEXIST, or -errno.
 */
int memfd_map(int fd, const struct wire_layout **layout);
void memfd_unmap(const struct wire_layout *layout);

/* Which pages of a mapped arena are there; lives as long as the mapping. */
struct pages *memfd_pages(const struct wire_layout *layout);

#endif
