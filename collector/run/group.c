/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The control group of a run.
 */
#include "collector/run/group.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collector/run/member.h"

#define NS_PER_US   1000ULL
#define FOLDERS_MAX 64 /* that a group may contain; with more it is looked for no further */
#define LEVELS_MAX  4  /* up from the first process: a Slurm task, its user folder, its step */
#define DEPTH_MAX   64 /* of ancestors */

/* What is found in a group. */
enum content {
	CONTENT_OWN,
	CONTENT_ELSEWHERE, /* some of the run is not in it */
	CONTENT_FOREIGN	   /* it is not the run's alone, or cannot be told */
};

struct look {
	const struct tree *tree;
	const struct group *before;
	struct group_guest guest[GROUP_GUESTS_MAX];
	size_t guests;
	size_t members; /* that were found */
	unsigned folders;
};

void group_release(struct group *group)
{
	free(group->places);
	*group = (struct group){0};
}

/* ---- who is in it ---- */

static const struct tree_member *find_member(const struct tree *tree, pid_t pid)
{
	const struct tree_member *member = tree_find_pid(tree, pid);

	return member && !member->reaper ? member : NULL;
}

/* It was born after the scan: its parent is of the run, or its parent's parent. */
static bool is_newborn(const struct tree *tree, const struct proc_stat *stat)
{
	struct proc_stat up = *stat;

	for (int depth = 0; depth < DEPTH_MAX && up.ppid > 1; depth++) {
		if (find_member(tree, up.ppid))
			return true;
		if (proc_stat(tree->world->root, up.ppid, &up))
			return false;
	}
	return false;
}

static bool is_ancestor(const struct tree *tree, pid_t pid)
{
	for (size_t i = 0; i < tree->n; i++) {
		struct proc_stat up = {.ppid = tree->member[i].ppid};
		int depth = 0;

		while (up.ppid > 0 && up.ppid != pid && depth++ < DEPTH_MAX &&
		       !find_member(tree, up.ppid) && !proc_stat(tree->world->root, up.ppid, &up))
			;
		if (up.ppid == pid)
			return true;
	}
	return false;
}

/* What gramme run starts beside the program; before it takes a name of its own it has gramme's. */
static bool is_helper(const struct tree *tree, const struct proc_stat *stat)
{
	const struct tree_member *parent = tree_find_pid(tree, stat->ppid);

	return tree_is_helper(stat->comm) ||
	       (parent && parent->reaper && !strcmp(parent->comm, stat->comm));
}

static const struct group_guest *find_guest(const struct group *group, pid_t pid,
					    uint64_t start_ticks)
{
	for (size_t i = 0; i < group->guests; i++)
		if (group->guest[i].pid == pid && group->guest[i].start_ticks == start_ticks)
			return &group->guest[i];
	return NULL;
}

/* Once the last of the run's processes is gone nobody is an ancestor any more. */
static bool is_guest(const struct look *look, const struct proc_stat *stat)
{
	return tree_find_pid(look->tree, stat->pid) ||
	       find_guest(look->before, stat->pid, stat->start_ticks) ||
	       is_ancestor(look->tree, stat->pid) || is_helper(look->tree, stat);
}

static FILE *open_list(const char *folder)
{
	char path[PATH_MAX + 16];

	snprintf(path, sizeof(path), "%s/cgroup.procs", folder);
	return fopen(path, "re");
}

/*
 * Where /proc hides other people's processes (hidepid), one that is not there may live all the
 * same; one that is gone is listed no more either.
 */
static bool is_gone(const char *folder, pid_t pid)
{
	FILE *file = open_list(folder);
	bool listed = !file;
	int other;

	while (!listed && fscanf(file, "%d", &other) == 1)
		listed = other == pid;
	if (file)
		fclose(file);
	return !listed;
}

/* One process of the group. Returns false where it makes the group another's as well. */
static bool admit(struct look *look, const char *folder, pid_t pid)
{
	const struct tree *tree = look->tree;
	struct proc_stat stat;
	uint64_t child_ns;

	if (find_member(tree, pid)) {
		look->members++;
		return true;
	}
	if (pid <= 0)
		return false; /* in a namespace of PIDs that cannot be seen from here */
	if (proc_stat(tree->world->root, pid, &stat))
		return is_gone(folder, pid);
	if (is_newborn(tree, &stat))
		return true;
	if (!is_guest(look, &stat) || look->guests == GROUP_GUESTS_MAX)
		return false;
	struct group_guest *guest = &look->guest[look->guests++];
	*guest = (struct group_guest){.pid = pid, .start_ticks = stat.start_ticks};
	member_times(tree, &stat, &guest->own_ns, &child_ns);
	return true;
}

static bool admit_all(struct look *look, const char *folder)
{
	bool ours = true;
	int pid;

	FILE *file = open_list(folder);
	if (!file)
		return false;
	while (ours && fscanf(file, "%d", &pid) == 1)
		ours = admit(look, folder, (pid_t)pid);
	/* A threaded group does not tell. */
	ours = ours && !ferror(file);
	fclose(file);
	return ours;
}

/* The group and all within it. */
static bool walk(struct look *look, const char *folder)
{
	char below[PATH_MAX];
	struct dirent *entry;
	bool ours = ++look->folders <= FOLDERS_MAX && admit_all(look, folder);
	DIR *dir = ours ? opendir(folder) : NULL;

	if (!dir)
		return false;
	while (ours && (entry = readdir(dir))) {
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		int n = snprintf(below, sizeof(below), "%s/%s", folder, entry->d_name);
		ours = n > 0 && (size_t)n < sizeof(below) && walk(look, below);
	}
	closedir(dir);
	return ours;
}

/* Processes that live, and were alive at the scan already. */
static size_t count_living(const struct tree *tree)
{
	struct proc_stat stat;
	size_t n = 0;

	for (size_t i = 0; i < tree->n; i++) {
		const struct tree_member *member = &tree->member[i];
		n += member->alive && !member->reaper &&
		     !proc_stat(tree->world->root, member->pid, &stat) &&
		     stat.start_ticks == member->start_ticks && stat.state != 'Z' &&
		     stat.state != 'X';
	}
	return n;
}

static enum content look_into(struct look *look, const struct cgroup *at)
{
	look->guests = look->members = look->folders = 0;
	if (!walk(look, at->folder))
		return CONTENT_FOREIGN;
	if (look->members >= tree_alive(look->tree) || look->members >= count_living(look->tree))
		return CONTENT_OWN;
	return CONTENT_ELSEWHERE;
}

/* ---- what it used ---- */

static int read_used(const struct cgroup *at, uint64_t *used_ns)
{
	char text[4096];
	unsigned long long value;

	if (cgroup_read(at, "cpu.stat", text, sizeof(text)) > 0 &&
	    sscanf(text, "usage_usec %llu", &value) == 1) {
		*used_ns = value * NS_PER_US;
		return 0;
	}
	if (cgroup_read(at, "cpuacct.usage", text, sizeof(text)) > 0 &&
	    sscanf(text, "%llu", &value) == 1) {
		*used_ns = value;
		return 0;
	}
	return -ENODATA;
}

/* What the guests used since the last look; one that was not there then, since it began. */
static uint64_t guests_used(const struct group *group, const struct look *look)
{
	uint64_t used_ns = 0;

	for (size_t i = 0; i < look->guests; i++) {
		const struct group_guest *now = &look->guest[i];
		const struct group_guest *then = find_guest(group, now->pid, now->start_ticks);
		uint64_t before_ns = then ? then->own_ns : 0;

		used_ns += now->own_ns > before_ns ? now->own_ns - before_ns : 0;
	}
	return used_ns;
}

/* ---- the run's ---- */

static const struct tree_member *first_living(const struct tree *tree)
{
	for (size_t i = 0; i < tree->n; i++)
		if (tree->member[i].alive && !tree->member[i].reaper)
			return &tree->member[i];
	return NULL;
}

/* The group that is the run's own, from that of its first process on upwards. */
static bool find_own(struct look *look, struct cgroups *groups, struct cgroup *at)
{
	static const char *const controller[] = {"", "cpuacct"};
	uint64_t used_ns;

	for (size_t i = 0; i < sizeof(controller) / sizeof(*controller); i++) {
		if (cgroup_find(groups, controller[i], at))
			continue;
		enum content content = CONTENT_ELSEWHERE;
		for (int level = 0; level < LEVELS_MAX; level++) {
			content = look_into(look, at);
			if (content != CONTENT_ELSEWHERE || cgroup_up(at))
				break;
		}
		if (content == CONTENT_OWN && !read_used(at, &used_ns))
			return true;
	}
	return false;
}

/*
 * Whether the run has a group of its own now. One that had none is looked at again when its first
 * process has gone to another.
 */
static bool has_own(struct group *group, struct look *look)
{
	const struct tree_member *first = first_living(look->tree);
	struct cgroups groups;
	bool own = false;

	if (group->own && look_into(look, &group->at) == CONTENT_OWN)
		return true;
	if (!first || cgroups_open(&groups, look->tree->world->root, first->pid))
		return false;
	bool moved = !group->places || strcmp(group->places, groups.places) != 0;
	if (moved || group->own)
		own = find_own(look, &groups, &group->at);
	free(group->places);
	group->places = groups.places;
	groups.places = NULL;
	cgroups_release(&groups);
	return own;
}

/* What the group used since the last look, less what was not the run's. */
static void take_group(struct group *group, const struct look *look, uint64_t used_ns)
{
	uint64_t off_ns = guests_used(group, look) + group->debt_ns;
	uint64_t more_ns = used_ns > group->used_ns ? used_ns - group->used_ns : 0;
	uint64_t tree_ns = look->tree->cpu_ns - group->tree_ns;

	group->debt_ns = off_ns > more_ns ? off_ns - more_ns : 0;
	more_ns = off_ns < more_ns ? more_ns - off_ns : 0;
	group->cpu_ns += more_ns;
	group->ahead_ns += more_ns;
	group->ahead_ns = group->ahead_ns > tree_ns ? group->ahead_ns - tree_ns : 0;
	group->counts = true;
}

/* What the tree counts since; the group had counted some of what is only reaped now. */
static void take_tree(struct group *group, const struct tree *tree)
{
	uint64_t more_ns = tree->cpu_ns - group->tree_ns;
	uint64_t reaped_ns = tree->reaped_ns - group->reaped_ns;
	uint64_t known_ns = reaped_ns < group->ahead_ns ? reaped_ns : group->ahead_ns;

	group->ahead_ns -= known_ns;
	group->cpu_ns += more_ns > known_ns ? more_ns - known_ns : 0;
	group->tree = group->tree || more_ns > 0;
}

void group_look(struct group *group, const struct tree *tree)
{
	struct look look = {.tree = tree, .before = group};
	const struct cgroup before = group->at;
	const bool was_own = group->own;
	uint64_t used_ns = 0;

	group->own = has_own(group, &look) && !read_used(&group->at, &used_ns);
	if (!group->begun)
		group->cpu_ns = tree->cpu_ns;
	else if (was_own && group->own && !strcmp(before.folder, group->at.folder))
		take_group(group, &look, used_ns);
	else
		take_tree(group, tree);
	group->begun = true;
	group->used_ns = used_ns;
	group->tree_ns = tree->cpu_ns;
	group->reaped_ns = tree->reaped_ns;
	memcpy(group->guest, look.guest, sizeof(look.guest));
	group->guests = look.guests;
}

const char *group_method(const struct group *group)
{
	if (!group->counts)
		return "tree";
	return group->tree ? "mixed" : "cgroup";
}
