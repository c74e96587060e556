/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the formats of carbon intensity have in common.
 */
#include "collector/carbon/series_file.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define DECIMALS     6
#define UG_PER_G     1000000u
#define GRAMS_MAX_UG (10000ull * UG_PER_G)

int series_grams(const char *text, uint64_t *ug_per_kwh)
{
	uint64_t value = 0;
	unsigned decimals = 0;
	bool point = false, digit = false;

	for (; *text; text++) {
		if ((*text == '.' || *text == ',') && !point) {
			point = true;
			continue;
		}
		if (!isdigit((unsigned char)*text))
			return -EINVAL;
		digit = true;
		if (decimals == DECIMALS)
			continue;
		value = value * 10 + (uint64_t)(*text - '0');
		decimals += point;
		if (value > GRAMS_MAX_UG)
			return -EINVAL;
	}
	for (; decimals < DECIMALS; decimals++)
		value *= 10;
	*ug_per_kwh = value;
	return digit && value <= GRAMS_MAX_UG ? 0 : -EINVAL;
}

int series_set_basis(struct series *series, enum series_basis wanted, enum series_basis is,
		     char why[SERIES_WHY])
{
	static const char *const name[] = {"", "direct", "lifecycle"};

	if (wanted != SERIES_ANY && wanted != is) {
		snprintf(why, SERIES_WHY, "its figures are %s and not %s",
			 is == SERIES_ANY ? "of a basis that it does not tell" : name[is],
			 name[wanted]);
		return -EINVAL;
	}
	snprintf(series->basis, sizeof(series->basis), "%s", name[is]);
	return 0;
}

int series_file(const char *text, size_t size, enum series_basis basis, struct series *series,
		char why[SERIES_WHY])
{
	static const char mark[] = "\xef\xbb\xbf"; /* of UTF-8 */
	size_t at = 0;

	if (size >= strlen(mark) && !memcmp(text, mark, strlen(mark)))
		at = strlen(mark);
	while (at < size && isspace((unsigned char)text[at]))
		at++;
	if (at == size) {
		snprintf(why, SERIES_WHY, "the file is empty");
		return -EINVAL;
	}
	if (text[at] == '{' || text[at] == '[')
		return series_json(text + at, size - at, basis, series, why);
	return series_csv(text + at, size - at, basis, series, why);
}
