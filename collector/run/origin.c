/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a run is called and whose it is.
 */
#include "collector/run/origin.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "collector/run/proc.h"
#include "collector/run/user.h"

#define TEXT_MAX (2u << 20) /* of arguments or environment; the kernel allows that much */

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

/* "python3.11" is python, "pythonesque" is not. */
static bool interprets(const char *program)
{
	static const char *const interpreter[] = {"python", "pypy",    "perl", "ruby",
						  "node",   "Rscript", "julia"};
	const char *base = base_name(program);

	for (size_t i = 0; i < sizeof(interpreter) / sizeof(*interpreter); i++) {
		size_t n = strlen(interpreter[i]);
		if (!strncmp(base, interpreter[i], n) &&
		    base[n + strspn(base + n, "0123456789.")] == '\0')
			return true;
	}
	return false;
}

static bool is_file(const char *path, const char *cwd)
{
	char full[PATH_MAX];
	struct stat st;
	int n = path[0] == '/' ? snprintf(full, sizeof(full), "%s", path)
			       : snprintf(full, sizeof(full), "%s/%s", cwd, path);

	return n > 0 && (size_t)n < sizeof(full) && stat(full, &st) == 0 && S_ISREG(st.st_mode);
}

void origin_experiment(char *const *argv, const char *cwd, char *name, size_t size)
{
	const char *base = base_name(argv[0]);
	size_t length = strlen(base);
	char *const *arg = argv + 1;

	while (*arg && (*arg)[0] == '-')
		arg++;
	if (*arg && interprets(argv[0]) && is_file(*arg, cwd)) {
		base = base_name(*arg);
		const char *dot = strrchr(base, '.');
		length = dot && dot > base ? (size_t)(dot - base) : strlen(base);
	}
	snprintf(name, size, "%.*s", (int)(length < size ? length : size - 1), base);
}

int origin_name(struct origin *origin)
{
	char name[USER_NAME_MAX];

	if (origin->user)
		return 0;
	user_name(origin->uid, user_lookup, name);
	origin->user = strdup(name);
	return origin->user ? 0 : -ENOMEM;
}

static char *chosen(const char *label, const char *otherwise)
{
	return strdup(label && *label ? label : otherwise);
}

static char **copy_args(char *const *argv)
{
	size_t n = 0;

	while (argv[n] && n < ORIGIN_ARGS_MAX)
		n++;
	char **copy = calloc(n + 1, sizeof(*copy));
	for (size_t i = 0; copy && i < n; i++) {
		copy[i] = strdup(argv[i]);
		if (!copy[i]) {
			while (i-- > 0)
				free(copy[i]);
			free(copy);
			return NULL;
		}
	}
	return copy;
}

int origin_make(struct origin *origin, char *const *argv, const char *cwd, uid_t uid, gid_t gid,
		const struct origin_labels *labels)
{
	char experiment[256];

	origin_experiment(argv, cwd, experiment, sizeof(experiment));
	*origin = (struct origin){
		.project = chosen(labels->project, "default"),
		.experiment = chosen(labels->experiment, experiment),
		.cwd = strdup(cwd),
		.argv = copy_args(argv),
		.uid = uid,
		.gid = gid,
	};
	return origin->project && origin->experiment && origin->cwd && origin->argv ? 0 : -ENOMEM;
}

/* The value of a variable in a block of environment, or NULL. */
static const char *variable(const char *block, size_t bytes, const char *name)
{
	size_t n = strlen(name);

	for (const char *at = block; at < block + bytes; at += strlen(at) + 1)
		if (!strncmp(at, name, n) && at[n] == '=')
			return at + n + 1;
	return NULL;
}

/* Cuts a block of zero-terminated strings into a list that points into it. */
static char **split(char *block, size_t bytes)
{
	size_t n = 0;
	char **list;

	for (char *at = block; at < block + bytes && n < ORIGIN_ARGS_MAX; at += strlen(at) + 1)
		n++;
	list = calloc(n + 1, sizeof(*list));
	char *at = block;
	for (size_t i = 0; list && i < n; i++, at += strlen(at) + 1)
		list[i] = at;
	return list;
}

/*
 * torchrun calls every job "none" unless it is told otherwise: two of them on a node differ by the
 * port that they meet at.
 */
static char *job_of(const char *block, size_t bytes)
{
	static const struct {
		const char *job, *part;
	} key[] = {{"SLURM_JOB_ID", "SLURM_STEP_ID"},
		   {"OAR_JOB_ID", NULL},
		   {"TORCHELASTIC_RUN_ID", "MASTER_PORT"},
		   {"PMIX_NAMESPACE", NULL}};
	char *job = NULL;

	for (size_t i = 0; i < sizeof(key) / sizeof(*key); i++) {
		const char *value = variable(block, bytes, key[i].job);
		const char *part = key[i].part ? variable(block, bytes, key[i].part) : NULL;
		if (!value || !*value)
			continue;
		if (asprintf(&job, "%s=%s.%s", key[i].job, value, part ? part : "") < 0)
			return NULL;
		return job;
	}
	return NULL;
}

char *origin_job(const char *root, pid_t pid)
{
	char *block;
	ssize_t n = proc_load(root, pid, "environ", TEXT_MAX, &block);

	if (n < 0)
		return NULL;
	char *job = job_of(block, (size_t)n);
	free(block);
	return job;
}

static char *copy_said(const struct origin_said *said)
{
	char *copy = said && said->bytes ? malloc(said->bytes + 1) : NULL;

	if (copy)
		*(char *)mempcpy(copy, said->args, said->bytes) = '\0';
	return copy;
}

int origin_read(struct origin *origin, const char *root, pid_t pid, uid_t uid, gid_t gid,
		const struct origin_said *said)
{
	char cwd[PATH_MAX] = "/", name[PROC_COMM_MAX] = "(gone)";
	char *named[] = {name, NULL};
	char *args = NULL, *environment = NULL, *told = NULL, **argv = NULL;
	struct origin_labels labels = {0};
	struct proc_stat stat;

	ssize_t n = proc_load(root, pid, "cmdline", TEXT_MAX, &args);
	ssize_t bytes = proc_load(root, pid, "environ", TEXT_MAX, &environment);
	proc_link(root, pid, "cwd", cwd, sizeof(cwd));
	if (n > 0)
		argv = split(args, (size_t)n);
	else if ((told = copy_said(said)))
		argv = split(told, said->bytes);
	else if (pid > 0 && proc_stat(root, pid, &stat) == 0)
		memcpy(name, stat.comm, sizeof(name));
	if (bytes > 0) {
		labels.project = variable(environment, (size_t)bytes, "GRAMME_PROJECT");
		labels.experiment = variable(environment, (size_t)bytes, "GRAMME_EXPERIMENT");
	} else if (said) {
		labels = said->labels;
	}
	int error = origin_make(origin, argv ? argv : named, cwd, uid, gid, &labels);
	if (bytes > 0)
		origin->job = job_of(environment, (size_t)bytes);
	free(argv);
	free(told);
	if (n >= 0)
		free(args);
	if (bytes >= 0)
		free(environment);
	return error;
}

void origin_release(struct origin *origin)
{
	for (size_t i = 0; origin->argv && origin->argv[i]; i++)
		free(origin->argv[i]);
	free(origin->argv);
	free(origin->project);
	free(origin->experiment);
	free(origin->user);
	free(origin->cwd);
	free(origin->job);
	*origin = (struct origin){0};
}
