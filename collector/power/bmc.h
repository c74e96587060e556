/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A BMC that speaks Redfish: sessions, which of its chassis is the node, and where that shows its
 * power. Of several chassis one is taken and none is summed: an enclosure's power contains that of
 * what is in it.
 */
#ifndef GRAMME_BMC_H
#define GRAMME_BMC_H

#include "collector/power/remote.h"

#define BMC_PATH_MAX 256

struct bmc {
	struct remote remote;
	char token[HTTP_TOKEN_MAX]; /* of the session, or "": it is asked with the user each time */
	char session[HTTP_TOKEN_MAX]; /* its path, or "" */
	char figure[BMC_PATH_MAX];    /* where the power stands, or "": not found yet */
	char home[BMC_PATH_MAX];      /* the chassis that shows it */
	unsigned chassis;	      /* that could have been meant */
};

/*
 * Looks where the power stands. Returns 0; -ENODATA where no chassis shows any; -E2BIG where the
 * BMC serves several systems and the entry names none (system=ID, or chassis=ID); or as
 * remote_get.
 */
int bmc_find(struct bmc *bmc);

/* The power now. Opens a session where there is none, or where it has ended. Returns as bmc_find.
 */
int bmc_power(struct bmc *bmc, uint64_t *uw);

/*
 * Whether that chassis of a BMC is in another of the same BMC, by what they say of themselves
 * (Links.ContainedBy), at most eight deep. Both were found.
 */
bool bmc_is_within(struct bmc *inner, const struct bmc *outer);

/* Ends the session: a BMC has room for few. */
void bmc_end(struct bmc *bmc);

#endif
