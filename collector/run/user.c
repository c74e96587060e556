/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of users: a thread asks, and we wait for it for as long as we like.
 */
#include "collector/run/user.h"

#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define WAIT_NS 200000000L
#define KNOWN	256

/* The one question that may be open; its thread fills it in, whenever that is. */
static struct {
	pthread_mutex_t mutex;
	pthread_cond_t answered;
	bool open;
	bool found;
	uid_t uid;
	user_lookup_fn lookup;
	char name[USER_NAME_MAX];
} question = {.mutex = PTHREAD_MUTEX_INITIALIZER, .answered = PTHREAD_COND_INITIALIZER};

/* Answers, the last ones; a user without a name is asked for again. */
static struct {
	uid_t uid;
	char name[USER_NAME_MAX];
} known[KNOWN];
static unsigned known_n;

int user_lookup(uid_t uid, char *name, size_t size)
{
	struct passwd entry, *found = NULL;
	char text[4096];

	if (getpwuid_r(uid, &entry, text, sizeof(text), &found) || !found)
		return -1;
	return snprintf(name, size, "%s", entry.pw_name) < (int)size ? 0 : -1;
}

static void *ask(void *arg)
{
	char name[USER_NAME_MAX];
	bool found = question.lookup(question.uid, name, sizeof(name)) == 0;

	pthread_mutex_lock(&question.mutex);
	question.found = found;
	if (found)
		memcpy(question.name, name, sizeof(name));
	question.open = false;
	pthread_cond_signal(&question.answered);
	pthread_mutex_unlock(&question.mutex);
	return arg;
}

/* Signals are the main thread's business. */
static bool begin(void)
{
	pthread_attr_t detached;
	pthread_t thread;
	sigset_t all, before;

	pthread_attr_init(&detached);
	pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int error = pthread_create(&thread, &detached, ask, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&detached);
	return error == 0;
}

/* Keeps an answer that came in time or late. With the mutex held, and no question open. */
static void keep(void)
{
	if (!question.found)
		return;
	known[known_n % KNOWN].uid = question.uid;
	memcpy(known[known_n++ % KNOWN].name, question.name, sizeof(question.name));
	question.found = false;
}

static bool recall(uid_t uid, char name[USER_NAME_MAX])
{
	for (unsigned i = 0; i < known_n && i < KNOWN; i++)
		if (known[i].uid == uid) {
			memcpy(name, known[i].name, USER_NAME_MAX);
			return true;
		}
	return false;
}

static void wait_for_answer(void)
{
	struct timespec end;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_nsec += WAIT_NS;
	end.tv_sec += end.tv_nsec / 1000000000L;
	end.tv_nsec %= 1000000000L;
	while (question.open &&
	       pthread_cond_timedwait(&question.answered, &question.mutex, &end) == 0)
		;
}

void user_name(uid_t uid, user_lookup_fn lookup, char name[USER_NAME_MAX])
{
	pthread_mutex_lock(&question.mutex);
	if (!question.open)
		keep();
	if (!question.open && !recall(uid, name)) {
		question.uid = uid;
		question.lookup = lookup;
		question.open = begin();
		wait_for_answer();
		if (!question.open)
			keep();
	}
	if (!recall(uid, name))
		snprintf(name, USER_NAME_MAX, "uid-%u", (unsigned)uid);
	pthread_mutex_unlock(&question.mutex);
}
