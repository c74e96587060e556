/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a settled process may, beside its uid: nothing at all between two calls, one thing during
 * one. Each story is told by a child, since there is no way back.
 */
#include "collector/rights.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define BIT(capability) (UINT64_C(1) << (capability))
#define ALICE		60001u
#define BOB		60002u

static char folder[256];

/* A line of this thread's status, in hexadecimal. */
static uint64_t status(const char *name)
{
	char line[256];
	uint64_t value = UINT64_MAX;
	FILE *file = fopen("/proc/thread-self/status", "re");

	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, name, strlen(name)) && line[strlen(name)] == ':')
			sscanf(line + strlen(name) + 1, "%" SCNx64, &value);
	if (file)
		fclose(file);
	return value;
}

static const char *in(const char *name)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static int readable(const char *name)
{
	int fd = open(in(name), O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static void make(const char *name, uid_t owner)
{
	int fd = open(in(name), O_WRONLY | O_CREAT | O_CLOEXEC, 0400);

	assert_true(fd >= 0);
	assert_int_equal(fchown(fd, owner, owner), 0);
	close(fd);
}

/* Steps fail by their line number, which is the child's exit status. */
#define STEP(holds)                                                                                \
	do {                                                                                       \
		if (!(holds))                                                                      \
			return __LINE__;                                                           \
	} while (0)

static void told(int (*story)(void))
{
	int result;
	pid_t pid;

	pid = fork();
	if (!pid)
		_exit(story() & 0xff);
	assert_int_equal(waitpid(pid, &result, 0), pid);
	if (result)
		fail_msg("the step of line %d (modulo 256) does not hold", WEXITSTATUS(result));
}

static int settles(void)
{
	const uint64_t had = status("CapPrm");
	const uint64_t most = BIT(CAP_CHOWN) | BIT(CAP_SETGID) | BIT(CAP_SETUID) |
			      BIT(CAP_SYS_PTRACE) | BIT(CAP_PERFMON);

	STEP(rights_settle() == 0);
	STEP(status("CapEff") == 0);
	STEP(status("CapPrm") == (had & most));
	STEP(status("CapInh") == 0 && status("CapAmb") == 0);
	STEP((status("CapBnd") & ~most) == 0);
	STEP(status("NoNewPrivs") == 1);
	/* What is root's own is root's without; what is another's is not. */
	STEP(readable("root") && !readable("alice"));
	STEP(chown(in("root"), ALICE, ALICE) != 0 && errno == EPERM);
	STEP(setuid(ALICE) != 0);
	return 0;
}

static int raises_one(void)
{
	int outer, inner;

	STEP(rights_settle() == 0);
	outer = rights_raise(CAP_CHOWN);
	STEP(status("CapEff") == BIT(CAP_CHOWN));
	STEP(chown(in("root"), ALICE, ALICE) == 0);
	inner = rights_raise(CAP_SYS_PTRACE);
	STEP(status("CapEff") == BIT(CAP_SYS_PTRACE));
	rights_lower(inner);
	STEP(status("CapEff") == BIT(CAP_CHOWN));
	errno = ENOTTY;
	rights_lower(outer);
	STEP(errno == ENOTTY && status("CapEff") == 0);
	/* What was not kept is not to be had. */
	outer = rights_raise(CAP_SYS_ADMIN);
	STEP(status("CapEff") == 0);
	rights_lower(outer);
	return 0;
}

static int takes_a_users(void)
{
	struct rights before;

	STEP(rights_settle() == 0);
	STEP(rights_take(ALICE, ALICE, &before) == 0);
	STEP(status("CapEff") == 0);
	STEP(readable("alice") && !readable("root") && !readable("bob"));
	rights_return(&before);
	/* setfsuid gives root the rights over files that are left. */
	STEP(status("CapEff") == 0);
	STEP(readable("root") && !readable("alice"));
	return 0;
}

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static void *see_nothing(void *arg)
{
	pthread_mutex_lock(&gate);
	return status("CapEff") ? arg : NULL;
}

static int one_thread_alone(void)
{
	pthread_t other;
	void *saw;
	int raised;

	STEP(rights_settle() == 0);
	pthread_mutex_lock(&gate);
	STEP(!pthread_create(&other, NULL, see_nothing, &gate));
	raised = rights_raise(CAP_CHOWN);
	pthread_mutex_unlock(&gate);
	STEP(!pthread_join(other, &saw) && !saw);
	STEP(status("CapEff") == BIT(CAP_CHOWN));
	rights_lower(raised);
	return 0;
}

/* A unit that gives one capability to a collector which is not root's. */
static int not_root(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{.permitted = 1u << CAP_DAC_READ_SEARCH}};
	int raised;

	data[0].effective = data[0].permitted | 1u << CAP_SETUID | 1u << CAP_SETGID;
	data[0].permitted = data[0].effective;
	STEP(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0);
	STEP(setresgid(BOB, BOB, BOB) == 0 && setresuid(BOB, BOB, BOB) == 0);
	STEP(syscall(SYS_capset, &head, data) == 0);
	STEP(rights_settle() == 0);
	STEP(readable("bob") && !readable("alice"));
	raised = rights_raise(CAP_DAC_READ_SEARCH);
	STEP(readable("alice") && readable("root"));
	rights_lower(raised);
	STEP(!readable("alice") && status("CapEff") == 0);
	return 0;
}

static int nothing_to_give_up(void)
{
	STEP(setresgid(BOB, BOB, BOB) == 0 && setresuid(BOB, BOB, BOB) == 0);
	STEP(rights_settle() == 0);
	STEP(status("NoNewPrivs") == 0);
	rights_lower(rights_raise(CAP_CHOWN));
	return 0;
}

static void test_settled(void **state)
{
	(void)state;
	told(settles);
}

static void test_raised(void **state)
{
	(void)state;
	told(raises_one);
}

static void test_taken(void **state)
{
	(void)state;
	told(takes_a_users);
}

static void test_threads(void **state)
{
	(void)state;
	told(one_thread_alone);
}

static void test_not_root(void **state)
{
	(void)state;
	told(not_root);
}

static void test_user(void **state)
{
	(void)state;
	told(nothing_to_give_up);
}

static int set_up(void **state)
{
	const char *temporary = getenv("TMPDIR");

	(void)state;
	snprintf(folder, sizeof(folder), "%s/rights.XXXXXX", temporary ? temporary : "/tmp");
	if (!mkdtemp(folder))
		return -1;
	assert_int_equal(chmod(folder, 0755), 0);
	/* scripts/one makes it for the test, and for its owner alone. */
	if (temporary)
		assert_int_equal(chmod(temporary, 0711), 0);
	make("root", 0);
	make("alice", ALICE);
	make("bob", BOB);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(in("root"));
	unlink(in("alice"));
	unlink(in("bob"));
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_settled, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_raised, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_taken, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_threads, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_not_root, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_user, set_up, tear_down),
	};

	if (geteuid() != 0) {
		puts("skip: only root has rights to give up");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
