/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Places of code, as text.
 */
#include "collector/symbol/place.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BETWEEN " in "

/* " (5f1c...)" up to the end, or nothing. */
static int parse_id(const char *text, char id[PLACE_ID_MAX + 1])
{
	size_t digits;

	id[0] = '\0';
	if (!*text)
		return 0;
	if (strncmp(text, " (", 2) != 0)
		return -EINVAL;
	digits = strspn(text + 2, "0123456789abcdef");
	if (!digits || digits > PLACE_ID_MAX || strcmp(text + 2 + digits, ")") != 0)
		return -EINVAL;
	memcpy(id, text + 2, digits);
	id[digits] = '\0';
	return 0;
}

int place_parse(const char *text, struct place *place)
{
	const char *plus = strrchr(text, '+');
	char *end;

	if (text[0] != '/' || !plus || strncmp(plus, "+0x", 3) != 0 ||
	    !isxdigit((unsigned char)plus[3]) || (size_t)(plus - text) >= sizeof(place->path))
		return -EINVAL;
	memcpy(place->path, text, (size_t)(plus - text));
	place->path[plus - text] = '\0';
	errno = 0;
	place->offset = strtoull(plus + 3, &end, 16);
	return errno ? -EINVAL : parse_id(end, place->id);
}

size_t place_path(const char *object)
{
	const char *id = strrchr(object, '(');
	const size_t length = strlen(object);

	if (!id || id == object || id[-1] != ' ' || object[length - 1] != ')')
		return length;
	return (size_t)(id - 1 - object);
}

const char *place_public(const char *text)
{
	const char *slash = strrchr(text, '/');

	return slash ? slash + 1 : text;
}

size_t place_symbol(const char *name)
{
	size_t symbol = strcspn(name, " ");

	return strncmp(name + symbol, BETWEEN, strlen(BETWEEN)) ? 0 : symbol;
}

const char *place_of(const char *name)
{
	size_t symbol = place_symbol(name);

	return symbol ? name + symbol + strlen(BETWEEN) : name;
}

void place_name(const char *symbol, const char *place, char *name, size_t size)
{
	snprintf(name, size, "%s%s%s", symbol, *symbol ? BETWEEN : "", place);
}
