/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Carbon intensity as services answer: Electricity Maps ({"zone", "history" | "data": [{"datetime",
 * "carbonIntensity"}]}), the UK's Carbon Intensity API ({"data": [{"from", "to", "intensity":
 * {"actual", "forecast"}}]}), and RTE's eCO2mix from the open data portal ([{"date_heure",
 * "taux_co2"}], also within "results").
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "collector/instant.h"
#include "collector/carbon/series_file.h"

struct answer {
	struct series *series;
	enum series_basis basis;
	size_t forecasts; /* figures that were foretold and not yet known */
	char *why;
};

/* A number as it stands in the file, so that 41.8 is not 41.799999. */
static int grams(const json_t *number, uint64_t *ug_per_kwh)
{
	char text[32];

	if (json_is_integer(number))
		snprintf(text, sizeof(text), "%lld", (long long)json_integer_value(number));
	else
		snprintf(text, sizeof(text), "%.6f", json_number_value(number));
	return series_grams(text, ug_per_kwh);
}

static int take_point(struct answer *answer, size_t i, const char *from, const char *to,
		      const json_t *value)
{
	int64_t from_s, to_s = 0;
	uint64_t ug;
	int error;

	if (json_is_null(value))
		return 0;
	if (!from) {
		snprintf(answer->why, SERIES_WHY, "entry %zu has no time", i + 1);
		return -EINVAL;
	}
	error = instant_parse(from, false, &from_s);
	if (!error && to)
		error = instant_parse(to, false, &to_s);
	if (error) {
		snprintf(answer->why, SERIES_WHY,
			 "entry %zu: '%.40s' is no date and time with its zone", i + 1, from);
		return -EINVAL;
	}
	if (!json_is_number(value) || grams(value, &ug)) {
		snprintf(answer->why, SERIES_WHY, "entry %zu has no intensity in g per kWh", i + 1);
		return -EINVAL;
	}
	return series_add(answer->series, from_s, to_s, ug);
}

static const char *text_of(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

/* What was measured counts; what was only foretold stands in where that is not known. */
static int take_uk(struct answer *answer, size_t i, const json_t *entry)
{
	const json_t *intensity = json_object_get(entry, "intensity");
	const json_t *value = json_object_get(intensity, "actual");

	if (!json_is_number(value)) {
		value = json_object_get(intensity, "forecast");
		answer->forecasts += json_is_number(value);
	}
	return take_point(answer, i, text_of(entry, "from"), text_of(entry, "to"),
			  value ? value : intensity);
}

static int take_entry(struct answer *answer, size_t i, const json_t *entry)
{
	if (json_is_object(json_object_get(entry, "intensity")))
		return take_uk(answer, i, entry);
	if (json_object_get(entry, "taux_co2"))
		return take_point(answer, i, text_of(entry, "date_heure"), NULL,
				  json_object_get(entry, "taux_co2"));
	return take_point(answer, i, text_of(entry, "datetime"), NULL,
			  json_object_get(entry, "carbonIntensity"));
}

static void name(struct series *series, const char *format, const char *zone)
{
	snprintf(series->format, sizeof(series->format), "%s", format);
	snprintf(series->zone, sizeof(series->zone), "%.31s", zone ? zone : "");
}

/* What the whole answer says, by the shape of its first entry. */
static int take_shape(struct answer *answer, const json_t *root, const json_t *first)
{
	const char *factor = text_of(root, "emissionFactorType");
	enum series_basis is = SERIES_LIFECYCLE;

	if (!factor)
		factor = text_of(first, "emissionFactorType");
	if (json_is_object(json_object_get(first, "intensity"))) {
		name(answer->series, "UK Carbon Intensity", "GB");
		is = SERIES_DIRECT;
	} else if (json_object_get(first, "taux_co2")) {
		name(answer->series, "RTE eCO2mix", "FR");
		is = SERIES_DIRECT;
	} else if (json_object_get(first, "carbonIntensity")) {
		const char *zone = text_of(root, "zone");

		name(answer->series, "Electricity Maps", zone ? zone : text_of(first, "zone"));
		if (factor && !strcmp(factor, "direct"))
			is = SERIES_DIRECT;
	} else {
		snprintf(answer->why, SERIES_WHY,
			 "neither Electricity Maps, UK Carbon Intensity nor RTE eCO2mix");
		return -EINVAL;
	}
	return series_set_basis(answer->series, answer->basis, is, answer->why);
}

/* The list of entries, wherever the service puts it; one entry alone is a list, too. */
static const json_t *entries(const json_t *root)
{
	static const char *const names[] = {"history", "data", "results", "forecast", NULL};

	if (json_is_array(root))
		return root;
	for (size_t i = 0; names[i]; i++)
		if (json_is_array(json_object_get(root, names[i])))
			return json_object_get(root, names[i]);
	return NULL;
}

static int take_answer(struct answer *answer, const json_t *root)
{
	const json_t *list = entries(root);
	int error;

	if (!list) {
		snprintf(answer->why, SERIES_WHY, "no list of figures is in it");
		return -EINVAL;
	}
	if (!json_array_size(list))
		return 0;
	error = take_shape(answer, root, json_array_get(list, 0));
	for (size_t i = 0; !error && i < json_array_size(list); i++)
		error = take_entry(answer, i, json_array_get(list, i));
	answer->series->forecasts = answer->forecasts;
	if (!error && answer->forecasts)
		snprintf(answer->series->source, sizeof(answer->series->source),
			 "%zu of %zu figures are forecasts", answer->forecasts,
			 answer->series->points);
	return error;
}

int series_json(const char *text, size_t size, enum series_basis basis, struct series *series,
		char why[SERIES_WHY])
{
	struct answer answer = {.series = series, .basis = basis, .why = why};
	json_error_t where;
	json_t *root = json_loadb(text, size, 0, &where);
	int error;

	if (!root) {
		snprintf(why, SERIES_WHY, "line %d: %.200s", where.line, where.text);
		return -EINVAL;
	}
	error = take_answer(&answer, root);
	json_decref(root);
	return error;
}
