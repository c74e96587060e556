/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was refused to whom.
 */
#include "collector/intake/refusals.h"

#include <errno.h>
#include <string.h>

bool refusals_is_new(struct refusals *refusals, uid_t uid, const char *reason)
{
	for (unsigned i = 0; i < refusals->n; i++)
		if (refusals->told[i].uid == uid && !strcmp(refusals->told[i].reason, reason))
			return false;
	if (refusals->n == REFUSALS_MAX)
		return false;
	refusals->told[refusals->n].uid = uid;
	refusals->told[refusals->n++].reason = reason;
	return true;
}

const char *refusals_reason(int error)
{
	switch (error) {
	case -EPERM:
		return "its memory is not a sealed memfd";
	case -EMSGSIZE:
		return "its memory has another size";
	case -EPROTO:
		return "it does not speak this protocol";
	case -EPROTONOSUPPORT:
		return "it speaks another version of the protocol";
	case -EEXIST:
		return "its memory was handed over before";
	case -ENOSPC:
		return "too many processes are metered already";
	case -EACCES:
		return "it is not its user's run";
	default:
		return "this machine lacks the memory or the descriptors";
	}
}
