/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a line says of the grid.
 */
#include "collector/ledger/intensity.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "collector/ledger/entry.h"
#include "collector/ledger/fields.h"
#include "collector/ledger/problem.h"

typedef unsigned __int128 wide;

uint64_t intensity_added_uj(const struct tally_terms *terms, const struct tally *then,
			    const struct tally *now)
{
	struct tally_energy before, after;

	tally_energy(then, terms, &before);
	tally_energy(now, terms, &after);
	return after.total_uj - before.total_uj;
}

/* Of what was added, what is booked at the yearly mean. */
static uint64_t added_constant_uj(const struct tally *then, const struct tally *now)
{
	return now->grid.constant_uj > then->grid.constant_uj
		       ? now->grid.constant_uj - then->grid.constant_uj
		       : 0;
}

uint64_t intensity_of(const struct tally_terms *terms, const struct tally *then,
		      const struct tally *now)
{
	const uint64_t added_uj = intensity_added_uj(terms, then, now);
	wide mean = now->grid.ug_per_kwh;

	if (added_uj && added_constant_uj(then, now) >= added_uj)
		return terms->ug_per_kwh;
	if (added_uj && now->grid.held >= then->grid.held)
		mean = (now->grid.held - then->grid.held + added_uj / 2) / added_uj;
	return mean < INTENSITY_MAX ? (uint64_t)mean : INTENSITY_MAX;
}

void intensity_book(const struct tally_terms *terms, const struct tally *then, struct tally *now)
{
	const uint64_t added_uj = intensity_added_uj(terms, then, now);

	if (!terms->timed)
		return;
	/* Rounding, or a part that was lost, must not make it more than there is. */
	if (added_constant_uj(then, now) > added_uj)
		now->grid.constant_uj = then->grid.constant_uj + added_uj;
	now->grid.booked = then->grid.booked + (wide)added_uj * intensity_of(terms, then, now);
}

int intensity_put(json_t *body, const struct tally_terms *terms, const struct tally *then,
		  const struct tally *now)
{
	const uint64_t constant_uj = added_constant_uj(then, now);

	if (!terms->timed)
		return 0;
	if (json_object_set_new(body, "ug_per_kwh", entry_number(intensity_of(terms, then, now))) ||
	    (constant_uj && json_object_set_new(body, "constant_uj", entry_number(constant_uj))) ||
	    (!json_equal(then->series, now->series) &&
	     json_object_set(body, "series", now->series)))
		return -ENOMEM;
	return 0;
}

static int take_series(const json_t *line, struct tally *now, struct ledger_problem *problem)
{
	json_t *series = json_object_get(line, "series");

	if (!series)
		return 0;
	if (!json_is_object(series) && !json_is_null(series))
		return problem_set(problem, 0, -EBADMSG, "series is no object");
	json_incref(series);
	json_decref(now->series);
	now->series = series;
	return 0;
}

int intensity_take(const json_t *line, const struct tally_terms *terms, const struct tally *then,
		   struct tally *now, struct ledger_problem *problem)
{
	const uint64_t added_uj = intensity_added_uj(terms, then, now);
	uint64_t constant_uj = 0, ug_per_kwh;

	if (!terms->timed)
		return 0;
	if (fields_number(line, "ug_per_kwh", &ug_per_kwh, problem) ||
	    (json_object_get(line, "constant_uj") &&
	     fields_number(line, "constant_uj", &constant_uj, problem)) ||
	    take_series(line, now, problem))
		return -EBADMSG;
	if (ug_per_kwh > INTENSITY_MAX)
		return problem_set(problem, 0, -EBADMSG,
				   "ug_per_kwh is %" PRIu64 ", which no grid emits", ug_per_kwh);
	if (constant_uj > added_uj)
		return problem_set(problem, 0, -EBADMSG,
				   "constant_uj is above the run's energy in the line");
	if (added_uj && constant_uj == added_uj && ug_per_kwh != terms->ug_per_kwh)
		return problem_set(problem, 0, -EBADMSG,
				   "ug_per_kwh is not the opening's, by which the line is booked");
	now->grid.ug_per_kwh = ug_per_kwh;
	now->grid.constant_uj += constant_uj;
	now->grid.booked += (wide)added_uj * ug_per_kwh;
	now->grid.held = now->grid.booked;
	return 0;
}

void intensity_text(wide value, char text[INTENSITY_DIGITS])
{
	char digits[INTENSITY_DIGITS];
	size_t at = sizeof(digits);

	digits[--at] = '\0';
	do {
		digits[--at] = (char)('0' + (int)(value % 10));
		value /= 10;
	} while (value);
	memcpy(text, digits + at, sizeof(digits) - at);
}

int intensity_parse(const char *text, wide *value)
{
	*value = 0;
	if (!text || !*text)
		return -EINVAL;
	for (size_t i = 0; text[i]; i++) {
		if (text[i] < '0' || text[i] > '9' || i + 1 >= INTENSITY_DIGITS)
			return -EINVAL;
		*value = *value * 10 + (unsigned char)(text[i] - '0');
	}
	return 0;
}
