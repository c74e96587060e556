/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How wrong a figure may be: the errors of the sources, weighed by energy. They are not independent
 * (one model, one scale), so they add up linearly: the worst case. NAN where one of them is not
 * known, or there is no energy to weigh by. Pure.
 */
#ifndef GRAMME_LEDGER_ERRORS_H
#define GRAMME_LEDGER_ERRORS_H

#include <jansson.h>

#include "collector/ledger/reading.h"

/* Of the run's energy, and so of its CO2e as far as the energy goes; in percent. */
double errors_total(const struct reading *reading);

/*
 * Of a part of the run of which only the qualities are known: of each quality it is taken to have
 * what the whole run has.
 */
double errors_part(const struct reading *reading, const uint64_t energy_uj[NESTING_QUALITIES]);

/* Of what one domain bears, or several ("package-*"). */
double errors_of(const struct reading *reading, const char *domain);

/* With two decimals, or null. */
json_t *errors_json(double error_pct);

#endif
