/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The holder's spare: a process that has the holder's descriptors and its memory, sleeps while the
 * holder lives, and goes on where it died. A client that was accepted is in the hands of who
 * accepted it alone, and so is all that is held once the collector is dead: a kill must not take
 * it.
 *
 * It shares the table of descriptors and the memory (clone(2) with CLONE_FILES and CLONE_VM) and is
 * no thread: a signal that kills the one does not reach the other.
 */
#ifndef GRAMME_SPARE_H
#define GRAMME_SPARE_H

#include <sys/types.h>

/* Its name in /proc, by which the collector knows that it is no part of a program. */
#define SPARE_NAME "gramme-spare"

struct spare {
	int pidfd; /* of the process that is watched: readable when it is dead */
	/*
	 * Called in the spare's process when that is so; must not return. It must not take
	 * memory from malloc, which may have been at work for the dead.
	 */
	void (*go_on)(void *arg);
	void *arg;
	pid_t pid; /* 0: there is none */
	void *stack;
};

/* Starts it; the struct must live as long as any of the two. Without one the holder goes on alone.
 */
void spare_start(struct spare *spare);

/* Ends it, if there is one. */
void spare_end(struct spare *spare);

/* Starts another one if it has died. */
void spare_renew(struct spare *spare);

#endif
