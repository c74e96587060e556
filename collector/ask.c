/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions whose answer can take for ever.
 */
#include "collector/ask.h"

#include <signal.h>
#include <time.h>

#define SLICE_NS 10000000L

static void *find(void *arg)
{
	struct ask *ask = arg;

	ask->find(ask->box);
	pthread_mutex_lock(&ask->mutex);
	ask->open = false;
	pthread_cond_signal(&ask->answered);
	pthread_mutex_unlock(&ask->mutex);
	return NULL;
}

/* Signals are the main thread's business. */
static bool begin(struct ask *ask)
{
	pthread_attr_t detached;
	pthread_t thread;
	sigset_t all, before;

	pthread_attr_init(&detached);
	pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int error = pthread_create(&thread, &detached, find, ask);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&detached);
	return error == 0;
}

static void wait_for_a_slice(struct ask *ask)
{
	struct timespec end;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_nsec += SLICE_NS;
	end.tv_sec += end.tv_nsec / 1000000000L;
	end.tv_nsec %= 1000000000L;
	pthread_cond_clockwait(&ask->answered, &ask->mutex, CLOCK_MONOTONIC, &end);
}

/*
 * In slices: where all stood still for a while, as a guest does whose machine is another's, one
 * slice is over and not all patience.
 */
static void wait_for_answer(struct ask *ask, long wait_ns)
{
	for (; ask->open && wait_ns > 0; wait_ns -= SLICE_NS)
		wait_for_a_slice(ask);
}

bool ask_is_open(struct ask *ask)
{
	pthread_mutex_lock(&ask->mutex);
	bool open = ask->open;
	pthread_mutex_unlock(&ask->mutex);
	return open;
}

bool ask_put(struct ask *ask, long wait_ns)
{
	pthread_mutex_lock(&ask->mutex);
	bool began = ask->open = begin(ask);
	if (began)
		wait_for_answer(ask, wait_ns);
	bool answered = began && !ask->open;
	pthread_mutex_unlock(&ask->mutex);
	return answered;
}
