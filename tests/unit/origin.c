/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a run is called, whose it is, and with what environment its program starts.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "collector/launch/shim.h"
#include "collector/run/origin.h"

static char folder[256];

static int make_folder(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	snprintf(folder, sizeof(folder), "%s/origin.XXXXXX", tmp ? tmp : "/tmp");
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	char command[300];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return system(command);
}

static void touch(const char *name, mode_t mode)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fclose(file);
	assert_int_equal(chmod(path, mode), 0);
}

static void experiments_are_named_after_the_program(void **state)
{
	static const struct {
		const char *argv[5];
		const char *name;
	} row[] = {
		{{"./a.out"}, "a.out"},
		{{"/opt/bin/clpeak", "--help"}, "clpeak"},
		{{"sh", "train.py"}, "sh"},
		{{"python3", "train.py", "--lr=1"}, "train"},
		{{"/usr/bin/python3.11", "-u", "train.py"}, "train"},
		{{"python3", "no-such-file.py"}, "python3"},
		{{"python3", "-c", "print(1)"}, "python3"},
		{{"python3"}, "python3"},
		{{"pythonesque", "train.py"}, "pythonesque"},
		{{"node", "model.v2.js"}, "model.v2"},
		{{"Rscript", ".hidden"}, ".hidden"},
		{{"dir/"}, "dir/"},
	};
	char name[64];

	(void)state;
	touch("train.py", 0600);
	touch("model.v2.js", 0600);
	touch(".hidden", 0600);
	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		origin_experiment((char *const *)row[i].argv, folder, name, sizeof(name));
		assert_string_equal(name, row[i].name);
	}
	char *argv[] = {"/very/long-name", NULL};
	origin_experiment(argv, folder, name, 5);
	assert_string_equal(name, "long");
}

static void labels_that_were_chosen_win(void **state)
{
	char *argv[] = {"./program", "-x", NULL};
	const struct origin_labels some = {.project = "p", .experiment = ""};
	struct origin origin;

	(void)state;
	assert_int_equal(origin_make(&origin, argv, "/", 0, 0, &some), 0);
	assert_null(origin.user);
	assert_int_equal(origin_name(&origin), 0);
	assert_string_equal(origin.project, "p");
	assert_string_equal(origin.experiment, "program");
	assert_string_equal(origin.user, "root");
	assert_string_equal(origin.argv[1], "-x");
	assert_null(origin.argv[2]);
	assert_null(origin.job);
	origin_release(&origin);
	assert_int_equal(origin_make(&origin, argv, "/", 4000000001u, 0, &some), 0);
	assert_int_equal(origin_name(&origin), 0);
	assert_string_equal(origin.user, "uid-4000000001");
	origin_release(&origin);
}

/* A process that waits, with this environment. */
static pid_t start(char *const *environment)
{
	char *argv[] = {"/bin/sleep", "100", NULL};
	int ends[2];
	char byte;

	assert_int_equal(pipe(ends), 0);
	pid_t pid = fork();
	if (pid == 0) {
		/* Executed once the other end is closed by it. */
		close(ends[0]);
		if (chdir(folder) == 0 && fcntl(ends[1], F_SETFD, FD_CLOEXEC) == 0)
			execve(argv[0], argv, environment);
		_exit(1);
	}
	close(ends[1]);
	assert_int_equal(read(ends[0], &byte, 1), 0);
	close(ends[0]);
	return pid;
}

static void stop(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void a_process_tells_by_proc_alone(void **state)
{
	char *environment[] = {"GRAMME_PROJECT=alpha", "MY_GRAMME_EXPERIMENT=x", "SLURM_STEP_ID=3",
			       "SLURM_JOB_ID=77", NULL};
	struct origin origin;
	pid_t pid = start(environment);

	(void)state;
	assert_int_equal(origin_read(&origin, "/proc", pid, 0, 0, NULL), 0);
	assert_string_equal(origin.project, "alpha");
	assert_string_equal(origin.experiment, "sleep");
	assert_string_equal(origin.argv[0], "/bin/sleep");
	assert_string_equal(origin.argv[1], "100");
	assert_string_equal(origin.cwd, folder);
	assert_string_equal(origin.job, "SLURM_JOB_ID=77.3");
	origin_release(&origin);
	/* Of a zombie its name is left, of one that is reaped nothing. */
	kill(pid, SIGKILL);
	siginfo_t info;
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	assert_int_equal(origin_read(&origin, "/proc", pid, 0, 0, NULL), 0);
	assert_string_equal(origin.argv[0], "sleep");
	origin_release(&origin);
	waitpid(pid, NULL, 0);
	assert_int_equal(origin_read(&origin, "/proc", pid, 0, 0, NULL), 0);
	assert_string_equal(origin.argv[0], "(gone)");
	origin_release(&origin);
	/* ... but for what it said itself. */
	const struct origin_said said = {{"beta", ""}, "/bin/sleep\0-1", 14};
	assert_int_equal(origin_read(&origin, "/proc", pid, 0, 0, &said), 0);
	assert_string_equal(origin.project, "beta");
	assert_string_equal(origin.experiment, "sleep");
	assert_string_equal(origin.argv[0], "/bin/sleep");
	assert_string_equal(origin.argv[1], "-1");
	assert_null(origin.argv[2]);
	origin_release(&origin);
}

static void job_keys_of_four_kinds(void **state)
{
	static const struct {
		char *environment[3];
		const char *job;
	} row[] = {
		{{"OAR_JOB_ID=5"}, "OAR_JOB_ID=5."},
		{{"TORCHELASTIC_RUN_ID=none", "RANK=1"}, "TORCHELASTIC_RUN_ID=none."},
		{{"TORCHELASTIC_RUN_ID=none", "MASTER_PORT=29501"},
		 "TORCHELASTIC_RUN_ID=none.29501"},
		{{"PMIX_NAMESPACE=ns"}, "PMIX_NAMESPACE=ns."},
		{{"SLURM_JOB_ID=", "OAR_JOB_ID=6"}, "OAR_JOB_ID=6."},
		{{"SLURM_STEP_ID=1"}, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		pid_t pid = start(row[i].environment);
		char *job = origin_job("/proc", pid);
		if (row[i].job)
			assert_string_equal(job, row[i].job);
		else
			assert_null(job);
		free(job);
		stop(pid);
	}
}

static void the_environment_gains_three_variables(void **state)
{
	char *before[] = {"HOME=/root", "LD_PRELOADED=x", "A=", NULL};
	char **after = shim_environment(before, "/lib/libgramme.so", "/run/socket");
	char self[32];

	(void)state;
	snprintf(self, sizeof(self), "GRAMME_RUN=%d", (int)getpid());
	assert_string_equal(after[0], "HOME=/root");
	assert_string_equal(after[1], "LD_PRELOADED=x");
	assert_string_equal(after[2], "A=");
	assert_string_equal(after[3], "LD_PRELOAD=/lib/libgramme.so");
	assert_string_equal(after[4], "GRAMME_SOCKET=/run/socket");
	assert_string_equal(after[5], self);
	assert_null(after[6]);
	shim_environment_free(after);
	after = shim_environment(before, NULL, NULL);
	assert_null(after[3]);
	shim_environment_free(after);
}

static void what_was_preloaded_stays(void **state)
{
	static const struct {
		char *before;
		const char *after;
	} row[] = {
		{"LD_PRELOAD=", "LD_PRELOAD=/g/libgramme.so"},
		{"LD_PRELOAD=/a.so b.so", "LD_PRELOAD=/g/libgramme.so:/a.so b.so"},
		{"LD_PRELOAD=/a.so:/h/libgramme.so", "LD_PRELOAD=/a.so:/h/libgramme.so"},
		{"LD_PRELOAD=libgramme.so /a.so", "LD_PRELOAD=libgramme.so /a.so"},
		{"LD_PRELOAD=/notlibgramme.so", "LD_PRELOAD=/g/libgramme.so:/notlibgramme.so"},
		{"LD_PRELOAD=/libgramme.so.1", "LD_PRELOAD=/g/libgramme.so:/libgramme.so.1"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		char *before[] = {row[i].before, "GRAMME_SOCKET=/old", NULL};
		char **after = shim_environment(before, "/g/libgramme.so", "/new");
		assert_string_equal(after[0], row[i].after);
		assert_string_equal(after[1], "GRAMME_SOCKET=/new");
		assert_non_null(after[2]);
		assert_null(after[3]);
		shim_environment_free(after);
	}
}

static void programs_are_found_as_execvp_does(void **state)
{
	char path[1024], list[1024];

	(void)state;
	touch("tool", 0700);
	touch("data", 0600);
	snprintf(list, sizeof(list), "/nonexistent:%s:/bin", folder);
	setenv("PATH", list, 1);
	assert_int_equal(shim_program("tool", path, sizeof(path)), 0);
	assert_memory_equal(path, folder, strlen(folder));
	assert_int_equal(shim_program("data", path, sizeof(path)), -EACCES);
	assert_int_equal(shim_program("no-such-tool", path, sizeof(path)), -ENOENT);
	assert_int_equal(shim_program("", path, sizeof(path)), -ENOENT);
	assert_int_equal(shim_program("sh", path, sizeof(path)), 0);
	assert_string_equal(path, "/bin/sh");
	assert_int_equal(shim_program(folder, path, sizeof(path)), -EACCES);
	assert_int_equal(shim_program("./no-such-tool", path, sizeof(path)), -ENOENT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(experiments_are_named_after_the_program),
		cmocka_unit_test(labels_that_were_chosen_win),
		TEST(a_process_tells_by_proc_alone),
		TEST(job_keys_of_four_kinds),
		cmocka_unit_test(the_environment_gains_three_variables),
		cmocka_unit_test(what_was_preloaded_stays),
		TEST(programs_are_found_as_execvp_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
