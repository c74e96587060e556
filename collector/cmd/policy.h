/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of a run's ledger is to be booked again: its own energy under another rule for idle, or what
 * another method makes of it. What the ledger's lines do not hold is refused, and never guessed.
 */
#ifndef GRAMME_POLICY_H
#define GRAMME_POLICY_H

#include <jansson.h>
#include <stdbool.h>

#include "collector/account/draw.h"
#include "collector/carbon/rebook.h"

#define POLICY_WHY 256

enum policy_idle { POLICY_BOOKED, POLICY_NONE, POLICY_USED, POLICY_HOLDER };
enum policy_method { POLICY_RUN, POLICY_NODE, POLICY_GATED, POLICY_GREEN };

struct policy {
	enum policy_idle idle;
	enum policy_method method;
};

/* By their words; 0 or -EINVAL. */
int policy_idle(const char *word, enum policy_idle *idle);
int policy_method(const char *word, enum policy_method *method);
const char *policy_idle_word(enum policy_idle idle);
const char *policy_method_word(enum policy_method method);

/*
 * Says what of `draw` that is, for a run as `gramme show --json` prints it; of Green Algorithms,
 * which knows no course in time, the draw becomes one span. `in_time`: it is to be booked by
 * figures that change. Returns 0, -ENOTSUP with one line in `why` where the ledger does not tell,
 * or -ENOMEM.
 */
int policy_apply(const struct policy *policy, const json_t *run, bool in_time, struct draw *draw,
		 enum rebook_what *what, char why[POLICY_WHY]);

/* The error of that energy in percent, as of a total; NAN where it is not known. */
double policy_error_pct(const struct policy *policy, enum rebook_what what, const json_t *run);

#endif
