/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions whose answer can take for ever: a directory server, a file on somebody's own file
 * system. A thread asks, and the collector waits no longer than it likes.
 */
#ifndef GRAMME_ASK_H
#define GRAMME_ASK_H

#include <pthread.h>
#include <stdbool.h>

/* One kind of question, of which one may be open at a time. For one asking thread. */
struct ask {
	pthread_mutex_t mutex;
	pthread_cond_t answered;
	bool open;
	void (*find)(void *box); /* may block; runs in a thread of its own */
	void *box;		 /* question and answer */
};

#define ASK_OF(find_, box_)                                                                        \
	{                                                                                          \
		.mutex = PTHREAD_MUTEX_INITIALIZER, .answered = PTHREAD_COND_INITIALIZER,          \
		.find = (find_), .box = (box_)                                                     \
	}

/* True while the box belongs to the thread that looks for an answer. */
bool ask_is_open(struct ask *ask);

/*
 * Puts the question in the box, which must not be open, and waits at most `wait_ns` (below 1 s).
 * True if it is answered; else the answer may come later, and then lies in the box once it is no
 * longer open.
 */
bool ask_put(struct ask *ask, long wait_ns);

#endif
