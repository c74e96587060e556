/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was refused to whom, so that each is told once: a stranger must not fill the log. Pure.
 */
#ifndef GRAMME_REFUSALS_H
#define GRAMME_REFUSALS_H

#include <stdbool.h>
#include <sys/types.h>

#define REFUSALS_MAX 64 /* later ones are not told */

struct refusals {
	struct {
		uid_t uid;
		const char *reason;
	} told[REFUSALS_MAX];
	unsigned n;
};

/* True the first time that this is refused to this user. `reason` must outlive the table. */
bool refusals_is_new(struct refusals *refusals, uid_t uid, const char *reason);

/* The words for what went wrong with a message: -errno of taking it. */
const char *refusals_reason(int error);

#endif
