/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decimal commas, as comma.h promises them. What a comma is cannot be seen from one number: "1,234"
 * is either. So a line is looked through for a number that can be nothing else, first.
 */
#include "collector/phase/comma.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The digits before and behind a sign that may be a decimal one. */
struct places {
	size_t first, end;
};

static struct places places_of(const char *text, size_t at)
{
	struct places places = {at, at + 1};

	while (places.first > 0 && is_digit(text[places.first - 1]))
		places.first--;
	while (is_digit(text[places.end]))
		places.end++;
	return places;
}

/*
 * A number of its own: it stands behind something, and a blank or what leads to a value; not in a
 * list, a time, a date, an address.
 */
static bool is_value(const char *text, size_t at)
{
	const struct places places = places_of(text, at);
	size_t before = places.first;

	if (before == at || places.end == at + 1 || before == 0)
		return false;
	if (text[before - 1] == '-' || text[before - 1] == '+')
		before--;
	if (before == 0 || !strchr(" =:;(~|", text[before - 1]))
		return false;
	if (text[before - 1] == ':' && before > 1 && is_digit(text[before - 2]))
		return false;
	const char next = text[places.end];
	return !(strchr(",.:/-_", next) && is_digit(text[places.end + (next != '\0')]));
}

/* Nobody divides thousands so: "0,412", "12,5", "2,3451". */
static bool is_certain(const char *text, size_t at)
{
	const struct places places = places_of(text, at);

	return places.end - at != 4 || text[places.first] == '0' || at - places.first > 3;
}

/* Numbers with a point, or commas that can be nothing but decimal. */
static bool has_value(const char *text, char sign)
{
	for (const char *at = strchr(text, sign); at; at = strchr(at + 1, sign))
		if (is_value(text, (size_t)(at - text)) &&
		    (sign == '.' || is_certain(text, (size_t)(at - text))))
			return true;
	return false;
}

void comma_to_point(char *text)
{
	if (!has_value(text, ',') || has_value(text, '.'))
		return;
	for (char *at = strchr(text, ','); at; at = strchr(at + 1, ','))
		if (is_value(text, (size_t)(at - text)))
			*at = '.';
}
