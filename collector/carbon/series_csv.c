/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Carbon intensity in tables: Electricity Maps' files, RTE's eCO2mix (as its site and as the open
 * data portal give it), and any CSV that names its columns. A CSV may say more of itself in lines
 * before its head: "# zone: FR", "# basis: lifecycle", "# kind: marginal", "# source: who".
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "collector/instant.h"
#include "collector/carbon/series_file.h"
#include "collector/rows.h"

#define NONE  SIZE_MAX
#define TITLE 128

struct columns {
	size_t time, day, clock, to, zone;
	size_t value[SERIES_LIFECYCLE + 1]; /* by basis; [SERIES_ANY]: it does not say */
	bool utc;
};

struct table {
	struct series *series;
	enum series_basis basis;
	bool headed;
	struct columns column;
	size_t value;	   /* the column that is read */
	unsigned comments; /* lines before the head */
	int64_t last_s;	   /* the moment of the row before */
	char *why;
};

/* Letters become small, bytes beyond ASCII (accents, subscripts, a byte order mark) go. */
static void plain(const char *text, char title[TITLE])
{
	size_t n = 0;

	for (; *text && n + 1 < TITLE; text++)
		if ((unsigned char)*text < 0x80)
			title[n++] = (char)tolower((unsigned char)*text);
	title[n] = '\0';
}

static bool is_one_of(const char *title, const char *const *name)
{
	for (; *name; name++)
		if (!strcmp(title, *name))
			return true;
	return false;
}

/* Grams per kWh, by a title that says so or by a name that is usual for it. */
static bool is_intensity(const char *title)
{
	static const char *const usual[] = {
		"intensity",   "carbon_intensity", "carbonintensity",	  "carbon intensity",
		"taux de co2", "taux_co2",	   "taux de co2 (g/kwh)", NULL};

	if (is_one_of(title, usual))
		return true;
	return strstr(title, "kwh") && !strstr(title, "kgco") && !strstr(title, "kg_") &&
	       !strstr(title, "lb") &&
	       (strstr(title, "gco") || strstr(title, "g_per") || strstr(title, "g/kwh"));
}

static enum series_basis basis_of(const char *title)
{
	if (strstr(title, "direct"))
		return SERIES_DIRECT;
	if (strstr(title, "life cycle") || strstr(title, "lifecycle") || strstr(title, "(lca)"))
		return SERIES_LIFECYCLE;
	return SERIES_ANY;
}

static void note_format(struct table *table, const char *title)
{
	struct series *series = table->series;

	if (strstr(title, "taux") && strstr(title, "co2")) {
		snprintf(series->format, sizeof(series->format), "RTE eCO2mix");
		snprintf(series->zone, sizeof(series->zone), "FR");
		table->column.value[SERIES_DIRECT] = table->column.value[SERIES_ANY];
	} else if (strstr(title, "zone id")) {
		snprintf(series->format, sizeof(series->format), "Electricity Maps");
	}
	if (strstr(title, "marginal"))
		snprintf(series->kind, sizeof(series->kind), "marginal");
}

static void take_title(struct table *table, size_t i, const char *title)
{
	static const char *const ends[] = {"to", "end", NULL};
	static const char *const zones[] = {"zone", "zone id", "zone_id", NULL};
	static const char *const moments[] = {"timestamp", "date et heure", "date_heure", "from",
					      "start",	   "time",	    NULL};
	struct columns *column = &table->column;

	if (column->time == NONE &&
	    (!strncmp(title, "datetime", 8) || is_one_of(title, moments) ||
	     !strncmp(title, "timestamp", 9) || !strcmp(title, "time (utc)"))) {
		column->time = i;
		column->utc = strstr(title, "utc");
	} else if (!strcmp(title, "date")) {
		column->day = i;
	} else if (!strcmp(title, "heures") || !strcmp(title, "heure")) {
		column->clock = i;
	} else if (is_one_of(title, ends)) {
		column->to = i;
	} else if (is_one_of(title, zones)) {
		column->zone = i;
	} else if (is_intensity(title) && column->value[basis_of(title)] == NONE) {
		column->value[basis_of(title)] = i;
	}
	note_format(table, title);
}

/* The figures that are wanted: by name, the only ones, or life cycle where there are both. */
static int choose_value(struct table *table)
{
	const size_t *value = table->column.value;
	enum series_basis is = table->basis;

	if (is == SERIES_ANY)
		is = value[SERIES_LIFECYCLE] != NONE ? SERIES_LIFECYCLE
		     : value[SERIES_DIRECT] != NONE  ? SERIES_DIRECT
						     : SERIES_ANY;
	if (value[is] == NONE)
		is = value[SERIES_ANY] != NONE	    ? SERIES_ANY
		     : value[SERIES_DIRECT] != NONE ? SERIES_DIRECT
						    : SERIES_LIFECYCLE;
	table->value = value[is];
	if (table->value == NONE) {
		snprintf(table->why, SERIES_WHY,
			 "no column of grams per kWh: name it g_per_kwh (or gCO2e_per_kwh)");
		return -EINVAL;
	}
	if (is == SERIES_ANY)
		is = !strcmp(table->series->basis, "direct")	  ? SERIES_DIRECT
		     : !strcmp(table->series->basis, "lifecycle") ? SERIES_LIFECYCLE
								  : SERIES_ANY;
	return series_set_basis(table->series, table->basis, is, table->why);
}

static int take_head(struct table *table, char *const *field, size_t fields)
{
	char title[TITLE];

	for (size_t i = 0; i < fields; i++) {
		plain(field[i], title);
		take_title(table, i, title);
	}
	if (table->column.time == NONE &&
	    (table->column.day == NONE || table->column.clock == NONE)) {
		snprintf(table->why, SERIES_WHY,
			 "no column of times: name it datetime, in UTC or with its time zone");
		return -EINVAL;
	}
	table->headed = true;
	return choose_value(table);
}

/* "# zone: FR". What is not known is a comment. */
static void take_comment(struct series *series, const char *text, size_t size)
{
	char line[160], key[16], value[128];

	snprintf(line, sizeof(line), "%.*s", (int)(size < sizeof(line) ? size : sizeof(line)),
		 text);
	if (sscanf(line, "# %15[a-z]: %127[^\r\n]", key, value) != 2)
		return;
	if (!strcmp(key, "zone"))
		snprintf(series->zone, sizeof(series->zone), "%.31s", value);
	else if (!strcmp(key, "basis"))
		snprintf(series->basis, sizeof(series->basis), "%.15s", value);
	else if (!strcmp(key, "kind"))
		snprintf(series->kind, sizeof(series->kind), "%.15s", value);
	else if (!strcmp(key, "source"))
		snprintf(series->source, sizeof(series->source), "%s", value);
}

/* Takes the lines before the head, and returns where that begins. */
static const char *take_comments(struct table *table, const char *text, size_t size)
{
	const char *end = text + size;

	for (; text < end && *text == '#'; table->comments++) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		const char *next = newline ? newline + 1 : end;

		take_comment(table->series, text, (size_t)(next - text));
		text = next;
	}
	return text;
}

static int bad_moment(const struct table *table, const char *text, int error, unsigned row)
{
	snprintf(table->why, SERIES_WHY,
		 error == -ENOTUNIQ ? "row %u: '%.40s' names no time zone: end it with Z or +01:00"
				    : "row %u: '%.40s' is no date and time",
		 row, text);
	return -EINVAL;
}

static int take_moment(const struct table *table, char *const *field, size_t fields, unsigned row,
		       int64_t *from_s)
{
	const struct columns *column = &table->column;
	int error = -EINVAL;

	if (column->time != NONE) {
		if (column->time < fields)
			error = instant_parse(field[column->time], column->utc, from_s);
		return error ? bad_moment(table, column->time < fields ? field[column->time] : "",
					  error, row)
			     : 0;
	}
	if (column->day < fields && column->clock < fields)
		error = instant_parse_cet(field[column->day], field[column->clock], table->last_s,
					  from_s);
	return error ? bad_moment(table, column->day < fields ? field[column->day] : "", error, row)
		     : 0;
}

static int take_zone(struct table *table, const char *zone, unsigned row)
{
	struct series *series = table->series;

	if (series->points && strcmp(series->zone, zone) != 0) {
		snprintf(
			table->why, SERIES_WHY,
			"row %u is of zone %.31s, those before of %s: the file must be of one zone",
			row, zone, series->zone);
		return -EINVAL;
	}
	snprintf(series->zone, sizeof(series->zone), "%.31s", zone);
	return 0;
}

/* Where a figure is missing, its time is: nothing stands in for it. */
static bool is_missing(const char *text)
{
	static const char *const words[] = {"",	   "-",	   "nd",   "n/a", "na",
					    "nan", "null", "none", NULL};
	char word[TITLE];

	plain(text, word);
	return is_one_of(word, words);
}

static int take_row(void *data, char *const *field, size_t fields, unsigned row)
{
	struct table *table = data;
	int64_t from_s = 0, to_s = 0;
	uint64_t ug;

	row += table->comments;
	if (!table->headed)
		return take_head(table, field, fields);
	if (table->value >= fields || is_missing(field[table->value]))
		return 0;
	if (take_moment(table, field, fields, row, &from_s))
		return -EINVAL;
	if (table->column.to < fields &&
	    instant_parse(field[table->column.to], table->column.utc, &to_s))
		return bad_moment(table, field[table->column.to], -EINVAL, row);
	if (table->column.zone < fields && take_zone(table, field[table->column.zone], row))
		return -EINVAL;
	if (series_grams(field[table->value], &ug)) {
		snprintf(table->why, SERIES_WHY, "row %u: '%.40s' is no intensity in g per kWh",
			 row, field[table->value]);
		return -EINVAL;
	}
	table->last_s = from_s;
	return series_add(table->series, from_s, to_s, ug);
}

int series_csv(const char *text, size_t size, enum series_basis basis, struct series *series,
	       char why[SERIES_WHY])
{
	struct table table = {
		.series = series,
		.basis = basis,
		.column = {NONE, NONE, NONE, NONE, NONE, {NONE, NONE, NONE}, false},
		.why = why,
	};
	const char *head = take_comments(&table, text, size);
	size_t left = size - (size_t)(head - text);
	int error;

	snprintf(series->format, sizeof(series->format), "CSV");
	error = rows_read(head, left, rows_delimiter(head, left), '"', take_row, &table);
	if (error == -EBADMSG)
		snprintf(why, SERIES_WHY, "a quote is not closed");
	return error == -EBADMSG ? -EINVAL : error;
}
