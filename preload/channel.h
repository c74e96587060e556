/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hand-over: one connection, one message, one descriptor, and nothing kept open. The shim
 * never waits for the collector, so a collector that is stopped or gone costs one system call.
 */
#ifndef GRAMME_CHANNEL_H
#define GRAMME_CHANNEL_H

#include <stdint.h>

#include "preload/wire.h"

/* The part of an arena that is mapped from the start: the tables, and so many lanes. */
struct channel_arena {
	struct wire_layout *layout;
	uint32_t lanes;
};

/*
 * Makes an empty, sealed arena, mapped and not yet handed over; its descriptor is *fd. Two lanes
 * are mapped: a process computes in few threads, and what is mapped counts against its limits
 * (RLIMIT_AS), and is memory indeed in one that calls mlockall. Where no more could be mapped
 * later (valgrind and qemu-user refuse), it is all of them. Returns 0 or -errno: -EFBIG where the
 * process's file size limit would turn the attempt into a SIGXFSZ.
 */
int channel_make_arena(struct channel_arena *arena, int *fd);
void channel_free_arena(const struct channel_arena *arena);

/*
 * Maps one more lane; `lower` is any that is mapped, with a smaller number. Needs no descriptor.
 * Returns NULL where the kernel or a limit refuses. A lane stays for the life of the process.
 */
struct wire_lane *channel_map_lane(struct wire_lane *lower, uint32_t lower_number, uint32_t number);

/*
 * Hands the arena to the collector at `path`, if that is one we trust: our own uid, root, or the
 * uid in /etc/gramme/collector-uid, a file of root's. *wake becomes its futex word, or NULL.
 * Returns 0 or -errno; closes fd in any case.
 */
int channel_hand_over(const char *path, int fd, const uint32_t **wake);

#endif
