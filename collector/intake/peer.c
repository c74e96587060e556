/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who speaks on a connection. A PID alone can be given to another process after its owner's
 * death; SO_PEERPIDFD cannot. On older kernels the run state compares the start time of what
 * pidfd_open found with the age of the arena.
 */
#include "collector/intake/peer.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

int peer_of(int socket, struct peer *peer)
{
	struct ucred credentials;
	socklen_t size = sizeof(credentials);

	if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) < 0)
		return -errno;
	*peer = (struct peer){.uid = credentials.uid,
			      .gid = credentials.gid,
			      .pid = credentials.pid,
			      .pidfd = -1};
	size = sizeof(peer->pidfd);
	if (getsockopt(socket, SOL_SOCKET, SO_PEERPIDFD, &peer->pidfd, &size) == 0)
		return 0;
	peer->pidfd = -1;
	if (errno == ENOPROTOOPT && peer->pid > 0)
		peer->pidfd = (int)syscall(SYS_pidfd_open, peer->pid, 0);
	return 0;
}

void peer_release(struct peer *peer)
{
	if (peer->pidfd >= 0)
		close(peer->pidfd);
	peer->pidfd = -1;
}

bool peer_lives(int pidfd)
{
	struct pollfd exited = {.fd = pidfd, .events = POLLIN};
	int n = -1;

	/* A signal may come in between even where nothing is waited for: that is nobody's death. */
	while (pidfd >= 0 && (n = poll(&exited, 1, 0)) < 0 && errno == EINTR)
		;
	return n == 0;
}
