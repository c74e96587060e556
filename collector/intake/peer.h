/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who speaks on a connection, as the kernel tells it.
 */
#ifndef GRAMME_PEER_H
#define GRAMME_PEER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct peer {
	uid_t uid;
	gid_t gid;
	pid_t pid; /* 0 where it lives in a PID namespace that we cannot see */
	int pidfd; /* owned; -1 where the process is gone already or cannot be named */
};

/*
 * Fills *peer for a connected Unix socket: credentials at the time of its connect(), and a pidfd
 * by SO_PEERPIDFD (Linux 6.5) or pidfd_open. Returns 0 or -errno.
 */
int peer_of(int socket, struct peer *peer);
void peer_release(struct peer *peer);

/* Does any thread of the process behind a pidfd live? Of -1 nobody does. */
bool peer_lives(int pidfd);

#endif
