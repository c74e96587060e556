/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules of balance. The writer asks them before it writes, the reader after it has read: what
 * the one accepts the other accepts. Pure.
 */
#ifndef GRAMME_LEDGER_CHECK_H
#define GRAMME_LEDGER_CHECK_H

#include <jansson.h>

#include "collector/ledger/tally.h"

/*
 * The domains of the opening: names are there and differ, and none contains itself (a container
 * need not be metered). Returns 0, or -EBADMSG with the problem.
 */
int check_terms(const struct tally_terms *terms, struct ledger_problem *problem);

/*
 * That `now` may follow `then`: nothing has fallen; what each domain drew in between is booked
 * to the microjoule; idle is part of the run's; no more commands are timed than counted; the
 * kernels of a domain have no more energy than the run has on it; and phases have no more energy,
 * kernels and time than the run. Returns 0, or -EBADMSG with the
 * problem.
 */
int check_step(const struct tally_terms *terms, const struct tally *then, const struct tally *now,
	       struct ledger_problem *problem);

/*
 * That a line says what it must: every member of `expected` stands in `found`, equal. Returns 0,
 * or -EBADMSG with the first that does not, by its path ("domains[1].run_uj").
 */
int check_same(const json_t *expected, const json_t *found, struct ledger_problem *problem);

#endif
