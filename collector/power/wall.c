/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files of wall meters.
 */
#include "collector/power/wall.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "collector/instant.h"
#include "collector/rows.h"
#include "collector/units.h"

/* Numbers above this are milliseconds since 1970: as seconds they would be the year 2255. */
#define SECONDS_MOST 9e9

/* Watts that no meter shows; a float of more would not fit into 64 bits of microwatts. */
#define WATTS_MOST 1e12

static int to_uw(double value, double scale, uint64_t *uw)
{
	double watts = value * scale;

	if (!isfinite(watts) || watts < 0 || watts > WATTS_MOST)
		return -ERANGE;
	*uw = (uint64_t)llround(watts * 1e6);
	return 0;
}

static int scale_of(const char *unit, double *scale)
{
	*scale = 1;
	if (unit && !strcmp(unit, "mW"))
		*scale = 1e-3;
	else if (unit && !strcmp(unit, "kW"))
		*scale = 1e3;
	else if (unit && strcmp(unit, "W") != 0)
		return -EINVAL;
	return 0;
}

/* The decimals behind a moment's seconds, in ns. */
static int64_t fraction_ns(const char *text)
{
	const char *point = strpbrk(text, ".,");
	int64_t ns = 0;
	int64_t place = (int64_t)UNITS_NS_PER_S / 10;

	if (!point)
		return 0;
	for (point++; *point >= '0' && *point <= '9'; point++) {
		ns += (*point - '0') * place;
		place /= 10;
	}
	return ns;
}

/* Seconds or milliseconds, exact to the last decimal: a double has not enough of them. */
static int parse_number(const char *text, int64_t *unix_ns)
{
	char *end;
	long long whole;

	errno = 0;
	whole = strtoll(text, &end, 10);
	if (end == text || errno || whole < 0 || (*end && *end != '.'))
		return -EINVAL;
	if (*end == '.' && end[1 + strspn(end + 1, "0123456789")])
		return -EINVAL;
	if ((double)whole > SECONDS_MOST * 1000)
		return -EINVAL;
	if ((double)whole > SECONDS_MOST)
		*unix_ns = whole * 1000000 + fraction_ns(end) / 1000;
	else
		*unix_ns = whole * (int64_t)UNITS_NS_PER_S + fraction_ns(end);
	return 0;
}

static int parse_time(const char *text, int64_t *unix_ns)
{
	int64_t unix_s;

	if (!parse_number(text, unix_ns))
		return 0;
	if (instant_parse(text, true, &unix_s) || unix_s < 0 || (double)unix_s > SECONDS_MOST)
		return -EINVAL;
	*unix_ns = unix_s * (int64_t)UNITS_NS_PER_S + fraction_ns(text);
	return 0;
}

/* A decimal number and nothing else; a comma stands for a point where it delimits no fields. */
static int parse_power(const char *text, double *value)
{
	char copy[64];
	char *comma;
	char *end;

	if (snprintf(copy, sizeof(copy), "%s", text) >= (int)sizeof(copy))
		return -EINVAL;
	comma = strchr(copy, ',');
	if (comma)
		*comma = '.';
	*value = strtod(copy, &end);
	return end == copy || *end ? -EINVAL : 0;
}

/* ---- CSV ---- */

struct csv {
	const struct wall_format *format;
	double scale;
	wall_function *each;
	void *arg;
	char *why;
	size_t time; /* columns */
	size_t power;
	bool begun;
};

static bool names_power(const char *title)
{
	return strcasestr(title, "power") || strcasestr(title, "watt") || !strcasecmp(title, "W");
}

static int find_column(const struct csv *csv, const char *title, char *const *field, size_t fields,
		       size_t *column)
{
	for (*column = 0; *column < fields; (*column)++)
		if (!strcmp(field[*column], title))
			return 0;
	snprintf(csv->why, WALL_WHY, "there is no column '%.60s'", title);
	return -EINVAL;
}

static int guess_power(struct csv *csv, char *const *field, size_t fields)
{
	for (csv->power = 0; csv->power < fields; csv->power++)
		if (csv->power != csv->time && names_power(field[csv->power]))
			return 0;
	snprintf(csv->why, WALL_WHY, "no column is named after power");
	return -EINVAL;
}

/* A first line that begins with a moment is no line of titles. */
static int take_titles(struct csv *csv, char *const *field, size_t fields, bool *titles)
{
	const struct wall_format *format = csv->format;
	int64_t unix_ns;
	int error = 0;

	*titles = parse_time(field[0], &unix_ns) != 0;
	csv->time = 0;
	csv->power = 1;
	if (!*titles && (format->time || format->power)) {
		snprintf(csv->why, WALL_WHY, "it has no line of titles");
		return -EINVAL;
	}
	if (!*titles)
		return 0;
	if (format->time)
		error = find_column(csv, format->time, field, fields, &csv->time);
	if (error)
		return error;
	if (format->power)
		return find_column(csv, format->power, field, fields, &csv->power);
	return guess_power(csv, field, fields);
}

static int take_row(void *arg, char *const *field, size_t fields, unsigned row)
{
	struct csv *csv = arg;
	struct wall_sample sample = {.port = ""};
	double value;
	bool titles = false;

	if (!csv->begun) {
		int error = take_titles(csv, field, fields, &titles);

		csv->begun = true;
		if (error || titles)
			return error;
	}
	if (csv->time >= fields || csv->power >= fields || parse_power(field[csv->power], &value))
		return 0;
	if (parse_time(field[csv->time], &sample.unix_ns)) {
		snprintf(csv->why, WALL_WHY, "row %u: '%.40s' is no moment", row, field[csv->time]);
		return -EINVAL;
	}
	if (to_uw(value, csv->scale, &sample.uw))
		return 0;
	return csv->each(csv->arg, &sample);
}

int wall_read_csv(const char *text, size_t size, const struct wall_format *format,
		  wall_function *each, void *arg, char why[WALL_WHY])
{
	struct csv csv = {.format = format, .each = each, .arg = arg, .why = why};
	const char *end = memrchr(text, '\n', size);

	why[0] = '\0';
	if (scale_of(format->unit, &csv.scale)) {
		snprintf(why, WALL_WHY, "its unit is none of mW, W, kW");
		return -EINVAL;
	}
	size = end ? (size_t)(end + 1 - text) : 0;
	return rows_read(text, size, rows_delimiter(text, size), '"', take_row, &csv);
}

/* ---- Kwollect ---- */

/* "wattmetre1-port6", or several of them for one value. */
static void name_port(const json_t *entry, char *port)
{
	const json_t *origin = json_object_get(json_object_get(entry, "labels"), "_device_orig");
	size_t used = 0;

	port[0] = '\0';
	if (json_is_string(origin))
		snprintf(port, WALL_PORT_MAX, "%s", json_string_value(origin));
	for (size_t i = 0; i < json_array_size(origin) && used < WALL_PORT_MAX; i++) {
		const char *one = json_string_value(json_array_get(origin, i));

		used += (size_t)snprintf(port + used, WALL_PORT_MAX - used, "%s%s", i ? "+" : "",
					 one ? one : "?");
	}
}

static bool is_meant(const json_t *entry, const char *key, const char *meant)
{
	const char *text = json_string_value(json_object_get(entry, key));

	return !meant || (text && !strcmp(text, meant));
}

static int take_entry(const json_t *entry, const struct wall_format *format, wall_function *each,
		      void *arg, char *why)
{
	const char *time = json_string_value(json_object_get(entry, "timestamp"));
	const json_t *value = json_object_get(entry, "value");
	char port[WALL_PORT_MAX];
	struct wall_sample sample = {.port = port};

	if (!is_meant(entry, "device_id", format->device) ||
	    !is_meant(entry, "metric_id", format->metric) || !json_is_number(value))
		return 0;
	if (!time || parse_time(time, &sample.unix_ns)) {
		snprintf(why, WALL_WHY, "'%.40s' is no moment", time ? time : "");
		return -EINVAL;
	}
	if (to_uw(json_number_value(value), 1, &sample.uw))
		return 0;
	name_port(entry, port);
	return each(arg, &sample);
}

int wall_read_kwollect(const char *text, size_t size, const struct wall_format *format,
		       wall_function *each, void *arg, char why[WALL_WHY])
{
	json_error_t problem;
	json_t *array = json_loadb(text, size, 0, &problem);
	int result = 0;

	why[0] = '\0';
	if (!json_is_array(array)) {
		snprintf(why, WALL_WHY, "it is no array of Kwollect's");
		result = -EINVAL;
	}
	for (size_t i = 0; i < json_array_size(array) && !result; i++)
		result = take_entry(json_array_get(array, i), format, each, arg, why);
	json_decref(array);
	return result;
}
