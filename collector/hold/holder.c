/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The holder. It understands nothing of what it keeps, so there is little that could kill it; it
 * waits for nobody, and writes to nothing but the collector's connection.
 */
#include "collector/hold/holder.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "collector/hold/clients.h"
#include "collector/hold/hold.h"
#include "collector/hold/spare.h"

#define RETRY_MS       1000u  /* after an accept that failed */
#define LOOK_AGAIN_MS  10000u /* for clients that live, once patience is over */
#define STAND_INS_MAX  8u     /* that may die before it is given up */
#define STAND_IN_PAUSE 200u   /* ms, times those that died */
#define FULL_USERS     16u    /* that may be told of */
#define PIPES_BELOW    256    /* descriptors among which libuv has its own, which it opens early */

struct holder {
	struct holder_options is;
	struct hold_table table;
	struct hold_item self; /* its PID and pidfd: proof of who answers */
	uint64_t next_id;
	struct spare spare;
	int collector;		/* its connection, or -1 */
	uid_t full[FULL_USERS]; /* who was hung up on, each once */
	size_t fulls, told;	/* of these, so many were told of */
	bool owes_done;
	bool is_new;  /* it was a spare, and its collector does not know */
	bool over;    /* nobody goes on */
	bool hurried; /* somebody asked us to end */
	int signals;
	pid_t stand_in; /* 0: none */
	unsigned stand_ins_died;
	uint64_t due_ms;    /* when a stand-in is to be started, while there is no collector */
	uint64_t accept_ms; /* not before then */
};

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static _Noreturn void leave(struct holder *holder, int status)
{
	spare_end(&holder->spare);
	_exit(status);
}

static _Noreturn void give_up(struct holder *holder)
{
	holder->over = true;
	unlink(holder->is.path);
	leave(holder, 1);
}

/* ---- the collector ---- */

static void lose_collector(struct holder *holder)
{
	const int gone = holder->collector;

	holder->collector = -1;
	close(gone);
	holder->owes_done = holder->is_new = false;
	holder->due_ms = now_ms() + holder->is.patience_ms;
	if (!holder->stand_in)
		return;
	while (waitpid(holder->stand_in, NULL, 0) < 0 && errno == EINTR)
		;
	holder->stand_in = 0;
	holder->stand_ins_died++;
	holder->due_ms = now_ms() + (uint64_t)STAND_IN_PAUSE * holder->stand_ins_died;
}

static void hear_collector(struct holder *holder);

/* Gives what was not given yet, as far as the connection takes it. */
static void give(struct holder *holder)
{
	int error = 0;

	if (holder->collector < 0)
		return;
	if (holder->is_new) {
		error = hold_send_item(holder->collector, HOLD_AGAIN, &holder->self);
		holder->is_new = error != 0;
	}
	for (size_t i = 0; i < holder->table.n && !error; i++) {
		struct hold_item *item = &holder->table.item[i];
		if (!item->fresh)
			continue;
		error = hold_send_item(holder->collector, HOLD_HAVE, item);
		item->fresh = error != 0;
	}
	while (!error && holder->told < holder->fulls) {
		const struct hold_packet full = {
			.magic = HOLD_MAGIC, .op = HOLD_HUNG_UP, .id = holder->full[holder->told]};
		error = hold_send(holder->collector, &full);
		holder->told += error == 0;
	}
	if (!error && holder->owes_done) {
		error = hold_send_item(holder->collector, HOLD_DONE, &holder->self);
		holder->owes_done = error != 0;
	}
	if (!error || error == -EAGAIN)
		return;
	/* What it said before it died counts. */
	hear_collector(holder);
	if (holder->collector >= 0)
		lose_collector(holder);
}

static bool is_behind(const struct holder *holder)
{
	for (size_t i = 0; i < holder->table.n; i++)
		if (holder->table.item[i].fresh)
			return true;
	return holder->owes_done || holder->is_new || holder->told < holder->fulls;
}

static void note_full(struct holder *holder, const struct hold_item *client)
{
	uid_t uid;

	memcpy(&uid, client->label, sizeof(uid));
	for (size_t i = 0; i < holder->fulls; i++)
		if (holder->full[i] == uid)
			return;
	if (holder->fulls < FULL_USERS)
		holder->full[holder->fulls++] = uid;
}

/*
 * A user who has too many is hung up on: the others must find room, here and in the socket's queue,
 * which is as long as it is for all of them together.
 */
static void put_client(struct holder *holder, int fd)
{
	const struct hold_item client = hold_client(holder->next_id++, fd);

	/* Most of the time there are too few in all to be too many of anybody's. */
	if (hold_count(&holder->table, HOLD_CONNECTION) < HOLD_USER_MAX ||
	    hold_user_count(&holder->table, &client) < HOLD_USER_MAX) {
		hold_put(&holder->table, &client);
	} else {
		note_full(holder, &client);
		close(fd);
	}
}

static void accept_clients(struct holder *holder)
{
	const struct hold_item *listening = hold_find(&holder->table, HOLD_ID_SOCKET);
	size_t n = hold_count(&holder->table, HOLD_CONNECTION);

	for (; listening && n < HOLD_CONNECTIONS_MAX; n++) {
		int fd = accept4(listening->fd[0], NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd < 0 && errno != EAGAIN)
			holder->accept_ms = now_ms() + RETRY_MS;
		if (fd < 0)
			return;
		put_client(holder, fd);
		listening = hold_find(&holder->table, HOLD_ID_SOCKET);
	}
}

static void drop_unsure(struct hold_table *table)
{
	for (size_t i = table->n; i-- > 0;)
		if (table->item[i].unsure)
			hold_drop(table, table->item[i].id);
}

static void take_packet(struct holder *holder, const struct hold_packet *packet, const int *fd)
{
	struct hold_item item = {
		.id = packet->id, .kind = (enum hold_kind)packet->kind, .fd = {fd[0], fd[1]}};

	switch (packet->op) {
	case HOLD_KEEP:
		memcpy(item.label, packet->label, sizeof(item.label));
		hold_put(&holder->table, &item);
		return;
	case HOLD_DROP:
		for (uint32_t i = 0; i < packet->count; i++)
			hold_drop(&holder->table, packet->drop[i]);
		break;
	case HOLD_ALL:
		drop_unsure(&holder->table);
		break;
	case HOLD_FLUSH:
		accept_clients(holder);
		holder->owes_done = true;
		break;
	case HOLD_BYE: /* it has removed the socket itself; there may be another one already */
		holder->over = true;
		leave(holder, 0);
	default:
		break;
	}
	for (size_t i = 0; i < HOLD_FDS; i++)
		if (fd[i] >= 0)
			close(fd[i]);
}

static void hear_collector(struct holder *holder)
{
	struct hold_packet packet;
	int fd[HOLD_FDS], error;

	while (!(error = hold_receive(holder->collector, &packet, fd)))
		take_packet(holder, &packet, fd);
	if (error != -EAGAIN)
		lose_collector(holder);
}

/* Has the collector died, even if its connection was not looked at yet? */
static bool has_collector(struct holder *holder)
{
	struct pollfd hung_up = {.fd = holder->collector, .events = POLLRDHUP};

	if (holder->collector >= 0 && poll(&hung_up, 1, 0) == 1)
		hear_collector(holder);
	return holder->collector >= 0;
}

/* The first packet of a collector. It comes at once: who says nothing is not waited for. */
static bool asks_to_take(int fd)
{
	struct pollfd readable = {.fd = fd, .events = POLLIN};
	struct hold_packet packet;
	int with[HOLD_FDS];

	if (poll(&readable, 1, RETRY_MS) != 1 || hold_receive(fd, &packet, with))
		return false;
	for (size_t i = 0; i < HOLD_FDS; i++)
		if (with[i] >= 0)
			close(with[i]);
	return packet.op == HOLD_TAKE;
}

static void meet_collector(struct holder *holder)
{
	static const struct hold_packet busy = {.magic = HOLD_MAGIC, .op = HOLD_BUSY};
	struct ucred who;
	socklen_t size = sizeof(who);
	int fd = accept4(holder->is.socket, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) < 0 || who.uid != geteuid() ||
	    !asks_to_take(fd)) {
		close(fd);
		return;
	}
	if (has_collector(holder)) {
		hold_send(fd, &busy);
		close(fd);
		return;
	}
	/* If we die here, our spare shall owe it all. */
	for (size_t i = 0; i < holder->table.n; i++)
		holder->table.item[i].fresh = true;
	holder->owes_done = true;
	holder->collector = fd;
}

/* ---- nobody comes ---- */

static bool clients_live(const struct holder *holder)
{
	for (size_t i = 0; i < holder->table.n; i++) {
		const struct hold_item *item = &holder->table.item[i];
		struct pollfd exited = {.fd = item->fd[1], .events = POLLIN};
		if (item->kind == HOLD_ARENA && item->fd[1] >= 0 && poll(&exited, 1, 0) == 0)
			return true;
	}
	return false;
}

static void start_stand_in(struct holder *holder)
{
	sigset_t none;

	if (holder->stand_ins_died >= STAND_INS_MAX)
		give_up(holder);
	holder->due_ms = now_ms() + RETRY_MS;
	pid_t pid = fork();
	if (pid == 0) {
		close(holder->is.socket);
		close(holder->signals);
		hold_release(&holder->table);
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		_exit(holder->is.stand_in(holder->is.arg, holder->hurried));
	}
	if (pid > 0)
		holder->stand_in = pid;
}

/* A stand-in that ended without ever having become the collector. */
static void reap_stand_in(struct holder *holder)
{
	if (!holder->stand_in || waitpid(holder->stand_in, NULL, WNOHANG) != holder->stand_in)
		return;
	holder->stand_in = 0;
	holder->stand_ins_died++;
	holder->due_ms = now_ms() + (uint64_t)STAND_IN_PAUSE * holder->stand_ins_died;
}

static void while_alone(struct holder *holder)
{
	reap_stand_in(holder);
	if (holder->stand_in || now_ms() < holder->due_ms)
		return;
	/* As long as they live, somebody may come who goes on with them. */
	if (holder->is.patience_ms && !holder->hurried && clients_live(holder))
		holder->due_ms = now_ms() + LOOK_AGAIN_MS;
	else
		start_stand_in(holder);
}

/* ---- its life ---- */

static void go_on(void *arg);

static int timeout_of(const struct holder *holder, bool accepting)
{
	const uint64_t now = now_ms();
	uint64_t due_ms = UINT64_MAX;

	if (holder->collector < 0)
		due_ms = holder->stand_in ? now + RETRY_MS : holder->due_ms;
	if (!accepting && holder->accept_ms > now && holder->accept_ms < due_ms)
		due_ms = holder->accept_ms;
	if (due_ms == UINT64_MAX)
		return -1;
	return due_ms <= now ? 0 : (int)(due_ms - now);
}

static void hear_signal(struct holder *holder)
{
	struct signalfd_siginfo info;

	while (read(holder->signals, &info, sizeof(info)) == sizeof(info))
		if (info.ssi_signo == SIGTERM && holder->collector < 0) {
			holder->hurried = true;
			holder->due_ms = now_ms();
		}
	spare_renew(&holder->spare);
}

static void wait_and_serve(struct holder *holder)
{
	const struct hold_item *listening = hold_find(&holder->table, HOLD_ID_SOCKET);
	/* A collector that waits gets what was there when it asked, and no more. */
	bool accepting = !holder->owes_done && listening && now_ms() >= holder->accept_ms &&
			 hold_count(&holder->table, HOLD_CONNECTION) < HOLD_CONNECTIONS_MAX;
	const short out = is_behind(holder) ? POLLOUT : 0;
	struct pollfd on[] = {
		{.fd = holder->is.socket, .events = POLLIN},
		{.fd = holder->signals, .events = POLLIN},
		{.fd = holder->collector, .events = POLLIN | out},
		{.fd = accepting ? listening->fd[0] : -1, .events = POLLIN},
	};

	poll(on, 4, timeout_of(holder, accepting));
	if (on[2].revents & ~POLLOUT)
		hear_collector(holder);
	if (on[1].revents)
		hear_signal(holder);
	if (on[3].revents)
		accept_clients(holder);
	if (on[0].revents)
		meet_collector(holder);
	give(holder);
	if (holder->collector < 0)
		while_alone(holder);
}

/* Takes up its duties. */
static _Noreturn void serve(struct holder *holder)
{
	holder->self = (struct hold_item){.id = (uint64_t)getpid(),
					  .fd = {(int)syscall(SYS_pidfd_open, getpid(), 0), -1}};
	if (holder->self.fd[0] < 0)
		_exit(1);
	prctl(PR_SET_NAME, HOLDER_NAME);
	holder->spare = (struct spare){.pidfd = holder->self.fd[0], .go_on = go_on, .arg = holder};
	spare_start(&holder->spare);
	for (;;)
		wait_and_serve(holder);
}

/*
 * In the spare: the holder is dead. A collector that lives has everything but the clients that it
 * was not told of; what the dead one had received and not put down it says once more. A stand-in on
 * its way is nobody's child now, and comes or does not.
 */
static void go_on(void *arg)
{
	struct holder *holder = arg;

	if (holder->over)
		_exit(0);
	close(holder->self.fd[0]);
	clients_find(&holder->table, &holder->next_id);
	clients_hang_up(holder->is.socket, holder->collector);
	for (size_t i = 0; i < holder->table.n; i++)
		holder->table.item[i].unsure = !holder->table.item[i].fresh;
	holder->owes_done = holder->is_new = holder->collector >= 0;
	holder->stand_in = 0;
	if (holder->due_ms < now_ms() + RETRY_MS)
		holder->due_ms = now_ms() + RETRY_MS;
	serve(holder);
}

/*
 * Nothing of the collector's may be kept open: somebody may wait for its end. But the number of a
 * pipe is taken by nothing of ours, since two are libuv's: at each fork it closes these two numbers
 * in the child, whatever they are by then, and opens a pipe again, of which a stand-in that let go
 * what was ours closed an end (it ended by SIGABRT at its first signal, 2026-11-22).
 */
static int keep_only(int fd)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct stat st;

	for (int i = 0; i < 3; i++)
		dup2(null, i);
	fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (fd > 3) {
		dup2(fd, 3);
		fcntl(3, F_SETFD, FD_CLOEXEC);
		fd = 3;
	}
	for (int i = 4; i < PIPES_BELOW; i++)
		if (!fstat(i, &st) && S_ISFIFO(st.st_mode))
			dup3(0, i, O_CLOEXEC);
		else
			close(i);
	close_range(PIPES_BELOW, ~0u, 0);
	return fd;
}

_Noreturn void holder_run(const struct holder_options *options)
{
	struct holder holder = {
		.is = *options, .next_id = options->first_id, .collector = -1, .signals = -1};
	sigset_t all;

	prctl(PR_SET_NAME, HOLDER_NAME);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	setsid();
	holder.is.socket = keep_only(options->socket);
	holder.signals = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
	holder.due_ms = now_ms() + RETRY_MS + options->patience_ms;
	if (holder.signals < 0)
		_exit(1);
	serve(&holder);
}
