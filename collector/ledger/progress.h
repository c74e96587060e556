/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How good the model became: every metric over the epochs and fits of a run, and what a point of
 * the one that stands for its quality cost (docs/method.md, section 8).
 */
#ifndef GRAMME_LEDGER_PROGRESS_H
#define GRAMME_LEDGER_PROGRESS_H

#include <jansson.h>

#include "collector/ledger/reading.h"

/* A new array, the metric that stands for quality first; or NULL for lack of memory. */
json_t *progress_list(const struct reading *reading);

#endif
