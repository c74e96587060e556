/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of users: a thread asks, and we wait for it for as long as we like.
 */
#include "collector/run/user.h"

#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "collector/ask.h"

#define WAIT_NS 200000000L
#define KNOWN	256

/* The one question that may be open; its thread fills it in, whenever that is. */
static struct {
	bool found;
	uid_t uid;
	user_lookup_fn lookup;
	char name[USER_NAME_MAX];
} question;

static void look_up(void *box);
static struct ask asked = ASK_OF(look_up, &question);

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

static void look_up(void *box)
{
	(void)box;
	question.found = question.lookup(question.uid, question.name, sizeof(question.name)) == 0;
}

/* Keeps an answer that came in time or late. With no question open. */
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

void user_name(uid_t uid, user_lookup_fn lookup, char name[USER_NAME_MAX])
{
	bool open = ask_is_open(&asked);

	if (!open)
		keep();
	if (!open && !recall(uid, name)) {
		question.uid = uid;
		question.lookup = lookup;
		if (ask_put(&asked, WAIT_NS))
			keep();
	}
	if (!recall(uid, name))
		snprintf(name, USER_NAME_MAX, "uid-%u", (unsigned)uid);
}
