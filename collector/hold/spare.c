/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The holder's spare.
 */
#include "collector/hold/spare.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define STACK_BYTES (256u << 10)

static int wait_and_go_on(void *arg)
{
	struct spare *spare = arg;
	struct pollfd dead = {.fd = spare->pidfd, .events = POLLIN};

	prctl(PR_SET_NAME, SPARE_NAME);
	while (poll(&dead, 1, -1) != 1)
		;
	spare->go_on(spare->arg);
	return 1;
}

void spare_start(struct spare *spare)
{
	char *stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);

	spare->pid = 0;
	if (stack == MAP_FAILED)
		return;
	pid_t pid =
		clone(wait_and_go_on, stack + STACK_BYTES, CLONE_VM | CLONE_FILES | SIGCHLD, spare);
	if (pid < 0) {
		munmap(stack, STACK_BYTES);
		return;
	}
	spare->stack = stack;
	spare->pid = pid;
}

/* Its stack is nobody's now. */
static void bury(struct spare *spare)
{
	munmap(spare->stack, STACK_BYTES);
	spare->pid = 0;
}

void spare_end(struct spare *spare)
{
	if (!spare->pid)
		return;
	kill(spare->pid, SIGKILL);
	while (waitpid(spare->pid, NULL, 0) < 0 && errno == EINTR)
		;
	bury(spare);
}

void spare_renew(struct spare *spare)
{
	if (!spare->pid || waitpid(spare->pid, NULL, WNOHANG) != spare->pid)
		return;
	bury(spare);
	spare_start(spare);
}
