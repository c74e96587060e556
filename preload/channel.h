/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hand-over: one connection, one message, one descriptor, and nothing kept open. The shim
 * never waits for the collector, so a collector that is stopped or gone costs one system call.
 */
#ifndef GRAMME_CHANNEL_H
#define GRAMME_CHANNEL_H

#include <stdint.h>

#include "preload/wire.h"

/*
 * Makes an empty, sealed arena, mapped and not yet handed over; its descriptor is *fd. Returns 0
 * or -errno: -EFBIG where the process's file size limit would turn the attempt into a SIGXFSZ.
 */
int channel_make_arena(struct wire_layout **arena, int *fd);

/*
 * Hands the arena to the collector at `path`, if that is one we trust: our own uid, root, or the
 * uid in /etc/gramme/collector-uid, a file of root's. *wake becomes its futex word, or NULL.
 * Returns 0 or -errno; closes fd in any case.
 */
int channel_hand_over(const char *path, int fd, const uint32_t **wake);

#endif
