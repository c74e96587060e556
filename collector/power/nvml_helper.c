/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process that asks NVML. A packet is one struct nvml_facts, once, and then one struct
 * nvml_poll each, cut off behind its last process. What it is told is one byte at a time: somebody
 * reads. What nobody takes is lost rather than waited for.
 */
#include "collector/power/nvml_helper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define READ_AGO_MS   3000 /* after so long without a reader nothing is asked */
#define LIST_EARLY_MS 250  /* readers come every second, the first of them early */
#define LIST_LATE_MS  200
#define STOP_WAIT_MS  200
#define SLICE_MS      10
#define ROOM_BYTES    (256 << 10)

struct nvml_helper {
	int fd;
	pid_t pid;
	int pidfd; /* or -1 */
};

/* The helper's own state. */
struct asking {
	struct nvml_lib *lib;
	int fd;
	int parent; /* pidfd */
	int64_t period_ms;
	int64_t asked_ms; /* when somebody read; before that, long ago */
	int64_t poll_ms;  /* of the last poll */
	int64_t list_ms;  /* when processes are to be listed again */
	bool asked;	  /* and has not been answered */
	struct nvml_facts facts;
	struct nvml_poll poll;
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void ask_now(struct asking *asking, int64_t t_ms)
{
	/* Who reads has just looked at the processes that there are: better along with him. */
	bool list = t_ms >= asking->list_ms + (asking->asked ? -LIST_EARLY_MS : LIST_LATE_MS);

	nvml_lib_poll(asking->lib, list, &asking->poll);
	asking->poll_ms = t_ms;
	asking->asked = false;
	/* Who was early once is not so each time. */
	if (list)
		asking->list_ms = NVML_LIST_PERIOD_MS +
				  (asking->list_ms > t_ms - LIST_LATE_MS ? asking->list_ms : t_ms);
	send(asking->fd, &asking->poll,
	     offsetof(struct nvml_poll, process) +
		     asking->poll.processes * sizeof(asking->poll.process[0]),
	     MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* How long until something is to be asked; -1 for ever. */
static int64_t due_in_ms(const struct asking *asking, int64_t t_ms)
{
	int64_t period_ms = asking->asked ? NVML_POWER_PERIOD_MS : asking->period_ms;
	int64_t due_ms = asking->poll_ms + period_ms;

	if (!asking->asked && t_ms - asking->asked_ms > READ_AGO_MS)
		return -1;
	return due_ms > t_ms ? due_ms - t_ms : 0;
}

/* Waits for a word or for the time. Returns false when it is over. */
static bool listen_until(struct asking *asking, int64_t wait_ms)
{
	struct pollfd fds[] = {{.fd = asking->fd, .events = POLLIN},
			       {.fd = asking->parent, .events = POLLIN}};
	char word;

	if (poll(fds, 2, (int)wait_ms) < 0)
		return errno == EINTR;
	if (fds[1].revents)
		return false;
	if (!fds[0].revents)
		return true;
	while (recv(asking->fd, &word, 1, MSG_DONTWAIT) == 1) {
		asking->asked = true;
		asking->asked_ms = now_ms();
	}
	return !(fds[0].revents & (POLLHUP | POLLERR));
}

static _Noreturn void ask_for_ever(struct asking *asking)
{
	nvml_lib_start(asking->lib, &asking->facts);
	send(asking->fd, &asking->facts, sizeof(asking->facts), MSG_NOSIGNAL);
	asking->period_ms = NVML_COUNTER_PERIOD_MS;
	for (uint32_t i = 0; i < asking->facts.gpus; i++)
		if (!asking->facts.gpu[i].error && asking->facts.gpu[i].energy_error)
			asking->period_ms = NVML_POWER_PERIOD_MS;
	asking->asked_ms = asking->poll_ms = asking->list_ms = -2LL * READ_AGO_MS;
	for (;;) {
		int64_t t_ms = now_ms();
		int64_t wait_ms = due_in_ms(asking, t_ms);

		if (!wait_ms)
			ask_now(asking, t_ms);
		else if (!listen_until(asking, wait_ms))
			_exit(0);
	}
}

/* Nothing of ours stays open in it: not a terminal, not a pipe that somebody waits at. */
static void leave_all_behind(struct asking *asking)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = 0; fd < 3 && null >= 0; fd++)
		dup2(null, fd);
	if (null > 2)
		close(null);
	asking->fd = dup3(asking->fd, 3, O_CLOEXEC) < 0 ? asking->fd : 3;
	asking->parent = dup3(asking->parent, 4, O_CLOEXEC) < 0 ? asking->parent : 4;
	syscall(SYS_close_range, 5u, ~0u, 0u);
	setsid();
	if (chdir("/"))
		return;
}

static _Noreturn void be_helper(struct nvml_lib *lib, int fd, int parent)
{
	struct asking *asking = calloc(1, sizeof(*asking));
	sigset_t none;

	if (!asking)
		_exit(1);
	asking->lib = lib;
	/* The two are kept from each other's places. */
	asking->fd = fcntl(fd, F_DUPFD_CLOEXEC, 10);
	asking->parent = fcntl(parent, F_DUPFD_CLOEXEC, 10);
	if (asking->fd < 0 || asking->parent < 0)
		_exit(1);
	leave_all_behind(asking);
	prctl(PR_SET_NAME, NVML_HELPER_NAME);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	ask_for_ever(asking);
}

/* Forks it. Returns 0 with the socket that stays ours in helper->fd, or -errno. */
static int fork_helper(struct nvml_helper *helper, struct nvml_lib *lib, int parent)
{
	const int room = ROOM_BYTES;
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds))
		return -errno;
	setsockopt(fds[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	helper->pid = fork();
	if (helper->pid == 0)
		be_helper(lib, fds[1], parent);
	close(fds[1]);
	if (helper->pid < 0) {
		close(fds[0]);
		return -EAGAIN;
	}
	helper->fd = fds[0];
	helper->pidfd = (int)syscall(SYS_pidfd_open, helper->pid, 0);
	return 0;
}

int nvml_helper_start(struct nvml_lib *lib, struct nvml_helper **result)
{
	struct nvml_helper *helper = calloc(1, sizeof(*helper));
	int parent = (int)syscall(SYS_pidfd_open, getpid(), 0);
	int error = !helper ? -ENOMEM : parent < 0 ? -errno : fork_helper(helper, lib, parent);

	if (parent >= 0)
		close(parent);
	if (error)
		free(helper);
	else
		*result = helper;
	return error;
}

/* One that hangs in the driver is left behind: whoever reaps us will reap it. */
void nvml_helper_stop(struct nvml_helper *helper)
{
	struct pollfd gone;
	siginfo_t info;

	if (!helper)
		return;
	close(helper->fd);
	gone = (struct pollfd){.fd = helper->pidfd, .events = POLLIN};
	if (helper->pidfd >= 0 && poll(&gone, 1, STOP_WAIT_MS) == 0) {
		syscall(SYS_pidfd_send_signal, helper->pidfd, SIGKILL, NULL, 0);
		poll(&gone, 1, STOP_WAIT_MS);
	}
	if (helper->pidfd >= 0) {
		waitid(P_PIDFD, (id_t)helper->pidfd, &info, WEXITED | WNOHANG);
		close(helper->pidfd);
	}
	free(helper);
}

/*
 * Takes a packet of at most `size` bytes. Returns its size, -EAGAIN or -EPIPE. Waits in slices:
 * where all stood still for a while, the helper did as well, and one slice is over and not all
 * patience.
 */
static ssize_t take(const struct nvml_helper *helper, void *to, size_t size, int wait_ms)
{
	struct pollfd fd = {.fd = helper->fd, .events = POLLIN};
	ssize_t got;

	for (;; wait_ms -= SLICE_MS) {
		int slice_ms = wait_ms < SLICE_MS ? wait_ms : SLICE_MS;
		int ready = poll(&fd, 1, slice_ms > 0 ? slice_ms : 0);

		if (ready < 0 && errno != EINTR)
			return -EPIPE;
		if (ready <= 0 && wait_ms <= SLICE_MS)
			return -EAGAIN;
		if (ready <= 0)
			continue;
		got = recv(helper->fd, to, size, MSG_DONTWAIT);
		if (got > 0)
			return got;
		if (got == 0 || (errno != EINTR && errno != EAGAIN))
			return -EPIPE;
	}
}

int nvml_helper_facts(struct nvml_helper *helper, struct nvml_facts *facts, int wait_ms)
{
	ssize_t got = take(helper, facts, sizeof(*facts), wait_ms);

	if (got == -EAGAIN)
		return -ETIMEDOUT;
	return got == (ssize_t)sizeof(*facts) && facts->gpus <= NVML_GPUS_MAX ? 0 : -EPIPE;
}

void nvml_helper_ask(struct nvml_helper *helper)
{
	/* Full, or nobody there: the next read will find out. */
	send(helper->fd, "?", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

int nvml_helper_next(struct nvml_helper *helper, struct nvml_poll *poll, int wait_ms)
{
	const size_t head = offsetof(struct nvml_poll, process);
	ssize_t got = take(helper, poll, sizeof(*poll), wait_ms);

	if (got < 0)
		return (int)got;
	/* A driver's library has written over what is sent: nothing of it is believed. */
	if ((size_t)got < head || poll->gpus > NVML_GPUS_MAX ||
	    poll->processes > NVML_PROCESSES_MAX ||
	    (size_t)got != head + poll->processes * sizeof(poll->process[0]))
		return -EPIPE;
	return 0;
}
