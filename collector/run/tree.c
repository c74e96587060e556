/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The processes of a run: who belongs to it, and what they used.
 */
#include "collector/run/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "collector/units.h"

/* Times in /proc are cut to whole clock ticks, user and system apart. */
#define CUT_NS 20000000ULL

/* A program that asked for the shim and has not mapped it by then never will. */
#define LOADING_NS 1000000000ULL

/* How often the kernel is asked for the memory of a process, which is costly. */
#define MEMORY_SOON_NS 1000000000ULL
#define MEMORY_NS      10000000000ULL

static uint64_t lesser(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

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

static struct tree_member *find_pid(const struct tree *tree, pid_t pid)
{
	for (size_t i = 0; i < tree->n; i++)
		if (tree->member[i].pid == pid)
			return &tree->member[i];
	return NULL;
}

struct tree_member *tree_find(const struct tree *tree, pid_t pid, uint64_t start_ticks)
{
	struct tree_member *member = find_pid(tree, pid);

	return member && member->start_ticks == start_ticks ? member : NULL;
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

/* The finest values that there are. */
static void times_of(const struct tree *tree, const struct proc_stat *stat, uint64_t *own_ns,
		     uint64_t *child_ns)
{
	*own_ns = stat->own_ns;
	*child_ns = stat->child_ns;
	if (tree->world->refine)
		tree->world->refine(stat->pid, own_ns, child_ns);
}

int tree_add(struct tree *tree, const struct proc_stat *stat, uint64_t now_ns)
{
	struct tree_member *member = tree_find(tree, stat->pid, stat->start_ticks);

	if (member)
		return 0;
	member = append(tree, stat, now_ns);
	if (!member)
		return -ENOMEM;
	times_of(tree, stat, &member->own_ns, &member->child_ns);
	tree->processes++;
	return 0;
}

int tree_add_reaper(struct tree *tree, const struct proc_stat *stat, uint64_t now_ns)
{
	struct tree_member *member = append(tree, stat, now_ns);

	if (!member)
		return -ENOMEM;
	times_of(tree, stat, &member->own_ns, &member->child_ns);
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
	struct tree_member *member = find_pid(tree, pid);

	if (member)
		member->foreign = true;
}

/* CPU time that was used by `member` itself goes where its verdict says. */
static void book_own(struct tree *tree, struct tree_member *member, uint64_t cpu_ns)
{
	tree->cpu_ns += cpu_ns;
	if (member->cover == COVER_UNKNOWN)
		member->waiting_ns += cpu_ns;
	else
		unseen_used(&tree->unseen, member->row, cpu_ns);
}

/* The verdict on a member's image; COVER_SHIM books nothing as uncovered. */
static void judge(struct tree *tree, struct tree_member *member, enum cover cover)
{
	member->cover = cover;
	member->row = cover == COVER_SHIM
			      ? -1
			      : unseen_add(&tree->unseen, member->comm, cover_why(cover));
	unseen_used(&tree->unseen, member->row, member->waiting_ns);
	member->waiting_ns = 0;
}

/* A process that has not executed anything since it was forked is what its parent is. */
static bool like_parent(struct tree *tree, struct tree_member *member)
{
	const struct tree_member *parent = find_pid(tree, member->ppid);

	if (!parent || !member->image || parent->image != member->image)
		return false;
	if (parent->cover != COVER_UNKNOWN)
		judge(tree, member, parent->cover);
	/* gramme's own fork, about to execute the program, is nothing to look at. */
	return parent->reaper || parent->cover != COVER_UNKNOWN;
}

static void look(struct tree *tree, struct tree_member *member, uint64_t now_ns)
{
	if (member->cover != COVER_UNKNOWN || !member->alive || like_parent(tree, member))
		return;
	enum cover cover = tree->world->cover(tree->world->root, member->pid);
	if (cover == COVER_UNKNOWN)
		return;
	member->loading = cover == COVER_NOT_LOADED;
	if (cover != COVER_NOT_LOADED || now_ns - member->image_ns >= LOADING_NS)
		judge(tree, member, cover);
}

static void note_image(struct tree *tree, struct tree_member *member, const struct proc_stat *stat,
		       uint64_t now_ns)
{
	if (member->image == stat->image)
		return;
	memcpy(member->comm, stat->comm, sizeof(member->comm));
	member->image = stat->image;
	member->image_ns = now_ns;
	member->cover = COVER_UNKNOWN;
	member->loading = false;
	member->row = -1;
	if (member->expected != COVER_UNKNOWN)
		judge(tree, member, member->expected);
	member->expected = COVER_UNKNOWN;
}

/* What it reaped, less what was counted while the reaped lived. */
static void book_children(struct tree *tree, struct tree_member *member, uint64_t child_ns)
{
	uint64_t rest = child_ns > member->child_ns ? child_ns - member->child_ns : 0;

	member->child_ns += rest;
	for (int i = 1; i >= 0; i--) {
		uint64_t paid = lesser(rest, member->owed_ns[i]);
		member->owed_ns[i] -= paid;
		rest -= paid;
	}
	/* What was never paid (a parent that ignores SIGCHLD reaps nothing) is forgotten. */
	member->owed_ns[1] = lesser(member->owed_ns[1], CUT_NS) + member->owed_ns[0];
	member->owed_ns[0] = 0;
	if (!member->foreign) {
		uint64_t late = lesser(rest, member->slack_ns[0] + member->slack_ns[1]);
		tree->cpu_ns += rest;
		tree->unobserved_ns += rest - late;
		unseen_used(&tree->unseen, member->slack_row, late);
		if (late)
			member->slack_ns[0] = member->slack_ns[1] = 0;
	}
	member->slack_ns[1] = member->slack_ns[0];
	member->slack_ns[0] = 0;
	if (!member->slack_ns[1])
		member->slack_row = -1;
}

static void note_memory(struct tree *tree, struct tree_member *member, uint64_t now_ns)
{
	uint64_t age = now_ns - member->memory_ns;

	/* At first sight, when it has grown up, and then every now and then. */
	if (member->memory_ns == 0 || age >= MEMORY_NS ||
	    (age >= MEMORY_SOON_NS && member->memory_ns - member->image_ns < MEMORY_SOON_NS)) {
		member->memory_ns = now_ns;
		member->memory_rss_bytes = member->rss_bytes;
		if (proc_memory(tree->world->root, member->pid, &member->memory_bytes))
			member->memory_bytes = 0;
	}
	if (member->memory_rss_bytes)
		tree->held_bytes += units_mul_div(member->memory_bytes, member->rss_bytes,
						  member->memory_rss_bytes);
}

static void update(struct tree *tree, struct tree_member *member, const struct proc_stat *stat,
		   uint64_t now_ns)
{
	uint64_t own_ns, child_ns;

	times_of(tree, stat, &own_ns, &child_ns);
	member->ppid = stat->ppid;
	member->alive = stat->state != 'Z' && stat->state != 'X';
	member->threads = stat->threads;
	member->rss_bytes = stat->rss_bytes;
	if (member->alive)
		note_image(tree, member, stat, now_ns);
	if (own_ns > member->own_ns) {
		if (!member->reaper)
			book_own(tree, member, own_ns - member->own_ns);
		member->own_ns = own_ns;
	}
	book_children(tree, member, child_ns);
	if (member->reaper)
		return;
	look(tree, member, now_ns);
	if (member->alive)
		note_memory(tree, member, now_ns);
}

static bool is_there(const struct tree_member *member, const struct proc_snapshot *snapshot)
{
	const struct proc_stat *stat = proc_find(snapshot, member->pid);

	return stat && stat->start_ticks == member->start_ticks;
}

/* What a process that is gone was counted for shows up at the next ancestor that is there. */
static void owe(struct tree *tree, struct tree_member *gone, const struct proc_snapshot *snapshot,
		uint64_t now_ns)
{
	struct tree_member *heir = find_pid(tree, gone->ppid);

	/* Stale parents could form a ring: no chain is longer than the tree. */
	for (size_t steps = 0; heir && !is_there(heir, snapshot); steps++)
		heir = steps < tree->n ? find_pid(tree, heir->ppid) : NULL;
	if (gone->expected != COVER_UNKNOWN)
		judge(tree, gone, gone->expected);
	/*
	 * Seen, but never looked at: nobody knows whether the shim spoke for it. One that asked for
	 * the shim and was only about to load it is taken at its word.
	 */
	if (!gone->loading)
		tree->unobserved_ns += gone->waiting_ns;
	if (!heir)
		return;
	heir->owed_ns[0] += gone->own_ns + gone->child_ns;
	heir->slack_ns[0] += (now_ns - tree->scan_ns) * (gone->threads ? gone->threads : 1);
	if (gone->row >= 0)
		heir->slack_row = gone->row;
}

static void bury(struct tree *tree, const struct proc_snapshot *snapshot, uint64_t now_ns)
{
	for (size_t i = 0; i < tree->n; i++)
		if (!is_there(&tree->member[i], snapshot))
			owe(tree, &tree->member[i], snapshot, now_ns);
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

/* Takes a new process into the tree of its parent. */
static int adopt(struct tree *tree, const struct proc_stat *stat, uint64_t now_ns)
{
	const struct tree_member *parent = find_pid(tree, stat->ppid);

	if (parent->reaper && !strcmp(stat->comm, TREE_WITNESS))
		return 0;
	struct tree_member *member = append(tree, stat, now_ns);
	if (!member)
		return -ENOMEM;
	if (stat->start_ticks < tree->begin_ticks)
		times_of(tree, stat, &member->own_ns, &member->child_ns);
	tree->processes++;
	return 0;
}

static int adopt_all(const struct proc_snapshot *snapshot, struct tree **owner, uint64_t now_ns)
{
	bool again = true;
	int error = 0;

	/* Mostly a child has the higher PID: one round does it, and one more shows that it did. */
	while (again) {
		again = false;
		for (size_t i = 0; i < snapshot->n; i++) {
			const struct proc_stat *stat = &snapshot->stat[i];
			const struct proc_stat *parent = proc_find(snapshot, stat->ppid);
			if (owner[i] || !parent || !owner[parent - snapshot->stat])
				continue;
			owner[i] = owner[parent - snapshot->stat];
			again = true;
			if (!error)
				error = adopt(owner[i], stat, now_ns);
		}
	}
	return error;
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

int tree_scan(struct tree *const *trees, size_t n, const struct proc_snapshot *snapshot,
	      uint64_t now_ns)
{
	struct tree **owner = calloc(snapshot->n + 1, sizeof(*owner));

	if (!owner)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		bury(trees[i], snapshot, now_ns);
	mark(trees, n, snapshot, owner);
	int error = adopt_all(snapshot, owner, now_ns);
	for (size_t i = 0; i < n; i++) {
		struct tree *tree = trees[i];

		uint64_t before_bytes = tree->held_bytes;

		tree->held_bytes = 0;
		for (size_t j = 0; j < tree->n; j++)
			update(tree, &tree->member[j], proc_find(snapshot, tree->member[j].pid),
			       now_ns);
		hold(tree, before_bytes, now_ns);
		tree->scan_ns = now_ns;
	}
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

static void refine_real(pid_t pid, uint64_t *own_ns, uint64_t *child_ns)
{
	struct timespec used;
	struct rusage reaped;
	clockid_t clock;

	/* Ticks are cut off, never rounded up: a smaller value is another process'. */
	if (clock_getcpuclockid(pid, &clock) == 0 && clock_gettime(clock, &used) == 0) {
		uint64_t ns = (uint64_t)used.tv_sec * UNITS_NS_PER_S + (uint64_t)used.tv_nsec;
		if (ns >= *own_ns && ns - *own_ns < UNITS_NS_PER_S)
			*own_ns = ns;
	}
	if (pid == getpid() && getrusage(RUSAGE_CHILDREN, &reaped) == 0)
		*child_ns =
			((uint64_t)reaped.ru_utime.tv_sec + (uint64_t)reaped.ru_stime.tv_sec) *
				UNITS_NS_PER_S +
			((uint64_t)reaped.ru_utime.tv_usec + (uint64_t)reaped.ru_stime.tv_usec) *
				1000;
}

const struct tree_world *tree_world_real(void)
{
	static const struct tree_world world = {"/proc", cover_process, refine_real};

	return &world;
}
