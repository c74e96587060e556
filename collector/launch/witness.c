/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The witness of signals. It never acts on a signal: they stay pending until gramme has looked,
 * so it does not matter when it gets to run.
 */
#include "collector/launch/witness.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "collector/run/proc.h"
#include "collector/run/tree.h"

static _Noreturn void bear_witness(int fd)
{
	const struct timespec now = {0};
	unsigned char number;
	sigset_t one, all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	prctl(PR_SET_NAME, TREE_WITNESS);
	/* It must not keep the program's pipes open, nor anything else. */
	dup2(fd, 0);
	close_range(1, ~0u, 0);
	while (read(0, &number, 1) == 1) {
		sigemptyset(&one);
		sigaddset(&one, number);
		sigtimedwait(&one, NULL, &now);
	}
	_exit(0);
}

int witness_start(struct witness *witness)
{
	int ends[2];

	*witness = (struct witness){.fd = -1};
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	witness->pid = fork();
	if (witness->pid == 0) {
		close(ends[1]);
		bear_witness(ends[0]);
	}
	int error = witness->pid < 0 ? -errno : 0;
	close(ends[0]);
	if (error)
		close(ends[1]);
	else
		witness->fd = ends[1];
	return error;
}

static unsigned long long mask_of(const char *status, const char *field)
{
	const char *line = strstr(status, field);

	return line ? strtoull(line + strlen(field), NULL, 16) : 0;
}

bool witness_saw(struct witness *witness, int signal)
{
	char status[4096];
	unsigned char number = (unsigned char)signal;

	if (witness->fd < 0 ||
	    proc_read("/proc", witness->pid, "status", status, sizeof(status)) <= 0)
		return false;
	/* To a process, or to its one thread. */
	unsigned long long pending = mask_of(status, "\nShdPnd:") | mask_of(status, "\nSigPnd:");
	if (!(pending >> (signal - 1) & 1))
		return false;
	return write(witness->fd, &number, 1) == 1;
}

void witness_leave(struct witness *witness)
{
	if (witness->fd >= 0)
		close(witness->fd);
	witness->fd = -1;
}

void witness_stop(struct witness *witness)
{
	witness_leave(witness);
	if (witness->pid <= 0)
		return;
	while (waitpid(witness->pid, NULL, 0) < 0 && errno == EINTR)
		;
	witness->pid = 0;
}
