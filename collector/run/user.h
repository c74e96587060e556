/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of users. Where they come from a directory server, asking for one can take as long as the
 * server likes; the collector does not wait for it.
 */
#ifndef GRAMME_USER_H
#define GRAMME_USER_H

#include <stddef.h>
#include <sys/types.h>

#define USER_NAME_MAX 64

/* Finds a user's name and returns 0, or anything else where there is none. May block. */
typedef int (*user_lookup_fn)(uid_t uid, char *name, size_t size);

/*
 * The name of a user, or "uid-N" where he has none, or none was found within 200 ms. While a
 * question is not answered no other one is asked, so that a server that hangs costs one wait; its
 * answer is kept for the next time. For one thread.
 */
void user_name(uid_t uid, user_lookup_fn lookup, char name[USER_NAME_MAX]);

/* The system's own users. */
int user_lookup(uid_t uid, char *name, size_t size);

#endif
