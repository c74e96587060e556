/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gramme run as the client of a collector that runs already.
 */
#include "collector/launch/daemon.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* A collector may wait for a CPU: where 20 programs shared two, 2 s were too few (2026-11-22). */
#define ANSWER_MS 5000

int daemon_connect(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	int error = 0;
	if (connect(fd, (const void *)&address, sizeof(address)) < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
		error = -errno;
	else if (peer.uid != 0 && peer.uid != geteuid())
		error = -EPERM;
	if (!error)
		return fd;
	close(fd);
	return error;
}

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Waits for a reply of that kind. */
static int await(int fd, enum wire_message_kind expected, int limit_ms, char *packet, char *text,
		 size_t size)
{
	long long end_ms = now_ms() + limit_ms;
	struct pollfd readable = {.fd = fd, .events = POLLIN};
	int32_t reason = 0;
	uint16_t kind = 0;

	for (;;) {
		long long left_ms = end_ms - now_ms();
		if (left_ms <= 0)
			return -ETIMEDOUT;
		if (poll(&readable, 1, (int)left_ms) <= 0)
			continue;
		ssize_t n = recv(fd, packet, WIRE_MESSAGE_MAX, MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n <= 0)
			return -ECONNRESET;
		int error = message_kind(packet, (size_t)n, &kind);
		/* A collector that took over may have said it once more. */
		if (!error && kind == WIRE_RUN_READY && expected == WIRE_RUN_DONE)
			continue;
		if (!error && kind != expected)
			error = -EPROTO;
		if (!error)
			error = message_run_reply(packet, (size_t)n, &reason, text, size);
		return error ? error : reason > 0 ? -reason : 0;
	}
}

static int exchange(int fd, char *packet, size_t bytes, enum wire_message_kind kind, int limit_ms,
		    char *text, size_t size)
{
	text[0] = '\0';
	if (send(fd, packet, bytes, MSG_NOSIGNAL) != (ssize_t)bytes)
		return -errno;
	return await(fd, kind, limit_ms, packet, text, size);
}

int daemon_begin(int fd, const struct message_run_begin *begin, char *text, size_t size)
{
	char *packet = malloc(WIRE_MESSAGE_MAX);

	if (!packet)
		return -ENOMEM;
	int error = exchange(fd, packet, message_put_run_begin(packet, begin), WIRE_RUN_READY,
			     ANSWER_MS, text, size);
	free(packet);
	return error;
}

int daemon_end(int fd, int exit_status, int signal, char *text, size_t size)
{
	char *packet = malloc(WIRE_MESSAGE_MAX);

	if (!packet)
		return -ENOMEM;
	int error = exchange(fd, packet, message_put_run_end(packet, exit_status, (uint32_t)signal),
			     WIRE_RUN_DONE, ANSWER_MS, text, size);
	free(packet);
	return error;
}
