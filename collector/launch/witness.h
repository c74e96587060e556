/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Was a signal sent to gramme alone, or to its whole process group (or job)? The kernel does not
 * say, but it matters: the program must get what was meant for it once, not twice and not never.
 * A witness is a child that blocks all signals, in the same group: what was sent to the group is
 * pending there, too.
 */
#ifndef GRAMME_WITNESS_H
#define GRAMME_WITNESS_H

#include <stdbool.h>
#include <sys/types.h>

struct witness {
	pid_t pid;
	int fd; /* to tell it what to forget; it exits when this is closed */
};

/* Starts it. Call it early: what the caller's memory holds, the witness holds. 0 or -errno. */
int witness_start(struct witness *witness);

/* Has it got the signal, too? It forgets it then. False, too, where there is no witness. */
bool witness_saw(struct witness *witness, int signal);

/* Tells it to end, for which nobody needs to wait yet. */
void witness_leave(struct witness *witness);

/* Ends it and waits for it. */
void witness_stop(struct witness *witness);

#endif
