/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stranger's memory, taken in safely.
 */
#ifndef GRAMME_MEMFD_H
#define GRAMME_MEMFD_H

#include "preload/wire.h"

/*
 * Maps an arena read-only, if its size can never change under us and it is an arena of this
 * version. The descriptor stays the caller's and is not needed afterwards. Returns 0 with
 * *layout (to be given to memfd_unmap), -EPERM for missing seals or a file that is no memfd,
 * -EMSGSIZE for a wrong size, -EPROTO or -EPROTONOSUPPORT as arena_check, or -errno.
 */
int memfd_map(int fd, const struct wire_layout **layout);
void memfd_unmap(const struct wire_layout *layout);

#endif
