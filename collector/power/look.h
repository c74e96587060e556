/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking again: a collector lives for months, and meanwhile a module is loaded, a file is opened
 * to users, or a counter goes away. Domains are fixed while a collector lives; what has changed is
 * told, with what to do about it.
 */
#ifndef GRAMME_LOOK_H
#define GRAMME_LOOK_H

#include "collector/power/power.h"

/*
 * How often. Assumption: who changes a machine waits a minute for it to be noticed. A look opens
 * the counters as a start does, some 20 files a package.
 */
#define LOOK_NS 60000000000ULL

/*
 * True for counters that are looked at again: those that answer at once and wake nobody. Whether a
 * BMC, a server or a card is there is told by its readings.
 */
bool look_takes(const struct power_source *source);

/*
 * Makes findings of `power` from what the sources that are looked at see `now`: domains that have
 * come, that are gone, and permissions that are missing. Each is told once.
 */
void look_compare(struct power *power, const struct power *now);

#endif
