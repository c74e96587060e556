/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The collector's socket. SOCK_SEQPACKET keeps messages whole, so one buffer serves all
 * connections and nobody's half message is ever stored. libuv knows no such sockets: raw
 * descriptors are polled.
 */
#include "collector/intake/intake.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "collector/intake/listener.h"
#include "collector/intake/memfd.h"
#include "collector/intake/refusals.h"
#include "collector/intake/wake.h"

#define FLUSH_DEPTH 2

/*
 * Strangers who connect as fast as they are hung up on must not keep the loop from turning: so many
 * are accepted in one turn. A flush takes whoever was waiting when it began, and no more.
 */
#define ACCEPT_TURN  64u
#define ACCEPT_FLUSH 4096u

struct intake_connection {
	uv_poll_t poll;
	struct intake *intake;
	struct intake_connection *next;
	int fd;
	struct peer peer;
	unsigned messages;
	uint64_t since_ns;
	bool running; /* a run was begun here */
	bool reading; /* its messages are being taken: intake_flush leaves it alone */
	bool flushed; /* ... or has been there */
};

struct intake {
	uv_loop_t *loop;
	uv_poll_t poll;
	uv_timer_t silence;
	int fd;
	char *path;
	struct wake *wake;
	const struct intake_ops *ops;
	void *arg;
	struct intake_connection *first;
	unsigned connections;
	bool accepting;
	bool closing;
	unsigned depth;	  /* of intake_flush within intake_flush */
	unsigned handles; /* of this struct, not closed yet */
	struct refusals refusals;
	char packet[WIRE_MESSAGE_MAX];
};

static void on_acceptable(uv_poll_t *poll, int status, int events);
static void on_readable(uv_poll_t *poll, int status, int events);

static void refuse(struct intake *intake, uid_t uid, const char *reason)
{
	if (refusals_is_new(&intake->refusals, uid, reason))
		intake->ops->refused(intake->arg, uid, reason);
}

static void free_connection(uv_handle_t *handle)
{
	free(handle->data);
}

static void start_accepting(struct intake *intake)
{
	if (intake->accepting || intake->closing)
		return;
	intake->accepting = uv_poll_start(&intake->poll, UV_READABLE, on_acceptable) == 0;
}

static void drop(struct intake_connection *connection)
{
	struct intake *intake = connection->intake;
	struct intake_connection **link = &intake->first;

	while (*link != connection)
		link = &(*link)->next;
	*link = connection->next;
	intake->connections--;
	if (connection->running)
		intake->ops->run_left(intake->arg, connection);
	uv_close((uv_handle_t *)&connection->poll, free_connection);
	close(connection->fd);
	peer_release(&connection->peer);
	start_accepting(intake);
}

/* An arena is all that a connection can bring: it is of no more use. */
static bool take_hello(struct intake_connection *connection, size_t bytes, int fd)
{
	struct intake *intake = connection->intake;
	const struct wire_layout *layout = NULL;
	struct wire_hello hello;
	int error = message_hello(intake->packet, bytes, &hello);

	if (!error)
		error = fd < 0 ? -EPROTO : memfd_map(fd, &layout);
	if (!error) {
		error = intake->ops->hello(intake->arg, &connection->peer, layout);
		if (error)
			memfd_unmap(layout);
	}
	if (error)
		refuse(intake, connection->peer.uid, refusals_reason(error));
	return false;
}

static bool reply(struct intake_connection *connection, enum wire_message_kind kind, int error,
		  const char *text)
{
	char *packet = connection->intake->packet;
	size_t bytes = message_put_run_reply(packet, kind, -error, text);

	return send(connection->fd, packet, bytes, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)bytes;
}

static bool take_run_begin(struct intake_connection *connection, size_t bytes)
{
	struct intake *intake = connection->intake;
	struct message_run_begin begin;
	char why[256] = "";
	int error =
		connection->running ? -EPROTO : message_run_begin(intake->packet, bytes, &begin);

	if (error) {
		refuse(intake, connection->peer.uid, refusals_reason(error));
		return false;
	}
	error = intake->ops->run_begin(intake->arg, connection, &connection->peer, &begin, why);
	message_run_begin_release(&begin);
	connection->running = error == 0;
	return reply(connection, WIRE_RUN_READY, error, why) && !error;
}

static bool take_run_end(struct intake_connection *connection, size_t bytes)
{
	struct intake *intake = connection->intake;
	struct wire_run_end end;
	char text[1024] = "";

	if (!connection->running || message_run_end(intake->packet, bytes, &end)) {
		refuse(intake, connection->peer.uid, refusals_reason(-EPROTO));
		return false;
	}
	connection->running = false;
	intake->ops->run_end(intake->arg, connection, &end, text);
	reply(connection, WIRE_RUN_DONE, 0, text);
	return false;
}

/* Returns false if the connection is of no more use. */
static bool take_packet(struct intake_connection *connection, size_t bytes, int fd)
{
	struct intake *intake = connection->intake;
	uint16_t kind = 0;
	int error = message_kind(intake->packet, bytes, &kind);

	if (!error && kind == WIRE_HELLO)
		return take_hello(connection, bytes, fd);
	if (!error && kind == WIRE_RUN_BEGIN)
		return take_run_begin(connection, bytes);
	if (!error && kind == WIRE_RUN_END)
		return take_run_end(connection, bytes);
	refuse(intake, connection->peer.uid, refusals_reason(error ? error : -EPROTO));
	return false;
}

/* Receives one packet and at most one descriptor. Returns its length, 0 at the end, or -errno. */
static ssize_t receive(struct intake_connection *connection, int *fd)
{
	/* CMSG_SPACE has room for two: the second would be ours, and nobody would close it. */
	_Alignas(struct cmsghdr) char control[CMSG_LEN(sizeof(int))];
	struct iovec part = {connection->intake->packet, WIRE_MESSAGE_MAX};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof(control)};

	*fd = -1;
	ssize_t n = recvmsg(connection->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n < 0)
		return -errno;
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);
	if (head && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS &&
	    head->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(fd, CMSG_DATA(head), sizeof(*fd));
	return message.msg_flags & MSG_TRUNC ? -EMSGSIZE : n;
}

/* Reads what there is; false if the connection was dropped. */
static bool read_connection(struct intake_connection *connection)
{
	connection->reading = true;
	for (;;) {
		int fd;
		ssize_t n = receive(connection, &fd);
		bool go_on = false;

		if (n == -EAGAIN || n == -EINTR) {
			connection->reading = false;
			return true;
		}
		if (n > 0 && ++connection->messages <= INTAKE_MESSAGES_MAX)
			go_on = take_packet(connection, (size_t)n, fd);
		else if (n != 0 && n != -ECONNRESET)
			refuse(connection->intake, connection->peer.uid,
			       n > 0 ? "it sends too many messages" : refusals_reason((int)n));
		if (fd >= 0)
			close(fd);
		if (!go_on) {
			drop(connection);
			return false;
		}
	}
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
	struct intake_connection *connection = poll->data;

	(void)events;
	if (status < 0)
		drop(connection);
	else
		read_connection(connection);
}

/* One user's silence must not shut the others out. */
static bool crowded(const struct intake *intake, uid_t uid)
{
	unsigned n = 0;

	for (const struct intake_connection *c = intake->first; c; c = c->next)
		n += c->peer.uid == uid;
	return n >= INTAKE_CONNECTIONS_MAX / 4;
}

static void begin_connection(struct intake *intake, int fd)
{
	struct intake_connection *connection = calloc(1, sizeof(*connection));
	struct peer peer = {.pidfd = -1};

	if (!connection || peer_of(fd, &peer) || crowded(intake, peer.uid))
		goto refused;
	connection->intake = intake;
	connection->fd = fd;
	connection->peer = peer;
	connection->since_ns = uv_hrtime();
	connection->poll.data = connection;
	if (uv_poll_init(intake->loop, &connection->poll, fd))
		goto refused;
	connection->next = intake->first;
	intake->first = connection;
	intake->connections++;
	/* Mostly the message lies there already, and its sender has hung up. */
	if (read_connection(connection) &&
	    uv_poll_start(&connection->poll, UV_READABLE | UV_DISCONNECT, on_readable))
		drop(connection);
	return;
refused:
	refuse(intake, peer.uid, "it holds too many connections, or memory is short");
	peer_release(&peer);
	free(connection);
	close(fd);
}

static void accept_up_to(struct intake *intake, unsigned most)
{
	int error = 0;

	while (most-- > 0 && intake->connections < INTAKE_CONNECTIONS_MAX && error != EAGAIN &&
	       error != EMFILE && error != ENFILE && error != ENOMEM) {
		int fd = accept4(intake->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		error = fd < 0 ? errno : 0;
		if (fd >= 0)
			begin_connection(intake, fd);
	}
	/* Full, or without descriptors, it would only spin: the timer or a departure restarts it.
	 */
	if (intake->connections >= INTAKE_CONNECTIONS_MAX || (error && error != EAGAIN)) {
		uv_poll_stop(&intake->poll);
		intake->accepting = false;
	}
	if ((intake->connections > 0 || !intake->accepting) &&
	    !uv_is_active((uv_handle_t *)&intake->silence))
		uv_timer_again(&intake->silence);
}

static void on_acceptable(uv_poll_t *poll, int status, int events)
{
	(void)status;
	(void)events;
	accept_up_to(poll->data, ACCEPT_TURN);
}

static void on_silence(uv_timer_t *timer)
{
	struct intake *intake = timer->data;
	uint64_t now = uv_hrtime();

	for (struct intake_connection *c = intake->first, *next; c; c = next) {
		next = c->next;
		if (!c->running && now - c->since_ns > INTAKE_SILENCE_NS)
			drop(c);
	}
	start_accepting(intake);
	if (intake->connections == 0 && intake->accepting)
		uv_timer_stop(timer);
}

static void free_intake(uv_handle_t *handle)
{
	struct intake *intake = handle->data;

	if (--intake->handles > 0)
		return;
	free(intake->path);
	free(intake);
}

void intake_close(struct intake *intake)
{
	intake->closing = true;
	while (intake->first)
		drop(intake->first);
	if (intake->wake)
		wake_close(intake->wake);
	unlink(intake->path);
	uv_close((uv_handle_t *)&intake->poll, free_intake);
	uv_close((uv_handle_t *)&intake->silence, free_intake);
	close(intake->fd);
}

static int open_handles(struct intake *intake, const struct intake_options *options)
{
	char wake_path[sizeof(((struct sockaddr_un *)0)->sun_path) + 8];
	int error = uv_timer_init(intake->loop, &intake->silence);

	if (!error)
		error = uv_poll_init(intake->loop, &intake->poll, intake->fd);
	if (error)
		return error;
	intake->handles = 2;
	uv_timer_start(&intake->silence, on_silence, 0, INTAKE_SILENCE_NS / 4000000);
	uv_timer_stop(&intake->silence);
	snprintf(wake_path, sizeof(wake_path), "%s.wake", options->path);
	error = wake_open(intake->loop, wake_path, options->mode & 0444, options->ops->woken,
			  options->arg, &intake->wake);
	if (!error)
		start_accepting(intake);
	return error;
}

int intake_open(uv_loop_t *loop, const struct intake_options *options, struct intake **result)
{
	struct intake *intake = calloc(1, sizeof(*intake));
	int error = -ENOMEM;

	if (!intake)
		return error;
	intake->loop = loop;
	intake->ops = options->ops;
	intake->arg = options->arg;
	intake->poll.data = intake;
	intake->silence.data = intake;
	intake->path = strdup(options->path);
	if (!intake->path)
		goto free_it;
	intake->fd = listener_open(options->path, options->mode);
	error = intake->fd;
	if (error < 0)
		goto free_it;
	error = open_handles(intake, options);
	if (!error) {
		*result = intake;
		return 0;
	}
	if (intake->handles) {
		intake_close(intake);
		return error;
	}
	unlink(intake->path);
	close(intake->fd);
free_it:
	free(intake->path);
	free(intake);
	return error;
}

void intake_flush(struct intake *intake)
{
	struct intake_connection *c;

	/* A message may end a run, and the end of a run flushes: once inside another is enough. */
	if (intake->depth == FLUSH_DEPTH)
		return;
	intake->depth++;
	accept_up_to(intake, ACCEPT_FLUSH);
	/* What one connection says can end another: begin anew after each one. */
	do {
		for (c = intake->first; c; c = c->next)
			if (!c->reading && !c->flushed)
				break;
		if (c) {
			c->flushed = true;
			read_connection(c);
		}
	} while (c);
	for (c = intake->first; c; c = c->next)
		c->flushed = false;
	intake->depth--;
}
