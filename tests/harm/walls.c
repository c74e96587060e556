/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs that shut themselves in: walls HOW [PROGRAM [ARG...]]
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __x86_64__
#define OWN_ARCH AUDIT_ARCH_X86_64
#else
#define OWN_ARCH AUDIT_ARCH_AARCH64
#endif

#define FIELD(name) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, name))
#define ON(value, action)                                                                          \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, 1), BPF_STMT(BPF_RET | BPF_K, (action))

static int install(struct sock_filter *filter, size_t n)
{
	struct sock_fprog program = {(unsigned short)n, filter};

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

/* What is not needed to write and to end kills the process. */
static int filter_few(void)
{
	struct sock_filter filter[] = {
		FIELD(nr),
		ON(SYS_write, SECCOMP_RET_ALLOW),
		ON(SYS_exit_group, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	};

	if (install(filter, sizeof(filter) / sizeof(filter[0])))
		return 1;
	return write(1, "filtered\n", 9) == 9 ? 0 : 2;
}

/* What a shim would want, and a plain program does not, gives `action`; then it execs. */
static int filter_exec(unsigned action, char **argv)
{
	struct sock_filter filter[] = {
		FIELD(nr),
		ON(SYS_memfd_create, action),
		ON(SYS_socket, action),
		ON(SYS_connect, action),
		ON(SYS_sendmsg, action),
		ON(SYS_ftruncate, action),
		ON(SYS_madvise, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};

	if (install(filter, sizeof(filter) / sizeof(filter[0])))
		return 1;
	execv(argv[0], argv);
	return 126;
}

static int strict(void)
{
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT))
		return 1;
	if (write(1, "strict\n", 7) != 7)
		return 2;
	syscall(SYS_exit, 9);
	return 3;
}

static int strict_then_open(void)
{
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT))
		return 1;
	return open("/dev/null", O_RDONLY);
}

static int drop(void)
{
	if (setgroups(0, NULL) || setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534))
		return 1;
	if (setuid(0) == 0)
		return 2;
	printf("%u %d\n", getuid(), open("/etc/shadow", O_RDONLY));
	return 0;
}

/* No descriptor is left for anybody. */
static int no_descriptors(void)
{
	struct rlimit limit = {3, 3};

	if (setrlimit(RLIMIT_NOFILE, &limit))
		return 1;
	printf("%d\n", open("/dev/null", O_RDONLY));
	printf("%d\n", dlopen("libOpenCL.so.1", RTLD_LAZY) != NULL);
	return 0;
}

static int root_of(const char *folder)
{
	if (chroot(folder) || chdir("/"))
		return 1;
	printf("%d\n", access("/etc/passwd", F_OK));
	return 0;
}

static int namespaces(void)
{
	const int all = CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWPID |
			CLONE_NEWUSER;
	int status = 0;

	if (unshare(all))
		return 1;
	pid_t child = fork();
	if (child == 0) {
		printf("%d %u\n", getpid(), getuid());
		fflush(stdout);
		_exit(sethostname("inside", 6) ? 2 : 3);
	}
	waitpid(child, &status, 0);
	return WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "";

	if (!strcmp(how, "strict"))
		return strict();
	if (!strcmp(how, "strict-open"))
		return strict_then_open();
	if (!strcmp(how, "filter"))
		return filter_few();
	if (!strcmp(how, "filter-errno-exec") && argc > 2)
		return filter_exec(SECCOMP_RET_ERRNO | EPERM, argv + 2);
	if (!strcmp(how, "filter-kill-exec") && argc > 2)
		return filter_exec(SECCOMP_RET_KILL_PROCESS, argv + 2);
	if (!strcmp(how, "drop"))
		return drop();
	if (!strcmp(how, "descriptors"))
		return no_descriptors();
	if (!strcmp(how, "chroot") && argc > 2)
		return root_of(argv[2]);
	if (!strcmp(how, "namespaces"))
		return namespaces();
	return 97;
}
