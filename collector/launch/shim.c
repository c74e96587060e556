/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The preloaded library and the environment of the program.
 */
#include "collector/launch/shim.h"

#include <elf.h>
#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SHIM "libgramme.so"

static int usable(const char *path)
{
	if (access(path, R_OK) < 0)
		return -ENOENT;
	return strpbrk(path, ": \t\n") ? -EINVAL : 0;
}

/* Made for this machine? Beside ours, folders of other architectures may lie. */
static bool same_machine(const char *path)
{
	Elf64_Ehdr ours, its;
	bool same = false;
	FILE *self = fopen("/proc/self/exe", "re"), *file = fopen(path, "re");

	if (self && file && fread(&ours, sizeof(ours), 1, self) == 1 &&
	    fread(&its, sizeof(its), 1, file) == 1)
		same = !memcmp(ours.e_ident, its.e_ident, EI_DATA + 1) &&
		       ours.e_machine == its.e_machine;
	if (self)
		fclose(self);
	if (file)
		fclose(file);
	return same;
}

/* The first library for this machine that matches a pattern below the gramme binary's folder. */
static int look(const char *folder, const char *pattern, char *path, size_t size)
{
	char full[PATH_MAX];
	glob_t found;
	int error = -ENOENT;

	if (snprintf(full, sizeof(full), "%s/%s", folder, pattern) >= (int)sizeof(full))
		return -ENOENT;
	if (glob(full, 0, NULL, &found))
		return -ENOENT;
	for (size_t i = 0; i < found.gl_pathc && error == -ENOENT; i++) {
		char *real = realpath(found.gl_pathv[i], NULL);
		if (real && same_machine(real) && (size_t)snprintf(path, size, "%s", real) < size)
			error = usable(path);
		free(real);
	}
	globfree(&found);
	return error;
}

/* What the user names: made absolute, or with the loader's own tokens ($LIB) left to the loader. */
static int take_named(const char *named, char *path, size_t size)
{
	char *real = strchr(named, '$') ? NULL : realpath(named, NULL);
	int n = snprintf(path, size, "%s", real ? real : named);

	free(real);
	if (n < 0 || (size_t)n >= size)
		return -ENOENT;
	return strchr(path, '$') ? 0 : usable(path);
}

int shim_find(char *path, size_t size)
{
	static const char *const pattern[] = {SHIM, "../lib*/gramme/" SHIM,
					      "../lib*/*/gramme/" SHIM};
	const char *named = getenv("GRAMME_PRELOAD");
	char self[PATH_MAX];
	int error = -ENOENT;

	if (named && *named)
		return take_named(named, path, size);
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n <= 0)
		return -ENOENT;
	self[n] = '\0';
	char *slash = strrchr(self, '/');
	if (!slash)
		return -ENOENT;
	*slash = '\0';
	for (size_t i = 0; i < sizeof(pattern) / sizeof(*pattern) && error == -ENOENT; i++)
		error = look(self, pattern[i], path, size);
	return error;
}

/* Does a list of libraries name the shim, wherever it lies? */
static bool names_shim(const char *list)
{
	while (*list) {
		size_t n = strcspn(list, ": ");
		size_t m = sizeof(SHIM) - 1;
		if (n >= m && !strncmp(list + n - m, SHIM, m) && (n == m || list[n - m - 1] == '/'))
			return true;
		list += n + strspn(list + n, ": ");
	}
	return false;
}

static char *assignment(const char *name, const char *value, const char *rest)
{
	char *text;

	if (asprintf(&text, "%s=%s%s%s", name, value, rest && *rest ? ":" : "", rest ? rest : "") <
	    0)
		return NULL;
	return text;
}

/* Puts a variable in the place that it had, or behind the others. */
static bool set(char **environment, size_t *n, const char *name, char *text)
{
	size_t length = strlen(name), i = 0;

	if (!text)
		return false;
	while (i < *n && (strncmp(environment[i], name, length) || environment[i][length] != '='))
		i++;
	if (i == *n)
		(*n)++;
	free(environment[i]);
	environment[i] = text;
	return true;
}

static const char *get(char **environment, size_t n, const char *name)
{
	size_t length = strlen(name);

	for (size_t i = 0; i < n; i++)
		if (!strncmp(environment[i], name, length) && environment[i][length] == '=')
			return environment[i] + length + 1;
	return "";
}

char **shim_environment(char *const *environment, const char *shim, const char *socket)
{
	char self[16];
	size_t n = 0, count = 0;

	while (environment[count])
		count++;
	char **copy = calloc(count + 4, sizeof(*copy));
	if (!copy)
		return NULL;
	while (n < count && (copy[n] = strdup(environment[n])))
		n++;
	bool good = n == count;
	const char *preloaded = get(copy, n, "LD_PRELOAD");
	if (good && shim && !names_shim(preloaded))
		good = set(copy, &n, "LD_PRELOAD", assignment("LD_PRELOAD", shim, preloaded));
	if (good && socket)
		good = set(copy, &n, "GRAMME_SOCKET", assignment("GRAMME_SOCKET", socket, NULL));
	snprintf(self, sizeof(self), "%d", (int)getpid());
	if (good && socket)
		good = set(copy, &n, "GRAMME_RUN", assignment("GRAMME_RUN", self, NULL));
	if (good)
		return copy;
	shim_environment_free(copy);
	return NULL;
}

void shim_environment_free(char **environment)
{
	for (size_t i = 0; environment && environment[i]; i++)
		free(environment[i]);
	free(environment);
}

static int executable(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return errno == EACCES ? -EACCES : -ENOENT;
	return S_ISREG(st.st_mode) && access(path, X_OK) == 0 ? 0 : -EACCES;
}

int shim_program(const char *name, char *path, size_t size)
{
	const char *folders = getenv("PATH");
	int result = -ENOENT;

	if (!*name)
		return -ENOENT;
	if (strchr(name, '/')) {
		snprintf(path, size, "%s", name);
		return executable(path);
	}
	if (!folders)
		folders = "/bin:/usr/bin";
	for (;;) {
		size_t n = strcspn(folders, ":");
		int length = n ? snprintf(path, size, "%.*s/%s", (int)n, folders, name)
			       : snprintf(path, size, "./%s", name);
		if (length > 0 && (size_t)length < size) {
			int error = executable(path);
			if (!error)
				return 0;
			if (error == -EACCES)
				result = error;
		}
		if (!folders[n])
			return result;
		folders += n + 1;
	}
}
