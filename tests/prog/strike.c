/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kills one process of a program right before the N-th of its system calls that changes anything
 * outside of it: what a message brought, what a file holds, who lives. Between two of those a death
 * is the same death, so all N together are every moment at which it can die.
 *
 *   strike ROLE N COMMAND [ARG...]
 *
 * ROLE: collector (the command itself), holder or stand-in, by what gramme calls them.
 * N 0 counts only. Says on stdout: "pid PID", then "struck PID CALL" at the deed, "ended STATUS"
 * when the command is over (128 + signal), and "counted N" when the last of its processes is. Exits
 * 77 where the kernel, or who confines us, refuses the filter.
 *
 * The calls are stopped by a seccomp filter that all its children inherit, and answered from here.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

struct call {
	int number;
	const char *name;
};

#define CALL(name)                                                                                 \
	{                                                                                          \
		SYS_##name, #name                                                                  \
	}

/* openat comes first, since it only counts where it makes a file. */
static const struct call call[] = {
	CALL(openat),	CALL(sendmsg),	  CALL(sendto), CALL(recvmsg),	CALL(recvfrom),
	CALL(accept4),	CALL(connect),	  CALL(bind),	CALL(listen),	CALL(pwrite64),
	CALL(write),	CALL(ftruncate),  CALL(linkat), CALL(unlinkat), CALL(renameat2),
	CALL(mkdirat),	CALL(clone),	  CALL(clone3), CALL(kill),	CALL(pidfd_send_signal),
	CALL(fchmodat), CALL(exit_group),
#ifdef SYS_renameat
	CALL(renameat),
#endif
#ifdef SYS_unlink
	CALL(unlink),	CALL(fork),	  CALL(vfork),	CALL(chmod),	CALL(mkdir),
	CALL(rmdir),
#endif
};
#define CALLS (sizeof(call) / sizeof(*call))

struct strike {
	const char *role;
	unsigned long at;
	unsigned long counted;
	bool done;
	pid_t command;
	int listener;
};

static int fail(const char *what)
{
	fprintf(stderr, "strike: %s: %s\n", what, strerror(errno));
	return 1;
}

/* Not allowed; unknown (flags of Linux 5.19 too); or another listens already. */
static bool is_refused(int error)
{
	return error == EPERM || error == EACCES || error == ENOSYS || error == EINVAL ||
	       error == EBUSY;
}

/* Returns the listener, or -1. */
static int filter_calls(void)
{
	struct sock_filter code[CALLS + 8];
	unsigned short n = 0;
	const uint32_t makes = O_CREAT | (O_TMPFILE & ~O_DIRECTORY);

	code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						 offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < CALLS; i++) {
		unsigned char left = (unsigned char)(CALLS - i - 1);
		/* To the answer behind all of them, or for openat to the look at its flags. */
		code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
							 (uint32_t)call[i].number,
							 (unsigned char)(left + (i ? 3 : 1)), 0);
	}
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						 offsetof(struct seccomp_data, args[2]));
	code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, makes, 0, 1);
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	const struct sock_fprog program = {n, code};
	const unsigned long flags =
		SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -1;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

/* Its own listener is out of reach for a process that is stopped by it: the parent fetches it. */
static int begin(struct strike *strike, char **command)
{
	_Atomic int *listener = mmap(NULL, sizeof(*listener), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	const struct timespec pause = {.tv_nsec = 1000000};

	if (listener == MAP_FAILED)
		return fail("mmap");
	strike->command = fork();
	if (strike->command < 0)
		return fail("fork");
	if (strike->command == 0) {
		int fd = filter_calls();
		*listener = fd < 0 ? -errno : fd;
		while (*listener > 0)
			nanosleep(&pause, NULL);
		close(fd);
		if (fd >= 0)
			execv(command[0], command);
		_exit(127);
	}
	while (*listener == 0)
		nanosleep(&pause, NULL);
	errno = -*listener;
	if (*listener < 0) {
		fail("seccomp");
		return is_refused(-*listener) ? 77 : 1;
	}
	int pidfd = (int)syscall(SYS_pidfd_open, strike->command, 0);
	strike->listener = (int)syscall(SYS_pidfd_getfd, pidfd, *listener, 0);
	if (strike->listener < 0)
		return fail("pidfd_getfd");
	close(pidfd);
	*listener = 0;
	return 0;
}

/* A number in /proc/PID/status, by the format of its line, or 0 where the thread is gone. */
static pid_t number_of(pid_t thread, const char *format)
{
	char path[64], line[128];
	int pid = 0;

	snprintf(path, sizeof(path), "/proc/%d/status", thread);
	FILE *status = fopen(path, "re");
	while (status && fgets(line, sizeof(line), status) && sscanf(line, format, &pid) != 1)
		;
	if (status)
		fclose(status);
	return pid;
}

static bool is_named(pid_t pid, const char *name)
{
	char path[64], comm[32] = "";

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	FILE *file = fopen(path, "re");
	bool same = file && fgets(comm, sizeof(comm), file) && !strncmp(comm, name, strlen(name)) &&
		    comm[strlen(name)] == '\n';
	if (file)
		fclose(file);
	return same;
}

static bool plays(const struct strike *strike, pid_t pid)
{
	if (!strcmp(strike->role, "collector"))
		return pid == strike->command;
	if (!strcmp(strike->role, "holder"))
		return is_named(pid, "gramme-holder");
	return is_named(pid, "gramme") && is_named(number_of(pid, "PPid: %d"), "gramme-holder");
}

static const char *name_of(int number)
{
	for (size_t i = 0; i < CALLS; i++)
		if (call[i].number == number)
			return call[i].name;
	return "?";
}

/* Returns true if the call is not to be made: its caller is dead. */
static bool judge(struct strike *strike, const struct seccomp_notif *asked)
{
	pid_t pid = number_of((pid_t)asked->pid, "Tgid: %d");

	if (strike->done || !pid || !plays(strike, pid) || ++strike->counted != strike->at)
		return false;
	strike->done = true;
	kill(pid, SIGKILL);
	printf("struck %d %s\n", pid, name_of(asked->data.nr));
	return true;
}

static void answer(struct strike *strike)
{
	struct seccomp_notif asked = {0};
	struct seccomp_notif_resp response = {.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE};

	if (ioctl(strike->listener, SECCOMP_IOCTL_NOTIF_RECV, &asked))
		return;
	response.id = asked.id;
	if (!judge(strike, &asked))
		ioctl(strike->listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
}

/* Until nobody is left who has the filter. */
static void watch(struct strike *strike)
{
	struct pollfd on[] = {
		{.fd = (int)syscall(SYS_pidfd_open, strike->command, 0), .events = POLLIN},
		{.fd = strike->listener, .events = POLLIN}};

	while (on[0].fd >= 0 || !(on[1].revents & POLLHUP)) {
		int status;
		if (poll(on, 2, -1) < 0)
			continue;
		if (on[1].revents & POLLIN)
			answer(strike);
		if (on[0].revents && waitpid(strike->command, &status, 0) == strike->command) {
			printf("ended %d\n",
			       WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
			on[0].fd = -1;
		}
	}
}

int main(int argc, char **argv)
{
	struct strike strike = {0};

	if (argc < 4) {
		fputs("usage: strike ROLE N COMMAND [ARG...]\n", stderr);
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	strike.role = argv[1];
	strike.at = strtoul(argv[2], NULL, 10);
	int status = begin(&strike, argv + 3);
	if (status)
		return status;
	printf("pid %d\n", strike.command);
	watch(&strike);
	printf("counted %lu\n", strike.counted);
	return 0;
}
