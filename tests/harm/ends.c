/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs that end, or go on, in unusual ways: ends HOW
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void say(const char *text)
{
	if (write(1, text, strlen(text)) < 0)
		_exit(99);
}

static void at_end(void)
{
	say("at exit\n");
}

static void at_quick_end(void)
{
	say("at quick exit\n");
}

__attribute__((destructor)) static void last(void)
{
	say("destructor\n");
}

/* Everything but stdout; the next descriptor is then the lowest. */
static int close_all(void)
{
	if (syscall(SYS_close_range, 3u, ~0u, 0u))
		return 1;
	close(0);
	close(2);
	if (open("/dev/null", O_RDWR) != 0 || open("/dev/null", O_RDWR) != 2)
		return 2;
	say("closed all\n");
	return open("/etc/passwd", O_RDONLY) == 3 ? 0 : 3;
}

/* Even stdout, and it goes on; its status tells whether it could. */
static int close_every(void)
{
	for (int fd = 0; fd < 1024; fd++)
		close(fd);
	pid_t child = fork();
	if (child == 0)
		_exit(5);
	int status = 0;
	waitpid(child, &status, 0);
	return WEXITSTATUS(status) + open("/dev/null", O_RDONLY);
}

static int daemonise(void)
{
	int ready[2];
	char c;

	if (pipe(ready))
		return 1;
	if (fork() > 0) {
		close(ready[1]);
		return (int)read(ready[0], &c, 1);
	}
	setsid();
	if (fork() > 0)
		_exit(0);
	if (daemon(0, 1))
		_exit(1);
	say("the daemon\n");
	_exit(0);
}

static void on_fault(int number, siginfo_t *info, void *context)
{
	(void)info;
	(void)context;
	say("caught a fault\n");
	if (number == SIGSEGV)
		_exit(21);
}

/* The kernel's frame, and the loader's: binding a name saves all registers once more (AVX-512). */
static void handle_on_own_stack(void)
{
	size_t size = (size_t)sysconf(_SC_MINSIGSTKSZ) + 16384;
	stack_t stack = {.ss_sp = malloc(size), .ss_size = size};
	struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};

	if (sigaltstack(&stack, NULL) || sigaction(SIGSEGV, &action, NULL))
		_exit(98);
}

static int fault(void)
{
	handle_on_own_stack();
	volatile char *nowhere = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	*nowhere = 1;
	return 2;
}

static int overflow(int depth)
{
	volatile char eat[65536];

	eat[0] = (char)depth;
	return depth < 1 << 20 ? overflow(depth + 1) + eat[0] : 0;
}

static int stack_overflow(void)
{
	struct rlimit limit = {1 << 20, 1 << 20};

	setrlimit(RLIMIT_STACK, &limit);
	handle_on_own_stack();
	return overflow(0);
}

static void *work(void *arg)
{
	(void)arg;
	usleep(50000);
	return NULL;
}

/* The state of the first thread, as ps shows it: Z once it is gone. */
static char leader_state(void)
{
	char path[64], text[256] = "";
	FILE *stat;
	size_t n;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", getpid());
	stat = fopen(path, "r");
	n = stat ? fread(text, 1, sizeof(text) - 1, stat) : 0;
	if (stat)
		fclose(stat);
	const char *end = n ? strrchr(text, ')') : NULL;
	return end ? end[2] : '?';
}

/* The first thread ends, another one ends the program: later, however long the first is held. */
static void *end_all(void *arg)
{
	(void)arg;
	for (int i = 0; i < 20000 && leader_state() != 'Z'; i++)
		usleep(1000);
	say("the last thread\n");
	exit(12);
}

static int leader_leaves(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, end_all, NULL);
	pthread_exit(NULL);
}

static int many_threads(void)
{
	pthread_attr_t attr;
	pthread_t thread[100];

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, (size_t)PTHREAD_STACK_MIN);
	for (int i = 0; i < 100; i++)
		if (pthread_create(&thread[i], &attr, work, NULL))
			return 1;
	for (int i = 0; i < 100; i++)
		pthread_join(thread[i], NULL);
	say("joined\n");
	return 0;
}

static int stop_and_go(void)
{
	pid_t child = fork();

	if (child == 0) {
		usleep(100000);
		kill(getppid(), SIGCONT);
		_exit(0);
	}
	raise(SIGSTOP);
	say("goes on\n");
	waitpid(child, NULL, 0);
	return 0;
}

static int end_how(const char *how)
{
	if (!strcmp(how, "exit"))
		exit(3);
	if (!strcmp(how, "_exit"))
		_exit(4);
	if (!strcmp(how, "quick_exit"))
		quick_exit(5);
	if (!strcmp(how, "abort"))
		abort();
	if (!strcmp(how, "kill"))
		raise(SIGKILL);
	if (!strcmp(how, "term"))
		raise(SIGTERM);
	if (!strcmp(how, "syscall"))
		syscall(SYS_exit_group, 6);
	return 98;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*act)(void);
	} acts[] = {
		{"close_all", close_all},  {"close_every", close_every}, {"daemonise", daemonise},
		{"fault", fault},	   {"overflow", stack_overflow}, {"leader", leader_leaves},
		{"threads", many_threads}, {"stop", stop_and_go},
	};

	atexit(at_end);
	at_quick_exit(at_quick_end);
	for (size_t i = 0; argc > 1 && i < sizeof(acts) / sizeof(acts[0]); i++)
		if (!strcmp(argv[1], acts[i].name))
			return acts[i].act();
	return argc > 1 ? end_how(argv[1]) : 97;
}
