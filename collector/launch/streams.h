/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The descriptors that gramme was started with. They are the program's: gramme must neither use
 * their numbers for itself nor keep them open when the program has closed them, since somebody may
 * wait for their end.
 */
#ifndef GRAMME_STREAMS_H
#define GRAMME_STREAMS_H

#define STREAMS_MAX 1024

struct streams {
	int inherited[STREAMS_MAX]; /* above standard error */
	unsigned n;
};

/*
 * To be called before anything is opened: fills the numbers up to standard error where they are
 * closed (the program will find them closed), and notes what was inherited.
 */
void streams_guard(struct streams *streams);

/* Once the program has its own: lets go of all but standard error, which gramme speaks on. */
void streams_let_go(const struct streams *streams);

#endif
