/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program in the foreground.
 */
#include "collector/launch/job.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "collector/run/proc.h"

/* So long a signal may take to reach all of a group, or all processes of a batch job. */
#define FORWARD_MS 30

int job_prepare(struct job *job)
{
	const struct sigaction normal = {.sa_handler = SIG_DFL};
	sigset_t all;

	job->go = job->failed = job->signals = job->witness.fd = -1;
	sigfillset(&all);
	/* These are ours if they come: blocked, they would kill us all the same, or hang us. */
	sigdelset(&all, SIGSEGV);
	sigdelset(&all, SIGBUS);
	sigdelset(&all, SIGILL);
	sigdelset(&all, SIGFPE);
	sigdelset(&all, SIGTRAP);
	sigdelset(&all, SIGABRT);
	sigdelset(&all, SIGSYS);
	if (sigprocmask(SIG_SETMASK, &all, &job->mask) < 0)
		return -errno;
	/* Somebody who ignores SIGCHLD never learns how his child ended. */
	if (sigaction(SIGCHLD, &normal, &job->chld) < 0)
		return -errno;
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	/* One descriptor per process that computes; the program keeps the limit that it was given.
	 */
	if (getrlimit(RLIMIT_NOFILE, &job->files) == 0) {
		const struct rlimit more = {job->files.rlim_max, job->files.rlim_max};
		setrlimit(RLIMIT_NOFILE, &more);
	}
	/* Without a witness signals are handed on in doubt. */
	witness_start(&job->witness);
	return 0;
}

/* What the program is to find as gramme found it. */
static void restore(const struct job *job)
{
	setrlimit(RLIMIT_NOFILE, &job->files);
	sigaction(SIGCHLD, &job->chld, NULL);
	sigprocmask(SIG_SETMASK, &job->mask, NULL);
}

int job_become(struct job *job, char *const *argv)
{
	witness_stop(&job->witness);
	prctl(PR_SET_CHILD_SUBREAPER, 0);
	restore(job);
	execvp(argv[0], argv);
	return -errno;
}

static _Noreturn void run_child(struct job *job, int go, int failed, char *const *argv,
				char *const *environment)
{
	char byte;

	/* Nobody releases it: gramme has died, and the program never began. */
	if (read(go, &byte, 1) != 1)
		_exit(125);
	restore(job);
	execvpe(argv[0], argv, environment);
	int error = errno;
	while (write(failed, &error, sizeof(error)) < 0 && errno == EINTR)
		;
	_exit(126);
}

int job_fork(struct job *job, char *const *argv, char *const *environment)
{
	int go[2], failed[2];

	if (pipe2(go, O_CLOEXEC) < 0)
		return -errno;
	if (pipe2(failed, O_CLOEXEC) < 0) {
		int error = -errno;
		close(go[0]);
		close(go[1]);
		return error;
	}
	job->pid = fork();
	if (job->pid == 0) {
		close(go[1]);
		run_child(job, go[0], failed[1], argv, environment);
	}
	int error = job->pid < 0 ? -errno : 0;
	close(go[0]);
	close(failed[1]);
	job->go = go[1];
	job->failed = failed[0];
	return error;
}

int job_go(struct job *job)
{
	int reason = 0;
	ssize_t n;

	if (write(job->go, "", 1) != 1)
		return -errno;
	do
		n = read(job->failed, &reason, sizeof(reason));
	while (n < 0 && errno == EINTR);
	close(job->go);
	close(job->failed);
	job->go = job->failed = -1;
	if (n != sizeof(reason))
		return 0;
	job_wait(job);
	return -reason;
}

void job_wait(struct job *job)
{
	while (waitpid(job->pid, &job->status, 0) < 0 && errno == EINTR)
		;
	job->ended = true;
}

void job_abandon(struct job *job)
{
	if (job->go < 0)
		return;
	close(job->go);
	close(job->failed);
	job->go = job->failed = -1;
	if (job->pid > 0)
		job_wait(job);
	job->ended = false;
	job->pid = 0;
}

/* Is the terminal ours now? Then a shell waits for us to stop when the program does. */
static bool in_foreground(void)
{
	int tty = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);
	bool ours = tty >= 0 && tcgetpgrp(tty) == getpgrp();

	if (tty >= 0)
		close(tty);
	return ours;
}

/*
 * The program has stopped. By a stop of the terminal, the shell expects the whole job to have. One
 * SIGSTOP to the program alone comes from somebody who knows its PID and will continue it by it.
 */
static void follow_stop(struct job *job, int signal)
{
	if (signal == SIGSTOP && !in_foreground())
		return;
	if (job->on_stop)
		job->on_stop(job->arg);
	kill(getpid(), SIGSTOP);
}

static void reap(struct job *job)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0) {
		if (pid != job->pid)
			continue; /* an orphan of the program */
		if (WIFSTOPPED(status)) {
			follow_stop(job, WSTOPSIG(status));
			continue;
		}
		job->status = status;
		job->ended = true;
	}
}

/* Does the sender belong to the program itself? */
static bool is_ours(const struct job *job, pid_t pid)
{
	struct proc_stat stat;

	for (int depth = 0; depth < 256 && pid > 1; depth++) {
		if (pid == job->pid)
			return true;
		if (pid == getpid() || proc_stat("/proc", pid, &stat))
			return false;
		pid = stat.ppid;
	}
	return false;
}

static void on_forward(uv_timer_t *timer)
{
	struct job *job = timer->data;

	for (int signal = 1; signal < JOB_SIGNALS; signal++) {
		enum job_wait wait = job->waiting[signal];
		job->waiting[signal] = JOB_WAIT_NONE;
		if (wait == JOB_WAIT_NONE || witness_saw(&job->witness, signal))
			continue;
		if (wait == JOB_WAIT_FORWARD && !job->ended)
			kill(job->pid, signal);
	}
}

static void take_signal(struct job *job, const struct signalfd_siginfo *info)
{
	int signal = (int)info->ssi_signo;

	if (signal == SIGCHLD) {
		reap(job);
		return;
	}
	if (signal <= 0 || signal >= JOB_SIGNALS)
		return;
	/*
	 * What the kernel sends comes from the terminal, and the program has it already. What we
	 * send ourselves we did not mean to: SIGXFSZ for our ledger, SIGPIPE for what we said.
	 */
	if (info->ssi_code <= 0 && (pid_t)info->ssi_pid != getpid() &&
	    !is_ours(job, (pid_t)info->ssi_pid))
		job->waiting[signal] = JOB_WAIT_FORWARD;
	else if (job->waiting[signal] == JOB_WAIT_NONE)
		job->waiting[signal] = JOB_WAIT_FORGET;
	if (!uv_is_active((uv_handle_t *)&job->forward))
		uv_timer_start(&job->forward, on_forward, FORWARD_MS, 0);
}

static void on_signal(uv_poll_t *poll, int status, int events)
{
	struct job *job = poll->data;
	struct signalfd_siginfo info;

	(void)status;
	(void)events;
	while (!job->ended && read(job->signals, &info, sizeof(info)) == sizeof(info))
		take_signal(job, &info);
	if (job->ended) {
		witness_leave(&job->witness);
		uv_poll_stop(poll);
		job->on_end(job->arg);
	}
}

int job_watch(struct job *job, uv_loop_t *loop)
{
	sigset_t all;

	sigfillset(&all);
	job->signals = signalfd(-1, &all, SFD_NONBLOCK | SFD_CLOEXEC);
	if (job->signals < 0)
		return -errno;
	job->poll.data = job->forward.data = job;
	int error = uv_timer_init(loop, &job->forward);
	if (!error)
		job->handles = 1;
	if (!error)
		error = uv_poll_init(loop, &job->poll, job->signals);
	if (!error)
		job->handles = 2;
	return error ? error : uv_poll_start(&job->poll, UV_READABLE, on_signal);
}

void job_close(struct job *job)
{
	witness_stop(&job->witness);
	if (job->handles > 0)
		uv_close((uv_handle_t *)&job->forward, NULL);
	if (job->handles > 1)
		uv_close((uv_handle_t *)&job->poll, NULL);
	job->handles = 0;
	if (job->signals >= 0)
		close(job->signals);
	job->signals = -1;
}

void job_exit(const struct job *job)
{
	const struct rlimit no_core = {0};
	sigset_t one;

	if (WIFSIGNALED(job->status)) {
		int signal = WTERMSIG(job->status);
		/* One core dump is enough. */
		setrlimit(RLIMIT_CORE, &no_core);
		prctl(PR_SET_DUMPABLE, 0);
		sigaction(signal, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
		sigemptyset(&one);
		sigaddset(&one, signal);
		raise(signal);
		sigprocmask(SIG_UNBLOCK, &one, NULL);
		_exit(128 + signal);
	}
	_exit(WEXITSTATUS(job->status));
}
