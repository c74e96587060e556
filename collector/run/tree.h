/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The processes of a run, the CPU time they used and the memory they hold.
 *
 * Members are the processes that were named and their descendants; who is a member once stays one.
 * A process is known by its PID and start time. The CPU time of a run is what its members used
 * themselves, plus what members reaped: a child's time moves into its parent's "children's time"
 * when it is waited for, so what was counted while the child lived is owed there and not
 * counted again. What is left over belonged to the last moments of children, or to children that
 * came and went between two scans (unobserved).
 *
 * The clock and the sources of /proc are arguments: a recorded /proc does as well.
 */
#ifndef GRAMME_TREE_H
#define GRAMME_TREE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "collector/run/cover.h"
#include "collector/run/proc.h"
#include "collector/run/unseen.h"

/* The name of gramme run's own helper process, which is no part of the program. */
#define TREE_WITNESS "gramme-witness"

struct tree_world {
	const char *root; /* "/proc" */
	/* The verdict on a process whose image is `image`; COVER_UNKNOWN if it is not any more. */
	enum cover (*cover)(const char *root, pid_t pid, uint64_t image);
	/* Replaces times in clock ticks by finer ones where it can; NULL: ticks it is. */
	void (*refine)(pid_t pid, uint64_t *own_ns, uint64_t *child_ns);
};

struct tree_member {
	pid_t pid;
	pid_t ppid;
	uint64_t start_ticks;
	char comm[PROC_COMM_MAX];
	bool alive;   /* it is there, and no zombie */
	bool reaper;  /* starts the program: what it reaps is the run's, itself it is not */
	bool foreign; /* what it reaps is another run's */
	uint32_t threads;
	uint64_t own_ns;
	uint64_t child_ns;
	uint64_t owed_ns[2];  /* counted already, will show in child_ns: since now, since before */
	uint64_t rest_ns;     /* what it reaped beyond that, during a scan */
	uint64_t slack_ns[2]; /* what its late children may have used unseen at most */
	int slack_row;	      /* of these, the row in `unseen`, or -1 */
	uint64_t image;
	uint64_t image_ns; /* when this image was first seen */
	enum cover cover;
	bool blank;	     /* its image was unknown at the last scan */
	bool loading;	     /* it asked for the shim, which was not mapped yet */
	enum cover expected; /* what is known of the program that it is about to execute */
	int row;	     /* in `unseen`, or -1 */
	uint64_t waiting_ns; /* CPU time that waits for a verdict */
	uint64_t rss_bytes;
	uint64_t memory_bytes; /* asked or guessed when memory_rss_bytes were resident */
	uint64_t memory_rss_bytes;
	uint64_t memory_ns; /* of the last question, or of the first guess; 0: neither */
};

struct tree {
	const struct tree_world *world;
	uint64_t begin_ticks; /* processes that started before count from when they joined */
	struct tree_member *member;
	size_t n;
	size_t room;
	uint64_t scan_ns;   /* of the last scan */
	uint32_t processes; /* that ever belonged to it */
	uint64_t cpu_ns;
	uint64_t reaped_ns; /* of it, what only its reaping told */
	uint64_t unobserved_ns;
	uint64_t held_bytes;		/* at the last scan */
	unsigned __int128 held_byte_ns; /* memory held x time, since held_ns */
	uint64_t held_ns;
	struct unseen unseen;
};

/* An empty tree. Nothing can fail. */
void tree_open(struct tree *tree, const struct tree_world *world, uint64_t begin_ticks);
void tree_release(struct tree *tree);

/* Whether a process is a member, or has the PID of one that was at the last scan. */
struct tree_member *tree_find_pid(const struct tree *tree, pid_t pid);
struct tree_member *tree_find(const struct tree *tree, pid_t pid, uint64_t start_ticks);

/* Names a member; what it has used so far is not counted. Returns 0 or -ENOMEM. */
int tree_add(struct tree *tree, const struct proc_stat *stat, uint64_t now_ns);
/* Names the process that starts the program and reaps its orphans. */
int tree_add_reaper(struct tree *tree, const struct proc_stat *stat, uint64_t now_ns);

/*
 * Takes a process and its descendants out again, since they are another run's from now on, or
 * says that what a member reaps is.
 */
void tree_drop(struct tree *tree, pid_t pid, const struct proc_snapshot *snapshot);
void tree_set_foreign(struct tree *tree, pid_t pid);

/*
 * Brings trees up to date together: a new process belongs to the tree of its parent. Processes
 * that are nobody's are marked as strangers. Returns 0 or -ENOMEM, and then some new processes
 * were not taken in.
 */
int tree_scan(struct tree *const *trees, size_t n, struct proc_snapshot *snapshot, uint64_t now_ns);

/*
 * The memory held, averaged over the time since the call before up to the last scan. What is held
 * at one moment would be nothing at the end of a run, when its processes are gone.
 */
uint64_t tree_held_mean(struct tree *tree);

/* True for what gramme run starts beside the program, by its name. */
bool tree_is_helper(const char *comm);

/* Members that still run; reapers are not counted. */
size_t tree_alive(const struct tree *tree);

/*
 * The members as they were at the last scan, for another collector to go on from. Returns a new
 * object, or NULL.
 */
json_t *tree_save(const struct tree *tree);

/*
 * Fills a tree that was just opened from what tree_save gave; `unseen` and the sums are set by the
 * caller before. What the members have used since then is counted by the next scan. Returns 0,
 * -ENOMEM, or -EBADMSG for what is no such object.
 */
int tree_restore(struct tree *tree, const json_t *saved);

/* The machine itself: "/proc", cover_process and the CPU clocks of processes. */
const struct tree_world *tree_world_real(void);

#endif
