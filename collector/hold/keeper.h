/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The collector's side of its holder: has kept what must outlive the collector, gets the clients
 * that connect, and replaces a holder that died or hangs. Nothing here ever waits for a holder
 * longer than two seconds.
 */
#ifndef GRAMME_KEEPER_H
#define GRAMME_KEEPER_H

#include <uv.h>

#include "collector/hold/hold.h"

struct keeper;

struct keeper_options {
	const char *path; /* of the collector's socket; the holder's is "<path>.hold" */
	uint64_t patience_ms;
	int (*stand_in)(void *arg, bool now); /* as in holder.h */
	void *stand_in_arg;
	/* A client has connected. The descriptor stays the keeper's; it lives until keeper_drop. */
	void (*client)(void *arg, uint64_t id, int fd);
	/* The holder was dead, or as good as; another one has everything now. */
	void (*replaced)(void *arg);
	/* So many clients of a user waited that he was hung up on. Told once of each. */
	void (*hung_up)(void *arg, uid_t uid);
	void *arg;
};

/*
 * Takes over from the collector that died at this socket, or starts a holder. To be called before
 * the process has threads. Returns 0, -EADDRINUSE where a collector lives there,
 * -EPROTONOSUPPORT where the holder is of another version, or -errno.
 */
int keeper_open(uv_loop_t *loop, const struct keeper_options *options, struct keeper **keeper);

/* What is held: everything that was taken over, and what came since. Borrowed. */
const struct hold_table *keeper_table(const struct keeper *keeper);

/*
 * From now on clients are told of, those that were taken over first: some at once, the others in
 * the loop's next turns. 0 or -errno.
 */
int keeper_watch(struct keeper *keeper);

/*
 * Has an item kept; its descriptors are the keeper's from now on, also if it returns -ENOMEM, and
 * stay open until keeper_drop.
 */
int keeper_keep(struct keeper *keeper, const struct hold_item *item);
void keeper_drop(struct keeper *keeper, uint64_t id);

/* Tells the holder what was dropped. */
void keeper_push(struct keeper *keeper);

/*
 * Gets the clients that have connected so far: those of a user (of all, where it is NULL) come
 * before this returns, the others in the loop's next turns.
 */
void keeper_flush(struct keeper *keeper, const uid_t *user);

/* Are there clients that were not told of yet? */
bool keeper_waits(const struct keeper *keeper);

/* CPU time that the holder has used. */
uint64_t keeper_cpu_ns(const struct keeper *keeper);

/*
 * Ends holder and keeper; what is held is closed. The memory goes with the loop's next turn. The
 * files "<path>" and so on are left to who made them, but for "<path>.hold".
 */
void keeper_close(struct keeper *keeper);

#endif
