/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The CPU time of a run by its control group, where it has one of its own: a Slurm step, a
 * container, a scope of systemd. What a group used is exact: it has the last moments of children,
 * and those that nobody of the run reaped. The process tree (tree.h) has not, and is what counts
 * where there is no such group.
 *
 * A group is a run's own while nobody is seen in it but the run's processes, their ancestors (a
 * shell that waits, a container's init) and what gramme itself started there; what these use
 * themselves is taken off. Where the run's processes are in several groups it is the one that holds
 * them all.
 */
#ifndef GRAMME_GROUP_H
#define GRAMME_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collector/run/cgroup.h"
#include "collector/run/tree.h"

#define GROUP_GUESTS_MAX 16

/* Who is in the group and not in the run. */
struct group_guest {
	pid_t pid;
	uint64_t start_ticks;
	uint64_t own_ns;
};

struct group {
	bool own;     /* it was the run's own at the last look */
	bool begun;   /* it was looked at */
	bool tree;    /* some of cpu_ns is the tree's */
	bool counts;  /* some of it is the group's */
	char *places; /* where its first process was at the last look */
	struct cgroup at;
	uint64_t used_ns;
	uint64_t tree_ns; /* of the tree at the last look, and of that what was reaped */
	uint64_t reaped_ns;
	uint64_t ahead_ns; /* counted by the group, and not yet by the tree */
	uint64_t debt_ns;  /* guests had more than the group: figures are not of one moment */
	struct group_guest guest[GROUP_GUESTS_MAX];
	size_t guests;
	uint64_t cpu_ns; /* of the run since it began */
};

/*
 * Looks at the group after a scan of the tree; cpu_ns is what the run has used by then, and never
 * falls. The first look is at the run's beginning, where cpu_ns is the tree's.
 */
void group_look(struct group *group, const struct tree *tree);

/* By what CPU time was counted so far: "cgroup", "tree", or "mixed". */
const char *group_method(const struct group *group);

void group_release(struct group *group);

#endif
