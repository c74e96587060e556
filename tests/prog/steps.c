/* SPDX-License-Identifier: Apache-2.0 */
/*
 * steps PROGRAM [ARG...]: runs a program that raises SIGTRAP twice, and says how many instructions
 * it took in between, by single steps. What it did, and not how long that took on this machine.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#define STEPS_MOST 400000u /* then it is enough */

/* Lets the program go on with `how` until it stops or ends; a signal of its own is handed on. */
static int go(pid_t pid, enum __ptrace_request how, int signal, int *status)
{
	if (ptrace(how, pid, NULL, (void *)(long)signal) || waitpid(pid, status, 0) != pid) {
		perror("steps");
		exit(1);
	}
	return WIFSTOPPED(*status) ? WSTOPSIG(*status) : 0;
}

/* A step and a raised signal both stop with SIGTRAP; who sent it tells them apart. */
static int is_raised(pid_t pid)
{
	siginfo_t info;

	return !ptrace(PTRACE_GETSIGINFO, pid, NULL, &info) && info.si_code == SI_TKILL;
}

static unsigned long count(pid_t pid, int *status)
{
	unsigned long steps = 0;
	int signal = 0;

	do {
		signal = go(pid, PTRACE_SINGLESTEP, signal == SIGTRAP ? 0 : signal, status);
		steps++;
	} while (signal && !(signal == SIGTRAP && is_raised(pid)) && steps < STEPS_MOST);
	return steps;
}

int main(int argc, char **argv)
{
	unsigned long steps = 0;
	int status = 0, signal;
	pid_t pid = argc > 1 ? fork() : -1;

	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		execvp(argv[1], argv + 1);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status)) {
		fprintf(stderr, "usage: steps PROGRAM [ARG...]\n");
		return 2;
	}
	for (signal = 0; WIFSTOPPED(status);) {
		signal = go(pid, PTRACE_CONT, signal == SIGTRAP ? 0 : signal, &status);
		if (signal == SIGTRAP && is_raised(pid) && !steps)
			steps = count(pid, &status);
	}
	printf("steps %lu\n", steps);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
