/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One process of a run: what it used, what it holds, and whether a shim spoke for it.
 */
#include "collector/run/member.h"

#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "collector/units.h"

/* Times in /proc are cut to whole clock ticks, user and system apart. */
#define CUT_NS 20000000ULL

/* A program that asked for the shim and has not mapped it by then never will. */
#define LOADING_NS 1000000000ULL

/*
 * How often the kernel is asked for the memory of a process. It looks at each of its pages, holding
 * its map: 133 ms for 2 GiB (2026-11-21), so a large one is asked so seldom that it is a thousandth
 * of the time, the first time too: a PyTorch program of four seconds paid 5.6 ms when it was a
 * second old. What is resident is seen each time, and tells meanwhile what has come and gone.
 */
#define MEMORY_SOON_NS	   1000000000ULL
#define MEMORY_NS	   10000000000ULL
#define MEMORY_NS_PER_BYTE 62ULL
#define MEMORY_SMALL	   (4ULL << 20) /* asked at first sight: a quarter of a millisecond */

static uint64_t lesser(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

void member_times(const struct tree *tree, const struct proc_stat *stat, uint64_t *own_ns,
		  uint64_t *child_ns)
{
	*own_ns = stat->own_ns;
	*child_ns = stat->child_ns;
	if (tree->world->refine)
		tree->world->refine(stat->pid, own_ns, child_ns);
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
	const struct tree_member *parent = tree_find_pid(tree, member->ppid);

	if (!parent || !member->image || parent->image != member->image)
		return false;
	if (parent->cover != COVER_UNKNOWN)
		judge(tree, member, parent->cover);
	/* gramme's own fork, about to execute the program, is nothing to look at. */
	return parent->reaper || parent->cover != COVER_UNKNOWN;
}

static void look(struct tree *tree, struct tree_member *member, uint64_t now_ns)
{
	if (member->cover != COVER_UNKNOWN || !member->alive || member->blank ||
	    like_parent(tree, member))
		return;
	enum cover cover = tree->world->cover(tree->world->root, member->pid, member->image);
	if (cover == COVER_UNKNOWN)
		return;
	member->loading = cover == COVER_NOT_LOADED;
	if (cover != COVER_NOT_LOADED || now_ns - member->image_ns >= LOADING_NS)
		judge(tree, member, cover);
}

static void note_image(struct tree *tree, struct tree_member *member, const struct proc_stat *stat,
		       uint64_t now_ns)
{
	memcpy(member->comm, stat->comm, sizeof(member->comm));
	/* Unknown may only mean that it is in the middle of an exec. */
	if (member->image == stat->image) {
		member->blank = stat->image == 0 && member->image_ns == now_ns;
		return;
	}
	if (stat->image == 0 && !member->blank) {
		member->blank = true;
		return;
	}
	member->blank = false;
	member->image = stat->image;
	member->image_ns = now_ns;
	member->memory_ns = 0;
	member->cover = COVER_UNKNOWN;
	member->loading = false;
	member->row = -1;
	if (member->expected != COVER_UNKNOWN)
		judge(tree, member, member->expected);
	member->expected = COVER_UNKNOWN;
}

/* What it reaped, less what was counted while the reaped lived. */
static void settle(struct tree_member *member, uint64_t child_ns)
{
	uint64_t rest = child_ns > member->child_ns ? child_ns - member->child_ns : 0;

	member->child_ns += rest;
	for (int i = 1; i >= 0; i--) {
		uint64_t paid = lesser(rest, member->owed_ns[i]);
		member->owed_ns[i] -= paid;
		rest -= paid;
	}
	member->rest_ns = member->foreign ? 0 : rest;
}

/* A process that has executed nothing since it was forked has its parent's pages. */
static bool is_copy(const struct tree *tree, const struct tree_member *member)
{
	const struct tree_member *parent = tree_find_pid(tree, member->ppid);

	return parent && !parent->reaper && member->image && parent->image == member->image;
}

/* Until it may be asked: a copy has nothing of its own yet, another what no file is behind. */
static int guess_memory(const struct tree *tree, const struct tree_member *member, uint64_t *bytes)
{
	*bytes = 0;
	return is_copy(tree, member) ? 0 : proc_memory_alone(tree->world->root, member->pid, bytes);
}

static bool may_ask_memory(const struct tree_member *member, uint64_t now_ns)
{
	const uint64_t age = now_ns - member->memory_ns;
	const bool young = member->memory_ns - member->image_ns < MEMORY_SOON_NS;

	if (member->memory_ns == 0)
		return member->rss_bytes <= MEMORY_SMALL;
	/* When it has grown up, and then every now and then. */
	return age >= (young ? MEMORY_SOON_NS : MEMORY_NS) &&
	       member->rss_bytes <= age / MEMORY_NS_PER_BYTE;
}

static bool is_to_be_guessed(const struct tree *tree, const struct tree_member *member)
{
	return member->memory_ns == 0 ||
	       (member->rss_bytes / 2 > member->memory_rss_bytes && !is_copy(tree, member));
}

static uint64_t memory_now(const struct tree_member *member)
{
	const uint64_t rss_bytes = member->memory_rss_bytes;

	if (member->rss_bytes >= rss_bytes)
		return member->memory_bytes + (member->rss_bytes - rss_bytes);
	return units_mul_div(member->memory_bytes, member->rss_bytes, rss_bytes);
}

static void note_memory(struct tree *tree, struct tree_member *member, uint64_t now_ns)
{
	const bool asked = may_ask_memory(member, now_ns);
	uint64_t bytes = 0;

	if (asked || is_to_be_guessed(tree, member)) {
		int error = asked ? proc_memory(tree->world->root, member->pid, &bytes)
				  : guess_memory(tree, member, &bytes);
		/* A guess puts off no question; the first one says since when it waits. */
		if (asked || member->memory_ns == 0)
			member->memory_ns = now_ns;
		member->memory_rss_bytes = member->rss_bytes;
		member->memory_bytes = error ? 0 : bytes;
	}
	tree->held_bytes += memory_now(member);
}

void member_update(struct tree *tree, struct tree_member *member, const struct proc_stat *stat,
		   uint64_t now_ns)
{
	uint64_t own_ns, child_ns;

	member_times(tree, stat, &own_ns, &child_ns);
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
	settle(member, child_ns);
	if (member->reaper)
		return;
	look(tree, member, now_ns);
	if (member->alive)
		note_memory(tree, member, now_ns);
}

void member_gone(struct tree *tree, struct tree_member *gone, struct tree_member *heir,
		 uint64_t now_ns)
{
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

void member_close(struct tree *tree, struct tree_member *member)
{
	uint64_t late = lesser(member->rest_ns, member->slack_ns[0] + member->slack_ns[1]);

	tree->cpu_ns += member->rest_ns;
	tree->reaped_ns += member->rest_ns;
	tree->unobserved_ns += member->rest_ns - late;
	unseen_used(&tree->unseen, member->slack_row, late);
	member->rest_ns = 0;
	member->slack_ns[1] = late ? 0 : member->slack_ns[0];
	member->slack_ns[0] = 0;
	if (!member->slack_ns[1])
		member->slack_row = -1;
	/* What was never paid (a parent that ignores SIGCHLD reaps nothing) is forgotten. */
	member->owed_ns[1] = lesser(member->owed_ns[1], CUT_NS) + member->owed_ns[0];
	member->owed_ns[0] = 0;
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

/* A verdict on a program that it has left in the meantime is none. */
static enum cover cover_real(const char *root, pid_t pid, uint64_t image)
{
	enum cover cover = cover_process(root, pid);
	struct proc_stat stat;

	return proc_stat(root, pid, &stat) == 0 && stat.image == image ? cover : COVER_UNKNOWN;
}

const struct tree_world *tree_world_real(void)
{
	static const struct tree_world world = {"/proc", cover_real, refine_real};

	return &world;
}
