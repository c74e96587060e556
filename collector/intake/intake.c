/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The collector's socket. SOCK_SEQPACKET keeps messages whole, so one buffer serves all
 * connections and nobody's half message is ever stored. libuv knows no such sockets: raw
 * descriptors are polled.
 *
 * A message is looked at where it lies, and removed only when what it brought is in safety: until
 * then it waits in the connection, which the holder has, for whoever comes after us.
 */
#include "collector/intake/intake.h"

#include <errno.h>
#include <fcntl.h>
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

struct intake_connection {
	uv_poll_t poll;
	struct intake *intake;
	struct intake_connection *next;
	uint64_t id;
	int fd; /* the keeper's */
	struct peer peer;
	uint64_t since_ns;
	bool running; /* a run was begun here */
	bool fresh;   /* nothing was read from it yet by this collector */
	bool waited;  /* it was looked at, and had nothing to say */
	bool reading; /* its messages are being taken: intake_flush leaves it alone */
	bool flushed; /* ... or has been there */
};

struct intake {
	uv_loop_t *loop;
	uv_timer_t silence;
	char *path;
	struct keeper *keeper;
	struct wake *wake;
	const struct intake_ops *ops;
	void *arg;
	struct intake_connection *first;
	unsigned depth; /* of intake_flush within intake_flush */
	struct refusals refusals;
	char packet[WIRE_MESSAGE_MAX];
};

static void refuse(struct intake *intake, uid_t uid, const char *reason)
{
	if (refusals_is_new(&intake->refusals, uid, reason))
		intake->ops->refused(intake->arg, uid, reason);
}

static void free_connection(uv_handle_t *handle)
{
	free(handle->data);
}

/* Lets go of a connection; what the keeper holds of it stays. */
static void forget(struct intake_connection *connection)
{
	struct intake *intake = connection->intake;
	struct intake_connection **link = &intake->first;

	while (*link != connection)
		link = &(*link)->next;
	*link = connection->next;
	if (connection->running)
		intake->ops->run_left(intake->arg, connection);
	peer_release(&connection->peer);
	uv_close((uv_handle_t *)&connection->poll, free_connection);
}

static void drop(struct intake_connection *connection)
{
	struct keeper *keeper = connection->intake->keeper;
	uint64_t id = connection->id;

	/* Not polled any more before it is closed. */
	forget(connection);
	keeper_drop(keeper, id);
	keeper_push(keeper);
}

static void remove_packet(int fd)
{
	char byte;

	recv(fd, &byte, sizeof(byte), MSG_DONTWAIT);
}

/*
 * An arena is all that a connection can bring; it ends with it. `fd` is taken. The message is
 * removed for a holder that dies between noting the arena and closing the connection: its spare
 * would find one that nobody knows, with something to say.
 */
static void take_hello(struct intake_connection *connection, size_t bytes, int fd)
{
	struct intake *intake = connection->intake;
	const struct wire_layout *layout = NULL;
	struct wire_hello hello;
	struct peer peer = connection->peer;
	uint64_t id = connection->id;
	int error = message_hello(intake->packet, bytes, &hello);
	int spent = fcntl(connection->fd, F_DUPFD_CLOEXEC, 0);

	connection->peer.pidfd = -1;
	forget(connection);
	if (!error)
		error = fd < 0 ? -EPROTO : memfd_map(fd, &layout);
	if (!error)
		error = intake->ops->hello(intake->arg, id, &peer, fd, layout);
	else if (fd >= 0)
		close(fd);
	if (spent >= 0) {
		remove_packet(spent);
		close(spent);
	}
	if (error) {
		keeper_drop(intake->keeper, id);
		keeper_push(intake->keeper);
		refuse(intake, peer.uid, refusals_reason(error));
	}
	peer_release(&peer);
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
	int error;

	/* The collector before us began it, and died before it could remove the message. */
	if (connection->running && connection->fresh)
		return reply(connection, WIRE_RUN_READY, 0, "");
	error = connection->running ? -EPROTO : message_run_begin(intake->packet, bytes, &begin);
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
static bool take_packet(struct intake_connection *connection, uint16_t kind, int error,
			size_t bytes)
{
	struct intake *intake = connection->intake;

	if (!error && kind == WIRE_RUN_BEGIN)
		return take_run_begin(connection, bytes);
	if (!error && kind == WIRE_RUN_END)
		return take_run_end(connection, bytes);
	refuse(intake, connection->peer.uid, refusals_reason(error ? error : -EPROTO));
	return false;
}

/*
 * Looks at the next packet, and at the one descriptor that may come with it. Returns its length, 0
 * at the end, or -errno.
 */
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
	ssize_t n = recvmsg(connection->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC | MSG_PEEK);
	if (n < 0)
		return -errno;
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);
	if (head && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS &&
	    head->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(fd, CMSG_DATA(head), sizeof(*fd));
	return message.msg_flags & MSG_TRUNC ? -EMSGSIZE : n;
}

/* Takes one packet. Returns 1 if there may be more, 0 if not, -1 if the connection is gone. */
static int read_packet(struct intake_connection *connection)
{
	struct intake *intake = connection->intake;
	uint16_t kind = 0;
	int fd, error;
	ssize_t n = receive(connection, &fd);

	if (n == -EAGAIN || n == -EINTR)
		return 0;
	bool go_on = n > 0;
	error = n > 0 ? message_kind(intake->packet, (size_t)n, &kind) : 0;
	if (n > 0 && !error && kind == WIRE_HELLO) {
		take_hello(connection, (size_t)n, fd);
		return -1;
	}
	if (fd >= 0)
		close(fd);
	if (n > 0)
		go_on = take_packet(connection, kind, error, (size_t)n);
	else if (n != 0 && n != -ECONNRESET)
		refuse(intake, connection->peer.uid, refusals_reason((int)n));
	connection->fresh = false;
	/* Before it is closed, too: what was left unread would reach its sender as an error. */
	if (n > 0)
		remove_packet(connection->fd);
	if (go_on)
		return 1;
	drop(connection);
	return -1;
}

/* One user's silence must not shut the others out. */
static bool crowded(const struct intake *intake, uid_t uid)
{
	unsigned n = 0;

	for (const struct intake_connection *c = intake->first; c; c = c->next)
		n += c->waited && !c->running && c->peer.uid == uid;
	return n > INTAKE_USER_MAX;
}

/* Reads what there is; false if the connection is gone. */
static bool read_connection(struct intake_connection *connection)
{
	int more;

	connection->reading = true;
	while ((more = read_packet(connection)) > 0)
		;
	if (more < 0)
		return false;
	connection->reading = false;
	connection->waited = true;
	if (!crowded(connection->intake, connection->peer.uid))
		return true;
	refuse(connection->intake, connection->peer.uid, "it holds too many connections");
	drop(connection);
	return false;
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

void intake_client(struct intake *intake, uint64_t id, int fd)
{
	struct intake_connection *connection = calloc(1, sizeof(*connection));
	struct peer peer = {.pidfd = -1};

	if (!connection || peer_of(fd, &peer))
		goto refused;
	connection->intake = intake;
	connection->id = id;
	connection->fd = fd;
	connection->peer = peer;
	connection->since_ns = uv_hrtime();
	connection->fresh = true;
	connection->poll.data = connection;
	if (uv_poll_init(intake->loop, &connection->poll, fd))
		goto refused;
	connection->next = intake->first;
	intake->first = connection;
	connection->running = intake->ops->run_known(intake->arg, connection);
	if (!uv_is_active((uv_handle_t *)&intake->silence))
		uv_timer_again(&intake->silence);
	/* Mostly the message lies there already, and its sender has hung up. */
	if ((intake->depth || read_connection(connection)) &&
	    uv_poll_start(&connection->poll, UV_READABLE | UV_DISCONNECT, on_readable))
		drop(connection);
	return;
refused:
	refuse(intake, peer.uid, "memory is short");
	peer_release(&peer);
	free(connection);
	keeper_drop(intake->keeper, id);
	keeper_push(intake->keeper);
}

uint64_t intake_id(const struct intake_connection *connection)
{
	return connection->id;
}

static struct intake_connection *find_silent(const struct intake *intake, uint64_t now_ns)
{
	struct intake_connection *c = intake->first;

	while (c && (c->running || c->since_ns + INTAKE_SILENCE_NS >= now_ns))
		c = c->next;
	return c;
}

/*
 * It may be we who did not listen: what has arrived is read first. That can end other connections,
 * and begin a run on this one.
 */
static void on_silence(uv_timer_t *timer)
{
	struct intake *intake = timer->data;
	uint64_t now_ns = uv_hrtime();
	struct intake_connection *c;

	while ((c = find_silent(intake, now_ns)))
		if (read_connection(c) && !c->running)
			drop(c);
	if (!intake->first)
		uv_timer_stop(timer);
}

static void free_intake(uv_handle_t *handle)
{
	struct intake *intake = handle->data;

	free(intake->path);
	free(intake);
}

void intake_close(struct intake *intake)
{
	while (intake->first)
		drop(intake->first);
	if (intake->wake)
		wake_close(intake->wake);
	unlink(intake->path);
	uv_close((uv_handle_t *)&intake->silence, free_intake);
}

/* Has the keeper keep a descriptor that nothing else is known of. */
static int keep(struct keeper *keeper, uint64_t id, enum hold_kind kind, int fd)
{
	const struct hold_item item = {.id = id, .kind = kind, .fd = {fd, -1}};

	return fd < 0 ? fd : keeper_keep(keeper, &item);
}

/* Listens, and makes the wake page, where the collector before us has not. */
static int open_files(struct intake *intake, const struct intake_options *options)
{
	const struct hold_table *table = keeper_table(intake->keeper);
	char wake_path[sizeof(((struct sockaddr_un *)0)->sun_path) + 8];
	int error = 0;

	snprintf(wake_path, sizeof(wake_path), "%s.wake", options->path);
	if (!hold_find(table, HOLD_ID_SOCKET))
		error = keep(intake->keeper, HOLD_ID_SOCKET, HOLD_SOCKET,
			     listener_open(options->path, options->mode));
	if (!error && !hold_find(table, HOLD_ID_PAGE))
		error = keep(intake->keeper, HOLD_ID_PAGE, HOLD_PAGE,
			     wake_make(wake_path, options->mode & 0444));
	if (!error)
		error = wake_open(intake->loop, hold_find(table, HOLD_ID_PAGE)->fd[0], wake_path,
				  options->ops->woken, options->arg, &intake->wake);
	return error;
}

int intake_open(uv_loop_t *loop, const struct intake_options *options, struct intake **result)
{
	struct intake *intake = calloc(1, sizeof(*intake));
	int error = -ENOMEM;

	if (!intake)
		return error;
	intake->loop = loop;
	intake->keeper = options->keeper;
	intake->ops = options->ops;
	intake->arg = options->arg;
	intake->silence.data = intake;
	intake->path = strdup(options->path);
	if (intake->path)
		error = uv_timer_init(loop, &intake->silence);
	if (error) {
		free(intake->path);
		free(intake);
		return error;
	}
	uv_timer_start(&intake->silence, on_silence, 0, INTAKE_SILENCE_NS / 4000000);
	uv_timer_stop(&intake->silence);
	error = open_files(intake, options);
	if (!error)
		*result = intake;
	else if (error == -EADDRINUSE)
		uv_close((uv_handle_t *)&intake->silence, free_intake);
	else
		intake_close(intake);
	return error;
}

void intake_flush(struct intake *intake, const uid_t *user)
{
	struct intake_connection *c;

	/* A message may end a run, and the end of a run flushes: once inside another is enough. */
	if (intake->depth == FLUSH_DEPTH)
		return;
	intake->depth++;
	keeper_flush(intake->keeper, user);
	/* What one connection says can end another: begin anew after each one. */
	do {
		for (c = intake->first; c; c = c->next)
			if (!c->reading && !c->flushed && (!user || c->peer.uid == *user))
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
