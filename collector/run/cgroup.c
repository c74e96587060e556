/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Control groups: /proc/PID/cgroup says which, mountinfo says where. A container mostly sees its
 * own group as the top (then the path is "/"), or all of the tree with a part of it mounted (then
 * the mount has a root, which the path begins with).
 */
#include "collector/run/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collector/run/proc.h"

#define MOUNTS_MAX (4u << 20)
#define PLACES_MAX (64u << 10)

int cgroups_open(struct cgroups *groups, const char *root, pid_t pid)
{
	*groups = (struct cgroups){.root = root};
	ssize_t n = proc_load(root, pid, "cgroup", PLACES_MAX, &groups->places);
	return n < 0 ? (int)n : 0;
}

void cgroups_release(struct cgroups *groups)
{
	free(groups->mounts);
	free(groups->places);
	*groups = (struct cgroups){0};
}

/* True if a list with commas has the word. */
static bool lists(const char *list, size_t length, const char *word)
{
	const size_t n = strlen(word);

	for (const char *at = list; at < list + length;) {
		size_t left = (size_t)(list + length - at);
		const char *comma = memchr(at, ',', left);
		size_t m = comma ? (size_t)(comma - at) : left;
		if (m == n && !memcmp(at, word, n))
			return true;
		at += m + 1;
	}
	return false;
}

/* The path of the process' group, from "ID:CONTROLLERS:PATH"; NULL where there is none. */
static const char *find_place(const char *places, const char *controller, size_t *length)
{
	for (const char *line = places, *end; *line; line = *end ? end + 1 : end) {
		end = line + strcspn(line, "\n");
		const char *list = memchr(line, ':', (size_t)(end - line));
		const char *path = list ? memchr(list + 1, ':', (size_t)(end - list - 1)) : NULL;
		if (!path)
			continue;
		size_t n = (size_t)(path - list - 1);
		if (*controller ? !lists(list + 1, n, controller) : n > 0)
			continue;
		*length = (size_t)(end - path - 1);
		return path + 1;
	}
	return NULL;
}

/* What is between blanks, from *at on; goes behind it. */
static size_t field(const char **at, const char *end, const char **word)
{
	*word = *at;
	while (*at < end && **at != ' ')
		++*at;
	size_t n = (size_t)(*at - *word);
	if (*at < end)
		++*at;
	return n;
}

struct mount {
	const char *root, *point, *type, *options;
	size_t root_n, point_n, type_n, options_n;
};

/* One line of mountinfo, as proc(5) has it; false for what is none. */
static bool parse_mount(const char *line, const char *end, struct mount *mount)
{
	const char *word;
	size_t n;

	for (int i = 0; i < 3; i++)
		field(&line, end, &word);
	mount->root_n = field(&line, end, &mount->root);
	mount->point_n = field(&line, end, &mount->point);
	do
		n = field(&line, end, &word);
	while (n && !(n == 1 && *word == '-'));
	mount->type_n = field(&line, end, &mount->type);
	field(&line, end, &word);
	mount->options_n = field(&line, end, &mount->options);
	return mount->options_n > 0;
}

static bool is_of(const struct mount *mount, const char *controller)
{
	const char *type = *controller ? "cgroup" : "cgroup2";

	return mount->type_n == strlen(type) && !memcmp(mount->type, type, mount->type_n) &&
	       (!*controller || lists(mount->options, mount->options_n, controller));
}

/* The part of the path that is below the mount; NULL if the group is not in it. */
static const char *below(const struct mount *mount, const char *path, size_t *length)
{
	size_t n = mount->root_n;

	if (n == 1)
		return path;
	if (*length < n || memcmp(path, mount->root, n) != 0 || (*length > n && path[n] != '/'))
		return NULL;
	*length -= n;
	return path + n;
}

int cgroup_find(struct cgroups *groups, const char *controller, struct cgroup *group)
{
	size_t all = 0;
	const char *path = find_place(groups->places, controller, &all);
	struct mount mount;

	/* "/../other": seen from our namespace of groups it is outside. */
	if (!path || (all >= 3 && !memcmp(path, "/..", 3)))
		return -ENOENT;
	if (!groups->mounts &&
	    proc_load(groups->root, getpid(), "mountinfo", MOUNTS_MAX, &groups->mounts) < 0)
		return -ENOENT;
	for (const char *line = groups->mounts, *end; *line; line = *end ? end + 1 : end) {
		size_t length = all;
		end = line + strcspn(line, "\n");
		if (!parse_mount(line, end, &mount) || !is_of(&mount, controller))
			continue;
		const char *rest = below(&mount, path, &length);
		if (!rest)
			continue;
		length -= length == 1;
		int n = snprintf(group->folder, sizeof(group->folder), "%.*s%.*s",
				 (int)mount.point_n, mount.point, (int)length, rest);
		group->top = mount.point_n;
		return n > 0 && (size_t)n < sizeof(group->folder) ? 0 : -ENAMETOOLONG;
	}
	return -ENOENT;
}

int cgroup_up(struct cgroup *group)
{
	char *slash = strrchr(group->folder, '/');

	if (!slash || (size_t)(slash - group->folder) < group->top)
		return -ENOENT;
	*slash = '\0';
	return 0;
}

ssize_t cgroup_read(const struct cgroup *group, const char *name, char *text, size_t size)
{
	char path[PATH_MAX + 64];
	int n = snprintf(path, sizeof(path), "%s/%s", group->folder, name);

	if (n < 0 || (size_t)n >= sizeof(path))
		return -ENAMETOOLONG;
	FILE *file = fopen(path, "re");
	if (!file)
		return -errno;
	errno = EIO;
	size_t length = fread(text, 1, size - 1, file);
	int error = ferror(file) ? -errno : 0;
	fclose(file);
	text[length] = '\0';
	return error ? error : (ssize_t)length;
}
