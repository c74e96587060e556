/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looks zones up in the built-in table, and names near ones to whoever mistyped.
 */
#include "collector/carbon/carbon.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "collector/embed.h"
#include "collector/tsv.h"

EMBED(carbon_grid, "collector/carbon/grid.tsv");
EMBED(carbon_sources, "collector/carbon/sources.tsv");

#define WHY_BYTES 256
#define NEAR_MAX  5

enum grid_field { GRID_ZONE, GRID_NAME, GRID_YEAR, GRID_UG, GRID_BASIS, GRID_SOURCE, GRID_FIELDS };

static struct tsv grid(void)
{
	return tsv_begin(carbon_grid, carbon_grid_size);
}

static bool equals(const struct tsv_field *field, const char *text)
{
	return field->size == strlen(text) && !strncasecmp(field->text, text, field->size);
}

/* The tables are made by scripts/tables and tested whole, so what does not fit is a bug. */
static void cite(const struct tsv_field *key, char *source, size_t size)
{
	struct tsv tsv = tsv_begin(carbon_sources, carbon_sources_size);
	struct tsv_field field[2];

	while (tsv_next_row(&tsv, field, 2) == 2)
		if (field[0].size == key->size && !memcmp(field[0].text, key->text, key->size))
			tsv_copy(&field[1], source, size);
}

static void take_row(const struct tsv_field *field, struct carbon_factor *factor)
{
	tsv_copy(&field[GRID_ZONE], factor->zone, sizeof(factor->zone));
	tsv_copy(&field[GRID_NAME], factor->name, sizeof(factor->name));
	tsv_copy(&field[GRID_YEAR], factor->vintage, sizeof(factor->vintage));
	tsv_copy(&field[GRID_BASIS], factor->basis, sizeof(factor->basis));
	tsv_u64(&field[GRID_UG], &factor->ug_per_kwh);
	cite(&field[GRID_SOURCE], factor->source, sizeof(factor->source));
}

/* How many characters of the two are the same from the start, letter case apart. */
static size_t common_start(const struct tsv_field *field, const char *text)
{
	size_t n = 0;

	while (n < field->size && text[n] &&
	       tolower((unsigned char)field->text[n]) == tolower((unsigned char)text[n]))
		n++;
	return n;
}

/* "UK" for the United Kingdom: the first letters of the name's words, of countries alone. */
static bool is_initials(const struct tsv_field *field, const char *text)
{
	const struct tsv_field *name = &field[GRID_NAME];

	if (memchr(field[GRID_ZONE].text, '-', field[GRID_ZONE].size))
		return false;
	for (size_t i = 0; i < name->size; i++) {
		if (i && name->text[i - 1] != ' ')
			continue;
		if (tolower((unsigned char)name->text[i]) != tolower((unsigned char)*text))
			return false;
		text++;
	}
	return !*text;
}

/*
 * How near a row is to what was asked for; 0: not at all. A country's name or its initials go
 * before codes that begin alike; of these, a code must share its first two characters.
 */
static size_t nearness(const struct tsv_field *field, const char *zone)
{
	size_t length = strlen(zone);
	size_t start = common_start(&field[GRID_ZONE], zone);

	if (length > 2 && common_start(&field[GRID_NAME], zone) == length)
		return 200;
	if (length > 1 && is_initials(field, zone))
		return 100;
	return start >= 2 ? start : 0;
}

struct near {
	struct tsv_field zone;
	struct tsv_field name;
	size_t score;
};

/* The nearest rows first, in the order of the table where they are equally near. */
static size_t find_near(const char *zone, struct near near[NEAR_MAX])
{
	struct tsv tsv = grid();
	struct tsv_field field[GRID_FIELDS];
	size_t found = 0;

	while (tsv_next_row(&tsv, field, GRID_FIELDS) == GRID_FIELDS) {
		size_t score = nearness(field, zone);
		size_t place = found;

		while (place && near[place - 1].score < score)
			place--;
		if (!score || place == NEAR_MAX)
			continue;
		found += found < NEAR_MAX;
		memmove(&near[place + 1], &near[place], (found - place - 1) * sizeof(near[0]));
		near[place] = (struct near){field[GRID_ZONE], field[GRID_NAME], score};
	}
	return found;
}

/* What was asked for, short and harmless enough to be shown again. */
static void quote(const char *zone, char *text, size_t size)
{
	size_t i = 0;

	for (; i < size - 1 && zone[i]; i++)
		text[i] = isprint((unsigned char)zone[i]) ? zone[i] : '?';
	text[i] = '\0';
}

static void explain(const char *zone, char *why)
{
	struct near near[NEAR_MAX];
	size_t n = find_near(zone, near);
	char shown[24];
	int used;

	quote(zone, shown, sizeof(shown));
	used = snprintf(why, WHY_BYTES, "unknown zone '%s'%s", shown,
			n ? "; near it: " : "; zones are codes like FR, US-CA, EU or WORLD");
	for (size_t i = 0; i < n; i++) {
		size_t room = (size_t)(WHY_BYTES - used);
		int length = snprintf(why + used, room, "%s%.*s (%.*s)", i ? ", " : "",
				      (int)near[i].zone.size, near[i].zone.text,
				      (int)near[i].name.size, near[i].name.text);

		if ((size_t)length >= room) {
			why[used] = '\0'; /* five long names do not fit: whole ones only */
			return;
		}
		used += length;
	}
}

int carbon_factor(const char *zone, struct carbon_factor *factor, char *why)
{
	bool named = zone && zone[0];
	const char *wanted = named ? zone : "WORLD";
	struct tsv tsv = grid();
	struct tsv_field field[GRID_FIELDS];

	while (tsv_next_row(&tsv, field, GRID_FIELDS) == GRID_FIELDS) {
		if (!equals(&field[GRID_ZONE], wanted))
			continue;
		memset(factor, 0, sizeof(*factor));
		take_row(field, factor);
		factor->assumed = !named;
		return 0;
	}
	explain(wanted, why);
	return -ENOENT;
}
