/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A collector in the place of one that died and that nobody replaced: it goes on with the runs that
 * are open, and ends with the last of them.
 */
#ifndef GRAMME_STAND_IN_H
#define GRAMME_STAND_IN_H

#include "collector/meter.h"

/*
 * Runs in a process of its own, forked by the holder. With `now` it closes what is open and ends.
 * Returns an exit status.
 */
int stand_in_run(const struct meter_options *options, bool now);

/*
 * The world of a recorded machine again, in a process that has none of its descriptors; other
 * worlds are given back as they are. Its time goes on where it was. NULL where it cannot be.
 */
struct world *stand_in_world(struct world *world, const char *recording);

#endif
