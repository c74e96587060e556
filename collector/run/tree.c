/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The processes of a run: who belongs to it, and what they used.
 */
#include "collector/run/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collector/hold/holder.h"
#include "collector/hold/spare.h"
#include "collector/power/nvml_helper.h"
#include "collector/run/member.h"

void tree_open(struct tree *tree, const struct tree_world *world, uint64_t begin_ticks)
{
	*tree = (struct tree){.world = world, .begin_ticks = begin_ticks};
}

void tree_release(struct tree *tree)
{
	free(tree->member);
	unseen_release(&tree->unseen);
	*tree = (struct tree){0};
}

struct tree_member *tree_find_pid(const struct tree *tree, pid_t pid)
{
	for (size_t i = 0; i < tree->n; i++)
		if (tree->member[i].pid == pid)
			return &tree->member[i];
	return NULL;
}

struct tree_member *tree_find(const struct tree *tree, pid_t pid, uint64_t start_ticks)
{
	/* Between two scans one that is gone and one that got its PID may both be here. */
	for (size_t i = 0; i < tree->n; i++)
		if (tree->member[i].pid == pid && tree->member[i].start_ticks == start_ticks)
			return &tree->member[i];
	return NULL;
}

/* Takes a process in, with nothing counted yet. */
static struct tree_member *append(struct tree *tree, const struct proc_stat *stat, uint64_t now_ns)
{
	if (tree->n == tree->room) {
		size_t room = tree->room ? tree->room * 2 : 16;
		struct tree_member *more = realloc(tree->member, room * sizeof(*more));
		if (!more)
			return NULL;
		tree->member = more;
		tree->room = room;
	}
	struct tree_member *member = &tree->member[tree->n++];
	*member = (struct tree_member){
		.pid = stat->pid,
		.ppid = stat->ppid,
		.start_ticks = stat->start_ticks,
		.alive = true,
		.threads = stat->threads,
		.slack_row = -1,
		.image = stat->image,
		.image_ns = now_ns,
		.row = -1,
	};
	memcpy(member->comm, stat->comm, sizeof(member->comm));
	return member;
}

int tree_add(struct tree *tree, const struct proc_stat *stat, uint64_t now_ns)
{
	struct tree_member *member = tree_find(tree, stat->pid, stat->start_ticks);

	if (member)
		return 0;
	member = append(tree, stat, now_ns);
	if (!member)
		return -ENOMEM;
	member_times(tree, stat, &member->own_ns, &member->child_ns);
	tree->processes++;
	return 0;
}

int tree_add_reaper(struct tree *tree, const struct proc_stat *stat, uint64_t now_ns)
{
	struct tree_member *member = append(tree, stat, now_ns);

	if (!member)
		return -ENOMEM;
	member_times(tree, stat, &member->own_ns, &member->child_ns);
	member->reaper = true;
	return 0;
}

static void remove_member(struct tree *tree, size_t index)
{
	memmove(&tree->member[index], &tree->member[index + 1],
		(tree->n - index - 1) * sizeof(*tree->member));
	tree->n--;
}

void tree_drop(struct tree *tree, pid_t pid, const struct proc_snapshot *snapshot)
{
	for (size_t i = tree->n; i-- > 0;) {
		pid_t up = tree->member[i].pid;

		/* Up to the process that goes, or out of the snapshot; no chain is longer than it.
		 */
		for (size_t steps = 0; up > 0 && up != pid && steps <= snapshot->n; steps++) {
			const struct proc_stat *stat = proc_find(snapshot, up);
			up = stat ? stat->ppid : 0;
		}
		if (up == pid)
			remove_member(tree, i);
	}
}

void tree_set_foreign(struct tree *tree, pid_t pid)
{
	struct tree_member *member = tree_find_pid(tree, pid);

	if (member)
		member->foreign = true;
}

static bool is_there(const struct tree_member *member, const struct proc_snapshot *snapshot)
{
	const struct proc_stat *stat = proc_find(snapshot, member->pid);

	return stat && stat->start_ticks == member->start_ticks;
}

/* The next ancestor that is there: it has reaped the process, or will. */
static struct tree_member *find_heir(const struct tree *tree, const struct tree_member *gone,
				     const struct proc_snapshot *snapshot)
{
	struct tree_member *heir = tree_find_pid(tree, gone->ppid);

	/* Stale parents could form a ring: no chain is longer than the tree. */
	for (size_t steps = 0; heir && !is_there(heir, snapshot); steps++)
		heir = steps < tree->n ? tree_find_pid(tree, heir->ppid) : NULL;
	return heir;
}

static void bury(struct tree *tree, const struct proc_snapshot *snapshot, uint64_t now_ns)
{
	for (size_t i = 0; i < tree->n; i++) {
		struct tree_member *member = &tree->member[i];
		if (!is_there(member, snapshot))
			member_gone(tree, member, find_heir(tree, member, snapshot), now_ns);
	}
	for (size_t i = tree->n; i-- > 0;)
		if (!is_there(&tree->member[i], snapshot))
			remove_member(tree, i);
}

/* Says whose the children of each process are that belongs to anybody. */
static void mark(struct tree *const *trees, size_t n, const struct proc_snapshot *snapshot,
		 struct tree **owner)
{
	/* What a reaper starts is its own run's, even where it is itself a member of another. */
	for (int reapers = 0; reapers <= 1; reapers++)
		for (size_t i = 0; i < n; i++)
			for (size_t j = 0; j < trees[i]->n; j++) {
				const struct tree_member *member = &trees[i]->member[j];
				const struct proc_stat *stat = proc_find(snapshot, member->pid);
				if (stat && member->reaper == reapers)
					owner[stat - snapshot->stat] = trees[i];
			}
}

bool tree_is_helper(const char *comm)
{
	return !strcmp(comm, TREE_WITNESS) || !strcmp(comm, HOLDER_NAME) ||
	       !strcmp(comm, SPARE_NAME) || !strcmp(comm, NVML_HELPER_NAME);
}

/*
 * Takes a new process into the tree of its parent. Returns 1 if it is a member now, 0 if it is
 * none, or -ENOMEM.
 */
static int adopt(struct tree *tree, struct proc_stat *stat, uint64_t now_ns)
{
	const struct tree_member *parent = tree_find_pid(tree, stat->ppid);

	if (!parent || (parent->reaper && tree_is_helper(stat->comm)))
		return 0;
	/* What stands here of a stranger is old: it may have another parent by now, or be gone. */
	if (stat->stranger &&
	    (proc_stat(tree->world->root, stat->pid, stat) || stat->ppid != parent->pid))
		return 0;
	struct tree_member *member = append(tree, stat, now_ns);
	if (!member)
		return -ENOMEM;
	if (stat->start_ticks < tree->begin_ticks)
		member_times(tree, stat, &member->own_ns, &member->child_ns);
	tree->processes++;
	return 1;
}

/* Only a member has an owner: the children of what was not taken in are not taken in either. */
static int adopt_all(struct proc_snapshot *snapshot, struct tree **owner, uint64_t now_ns)
{
	bool again = true;
	int error = 0;

	/* Mostly a child has the higher PID: one round does it, and one more shows that it did. */
	while (again && !error) {
		again = false;
		for (size_t i = 0; i < snapshot->n && !error; i++) {
			struct proc_stat *stat = &snapshot->stat[i];
			if (owner[i])
				continue;
			const struct proc_stat *parent = proc_find(snapshot, stat->ppid);
			if (!parent || !owner[parent - snapshot->stat])
				continue;
			int taken = adopt(owner[parent - snapshot->stat], stat, now_ns);
			if (taken > 0) {
				owner[i] = owner[parent - snapshot->stat];
				again = true;
			}
			error = taken < 0 ? taken : 0;
		}
	}
	return error;
}

/* Nobody's child is nobody's for good; one whose parent is not in sight may be somebody's. */
static void mark_strangers(struct proc_snapshot *snapshot, struct tree *const *owner)
{
	for (size_t i = 0; i < snapshot->n; i++) {
		struct proc_stat *stat = &snapshot->stat[i];
		stat->stranger = !owner[i] && (stat->ppid == 0 || proc_find(snapshot, stat->ppid));
	}
}

/* Between two scans what the first one saw is held; before any, what the first one sees. */
static void hold(struct tree *tree, uint64_t before_bytes, uint64_t now_ns)
{
	uint64_t held_bytes = before_bytes ? before_bytes : tree->held_bytes;

	if (tree->scan_ns)
		tree->held_byte_ns += (unsigned __int128)held_bytes * (now_ns - tree->scan_ns);
	else
		tree->held_ns = now_ns;
}

uint64_t tree_held_mean(struct tree *tree)
{
	uint64_t span_ns = tree->scan_ns - tree->held_ns;
	uint64_t mean_bytes = span_ns ? (uint64_t)(tree->held_byte_ns / span_ns) : tree->held_bytes;

	tree->held_byte_ns = 0;
	tree->held_ns = tree->scan_ns;
	return mean_bytes;
}

/*
 * A child whose parent died before it was reaped elsewhere than expected (all of a job die at once
 * when it is killed): what is over at one member pays what is owed at another.
 */
static void settle_elsewhere(struct tree *tree)
{
	size_t i = 0;

	for (size_t j = 0; j < tree->n; j++) {
		uint64_t *rest = &tree->member[j].rest_ns;

		while (*rest && i < 2 * tree->n) {
			struct tree_member *debtor = &tree->member[i / 2];
			uint64_t *owed = &debtor->owed_ns[i % 2];
			uint64_t paid = debtor->foreign ? 0 : *rest < *owed ? *rest : *owed;
			*owed -= paid;
			*rest -= paid;
			i += *rest > 0;
		}
	}
}

static void update(struct tree *tree, const struct proc_snapshot *snapshot, uint64_t now_ns)
{
	uint64_t before_bytes = tree->held_bytes;

	tree->held_bytes = 0;
	for (size_t i = 0; i < tree->n; i++)
		member_update(tree, &tree->member[i], proc_find(snapshot, tree->member[i].pid),
			      now_ns);
	settle_elsewhere(tree);
	for (size_t i = 0; i < tree->n; i++)
		member_close(tree, &tree->member[i]);
	hold(tree, before_bytes, now_ns);
	tree->scan_ns = now_ns;
}

int tree_scan(struct tree *const *trees, size_t n, struct proc_snapshot *snapshot, uint64_t now_ns)
{
	struct tree **owner = calloc(snapshot->n + 1, sizeof(*owner));

	if (!owner)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		bury(trees[i], snapshot, now_ns);
	mark(trees, n, snapshot, owner);
	int error = adopt_all(snapshot, owner, now_ns);
	mark_strangers(snapshot, owner);
	for (size_t i = 0; i < n; i++)
		update(trees[i], snapshot, now_ns);
	free(owner);
	return error;
}

size_t tree_alive(const struct tree *tree)
{
	size_t n = 0;

	for (size_t i = 0; i < tree->n; i++)
		n += tree->member[i].alive && !tree->member[i].reaper;
	return n;
}
