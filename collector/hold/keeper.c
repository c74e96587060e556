/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The collector's side of its holder.
 */
#include "collector/hold/keeper.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "collector/hold/holder.h"
#include "collector/intake/listener.h"

#define ANSWER_MS    2000
#define ROOM_MS	     1000
#define RETRY_MS     1000
#define TELL_MS	     250
#define NEXT_TURN_MS 1	/* a timer that is due at once libuv 1.44 calls again in the same turn */
#define AGAIN	     10 /* times, when a holder left while it was spoken to */
#define FLUSHES	     3	/* the same, when it was asked for clients */
#define IDS_PER_MS   1000u
#define AGAIN_MS     20

/*
 * Strangers who connect as fast as they are hung up on must not keep the loop from turning: so many
 * packets are taken in one turn.
 */
#define TURN 64u

struct keeper {
	uv_loop_t *loop;
	uv_poll_t *poll;
	uv_timer_t retry; /* while no holder can be started */
	bool watched;
	struct keeper_options is;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	struct hold_table table;
	struct hold_packet dropped; /* not told yet */
	uint64_t next_id;
	bool renewed;	/* the holder was replaced by its spare */
	bool replacing; /* the holder is dead: what is told now, the next one will get */
	int fd;		/* -1: there is no holder */
	int pidfd;	/* the holder's, as it has told */
	pid_t pid;
};

/* ---- a connection to a holder ---- */

static int connect_holder(struct keeper *keeper)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	static const struct hold_packet take = {.magic = HOLD_MAGIC, .op = HOLD_TAKE};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	memcpy(address.sun_path, keeper->path, sizeof(address.sun_path));
	struct ucred who;
	socklen_t size = sizeof(who);
	int error = 0;
	if (connect(fd, (const void *)&address, sizeof(address)) < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) < 0)
		error = -errno;
	else if (who.uid != geteuid())
		error = -EPERM;
	if (!error)
		error = hold_send(fd, &take);
	if (error) {
		close(fd);
		return error;
	}
	keeper->fd = fd;
	return 0;
}

static void close_both(const int fd[HOLD_FDS])
{
	for (size_t i = 0; i < HOLD_FDS; i++)
		if (fd[i] >= 0)
			close(fd[i]);
}

static void take_item(struct keeper *keeper, const struct hold_packet *packet, const int *fd)
{
	struct hold_item item = {.id = packet->id,
				 .kind = (enum hold_kind)packet->kind,
				 .fresh = true,
				 .fd = {fd[0], fd[1]}};

	/* A holder that died between giving it and noting that has it given once more. */
	if (hold_find(&keeper->table, item.id)) {
		close_both(fd);
		return;
	}
	memcpy(item.label, packet->label, sizeof(item.label));
	if (item.id < HOLD_ID_RUN && item.id >= keeper->next_id)
		keeper->next_id = item.id + 1;
	/* Without a descriptor left it comes without its own: it is of no use to anybody. */
	if (fd[0] < 0 || hold_put(&keeper->table, &item))
		keeper_drop(keeper, item.id);
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* The client that came first of those that were not told of, of that user or any; or NULL. */
static struct hold_item *next_client(const struct keeper *keeper, const uid_t *user)
{
	struct hold_item *first = NULL;

	for (size_t i = 0; i < keeper->table.n; i++) {
		struct hold_item *item = &keeper->table.item[i];
		if (item->kind == HOLD_CONNECTION && item->fresh &&
		    (!user || !memcmp(item->label, user, sizeof(*user))) &&
		    (!first || item->id < first->id))
			first = item;
	}
	return first;
}

/*
 * Tells of the clients that came, in the order in which they did: a parent speaks before its
 * children. Never while a holder is being listened to: what its owner has kept or dropped meanwhile
 * would go to one that is dead, and the one in its place would not get to know.
 */
static bool tell_until(struct keeper *keeper, const uid_t *user, uint64_t end_ms)
{
	struct hold_item *item;

	while (keeper->watched && (item = next_client(keeper, user))) {
		if (now_ms() >= end_ms)
			return false;
		item->fresh = false;
		keeper->is.client(keeper->is.arg, item->id, item->fd[0]);
	}
	return true;
}

static void on_retry(uv_timer_t *timer);

static void retry_in(struct keeper *keeper, uint64_t ms)
{
	uv_timer_start(&keeper->retry, on_retry, ms, 0);
}

/*
 * As tell_until, but lets the loop turn in between: each client may bring a run, and each run waits
 * for the disk to have a ledger (8 times; 100 that came at once took 31 s at 40 ms each,
 * 2026-11-22).
 */
static void tell_some(struct keeper *keeper)
{
	if (!tell_until(keeper, NULL, now_ms() + TELL_MS))
		retry_in(keeper, NEXT_TURN_MS);
}

/* Sends a packet, or an item where `item` is not NULL; a holder that takes none is given up. */
static int send_now(const struct keeper *keeper, const struct hold_packet *packet,
		    const struct hold_item *item)
{
	struct pollfd room = {.fd = keeper->fd, .events = POLLOUT};
	int error;

	do
		error = item ? hold_send_item(keeper->fd, HOLD_KEEP, item)
			     : hold_send(keeper->fd, packet);
	while (error == -EAGAIN && poll(&room, 1, ROOM_MS) == 1);
	return error;
}

static int send_all(const struct keeper *keeper)
{
	int error = 0;

	for (size_t i = 0; i < keeper->table.n && !error; i++)
		error = send_now(keeper, NULL, &keeper->table.item[i]);
	return error;
}

/* The holder is dead, and its spare goes on. */
static int meet_spare(struct keeper *keeper, uint64_t pid, int pidfd)
{
	static const struct hold_packet all = {.magic = HOLD_MAGIC, .op = HOLD_ALL};

	if (keeper->pidfd >= 0)
		close(keeper->pidfd);
	keeper->pidfd = pidfd;
	keeper->pid = (pid_t)pid;
	keeper->renewed = true;
	int error = send_all(keeper);
	if (!error)
		error = send_now(keeper, &all, NULL);
	if (!error)
		keeper->is.replaced(keeper->is.arg);
	return error;
}

/* Receives one packet. Returns 0, 1 at HOLD_DONE, or -errno. */
static int hear(struct keeper *keeper)
{
	struct hold_packet packet;
	int fd[HOLD_FDS];
	int error = hold_receive(keeper->fd, &packet, fd);

	if (error)
		return error;
	if (packet.op == HOLD_HAVE) {
		take_item(keeper, &packet, fd);
		return 0;
	}
	if (packet.op == HOLD_HUNG_UP) {
		close_both(fd);
		keeper->is.hung_up(keeper->is.arg, (uid_t)packet.id);
		return 0;
	}
	if (packet.op == HOLD_AGAIN)
		return meet_spare(keeper, packet.id, fd[0]);
	if (packet.op == HOLD_DONE && keeper->pidfd < 0) {
		keeper->pidfd = fd[0];
		keeper->pid = (pid_t)packet.id;
		fd[0] = -1;
	}
	close_both(fd);
	return packet.op == HOLD_DONE ? 1 : packet.op == HOLD_BUSY ? -EADDRINUSE : -EPROTO;
}

/* Receives up to HOLD_DONE. Returns 0, -ETIMEDOUT, or -errno. */
static int hear_all(struct keeper *keeper)
{
	struct pollfd readable = {.fd = keeper->fd, .events = POLLIN};
	uint64_t end_ms = now_ms() + ANSWER_MS;
	int result = 0;

	while (result == 0 || result == -EAGAIN) {
		uint64_t now = now_ms();
		if (now >= end_ms)
			return -ETIMEDOUT;
		if (poll(&readable, 1, (int)(end_ms - now)) > 0)
			result = hear(keeper);
	}
	return result == 1 ? 0 : result;
}

static void on_poll_closed(uv_handle_t *handle)
{
	free(handle);
}

static void disconnect(struct keeper *keeper)
{
	if (keeper->poll)
		uv_close((uv_handle_t *)keeper->poll, on_poll_closed);
	if (keeper->fd >= 0)
		close(keeper->fd);
	if (keeper->pidfd >= 0)
		close(keeper->pidfd);
	keeper->poll = NULL;
	keeper->fd = keeper->pidfd = -1;
}

static void kill_holder(const struct keeper *keeper)
{
	if (keeper->pidfd >= 0)
		syscall(SYS_pidfd_send_signal, keeper->pidfd, SIGKILL, NULL, 0);
}

/* Waits for a holder that is about to end, if it is a child of ours that nobody has waited for. */
static void reap_holder(const struct keeper *keeper)
{
	siginfo_t info;

	while (keeper->pidfd >= 0 && waitid(P_PIDFD, (id_t)keeper->pidfd, &info, WEXITED) < 0 &&
	       errno == EINTR)
		;
}

/* ---- a holder of one's own ---- */

static int fork_holder(struct keeper *keeper)
{
	struct holder_options options = {.path = keeper->path,
					 .first_id = keeper->next_id,
					 .patience_ms = keeper->is.patience_ms,
					 .stand_in = keeper->is.stand_in,
					 .arg = keeper->is.stand_in_arg};

	options.socket = listener_open(keeper->path, 0600);
	if (options.socket < 0)
		return options.socket;
	pid_t pid = fork();
	if (pid == 0)
		holder_run(&options);
	int error = pid < 0 ? -errno : 0;
	close(options.socket);
	if (!error)
		error = connect_holder(keeper);
	if (!error)
		error = hear_all(keeper);
	/* One that does not answer must not live on, and take us for dead. */
	if (error && pid > 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	return error;
}

static void replace_holder(struct keeper *keeper);

static void on_packet(uv_poll_t *poll, int status, int events)
{
	struct keeper *keeper = poll->data;
	int error = 0;

	(void)status;
	(void)events;
	for (unsigned n = 0; n < TURN && error == 0 && keeper->fd >= 0; n++)
		error = hear(keeper);
	if (error < 0 && error != -EAGAIN)
		replace_holder(keeper);
	tell_some(keeper);
}

static int watch_connection(struct keeper *keeper)
{
	uv_poll_t *poll = calloc(1, sizeof(*poll));

	if (!poll)
		return -ENOMEM;
	int error = uv_poll_init(keeper->loop, poll, keeper->fd);
	if (error) {
		free(poll);
		return error;
	}
	poll->data = keeper;
	keeper->poll = poll;
	return uv_poll_start(poll, UV_READABLE | UV_DISCONNECT, on_packet);
}

static int start_holder(struct keeper *keeper)
{
	int error = fork_holder(keeper);

	if (!error)
		error = send_all(keeper);
	if (!error && keeper->watched)
		error = watch_connection(keeper);
	if (error) {
		kill_holder(keeper);
		reap_holder(keeper);
		disconnect(keeper);
	}
	return error;
}

static void on_retry(uv_timer_t *timer)
{
	struct keeper *keeper = timer->data;

	if (keeper->fd < 0)
		replace_holder(keeper);
	tell_some(keeper);
}

/*
 * The holder is gone, or as good as: its spare goes on, or another one gets all. Whatever is left
 * of the old one must not believe that the collector has died.
 */
static void replace_holder(struct keeper *keeper)
{
	int error = keeper->fd < 0 ? -EPIPE : 0;

	keeper->replacing = true;
	keeper->renewed = false;
	kill_holder(keeper);
	reap_holder(keeper);
	while (!error && !keeper->renewed)
		error = hear_all(keeper);
	keeper->replacing = false;
	if (error) {
		disconnect(keeper);
		error = start_holder(keeper);
		if (!error)
			keeper->is.replaced(keeper->is.arg);
	}
	/* Clients that came meanwhile are told of as soon as nobody is in the middle of anything.
	 */
	retry_in(keeper, error ? RETRY_MS : NEXT_TURN_MS);
}

/* ---- what is kept ---- */

static bool may_tell(const struct keeper *keeper)
{
	return keeper->fd >= 0 && !keeper->replacing;
}

const struct hold_table *keeper_table(const struct keeper *keeper)
{
	return &keeper->table;
}

int keeper_keep(struct keeper *keeper, const struct hold_item *item)
{
	int error = hold_put(&keeper->table, item);

	if (!error && may_tell(keeper) && send_now(keeper, NULL, item))
		replace_holder(keeper);
	return error;
}

void keeper_push(struct keeper *keeper)
{
	if (may_tell(keeper) && keeper->dropped.count && send_now(keeper, &keeper->dropped, NULL))
		replace_holder(keeper);
	keeper->dropped.count = 0;
}

void keeper_drop(struct keeper *keeper, uint64_t id)
{
	hold_drop(&keeper->table, id);
	keeper->dropped.drop[keeper->dropped.count++] = id;
	if (keeper->dropped.count == HOLD_DROPS)
		keeper_push(keeper);
}

void keeper_flush(struct keeper *keeper, const uid_t *user)
{
	static const struct hold_packet flush = {.magic = HOLD_MAGIC, .op = HOLD_FLUSH};

	/* Whoever took the place of a holder was not asked. */
	for (int i = 0; i < FLUSHES && may_tell(keeper); i++) {
		keeper->renewed = false;
		if (send_now(keeper, &flush, NULL) || hear_all(keeper))
			replace_holder(keeper);
		else if (!keeper->renewed)
			break;
	}
	tell_until(keeper, user, UINT64_MAX);
	if (keeper_waits(keeper))
		retry_in(keeper, NEXT_TURN_MS);
}

bool keeper_waits(const struct keeper *keeper)
{
	return keeper->watched && next_client(keeper, NULL);
}

uint64_t keeper_cpu_ns(const struct keeper *keeper)
{
	struct timespec used;
	clockid_t clock;

	if (keeper->fd < 0 || clock_getcpuclockid(keeper->pid, &clock) ||
	    clock_gettime(clock, &used))
		return 0;
	return (uint64_t)used.tv_sec * 1000000000 + (uint64_t)used.tv_nsec;
}

/* ---- its life ---- */

/* Takes over what a holder has. Returns 0 or -errno, and then has nothing of it. */
static int take(struct keeper *keeper)
{
	int error = connect_holder(keeper);

	if (error)
		return error;
	error = hear_all(keeper);
	if (!error)
		return 0;
	disconnect(keeper);
	hold_release(&keeper->table);
	return error == -EPROTO ? -EPROTONOSUPPORT : error;
}

static bool has_left(int error)
{
	return error == -EPIPE || error == -ECONNRESET;
}

/* Takes over, or begins. Where a holder dies at this very moment its spare answers the next time.
 */
static int take_or_start(struct keeper *keeper)
{
	const struct timespec pause = {.tv_nsec = AGAIN_MS * 1000000L};
	int error = -EPIPE;

	for (int i = 0; i < AGAIN && has_left(error); i++) {
		if (i)
			nanosleep(&pause, NULL);
		error = take(keeper);
		if (error == -ENOENT || error == -ECONNREFUSED)
			error = start_holder(keeper);
	}
	return error;
}

static void on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

int keeper_open(uv_loop_t *loop, const struct keeper_options *options, struct keeper **result)
{
	struct keeper *keeper = calloc(1, sizeof(*keeper));

	if (!keeper)
		return -ENOMEM;
	keeper->loop = loop;
	keeper->is = *options;
	keeper->fd = keeper->pidfd = -1;
	/* A number is never given twice, also by holders that did not know of each other. */
	keeper->next_id = HOLD_ID_FIRST + now_ms() * IDS_PER_MS;
	keeper->dropped = (struct hold_packet){.magic = HOLD_MAGIC, .op = HOLD_DROP};
	int error = snprintf(keeper->path, sizeof(keeper->path), "%s.hold", options->path) <
				    (int)sizeof(keeper->path)
			    ? uv_timer_init(loop, &keeper->retry)
			    : -ENAMETOOLONG;
	if (error) {
		free(keeper);
		return error;
	}
	keeper->retry.data = keeper;
	error = take_or_start(keeper);
	if (error) {
		keeper_close(keeper);
		return error;
	}
	*result = keeper;
	return 0;
}

int keeper_watch(struct keeper *keeper)
{
	keeper->watched = true;
	tell_some(keeper);
	/* There is none while another holder is waited for. */
	return keeper->fd < 0 || keeper->poll ? 0 : watch_connection(keeper);
}

/* Waits until the holder has left, but not for one that does not listen. */
static void say_bye(struct keeper *keeper)
{
	static const struct hold_packet bye = {.magic = HOLD_MAGIC, .op = HOLD_BYE};
	struct pollfd left = {.fd = keeper->fd, .events = POLLRDHUP};

	unlink(keeper->path);
	if (hold_send(keeper->fd, &bye) || poll(&left, 1, ANSWER_MS) != 1)
		kill_holder(keeper);
	reap_holder(keeper);
}

void keeper_close(struct keeper *keeper)
{
	if (keeper->fd >= 0)
		say_bye(keeper);
	disconnect(keeper);
	hold_release(&keeper->table);
	uv_close((uv_handle_t *)&keeper->retry, on_closed);
}
