/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How well a cut into epochs goes: whether they have as many steps, how much of the time these
 * cover, and how many are followed by the same evaluation. Pure.
 */
#ifndef GRAMME_PHASE_JUDGE_H
#define GRAMME_PHASE_JUDGE_H

#include "collector/phase/beat.h"
#include "collector/phase/cut.h"

#define JUDGE_OTHERS 2u /* so many epochs behind the first one say what is usual */

/* Sets even, body and cover. Who has nearly as many steps as most is given as many. */
void judge_cut(const struct beat *beat, struct cut *cut);

/*
 * The share of epochs that are followed by as many other kernels as the middle one of them, give or
 * take what a broken step leaves.
 */
double judge_evaluated(const struct beat *beat, const struct cut *cut);

#endif
