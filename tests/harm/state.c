/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints what a process can know of its own state, a fact a line: what /proc does not show of it
 * (locale, alternate stack, dlerror, which library answers for a symbol), and the rest as seen from
 * inside, which is what a child of a stranger inherits. Names of symbols come from a file.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fenv.h>
#include <link.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

extern char **environ;

static void say_environment(void)
{
	for (char **e = environ; *e; e++)
		if (strncmp(*e, "LD_PRELOAD=", 11) != 0 && strncmp(*e, "GRAMME_", 7) != 0)
			printf("env %s\n", *e);
}

static void say_descriptors(void)
{
	for (int fd = 0; fd < 1024; fd++) {
		int flags = fcntl(fd, F_GETFD);

		if (flags >= 0)
			printf("fd %d %d %o\n", fd, flags, (unsigned)fcntl(fd, F_GETFL));
	}
}

static void say_signals(void)
{
	sigset_t blocked, pending;
	struct sigaction action;
	stack_t stack;

	sigprocmask(SIG_BLOCK, NULL, &blocked);
	sigpending(&pending);
	for (int number = 1; number <= SIGRTMAX; number++) {
		if (sigaction(number, NULL, &action))
			continue;
		printf("signal %d %s %d %d\n", number,
		       action.sa_handler == SIG_DFL   ? "default"
		       : action.sa_handler == SIG_IGN ? "ignored"
						      : "caught",
		       sigismember(&blocked, number), sigismember(&pending, number));
	}
	sigaltstack(NULL, &stack);
	printf("altstack %d\n", stack.ss_flags);
}

static void say_limits(void)
{
	struct rlimit limit;
	struct itimerval timer;

	for (int which = 0; which < RLIMIT_NLIMITS; which++)
		if (getrlimit((__rlimit_resource_t)which, &limit) == 0)
			printf("limit %d %lu %lu\n", which, (unsigned long)limit.rlim_cur,
			       (unsigned long)limit.rlim_max);
	for (int which = ITIMER_REAL; which <= ITIMER_PROF; which++)
		if (getitimer((__itimer_which_t)which, &timer) == 0)
			printf("timer %d %ld\n", which, (long)timer.it_value.tv_sec);
}

static void say_process(void)
{
	char path[4096] = "?", name[16] = "?";
	mode_t mask = umask(0);

	umask(mask);
	prctl(PR_GET_NAME, name);
	printf("cwd %s\numask %o\nlocale %s\n", getcwd(path, sizeof(path)), mask,
	       setlocale(LC_ALL, NULL));
	printf("rounding %d\nfpe %d\nname %s\nnice %d\n", fegetround(), fegetexcept(), name,
	       getpriority(PRIO_PROCESS, 0));
	printf("dumpable %d\nseccomp %d\nsubreaper %d\n", prctl(PR_GET_DUMPABLE),
	       prctl(PR_GET_SECCOMP), prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
}

/* Which library answers for a name: by default, and as the one behind us. */
static const char *owner(void *where, const char *name)
{
	Dl_info info;
	void *found = dlsym(where, name);
	const char *slash;

	if (!found)
		return "nobody";
	if (!dladdr(found, &info) || !info.dli_fname)
		return "somebody";
	slash = strrchr(info.dli_fname, '/');
	return slash ? slash + 1 : info.dli_fname;
}

static int say_symbols(const char *path)
{
	char name[512];
	FILE *names = fopen(path, "r");

	if (!names)
		return 1;
	while (fscanf(names, "%511s", name) == 1) {
		printf("symbol %s %s", name, owner(RTLD_DEFAULT, name));
		printf(" %s\n", owner(RTLD_NEXT, name));
	}
	return fclose(names);
}

int main(int argc, char **argv)
{
	const int first_errno = errno;
	const char *pending = dlerror();

	printf("errno %d\ndlerror %s\n", first_errno, pending ? pending : "none");
	printf("arguments %d\n", argc);
	say_environment();
	say_descriptors();
	say_signals();
	say_limits();
	say_process();
	return argc > 1 ? say_symbols(argv[1]) : 0;
}
