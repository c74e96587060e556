/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs that lean on the finer points of libc and of the dynamic loader: calls WHAT [ARG]
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static const char *or_none(const char *text)
{
	return text ? text : "none";
}

/* An error stays pending over calls that succeed, is told once, and is of the thread's own. */
static int pending_error(const char *arg)
{
	(void)arg;
	void *libm = dlopen("libm.so.6", RTLD_LAZY | RTLD_LOCAL);

	puts(or_none(dlerror()));
	if (!libm || dlopen("libnothing.so.9", RTLD_NOW))
		return 1;
	if (!getenv("HOME") || fflush(stdout))
		return 2;
	puts(or_none(dlerror()));
	puts(or_none(dlerror()));
	if (dlsym(libm, "no_such_function"))
		return 3;
	dlclose(libm);
	puts(or_none(dlerror()));
	dlopen("libOpenCL.so.77", RTLD_LAZY);
	puts(or_none(dlerror()));
	dlopen("", RTLD_LAZY);
	puts(or_none(dlerror()));
	dlopen("libm.so.6", 0);
	puts(or_none(dlerror()));
	return 0;
}

/* errno is kept by what succeeds, and set by what fails as ever. */
static int kept_errno(const char *arg)
{
	(void)arg;
	errno = 77;
	void *libm = dlopen("libm.so.6", RTLD_LAZY);
	printf("%d\n", errno);
	errno = 78;
	void *again = dlopen("libm.so.6", RTLD_LAZY | RTLD_NOLOAD);
	printf("%d %d\n", errno, libm == again);
	errno = 79;
	void *self = dlopen(NULL, RTLD_LAZY);
	printf("%d %d\n", errno, self != NULL);
	errno = 80;
	void *cl = dlopen("libOpenCL.so.1", RTLD_LAZY | RTLD_NOLOAD);
	printf("%d %d\n", errno, cl == NULL);
	return 0;
}

/* Opening, refcounts and closing, as a plugin host does it. */
static int plugins(const char *path)
{
	int (*answer)(void);

	for (int i = 0; i < 3; i++) {
		void *plugin = dlopen(path, RTLD_NOW | RTLD_LOCAL);

		if (!plugin) {
			puts(or_none(dlerror()));
			return 1;
		}
		answer = (int (*)(void))dlsym(plugin, "answer");
		printf("%d\n", answer ? answer() : -1);
		dlclose(plugin);
		printf("gone %d\n", !dlopen(path, RTLD_NOLOAD | RTLD_NOW));
	}
	return 0;
}

static int deepbind(const char *path)
{
	void *plugin = dlopen(path, RTLD_NOW | RTLD_DEEPBIND);
	int (*answer)(void);

	if (!plugin)
		return 1;
	answer = (int (*)(void))dlsym(plugin, "answer");
	printf("%d\n", answer());
	return 0;
}

/* Another namespace has no shim, and works. */
static int namespace(const char *path)
{
	void *plugin = dlmopen(LM_ID_NEWLM, path, RTLD_NOW);
	int (*answer)(void);

	if (!plugin) {
		puts(or_none(dlerror()));
		return 1;
	}
	answer = (int (*)(void))dlsym(plugin, "answer");
	printf("%d\n", answer());
	return 0;
}

/* The program's own wrapper of a libc function finds the next one. */
int rand(void)
{
	int (*next)(void) = (int (*)(void))dlsym(RTLD_NEXT, "rand");

	return next ? next() / 2 : -1;
}

static int next_users(const char *arg)
{
	(void)arg;
	void *(*next)(const char *, int) = (void *(*)(const char *, int))dlsym(RTLD_NEXT, "dlopen");

	printf("%d\n", rand());
	void *libm = next ? next("libm.so.6", RTLD_LAZY) : NULL;
	return libm && dlsym(libm, "cos") ? 0 : 1;
}

/* What opens OpenCL without computing: handles are equal, and closing unloads. */
static int opencl_handles(const char *arg)
{
	(void)arg;
	errno = 81;
	void *first = dlopen("libOpenCL.so.1", RTLD_LAZY);
	printf("opened %d, errno %d\n", first != NULL, errno);
	void *again = dlopen("libOpenCL.so.1", RTLD_LAZY);
	printf("the same %d\n", first == again);
	void *probe = dlopen("libOpenCL.so.1", RTLD_LAZY | RTLD_NOLOAD);
	printf("probed %d, the same %d\n", probe != NULL, first == probe);
	printf("pending %s\n", or_none(dlerror()));
	printf("not global %d\n", dlsym(RTLD_DEFAULT, "clIcdGetPlatformIDsKHR") == NULL);
	printf("not there %d\n", dlopen("/nonexistent/libOpenCL.so.1", RTLD_LAZY) == NULL);
	puts(or_none(dlerror()));
	printf("closed %d %d %d\n", dlclose(first), dlclose(again), dlclose(probe));
	printf("unloaded %d\n", !dlopen("libOpenCL.so.1", RTLD_LAZY | RTLD_NOLOAD));
	return 0;
}

/* Everything in memory, now and later, as programs do that must not wait for a page. */
static int lock_all(const char *arg)
{
	(void)arg;
	printf("%s\n", mlockall(MCL_CURRENT) ? strerror(errno) : "locked what there is");
	printf("%s\n", mlockall(MCL_FUTURE) ? strerror(errno) : "locks what will be");
	printf("%d\n", malloc(1 << 20) != NULL);
	return 0;
}

static int vfork_exec(const char *arg)
{
	static char *argv[] = {"true", NULL};
	int status = 1;

	(void)arg;
	pid_t child = vfork();
	if (child == 0) {
		execv("/bin/false", argv);
		_exit(127);
	}
	waitpid(child, &status, 0);
	printf("%d\n", WEXITSTATUS(status));
	child = vfork();
	if (child == 0)
		_exit(9);
	waitpid(child, &status, 0);
	printf("%d\n", WEXITSTATUS(status));
	return 0;
}

static int spawn(const char *arg)
{
	char *argv[] = {"sh", "-c", "echo spawned; exit 4", NULL};
	posix_spawn_file_actions_t actions;
	int status = 0;
	pid_t child;

	(void)arg;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, 1, 2);
	if (posix_spawnp(&child, "sh", &actions, NULL, argv, environ))
		return 1;
	waitpid(child, &status, 0);
	printf("%d %d\n", WEXITSTATUS(status),
	       posix_spawn(&child, "/no", NULL, NULL, argv, environ));
	return 0;
}

static int cloned(void *arg)
{
	*(int *)arg = 5;
	return 6;
}

static int raw_clone(const char *arg)
{
	static char stack[1 << 16] __attribute__((aligned(16)));
	int shared = 0, status = 0;
	pid_t child;

	(void)arg;
	child = clone(cloned, stack + sizeof(stack), CLONE_VM | SIGCHLD, &shared);
	waitpid(child, &status, 0);
	printf("%d %d\n", shared, WEXITSTATUS(status));
	fflush(stdout);
	child = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	if (child == 0)
		_exit(7);
	waitpid(child, &status, 0);
	printf("%d\n", WEXITSTATUS(status));
	child = (pid_t)syscall(SYS_clone, 0, 0, 0, 0, 0);
	if (child == 0)
		_exit(8);
	waitpid(child, &status, __WALL);
	printf("%d\n", WEXITSTATUS(status));
	return 0;
}

/* As setproctitle does it: the strings move, and their place is written over. */
static int title(const char *arg)
{
	char *start = environ[0], *end = start;
	char **copy = calloc(1024, sizeof(*copy));

	(void)arg;
	for (int i = 0; environ[i]; i++) {
		end = environ[i] + strlen(environ[i]) + 1;
		copy[i] = strdup(environ[i]);
	}
	environ = copy;
	memset(start, 'x', (size_t)(end - start));
	void *libm = dlopen("libm.so.6", RTLD_LAZY);
	printf("%s %d\n", getenv("LANG"), libm != NULL);
	clearenv();
	printf("%d\n", dlopen("libdl.so.2", RTLD_LAZY) != NULL);
	return 0;
}

/* Memory that a program takes for itself must be free: the first pages, and a fixed place. */
static int fixed_map(const char *arg)
{
	void *want = (void *)0x10000000000;

	(void)arg;
	void *got = mmap(want, 1 << 20, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	printf("%d\n", got == want);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*act)(const char *);
	} acts[] = {
		{"dlerror", pending_error}, {"errno", kept_errno},    {"plugins", plugins},
		{"deepbind", deepbind},	    {"namespace", namespace}, {"next", next_users},
		{"vfork", vfork_exec},	    {"spawn", spawn},	      {"clone", raw_clone},
		{"title", title},	    {"fixed-map", fixed_map}, {"opencl", opencl_handles},
		{"lock", lock_all},
	};

	for (size_t i = 0; argc > 1 && i < sizeof(acts) / sizeof(acts[0]); i++)
		if (!strcmp(argv[1], acts[i].name))
			return acts[i].act(argc > 2 ? argv[2] : "");
	return 97;
}
