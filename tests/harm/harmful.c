/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A preload library that harms its host, in the way that HARM names: what the harness must notice.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *harm;

static void *idle(void *arg)
{
	pause();
	return arg;
}

static void add_thread(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, idle, NULL);
}

/* It executes nothing: what it executed would carry this library, and do the same again. */
static void leave_process(void)
{
	if (fork() == 0) {
		close(1);
		close(2);
		sleep(30);
		_exit(0);
	}
}

static void block_signal(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

static void lower_limit(void)
{
	struct rlimit limit = {100, 100};

	setrlimit(RLIMIT_NOFILE, &limit);
}

static void do_harm(void)
{
	if (!strcmp(harm, "stdout"))
		dprintf(1, "harm\n");
	if (!strcmp(harm, "stderr"))
		dprintf(2, "harm\n");
	if (!strcmp(harm, "descriptor"))
		dup(0);
	if (!strcmp(harm, "close"))
		close(0);
	if (!strcmp(harm, "cloexec"))
		fcntl(0, F_SETFD, FD_CLOEXEC);
	if (!strcmp(harm, "thread"))
		add_thread();
	if (!strcmp(harm, "process"))
		leave_process();
	if (!strcmp(harm, "environment"))
		setenv("MORE", "1", 1);
	if (!strcmp(harm, "folder"))
		chdir("/");
	if (!strcmp(harm, "umask"))
		umask(077);
	if (!strcmp(harm, "mask"))
		block_signal();
	if (!strcmp(harm, "disposition"))
		signal(SIGPIPE, SIG_IGN);
	if (!strcmp(harm, "limit"))
		lower_limit();
	if (!strcmp(harm, "locale"))
		setlocale(LC_ALL, "");
	if (!strcmp(harm, "name"))
		prctl(PR_SET_NAME, "harmed");
	if (!strcmp(harm, "dlerror"))
		dlopen("libnothing.so", RTLD_NOW);
	if (!strcmp(harm, "signal"))
		raise(SIGTERM);
	if (!strcmp(harm, "hang"))
		pause();
}

__attribute__((constructor)) static void begin(void)
{
	harm = getenv("HARM");
	if (harm)
		do_harm();
}

__attribute__((destructor)) static void end(void)
{
	if (harm && !strcmp(harm, "status"))
		_exit(9);
}

#ifdef HARM_SYMBOL
/* A name that is not ours to define. */
pid_t getppid(void)
{
	return 1;
}
#endif

#ifdef HARM_DLOPEN
/* In C: the loader takes this library for the caller, and errno is not kept. */
void *dlopen(const char *name, int flags)
{
	void *(*real)(const char *, int) = (void *(*)(const char *, int))dlsym(RTLD_NEXT, "dlopen");
	void *handle = real(name, flags);

	errno = EIO;
	return handle;
}
#endif
