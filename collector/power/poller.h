/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sensor that may take its time (a BMC, a server, a driver that hangs) is asked by a thread of
 * its own, and whoever reads takes what the last answers told. On a recorded machine there is no
 * thread: there the sensor is asked within the reading, when its period is over, so that an
 * injected clock decides all.
 */
#ifndef GRAMME_POLLER_H
#define GRAMME_POLLER_H

#include <stdint.h>

#include "collector/world.h"

struct poller;

struct poller_options {
	struct world *world;
	uint64_t period_ns;
	/*
	 * Asks the sensor once. Not locked: what it stores for readers, it stores between
	 * poller_lock and poller_unlock.
	 */
	void (*poll)(void *arg);
	/* Frees arg, when no thread can use it any more. */
	void (*release)(void *arg);
	void *arg;
};

/* Returns 0, or -ENOMEM; then arg is still the caller's. */
int poller_new(const struct poller_options *options, struct poller **poller);

/*
 * To be called before each reading: starts the thread at the first one (and not before, since
 * processes are forked until then), or asks at once on a recorded machine. A thread that cannot be
 * started is tried again.
 */
void poller_run(struct poller *poller, uint64_t t_ns);

void poller_lock(struct poller *poller);
void poller_unlock(struct poller *poller);

/*
 * Ends the thread and releases arg. A thread that hangs in a call is waited for so briefly that
 * nobody notices, and then left to itself: it releases arg if it ever comes back.
 */
void poller_free(struct poller *poller);

#endif
