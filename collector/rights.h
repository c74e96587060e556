/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A collector that serves many touches a user's files with that user's rights.
 */
#ifndef GRAMME_RIGHTS_H
#define GRAMME_RIGHTS_H

#include <stdbool.h>
#include <sys/types.h>

struct rights {
	bool changed;
	uid_t uid;
	gid_t gid;
};

/*
 * Takes on somebody's rights for the file system, of this thread alone (setfsuid also drops root's
 * power over files). Who is not root stays who he is. Returns 0 with *before for rights_return, or
 * -EPERM.
 */
int rights_take(uid_t uid, gid_t gid, struct rights *before);

/* Keeps errno. */
void rights_return(const struct rights *before);

#endif
