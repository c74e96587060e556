/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A user's rights over files. The two calls tell no errors: asking again tells what is in force.
 */
#include "collector/rights.h"

#include <errno.h>
#include <sys/fsuid.h>
#include <unistd.h>

int rights_take(uid_t uid, gid_t gid, struct rights *before)
{
	before->changed = geteuid() == 0 && uid != 0;
	if (!before->changed)
		return 0;
	before->gid = (gid_t)setfsgid(gid);
	before->uid = (uid_t)setfsuid(uid);
	if ((uid_t)setfsuid((uid_t)-1) == uid && (gid_t)setfsgid((gid_t)-1) == gid)
		return 0;
	rights_return(before);
	return -EPERM;
}

void rights_return(const struct rights *before)
{
	int error = errno;

	if (before->changed) {
		setfsuid(before->uid);
		setfsgid(before->gid);
	}
	errno = error;
}
