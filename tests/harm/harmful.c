/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A preload library that harms its host, in the way that HARM names: what the harness must notice.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fenv.h>
#include <locale.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

static const char *harm;
static int connection = -1;

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

static void take_memory(bool keep)
{
	const size_t bytes = 8 << 20;
	void *memory =
		mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memset(memory, 1, bytes);
	if (!keep)
		munmap(memory, bytes);
}

static void own_stack(void)
{
	stack_t stack = {.ss_sp = malloc(1 << 16), .ss_size = 1 << 16};

	sigaltstack(&stack, NULL);
}

static void set_timer(void)
{
	struct itimerval hour = {.it_value.tv_sec = 3600};

	setitimer(ITIMER_REAL, &hour, NULL);
}

/* A connection that stays open, as a shim may have it whose collector is never to die. */
static void stay_connected(void)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	const char *path = getenv("GRAMME_SOCKET");

	strncpy(to.sun_path, path ? path : "/nowhere", sizeof(to.sun_path) - 1);
	connection = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (connect(connection, (struct sockaddr *)&to, sizeof(to)))
		connection = -1;
}

static void do_harm(void)
{
	if (!strcmp(harm, "memory"))
		take_memory(true);
	if (!strcmp(harm, "peak"))
		take_memory(false);
	if (!strcmp(harm, "lock"))
		mlockall(MCL_CURRENT);
	if (!strcmp(harm, "altstack"))
		own_stack();
	if (!strcmp(harm, "timer"))
		set_timer();
	if (!strcmp(harm, "rounding"))
		fesetround(FE_UPWARD);
	if (!strcmp(harm, "nice"))
		setpriority(PRIO_PROCESS, 0, 5);
	if (!strcmp(harm, "privileges"))
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (!strcmp(harm, "slack"))
		prctl(PR_SET_TIMERSLACK, 1000000);
	if (!strcmp(harm, "connection"))
		stay_connected();
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
	struct pollfd closed = {.fd = connection, .events = POLLIN};

	if (harm && !strcmp(harm, "status"))
		_exit(9);
	if (connection >= 0 && poll(&closed, 1, 1000) > 0)
		_exit(10);
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
