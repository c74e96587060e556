/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a process is in the kernel's control groups, of either version: which folder tells what its
 * group used and what it is limited to. `root` is "/proc", or a recorded copy of it.
 */
#ifndef GRAMME_CGROUP_H
#define GRAMME_CGROUP_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The groups of one process, at one moment. */
struct cgroups {
	const char *root;
	char *places; /* "cgroup" of that process */
	char *mounts; /* mountinfo of this one, where the groups are to be seen; once it is needed
		       */
};

struct cgroup {
	char folder[PATH_MAX];
	size_t top; /* length of the part of it that is the mount: above it nothing is seen */
};

/* Returns 0, to be released, or -errno. `root` must live on. */
int cgroups_open(struct cgroups *groups, const char *root, pid_t pid);
void cgroups_release(struct cgroups *groups);

/*
 * The group by a controller of version 1 ("cpu"), or with "" by the one hierarchy of version 2.
 * Returns 0, -ENOENT where there is none or it cannot be seen from here (it is outside of our
 * namespace of groups, or mounted nowhere), or -ENAMETOOLONG.
 */
int cgroup_find(struct cgroups *groups, const char *controller, struct cgroup *group);

/* Goes to the group that contains it. Returns 0, or -ENOENT at the top. */
int cgroup_up(struct cgroup *group);

/* Reads the start of a file of a group, zero-terminated. Returns its length or -errno. */
ssize_t cgroup_read(const struct cgroup *group, const char *name, char *text, size_t size);

#endif
