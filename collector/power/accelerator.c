/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the makers of GPUs say that these draw.
 */
#include "collector/power/accelerator.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "collector/embed.h"
#include "collector/tsv.h"

EMBED(accelerator_table, "collector/power/gpu.tsv");

enum field { MODEL, TDP, ALIASES, SOURCE, FIELDS };

static bool equals(const char *text, size_t size, const char *name)
{
	return size == strlen(name) && !strncasecmp(text, name, size);
}

/* By its own name, or one of those that drivers give it. */
static bool is_named(const struct tsv_field *field, const char *name)
{
	const char *at = field[ALIASES].text, *end = at + field[ALIASES].size;

	if (equals(field[MODEL].text, field[MODEL].size, name))
		return true;
	while (at < end) {
		const char *semicolon = memchr(at, ';', (size_t)(end - at));
		const char *stop = semicolon ? semicolon : end;

		if (equals(at, (size_t)(stop - at), name))
			return true;
		at = stop + 1;
	}
	return false;
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c);
}

/* True if the text has these letters as a word of its own. */
static bool has_word(const struct tsv_field *field, const char *word, size_t length)
{
	for (size_t i = 0; i + length <= field->size; i++)
		if (!strncasecmp(field->text + i, word, length) &&
		    (i == 0 || !is_word(field->text[i - 1])) &&
		    (i + length == field->size || !is_word(field->text[i + length])))
			return true;
	return false;
}

/* True if every word of `name` is one of the model's. */
static bool has_words(const struct tsv_field *model, const char *name)
{
	bool any = false;

	while (*name) {
		size_t length = 0;

		while (name[length] && is_word(name[length]))
			length++;
		if (length && !has_word(model, name, length))
			return false;
		any = any || length;
		name += length + (name[length] != '\0');
	}
	return any;
}

static void take_row(const struct tsv_field *field, struct accelerator *part)
{
	tsv_copy(&field[MODEL], part->model, sizeof(part->model));
	tsv_u64(&field[TDP], &part->tdp_mw);
	tsv_copy(&field[SOURCE], part->source, sizeof(part->source));
}

static int find_named(const char *name, struct accelerator *part)
{
	struct tsv tsv = tsv_begin(accelerator_table, accelerator_table_size);
	struct tsv_field field[FIELDS];

	while (tsv_next_row(&tsv, field, FIELDS) == FIELDS)
		if (is_named(field, name)) {
			take_row(field, part);
			return 0;
		}
	return -ENOENT;
}

int accelerator_find(const char *name, struct accelerator *part, char why[ACCELERATOR_WHY])
{
	struct tsv tsv = tsv_begin(accelerator_table, accelerator_table_size);
	struct tsv_field field[FIELDS];
	struct accelerator other;

	*part = (struct accelerator){0};
	if (find_named(name, part) == 0)
		return 0;
	while (tsv_next_row(&tsv, field, FIELDS) == FIELDS) {
		if (!has_words(&field[MODEL], name))
			continue;
		take_row(field, &other);
		if (!part->model[0])
			*part = other;
		if (part->tdp_mw == other.tdp_mw)
			continue;
		snprintf(why, ACCELERATOR_WHY,
			 "GPU '%.60s' may be %s or %s, which draw %g and %g W", name, part->model,
			 other.model, (double)part->tdp_mw / 1000, (double)other.tdp_mw / 1000);
		return -ENOTUNIQ;
	}
	if (part->model[0])
		return 0;
	snprintf(why, ACCELERATOR_WHY, "GPU '%.60s' is not in the table", name);
	return -ENOENT;
}
