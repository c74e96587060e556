/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads for slow sensors. A poller is freed by the last who uses it: its source or its thread.
 */
#include "collector/power/poller.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "collector/units.h"

/* How long the end of a run may wait for an answer that is under way. */
#define PATIENCE_NS 100000000

struct poller {
	struct poller_options options;
	pthread_mutex_t lock;  /* of what the source reads */
	pthread_mutex_t state; /* of what follows */
	pthread_cond_t changed;
	bool running; /* there is a thread */
	bool ended;   /* it is to end, or to release all if it is left to itself */
	bool left;
	bool asked; /* on a recorded machine: at t_ns */
	uint64_t t_ns;
};

static int make_condition(pthread_cond_t *condition)
{
	pthread_condattr_t attributes;
	int error = pthread_condattr_init(&attributes);

	if (!error)
		error = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	if (!error)
		error = pthread_cond_init(condition, &attributes);
	pthread_condattr_destroy(&attributes);
	return error;
}

int poller_new(const struct poller_options *options, struct poller **result)
{
	struct poller *poller = calloc(1, sizeof(*poller));

	if (!poller || make_condition(&poller->changed)) {
		free(poller);
		return -ENOMEM;
	}
	pthread_mutex_init(&poller->lock, NULL);
	pthread_mutex_init(&poller->state, NULL);
	poller->options = *options;
	*result = poller;
	return 0;
}

static void release(struct poller *poller)
{
	poller->options.release(poller->options.arg);
	pthread_mutex_destroy(&poller->lock);
	pthread_mutex_destroy(&poller->state);
	pthread_cond_destroy(&poller->changed);
	free(poller);
}

static struct timespec after(const struct timespec *moment, uint64_t ns)
{
	uint64_t sum_ns = (uint64_t)moment->tv_nsec + ns;

	return (struct timespec){moment->tv_sec + (time_t)(sum_ns / UNITS_NS_PER_S),
				 (long)(sum_ns % UNITS_NS_PER_S)};
}

static struct timespec now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time;
}

static bool before(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec < b->tv_sec : a->tv_nsec < b->tv_nsec;
}

/* Waits until the next question is due; false if there will be none. Has the state's lock. */
static bool wait_for_turn(struct poller *poller, struct timespec *due)
{
	struct timespec time = now();

	/* Turns that were missed by a slow answer are not made up for. */
	*due = after(due, poller->options.period_ns);
	if (before(due, &time))
		*due = after(&time, poller->options.period_ns);
	while (!poller->ended &&
	       pthread_cond_timedwait(&poller->changed, &poller->state, due) != ETIMEDOUT)
		;
	return !poller->ended;
}

static void *work(void *arg)
{
	struct poller *poller = arg;
	struct timespec due = now();
	bool left;

	pthread_mutex_lock(&poller->state);
	do {
		pthread_mutex_unlock(&poller->state);
		poller->options.poll(poller->options.arg);
		pthread_mutex_lock(&poller->state);
	} while (wait_for_turn(poller, &due));
	poller->running = false;
	left = poller->left;
	pthread_cond_signal(&poller->changed);
	pthread_mutex_unlock(&poller->state);
	if (left)
		release(poller);
	return NULL;
}

/* Signals are for the thread that waits for them. */
static void start(struct poller *poller)
{
	pthread_attr_t attributes;
	pthread_t thread;
	sigset_t all;
	sigset_t mine;

	if (pthread_attr_init(&attributes))
		return;
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &mine);
	poller->running = !pthread_create(&thread, &attributes, work, poller);
	pthread_sigmask(SIG_SETMASK, &mine, NULL);
	pthread_attr_destroy(&attributes);
}

void poller_run(struct poller *poller, uint64_t t_ns)
{
	if (!poller->options.world->replayed) {
		if (!poller->running)
			start(poller);
		return;
	}
	if (poller->asked && t_ns - poller->t_ns < poller->options.period_ns)
		return;
	poller->asked = true;
	poller->t_ns = t_ns;
	poller->options.poll(poller->options.arg);
}

void poller_lock(struct poller *poller)
{
	pthread_mutex_lock(&poller->lock);
}

void poller_unlock(struct poller *poller)
{
	pthread_mutex_unlock(&poller->lock);
}

void poller_free(struct poller *poller)
{
	struct timespec time = now();
	struct timespec patience = after(&time, PATIENCE_NS);
	bool hangs;

	pthread_mutex_lock(&poller->state);
	poller->ended = true;
	pthread_cond_signal(&poller->changed);
	while (poller->running &&
	       pthread_cond_timedwait(&poller->changed, &poller->state, &patience) != ETIMEDOUT)
		;
	hangs = poller->running;
	poller->left = hangs;
	pthread_mutex_unlock(&poller->state);
	if (!hangs)
		release(poller);
}
